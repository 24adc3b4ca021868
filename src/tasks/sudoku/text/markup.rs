//! Sudokus in the elements of XML and HTML; what else such a text holds is no puzzle.

use super::character::{Cell, cell};
use super::formats::{Found, line};
use super::row::Row;
use crate::tasks::sudoku::SIDE;

/// The puzzles in the elements of a text: each in an attribute or a text of one element, or in the cells of tables.
pub(super) fn read(content: &str) -> Vec<(usize, Found)> {
    let (mut found, mut rows, mut number) = (Vec::new(), Vec::<(usize, Option<Vec<Cell>>)>::new(), 1);
    for at in content.match_indices('<').map(|(at, _)| at) {
        let rest = content.get(at..).unwrap_or_default();
        let end = rest
            .get(1..)
            .and_then(|rest| rest.find('<'))
            .map_or(rest.len(), |end| end + 1);
        let element = rest.get(..end).unwrap_or_default();
        found.extend(line(number, element).map(|found| (number, found)));
        let (tag, inside) = element.split_once('>').unwrap_or((element, ""));
        match (tag.get(1..3), rows.last_mut()) {
            (Some("tr"), _) => rows.push((number, Some(Vec::new()))),
            (Some("td"), Some((_, cells))) => {
                let cell = cell(&inside.replace("&nbsp;", ""));
                *cells = cells.take().zip(cell).map(|(cells, cell)| [cells, vec![cell]].concat());
            }
            _ => {}
        }
        number += element.matches('\n').count();
    }
    let is_row = |row: &(usize, Option<Vec<Cell>>)| row.1.as_ref().is_some_and(|cells| cells.len() == SIDE);
    if found.is_empty() && !rows.is_empty() && rows.len().is_multiple_of(SIDE) && rows.iter().all(is_row) {
        let board = |rows: &[(usize, Option<Vec<Cell>>)]| {
            let cells: Vec<Cell> = rows.iter().filter_map(|(_, cells)| cells.clone()).flatten().collect();
            let number = rows.first().map_or(0, |(number, _)| *number);
            (number, Ok((Row::of(number, &cells), None)))
        };
        found.extend(rows.chunks(SIDE).map(board));
    }
    found
}
