//! Sudokus in a text: one per line, nine lines of nine, or drawn boxes, in any mixture.

use super::{BLANK, CELLS, SIDE};
use crate::error::Result;
use crate::tasks::text::{Entry, Text};

/// A kind of character in a drawn or written Sudoku.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Character {
    /// A cell with this id.
    Cell(u32),
    /// White space, or a line of the drawing.
    Ignored,
    /// A character that does not belong in a Sudoku.
    Foreign,
}

/// Reads one character: a digit, `.` or `0` for an empty cell, white space, `|`, `+`, `-` and box-drawing characters.
fn character(c: char) -> Character {
    match c {
        '.' | '0' => Character::Cell(BLANK),
        '1'..='9' => Character::Cell(c as u32 - '0' as u32 + 1),
        '|' | '+' | '-' | '\u{2500}'..='\u{257f}' => Character::Ignored,
        _ if c.is_whitespace() => Character::Ignored,
        _ => Character::Foreign,
    }
}

/// Returns the cells of a line; otherwise the first character that does not belong in a Sudoku, with its index in
/// characters.
pub(super) fn cells(line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
    let cell = |(at, c)| match character(c) {
        Character::Cell(id) => Some(Ok(id)),
        Character::Ignored => None,
        Character::Foreign => Some(Err((at, c))),
    };
    line.chars().enumerate().filter_map(cell).collect()
}

/// A line of a Sudoku text.
struct Row {
    line: usize,
    cells: Vec<u32>,
    /// The first character that does not belong in a Sudoku, and its column.
    foreign: Option<(usize, char)>,
    /// Number of cells and foreign characters.
    width: usize,
}

impl Row {
    fn new(line: usize, text: &str) -> Row {
        let mut row = Row {
            line,
            cells: Vec::new(),
            foreign: None,
            width: 0,
        };
        for (at, c) in text.chars().enumerate() {
            match character(c) {
                Character::Cell(id) => row.cells.push(id),
                Character::Ignored => continue,
                Character::Foreign => row.foreign = row.foreign.or(Some((at + 1, c))),
            }
            row.width += 1;
        }
        row
    }

    /// Whether the row is too long to be one of nine, even with errors: a puzzle by itself.
    fn is_wide(&self) -> bool {
        self.width >= 2 * SIDE
    }

    /// Whether the row has nine cells, or nearly nine, so that it was meant to be a row.
    fn is_near_nine(&self) -> bool {
        self.width.abs_diff(SIDE) <= 2
    }
}

/// Reads every Sudoku of a text. Lines that begin with `#` are comments.
pub(super) fn read(text: &Text) -> Vec<Result<Entry>> {
    // Blocks of rows, separated by blank lines; comments and border lines hold no cells and separate nothing.
    let mut blocks: Vec<Vec<Row>> = vec![Vec::new()];
    for (at, line) in text.content.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            blocks.push(Vec::new());
        } else if !trimmed.starts_with('#') {
            let row = Row::new(at + 1, line);
            if let Some(block) = blocks.last_mut().filter(|_| row.width > 0) {
                block.push(row);
            }
        }
    }
    blocks.retain(|block| !block.is_empty());

    let mut entries = Vec::new();
    let mut board: Vec<Row> = Vec::new();
    for block in blocks {
        if !board.is_empty() && !goes_on(board.len(), &block) {
            entries.push(entry(text, std::mem::take(&mut board)));
        }
        if board.is_empty() && is_wrapped(&block) {
            entries.push(entry(text, block));
            continue;
        }
        for row in block {
            if row.is_wide() {
                if !board.is_empty() {
                    entries.push(entry(text, std::mem::take(&mut board)));
                }
                entries.push(entry(text, vec![row]));
            } else if board.is_empty() && !row.is_near_nine() {
                entries.push(entry(text, vec![row])); // a stray line: the rows after it stay in step
            } else {
                board.push(row);
                if board.len() == SIDE {
                    entries.push(entry(text, std::mem::take(&mut board)));
                }
            }
        }
    }
    if !board.is_empty() {
        entries.push(entry(text, board));
    }
    entries
}

/// Whether a block continues a board whose first one or two bands of three rows stand before the blank line.
fn goes_on(rows: usize, block: &[Row]) -> bool {
    let narrow = block.iter().take_while(|row| !row.is_wide()).count();
    let fits = (rows + narrow).is_multiple_of(SIDE) || (narrow.is_multiple_of(3) && rows + narrow < SIDE);
    rows.is_multiple_of(3) && narrow > 0 && fits
}

/// Whether a block is one puzzle in rows of 18, 27, … cells.
fn is_wrapped(block: &[Row]) -> bool {
    block.iter().all(|row| row.width.is_multiple_of(SIDE)) && block.iter().map(|row| row.width).sum::<usize>() == CELLS
}

fn entry(text: &Text, rows: Vec<Row>) -> Result<Entry> {
    let Some(line) = rows.first().map(|row| row.line) else {
        return Err(text.error(0, 0, "expected a puzzle, found none"));
    };
    for row in &rows {
        if let Some((column, c)) = row.foreign {
            return Err(text.foreign(row.line, column, c));
        }
    }
    if rows.len() == SIDE {
        if let Some(row) = rows.iter().find(|row| row.width != SIDE) {
            let reason = format!("expected {SIDE} cells in a row, found {}", row.width);
            return Err(text.error(row.line, 0, reason));
        }
    } else if rows.len() > 1 && !is_wrapped(&rows) {
        let reason = format!("expected {SIDE} rows of {SIDE} cells, found {}", rows.len());
        return Err(text.error(line, 0, reason));
    }
    text.entry(rows.into_iter().flat_map(|row| row.cells).collect(), line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_specification() {
        assert_eq!(cells(".0129"), Ok(vec![1, 1, 2, 3, 10]));
        assert_eq!(cells("| 1+2-3\t│ ┼"), Ok(vec![2, 3, 4]));
        assert_eq!(cells("1 x"), Err((2, 'x')));
        assert_eq!(character('#'), Character::Foreign);
    }
}
