//! A board of cells.

/// A rectangle of cells, each with an id of its task's alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Board {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// One id per cell, row-major, `[rows · columns]`.
    pub tokens: Vec<u32>,
}

impl Board {
    /// Creates a board whose cells all hold `id`.
    pub fn filled(rows: usize, columns: usize, id: u32) -> Board {
        Board {
            rows,
            columns,
            tokens: vec![id; rows * columns],
        }
    }

    /// Whether two boards have the same numbers of rows and columns.
    pub(crate) fn is_like(&self, other: &Board) -> bool {
        (self.rows, self.columns) == (other.rows, other.columns)
    }
}

/// Describes the place of a cell for people: "row 2, column 3", counted from 1.
pub fn place(cell: usize, columns: usize) -> String {
    let columns = columns.max(1);
    format!("row {}, column {}", cell / columns + 1, cell % columns + 1)
}
