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
    /// Whether it may be a date, or a number.
    pub(super) is_date: bool,
    pub(super) is_number: bool,
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

/// Nine cells between separators, an empty one of which may hold nothing.
pub(super) fn table(line: usize, text: &str) -> Option<Row> {
    let row = |separator: char| {
        if !text.contains(separator) {
            return None;
        }
        let mut fields: Vec<&str> = text.trim_end_matches(['\r', '\n']).split(separator).collect();
        if ['|', '│'].contains(&separator) {
            let trimmed: Vec<&str> = text.trim().split(separator).collect();
            fields = trimmed;
            if fields.len() == SIDE + 2 && fields[0].is_empty() && fields[SIDE + 1].is_empty() {
                fields = fields[1..=SIDE].to_vec();
            }
        }
        // A list in a program ends its rows with one more separator.
        if fields.len() == SIDE + 1 && fields[SIDE].trim().is_empty() {
            fields.truncate(SIDE);
        }
        if fields.len() != SIDE {
            return None;
        }
        let cells: Vec<Cell> = fields.iter().map(|field| cell(field)).collect::<Option<_>>()?;
        Some(Row::of(line, &cells))
    };
    ['\t', ';', ',', '|', '│'].into_iter().find_map(row)
}
