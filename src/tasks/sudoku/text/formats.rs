//! Forms that hold a whole Sudoku in a line or a text: addresses, lists with other columns, programs' lines, candidates,
//! fixed columns.

use super::character::{Cell, Character, character, digit, is_mark, mark};
use super::row::Row;
use crate::tasks::sudoku::{BLANK, CELLS, SIDE};

/// A puzzle that a line holds beside other things, with its answer, or why it holds none.
pub(super) type Found = std::result::Result<(Row, Option<Vec<u32>>), String>;

/// The puzzle in a line that holds more than cells; None where it is another kind of line.
pub(super) fn line(number: usize, text: &str) -> Option<Found> {
    let text = text.trim();
    if let Some(fields) = text.strip_prefix(':') {
        return program(number, fields);
    }
    if text.chars().count() == CELLS * SIDE && text.chars().all(|c| c == '.' || c.is_ascii_digit()) {
        return Some(candidates(number, text));
    }
    let address = text.contains("://");
    let parts = |c: char| c.is_whitespace() || r#",;|"'`=<>()[]{}/"#.contains(c) || (address && "?&#".contains(c));
    let tokens: Vec<&str> = text.split(parts).filter(|token| !token.is_empty()).collect();
    let is_board = |token: &str| token.chars().count() == CELLS && token.chars().all(is_mark);
    let is_row = |token: &str| token.chars().count() == SIDE && token.chars().all(is_mark);
    let read = |token: &str| Row::of(number, &token.chars().filter_map(mark).collect::<Vec<Cell>>());
    let boards: Vec<&str> = tokens.iter().copied().filter(|token| is_board(token)).collect();
    if boards.is_empty() && tokens.len() == SIDE && tokens.iter().all(|token| is_row(token)) {
        return Some(Ok((read(&tokens.concat()), None)));
    }
    if boards.is_empty() {
        return address.then(|| {
            Err(format!(
                "expected an address with a parameter of {CELLS} cells, found none"
            ))
        });
    }
    let others = tokens.iter().filter(|token| !is_board(token));
    if let Some(other) = others.clone().find(|token| !is_remark(token)).filter(|_| !address) {
        return Some(Err(format!("expected one puzzle in a line, found `{other}` beside it")));
    }
    let question = read(boards[0]);
    match boards.as_slice() {
        [_] => Some(Ok((question, None))),
        [_, answer] => {
            let answer = read(answer).cells;
            let agrees = question
                .cells
                .iter()
                .zip(&answer)
                .all(|(&q, &a)| a != BLANK && (q == BLANK || q == a));
            Some(match agrees {
                true => Ok((question, Some(answer))),
                false => Err("expected a puzzle and its answer in a line, found two puzzles".to_owned()),
            })
        }
        more => Some(Err(format!("expected one puzzle in a line, found {}", more.len()))),
    }
}

/// What may stand beside a puzzle: words, and numbers.
fn is_remark(token: &str) -> bool {
    let is_word = token.chars().any(|c| c.is_alphabetic() && !matches!(c, 'x' | 'X'));
    let long = token.chars().filter(|c| is_mark(*c)).count() >= 2 * SIDE;
    let is_number = token.chars().any(|c| digit(c).is_some()) && !token.contains("..");
    let is_bullet = ["*", "-", "--", "–", "—"].contains(&token);
    let is_sign = is_bullet || token.chars().all(|c| character(c) == Character::Foreign);
    (is_word && !long) || (is_number && !token.contains(['_', '*', '?', 'x', 'X', '·'])) || is_sign
}

/// `mode:techniques:…:puzzle:…`, where `+` stands before what was set and not given.
fn program(number: usize, fields: &str) -> Option<Found> {
    let field = fields.split(':').nth(2)?;
    let mut cells = Vec::new();
    let mut set = false;
    for c in field.trim().chars() {
        if c == '+' {
            set = true;
            continue;
        }
        let Some(cell) = mark(c) else {
            return Some(Err(format!("expected a digit or `.`, found `{}`", c.escape_debug())));
        };
        cells.push(if set { (BLANK, None) } else { cell });
        set = false;
    }
    if cells.len() != CELLS {
        return Some(Err(format!("expected {CELLS} cells, found {}", cells.len())));
    }
    Some(Ok((Row::of(number, &cells), None)))
}

/// Nine candidates a cell: one alone is given, all nine are an empty cell, and what lies between could be either.
fn candidates(number: usize, text: &str) -> Found {
    let chars: Vec<char> = text.chars().collect();
    let mut cells = Vec::new();
    for (cell, candidates) in chars.chunks(SIDE).enumerate() {
        let mut left = Vec::new();
        for (id, &c) in (2..).zip(candidates) {
            match character(c) {
                Character::Digit(found) if found == id => left.push(id),
                Character::Blank(_) => {}
                _ => return Err(format!("expected {} or `.` in cell {}, found `{c}`", id - 1, cell + 1)),
            }
        }
        cells.push(match left.as_slice() {
            [id] => (*id, None),
            all if all.len() == SIDE => (BLANK, None),
            some => {
                let found = some.len();
                return Err(format!(
                    "expected one candidate or all nine in cell {}, found {found}",
                    cell + 1
                ));
            }
        });
    }
    Ok((Row::of(number, &cells), None))
}

