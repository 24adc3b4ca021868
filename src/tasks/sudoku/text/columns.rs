//! Boards whose empty cells are spaces, by the columns that their digits stand in.

use super::Board;
use super::character::{Cell, mark};
use super::row::Row;
use crate::tasks::sudoku::{BLANK, CELLS, SIDE};

const BARS: [char; 2] = ['|', '│'];

/// The boards of a text that stand in fixed columns; what is not certain is left.
pub(super) fn spaced(content: &str) -> Vec<Board> {
    let (mut boards, mut group) = (Vec::new(), Vec::new());
    let is_cell = |c: char| matches!(c, ' ' | '1'..='9') || BARS.contains(&c);
    for (number, line) in (1..).zip(content.lines()) {
        let line = line.trim_end_matches('\r');
        let is_blank = line.trim().is_empty();
        let is_border = !is_blank
            && line.contains(['-', '+', '\u{2500}', '\u{2550}', '\u{2501}'])
            && line
                .trim()
                .chars()
                .all(|c| "+-=|*".contains(c) || ('\u{2500}'..='\u{257f}').contains(&c));
        // A number between boards in frames is a heading.
        let is_barred = |line: &str| line.contains(BARS);
        let is_number = |group: &[(usize, &str)]| {
            let barred = group
                .iter()
                .find(|(_, line)| !line.trim().is_empty())
                .map(|(_, line)| is_barred(line));
            !is_blank && barred.is_some_and(|barred| barred != is_barred(line))
        };
        if is_border {
            continue;
        }
        if !line.chars().all(is_cell) || is_number(&group) {
            boards.extend(columns_of(&mut group));
        }
        if line.chars().all(is_cell) {
            group.push((number, line));
        }
    }
    boards.extend(columns_of(&mut group));
    boards
}

/// The boards of lines that follow each other, all or none of them.
fn columns_of(group: &mut Vec<(usize, &str)>) -> Vec<Board> {
    let group = std::mem::take(group);
    let is_full = |line: &&(usize, &str)| !line.1.trim().is_empty();
    let is_row = |line: &&(usize, &str)| is_full(line) || line.1.chars().count() >= SIDE;
    let digits = |line: &str| line.chars().filter(char::is_ascii_digit).count();
    let mut rows: Vec<(usize, &str)> = group.iter().filter(is_row).copied().collect();
    if let [line] = rows.as_slice() {
        return flat(line.0, line.1).into_iter().collect();
    }
    if !rows.len().is_multiple_of(SIDE) {
        // Rows without a digit have lost their spaces, unless empty lines part the bands.
        let first = group.iter().position(|line| is_full(&line)).unwrap_or(0);
        let last = group.iter().rposition(|line| is_full(&line)).unwrap_or(0);
        rows = group.get(first..=last).unwrap_or_default().to_vec();
        let parted = [3, 7]
            .iter()
            .all(|&at| rows.get(at).is_some_and(|line| !is_full(&line)));
        if rows.len() != SIDE || parted {
            return Vec::new();
        }
    }
    // Only digits: the ordinary reader counts them. A line that has all nine but fewer than the others lacks some.
    let counts = || rows.iter().map(|(_, line)| digits(line));
    if counts().all(|digits| digits >= SIDE) || counts().all(|digits| digits == 0) {
        return Vec::new();
    }
    rows.chunks(SIDE)
        .map(columns)
        .collect::<Option<_>>()
        .unwrap_or_default()
}

/// A board in a line, with spaces for its empty cells.
pub(super) fn flat(number: usize, line: &str) -> Option<Board> {
    let is_flat = line.chars().count() == CELLS
        && line.contains(' ')
        && line.contains(|c: char| c.is_ascii_digit())
        && line.chars().all(|c| matches!(c, ' ' | '1'..='9'));
    is_flat.then(|| Board {
        lines: number..=number,
        rows: vec![Row::of(number, &cells(line.chars()))],
    })
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
fn columns(lines: &[(usize, &str)]) -> Option<Board> {
    let rows: Vec<Vec<char>> = lines.iter().map(|(_, line)| line.chars().collect()).collect();
    let width = rows.iter().map(Vec::len).max()?;
    let full = |row: &&Vec<char>| row.len() == width;
    let bars = rows.iter().any(|row| row.iter().any(|c| BARS.contains(c)));
    // Bars stand below each other in every line.
    let whole = rows.iter().find(full)?;
    let aligned = |row: &Vec<char>| row.iter().zip(whole).all(|(a, b)| BARS.contains(a) == BARS.contains(b));
    if !rows.iter().all(aligned) {
        return None;
    }
    let fits = |(columns, wide): &(Vec<usize>, usize)| {
        let place = |row: &Vec<char>| {
            row.iter().enumerate().all(|(at, &c)| match columns.contains(&at) {
                true => !BARS.contains(&c),
                false => c == ' ' || (bars && BARS.contains(&c)),
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
    Some(Board {
        lines: lines.first()?.0..=lines.last()?.0,
        rows: lines.iter().zip(&rows).map(row).collect(),
    })
}
