//! Which lines between boards are headings: all that are neither a row or a board nor nearly one.

use super::character::is_mark;
use super::row::Row;
use crate::ordered;
use crate::tasks::sudoku::{CELLS, SIDE};

/// Most lines of digits without words that are headings of one board.
pub(super) const HEADINGS: usize = 3;

/// What a line is that holds no whole board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A row or a board, or what was meant to be one.
    Row,
    /// A row or a heading: the lines around it tell.
    Either,
    Heading,
}

/// Tells what a line is by the cells that it may hold.
pub(super) fn kind(line: &str, row: &Row) -> Kind {
    let is_pure = row.foreign.is_none();
    let is_near = row.width.abs_diff(SIDE) <= 2 && row.cells.len() >= SIDE - 2;
    if is_date(line) {
        return if is_pure && is_near {
            Kind::Either
        } else {
            Kind::Heading
        };
    }
    // What stands in a sentence may be a date.
    let is_dated = |word: &&str| is_date(word.trim_matches([',', ':', ';', '(', ')', '"']));
    let words = line.split_whitespace().filter(|word| !is_dated(word));
    let marks = words
        .map(|word| word.chars().filter(|c| is_cell(*c)).count())
        .sum::<usize>();
    let is_sign = !line.contains(|c: char| c.is_ascii_digit());
    let is_whole = is_pure && (row.width == SIDE || row.width == CELLS);
    let is_long = row.width >= SIDE + 3 && !row.blanks.is_empty();
    let is_board = marks >= 2 * SIDE || (is_pure && (is_long || is_cut(line)));
    match () {
        () if is_whole || (is_board && !(is_pure && is_sign)) => Kind::Row,
        () if is_near && !has_word(line) => Kind::Either,
        () => Kind::Heading,
    }
}

fn is_cell(c: char) -> bool {
    is_mark(c) && c != '-'
}

/// Whether empty cells stand side by side between digits, as they do in no number.
fn is_cut(line: &str) -> bool {
    let inside: Vec<char> = line.trim_matches(|c: char| !c.is_ascii_digit()).chars().collect();
    let is_pair = |pair: &[char]| pair[0] == pair[1] && is_cell(pair[0]) && !pair[0].is_ascii_digit();
    inside.windows(2).any(is_pair)
}

pub(super) fn has_word(line: &str) -> bool {
    let is_letter = |c: char| c.is_alphabetic() && !matches!(c, 'x' | 'X');
    line.split_whitespace().any(|word| {
        word.chars().count() > 1 && word.starts_with(is_letter) && word.chars().nth(1).is_some_and(is_letter)
    })
}

/// A day, a month and a year in any order that is in use.
fn is_date(line: &str) -> bool {
    ['.', '/', '-'].into_iter().any(|separator| {
        let parts: Vec<&str> = line
            .trim()
            .trim_end_matches('.')
            .split(separator)
            .map(str::trim)
            .collect();
        let number = |part: &&str| part.parse::<u32>().ok().filter(|_| part.len() <= 4);
        let numbers: Vec<u32> = parts.iter().filter_map(number).collect();
        let is_year = |year: u32| (1900..2200).contains(&year);
        let is_day = |day: u32| (1..=31).contains(&day);
        match numbers.as_slice() {
            [a, b, c] if parts.len() == 3 => is_day(*b) && ((is_day(*a) && is_year(*c)) || (is_year(*a) && is_day(*c))),
            _ => false,
        }
    })
}

/// Takes away what may be a heading where all boards are whole without it, in all blocks or else in each.
pub(super) fn drop_headings(blocks: &mut Vec<Vec<Row>>) {
    // Signs in a row of their own that mark no empty cell beside a digit are a line.
    let rows = || blocks.iter().flatten();
    let marks = ordered::set(
        rows()
            .filter(|row| row.sign().is_none())
            .flat_map(|row| row.blanks.iter().map(|b| b.0)),
    );
    if !marks.is_empty() {
        for row in blocks.iter_mut().flatten() {
            row.is_either |= !row.is_table && row.sign().is_some_and(|sign| !marks.contains(&sign));
        }
    }
    let all = is_whole(blocks.iter().flatten());
    for block in blocks.iter_mut() {
        if all || is_whole(block.iter()) {
            block.retain(|row| !row.is_either);
        }
    }
    blocks.retain(|block| !block.is_empty());
}

/// Whether the rows between what may be headings are whole boards.
fn is_whole<'a>(rows: impl Iterator<Item = &'a Row>) -> bool {
    let (mut run, mut headings, mut whole) = (0_usize, 0, true);
    for row in rows {
        let parts = row.is_either || row.is_wide();
        whole &= !parts || run.is_multiple_of(SIDE);
        run = if parts { 0 } else { run + 1 };
        headings = if row.is_either { headings + 1 } else { 0 };
        whole &= headings <= HEADINGS;
    }
    whole && run.is_multiple_of(SIDE)
}

/// Whether nothing tells which rows are a board: they are of nine cells each and yet not nine; or one may be a heading,
/// and more follow it than it could complete.
pub(super) fn is_out_of_step(block: &[Row]) -> bool {
    let heading = block.iter().step_by(SIDE).rposition(|row| row.is_either);
    let is_row = |row: &Row| row.width == SIDE && row.foreign.is_none();
    let odd = block.len() > SIDE && !block.len().is_multiple_of(SIDE) && block.iter().all(is_row);
    odd || heading.is_some_and(|at| block.len() > (at + 1) * SIDE)
}
