//! A line of a Sudoku text that holds cells.

use std::collections::BTreeSet;

use super::character::{Cell, Character, cell, character};
use crate::tasks::sudoku::{BLANK, CELLS, SIDE};

/// A line of a Sudoku text.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) line: usize,
    pub(super) cells: Vec<u32>,
    /// Of each empty cell that has a mark: the mark, and its character and column.
    pub(super) blanks: Vec<(char, char, usize)>,
    /// The first character that no Sudoku has, and its column.
    pub(super) foreign: Option<(usize, char)>,
    /// Cells and foreign characters.
    pub(super) width: usize,
    /// Characters that were taken for a drawing.
    pub(super) skipped: BTreeSet<char>,
    /// Cells that a drawing marks as given.
    pub(super) given: Vec<usize>,
    /// Whether it may be a heading.
    pub(super) is_either: bool,
    /// Whether it holds digits and no word.
    pub(super) is_stray: bool,
    /// Whether its cells stood between separators.
    pub(super) is_table: bool,
}

impl Row {
    pub(super) fn new(line: usize, text: &str, dashes: bool) -> Row {
        table(line, text).unwrap_or_else(|| Row::drawn(line, text, dashes))
    }

    /// Cells with drawing between them; `dashes` where lines of dashes alone may be empty cells.
    pub(super) fn drawn(line: usize, text: &str, dashes: bool) -> Row {
        let plain = Row::with(line, text, false);
        if !text.chars().any(|c| character(c) == Character::Dash) {
            return plain;
        }
        let dashed = Row::with(line, text, true);
        if is_whole(plain.width) && dashed.width != CELLS {
            return plain;
        }
        let has_digit = dashed.blanks.len() < dashed.cells.len();
        match is_whole(dashed.width) && (has_digit || (dashes && !text.contains('+'))) {
            true => dashed,
            false => plain,
        }
    }

    fn with(line: usize, text: &str, dashes: bool) -> Row {
        let mut row = Row { line, ..Row::default() };
        let is_drawing = text.contains('│');
        let mut before = ' ';
        for (at, c) in text.chars().enumerate() {
            match character(c) {
                Character::Digit(id) => row.cells.push(id),
                Character::Blank(kind) => row.blank(kind, c, at + 1),
                Character::Dash if dashes => row.blank('-', c, at + 1),
                Character::Dash | Character::Ignored => {
                    if !c.is_whitespace() {
                        row.skipped.insert(c);
                    }
                    before = c;
                    continue;
                }
                Character::Foreign if is_drawing && c == '\'' && before.is_ascii_digit() => {
                    row.given.push(row.cells.len().saturating_sub(1));
                    before = c;
                    continue;
                }
                Character::Foreign => row.foreign = row.foreign.or(Some((at + 1, c))),
            }
            before = c;
            row.width += 1;
        }
        row
    }

    /// A row of cells that were told apart already.
    pub(super) fn of(line: usize, cells: &[Cell]) -> Row {
        let mut row = Row {
            line,
            width: cells.len(),
            is_table: true,
            ..Row::default()
        };
        for &(id, mark) in cells {
            row.cells.push(id);
            row.blanks.extend(mark.map(|mark| (mark, mark, 0)));
        }
        row
    }

    fn blank(&mut self, kind: char, c: char, column: usize) {
        self.cells.push(BLANK);
        self.blanks.push((kind, c, column));
    }

    /// Too long for a row of nine, even a faulty one: a puzzle by itself.
    pub(super) fn is_wide(&self) -> bool {
        self.width >= 2 * SIDE
    }

    /// Nine cells, or so nearly that it was meant to be a row.
    pub(super) fn is_near_nine(&self) -> bool {
        self.width.abs_diff(SIDE) <= 2
    }

    /// The one mark of a row of empty cells.
    pub(super) fn sign(&self) -> Option<char> {
        let (first, ..) = self.blanks.first()?;
        let is_sign = self.blanks.len() == self.width && self.blanks.iter().all(|(mark, ..)| mark == first);
        is_sign.then_some(*first)
    }

    /// Whether it counts from 0 or 1 on, as the names of columns do.
    pub(super) fn is_count(&self) -> bool {
        self.width == SIDE
            && self.cells.first().is_some_and(|&first| first <= BLANK + 1)
            && self.cells.windows(2).all(|pair| pair[0] + 1 == pair[1])
    }
}

/// The mark for an empty cell that does not belong beside the others of a board, with its line and column.
pub(super) fn mixed<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Option<(usize, usize, char)> {
    let blanks = || {
        rows.clone()
            .flat_map(|row| row.blanks.iter().map(move |b| (row.line, b)))
    };
    let usual = blanks()
        .find(|(_, (kind, ..))| *kind == '.')
        .or_else(|| blanks().next())?
        .1
        .0;
    let other = blanks().find(|(_, (kind, ..))| *kind != usual)?;
    Some((other.0, other.1.2, other.1.1))
}

fn is_whole(width: usize) -> bool {
    width == CELLS || (width > 0 && width <= 3 * SIDE && width.is_multiple_of(SIDE))
}

/// Characters that separate the cells of a table.
const SEPARATORS: [char; 6] = ['\t', ';', ',', '|', '│', '&'];

/// Returns the fields of a line that has as many as a row or a whole board has cells.
fn fields(text: &str, separator: char) -> Option<Vec<&str>> {
    if !text.contains(separator) {
        return None;
    }
    let text = match separator {
        '|' | '│' => text.trim(),
        '&' => text.trim_end().trim_end_matches('\\'),
        _ => text.trim_end_matches(['\r', '\n']),
    };
    let mut fields: Vec<&str> = text.split(separator).collect();
    if ['|', '│'].contains(&separator) && fields.len() == SIDE + 2 && fields[0].is_empty() {
        fields.remove(0);
    }
    // A list in a program ends its rows with one more separator.
    if [SIDE + 1, CELLS + 1].contains(&fields.len()) && fields.last().is_some_and(|last| last.trim().is_empty()) {
        fields.pop();
    }
    [SIDE, CELLS].contains(&fields.len()).then_some(fields)
}

/// Cells between separators, an empty one of which may hold nothing.
pub(super) fn table(line: usize, text: &str) -> Option<Row> {
    let row = |separator| {
        let cells = fields(text, separator)?.into_iter().map(cell);
        Some(Row::of(line, &cells.collect::<Option<Vec<Cell>>>()?))
    };
    SEPARATORS.into_iter().find_map(row)
}
