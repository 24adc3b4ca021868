//! Boards whose rows are numbered or lettered, perhaps below the names of their columns.

use super::Board;
use super::row::Row;
use crate::tasks::sudoku::SIDE;

/// The boards of a text whose rows are named from the first to the ninth.
pub(super) fn labelled(content: &str) -> Vec<Board> {
    let is_line = |(_, line): &(usize, &str)| line.contains(char::is_alphanumeric);
    let (mut boards, mut rows): (Vec<Board>, Vec<Row>) = (Vec::new(), Vec::new());
    let (mut next, mut first) = (None, 0);
    let mut before: Option<(usize, &str)> = None;
    for (number, line) in (1..).zip(content.lines()).filter(is_line) {
        let named = label(line).filter(|(label, _)| next == Some(*label) || label.1 <= 1);
        let row = named.map(|(label, rest)| (label, Row::new(number, rest, false)));
        let Some((label, row)) = row.filter(|(_, row)| row.width == SIDE && row.foreign.is_none()) else {
            (next, before) = (None, Some((number, line)));
            rows.clear();
            continue;
        };
        if next != Some(label) {
            rows.clear();
            // The names of the columns, where they could be cells.
            let names = before.filter(|(_, line)| Row::new(0, line, false).is_count());
            first = names.map_or(number, |(number, _)| number);
        }
        (next, before) = (Some((label.0, label.1 + 1)), None);
        rows.push(row);
        if rows.len() == SIDE {
            let rows = std::mem::take(&mut rows);
            boards.push(Board {
                lines: first..=number,
                rows,
            });
            next = None;
        }
    }
    boards
}

/// The name of a row, as its kind and its number, and what follows it.
fn label(line: &str) -> Option<((char, u32), &str)> {
    let line = line.trim_start_matches([' ', '|', '│']);
    let (name, rest) = line.split_at(line.find(|c: char| !c.is_ascii_alphanumeric())?);
    let kind = name.chars().next()?;
    let label = match name.strip_prefix(['R', 'r']).filter(|digits| !digits.is_empty()) {
        Some(digits) => ('r', digits.parse().ok()?),
        None if name.len() > 1 => return None,
        None if kind.is_ascii_digit() => ('1', kind.to_digit(10)?),
        None => ('a', kind.to_digit(36)?.checked_sub(9)?),
    };
    let rest = match rest.starts_with(' ') {
        true => rest.trim_start().trim_start_matches(['|', '│']),
        false => rest.strip_prefix([':', '.', ')', ',', ';', '\t', '|', '│'])?,
    };
    Some((label, rest))
}
