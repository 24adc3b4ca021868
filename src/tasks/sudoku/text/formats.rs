//! Forms that hold a whole Sudoku in a line: addresses, lists with other columns, programs' lines, candidates.

use super::character::{Cell, Character, character, is_mark, mark};
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
    // What else an address or an element holds is not about the puzzle.
    let address = text.contains("://") || text.starts_with('<');
    let parts = |c: char| c.is_whitespace() || r#",;|"'`=<>()[]{}/"#.contains(c) || (address && "?&#".contains(c));
    let tokens: Vec<&str> = text.split(parts).filter(|token| !token.is_empty()).collect();
    // Dashes alone are a line.
    let is_board =
        |token: &str| token.chars().count() == CELLS && token.chars().all(is_mark) && !token.chars().all(|c| c == '-');
    let is_row = |token: &str| token.chars().count() == SIDE && token.chars().all(is_mark);
    let read = |token: &str| Row::of(number, &token.chars().filter_map(mark).collect::<Vec<Cell>>());
    let boards: Vec<&str> = tokens.iter().copied().filter(|token| is_board(token)).collect();
    if boards.is_empty() && tokens.len() == SIDE && tokens.iter().all(|token| is_row(token)) {
        return Some(Ok((read(&tokens.concat()), None)));
    }
    if boards.is_empty() {
        let is_broken = |token: &&str| token.len() >= 2 * SIDE && token.chars().all(is_mark);
        let broken = tokens.iter().copied().find(is_broken).filter(|_| address);
        return broken.map(|token| Err(format!("expected {CELLS} cells, found {}", token.chars().count())));
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
    let is_number = token.contains(|c: char| c.is_ascii_digit()) && !token.contains("..");
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

/// A cell a line.
pub(super) fn column(content: &str) -> Option<Row> {
    let lines: Vec<&str> = content.lines().collect();
    let cells: Vec<Cell> = lines
        .iter()
        .map(|line| super::character::cell(line))
        .collect::<Option<_>>()?;
    (cells.len() == CELLS).then(|| Row::of(1, &cells))
}
