//! Mazes in a text: rows of equal length, one maze per block or one flattened maze per line; an empty line ends a maze.

use super::{PATH, PATH_ASKED, id};
use crate::error::Result;
use crate::tasks::text::{Entry, Likelihood, Text};

/// Judges a text as certainly mazes if its first non-empty line has only their characters, and only comments have a
/// digit or a dot.
pub(super) fn sniff(content: &str) -> Likelihood {
    let first = content.lines().find(|line| !line.trim().is_empty());
    let has_digit = |line: &str| !line.starts_with('#') && line.contains(|c: char| c == '.' || c.is_ascii_digit());
    if first.is_some_and(|line| line.chars().all(|c| id(c).is_some())) && !content.lines().any(has_digit) {
        Likelihood::Certain
    } else {
        Likelihood::No
    }
}

/// Reads every maze of a text.
pub(super) fn read(text: &Text) -> Vec<Result<Entry>> {
    let lines: Vec<(usize, &str)> = text
        .content()
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .collect();
    let mut entries = Vec::new();
    for block in lines
        .split(|(_, line)| line.is_empty())
        .filter(|block| !block.is_empty())
    {
        let side = block[0].1.chars().count();
        // Every maze has one start: if two lines have one, each line is a flattened maze.
        let flattened = block.iter().take(2).all(|(_, line)| line.contains('S')) && side.isqrt().pow(2) == side;
        let rows = if flattened { 1 } else { side };
        entries.extend(block.chunks(rows).map(|rows| board(text, rows, flattened)));
    }
    entries
}

fn board(text: &Text, rows: &[(usize, &str)], flattened: bool) -> Result<Entry> {
    let (line, side) = rows.first().map_or((0, 0), |(line, row)| (*line, row.chars().count()));
    let mut tokens = Vec::new();
    for (line, row) in rows {
        for (at, c) in row.chars().enumerate() {
            let id = id(c).ok_or_else(|| text.foreign(*line, at + 1, c))?;
            if id == PATH {
                return Err(text.error(*line, at + 1, PATH_ASKED));
            }
            tokens.push(id);
        }
        let found = row.chars().count();
        if found != side {
            return Err(text.error(*line, 0, format!("expected {side} cells in a row, found {found}")));
        }
    }
    if !flattened && rows.len() != side {
        let reason = format!("expected {side} rows of {side} cells, found {}", rows.len());
        return Err(text.error(line, 0, reason));
    }
    text.entry(tokens, line)
}
