//! Sudokus in lists of programs: rows of nine or whole boards between brackets.

use super::character::{Cell, cell, is_mark, mark};
use super::row::Row;
use crate::tasks::sudoku::{CELLS, SIDE};

/// What stands between brackets that hold no brackets.
struct Group<'a> {
    line: usize,
    parent: usize,
    items: Vec<&'a str>,
}

/// The rows of a board, or why a list is none, with its line.
type Board = Result<Vec<Row>, (usize, String)>;

/// The boards of a text that is a list of lists. None where the text is something else.
pub(super) fn read(content: &str) -> Option<Vec<Board>> {
    let groups = groups(content)?;
    let mut boards: Vec<Board> = Vec::new();
    let mut open: Option<usize> = None;
    let mut known = false;
    for group in groups {
        let Some(rows) = rows(&group) else {
            continue;
        };
        for row in rows {
            let whole = [SIDE, CELLS].contains(&row.width);
            known |= whole;
            let goes_on = open == Some(group.parent) && row.width != CELLS;
            let board = boards.last_mut().filter(|_| goes_on);
            match board {
                Some(Ok(board)) if whole && board.len() < SIDE => board.push(row),
                Some(board @ Ok(_)) if !whole => {
                    *board = Err((
                        group.line,
                        format!("expected {SIDE} cells in a row, found {}", row.width),
                    ));
                }
                Some(Err(_)) => {}
                _ if whole => boards.push(Ok(vec![row])),
                _ => boards.push(Err((
                    group.line,
                    format!("expected {SIDE} cells in a row, found {}", row.width),
                ))),
            }
            open = Some(group.parent);
        }
    }
    known.then_some(boards)
}

/// The rows of a group, None where it holds something else.
fn rows(group: &Group<'_>) -> Option<Vec<Row>> {
    let strings: Option<Vec<Row>> = group.items.iter().map(|item| string(group.line, item)).collect();
    if let Some(strings) = strings.filter(|strings| !strings.is_empty()) {
        return Some(strings);
    }
    let cells: Vec<Cell> = group.items.iter().map(|item| cell(item)).collect::<Option<_>>()?;
    (cells.len() > 1).then(|| vec![Row::of(group.line, &cells)])
}

/// A row or a board in quotation marks.
fn string(line: usize, item: &str) -> Option<Row> {
    let item = item.trim();
    let text = item.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
    let cells: Vec<Cell> = text.chars().map(mark).collect::<Option<_>>()?;
    (cells.len() > 1).then(|| Row::of(line, &cells))
}

fn groups(content: &str) -> Option<Vec<Group<'_>>> {
    let (mut groups, mut stack, mut line) = (Vec::new(), Vec::<(usize, bool, usize)>::new(), 1);
    let (mut before, mut outside) = (' ', 0);
    for (at, c) in content.char_indices() {
        match c {
            '\n' => line += 1,
            '[' | '{' | '(' => {
                if let Some(top) = stack.last_mut() {
                    top.1 = true;
                }
                // `grid[9]` of a program is a size.
                let is_index = c == '[' && (before.is_alphanumeric() || before == '_' || before == ']');
                stack.push((at + 1, is_index, line));
            }
            ']' | '}' | ')' => {
                let (start, holds, line) = stack.pop()?;
                let parent = stack.last().map_or(0, |(start, ..)| *start);
                // `[5 3; 6 0]`: rows in one pair of brackets.
                let rows = content[start..at].split(';').filter(|_| !holds);
                for text in rows.filter(|text| !text.trim().is_empty()) {
                    let mut items: Vec<&str> = match text.contains(',') {
                        true => text.split(',').collect(),
                        false => text.split_whitespace().collect(),
                    };
                    if items.last().is_some_and(|last| last.trim().is_empty())
                        && [SIDE + 1, CELLS + 1].contains(&items.len())
                    {
                        items.pop();
                    }
                    groups.push(Group { line, parent, items });
                }
            }
            _ => {}
        }
        outside = if stack.is_empty() && is_mark(c) { outside + 1 } else { 0 };
        if outside >= SIDE {
            return None;
        }
        before = c;
    }
    stack.is_empty().then_some(groups).filter(|groups| !groups.is_empty())
}