/// Boards whose empty cells are spaces, by the columns that their digits stand in; None where that is not certain.
pub(super) fn spaced(content: &str) -> Option<Vec<Vec<Row>>> {
    let bars = ['|', '│', '║', '┃'];
    let is_cell = |c: char| c == ' ' || digit(c).is_some_and(|digit| digit > 0) || bars.contains(&c);
    let (mut lines, mut seen) = (Vec::new(), false);
    for (number, line) in (1..).zip(content.lines()) {
        let line = line.trim_end_matches('\r');
        let is_border = line
            .trim()
            .chars()
            .all(|c| "+-=|*".contains(c) || ('\u{2500}'..='\u{257f}').contains(&c));
        let is_rest = line.trim().is_empty() && line.chars().count() < SIDE;
        if is_rest || (is_border && !line.trim().is_empty() && line.contains(['-', '+', '─', '═', '━'])) {
            continue;
        }
        if line.chars().all(is_cell) {
            seen |= line.contains(|c: char| digit(c).is_some());
            lines.push((number, line));
        } else if !super::title::is_title(line) && !line.starts_with('#') {
            return None;
        }
    }
    let digits = |line: &str| line.chars().filter(|c| digit(*c).is_some()).count();
    if !seen {
        return None;
    }
    if let [(number, line)] = lines.as_slice() {
        let whole = line.chars().count() == CELLS && digits(line) < CELLS && !line.contains(bars);
        return whole.then(|| vec![vec![Row::of(*number, &cells(line.chars()))]]);
    }
    // Only digits: the ordinary reader counts them. A line that has all nine but fewer than the others lacks some.
    if lines.is_empty() || !lines.len().is_multiple_of(SIDE) || lines.iter().all(|(_, line)| digits(line) >= SIDE) {
        return None;
    }
    lines.chunks(SIDE).map(columns).collect()
}

fn cells(chars: impl Iterator<Item = char>) -> Vec<Cell> {
    chars.map(|c| mark(c).unwrap_or((BLANK, None))).collect()
}

/// Layouts of a line: the columns of its nine cells, and its width.
fn layouts() -> Vec<(Vec<usize>, usize)> {
    let spread = |first: usize, step: usize, gap: usize| -> Vec<usize> {
        (0..SIDE).map(|cell| first + cell * step + cell / 3 * gap).collect()
    };
    vec![
        (spread(0, 1, 0), 9),  // "53  7    "
        (spread(0, 2, 0), 17), // "5 3     7        "
        (spread(0, 1, 1), 11), // "53 | 7 |   " without spaces
        (spread(1, 1, 1), 13), // the same with a frame
        (spread(0, 2, 2), 21), // "5 3   |   7   |      "
        (spread(2, 2, 2), 25), // the same with a frame
        (spread(1, 2, 0), 19), // bars close to the cells
    ]
}

/// One board, where all of its lines have the same layout and no other fits.
fn columns(lines: &[(usize, &str)]) -> Option<Vec<Row>> {
    let rows: Vec<Vec<char>> = lines.iter().map(|(_, line)| line.chars().collect()).collect();
    let width = rows.iter().map(Vec::len).max()?;
    let full = |row: &&Vec<char>| row.len() == width;
    let bars = rows.iter().any(|row| row.contains(&'|') || row.contains(&'│'));
    // Bars stand below each other in every line.
    let whole = rows.iter().find(full)?;
    let barred = |c: &char| matches!(c, '|' | '│' | '║' | '┃');
    let aligned = |row: &Vec<char>| row.iter().zip(whole).all(|(a, b)| barred(a) == barred(b));
    if !rows.iter().all(aligned) {
        return None;
    }
    let fits = |(columns, wide): &(Vec<usize>, usize)| {
        let is_bar = |c: char| matches!(c, '|' | '│' | '║' | '┃');
        let place = |row: &Vec<char>| {
            row.iter().enumerate().all(|(at, &c)| match columns.contains(&at) {
                true => !is_bar(c),
                false => c == ' ' || (bars && is_bar(c)),
            })
        };
        *wide == width && bars == (*wide != 9 && *wide != 17) && rows.iter().all(place)
    };
    let mut fitting = layouts().into_iter().filter(fits);
    let (columns, _) = fitting.next()?;
    if fitting.next().is_some() {
        return None;
    }
    // A line may have lost the spaces at its end only where others show that spaces are cells.
    let shown = rows
        .iter()
        .filter(full)
        .any(|row| columns.iter().any(|&at| row[at] == ' '));
    // And only where others show that none was lost at the beginning.
    let begins = |with: fn(char) -> bool| rows.iter().any(|row| row.get(columns[0]).is_some_and(|&c| with(c)));
    let begun = begins(|c| c == ' ') && begins(|c| c != ' ');
    if !(rows.iter().all(|row| full(&row)) || (shown && begun)) {
        return None;
    }
    let row = |((line, _), row): (&(usize, &str), &Vec<char>)| {
        let chars = columns.iter().map(|&at| row.get(at).copied().unwrap_or(' '));
        Row::of(*line, &cells(chars))
    };
    Some(lines.iter().zip(&rows).map(row).collect())
}

/// A cell a line.
pub(super) fn column(content: &str) -> Option<Row> {
    let lines: Vec<&str> = content.lines().collect();
    let cells: Vec<Cell> = lines
        .iter()
        .map(|line| super::character::cell(line))
        .collect::<Option<_>>()?;
    (cells.len() == CELLS).then(|| Row::of(1, &cells))
}
