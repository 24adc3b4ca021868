//! What the rules say of an answer.

use std::fmt;

use super::sudoku::SIDE;

/// The rules' judgement of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The rules are kept and so are the givens: there is no fault.
    pub valid: bool,
    /// Everything that is broken.
    pub faults: Vec<Fault>,
    /// Of a valid path through a maze, whether none is shorter; None for other tasks.
    pub shortest: Option<bool>,
}

/// A row, column or box of a Sudoku, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A row, from the top.
    Row(usize),
    /// A column, from the left.
    Column(usize),
    /// A 3×3 box, row by row.
    Box(usize),
}

/// One broken rule and where. Cells are indices into the grid, row-major; [`fmt::Display`] counts from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A digit stands more than once in a unit.
    Repeated {
        /// Where it may stand only once.
        unit: Unit,
        /// The digit, 1 to 9.
        digit: u32,
        /// The cells that hold it, two at least.
        cells: Vec<usize>,
    },
    /// A given was not kept.
    Given {
        /// The cell.
        cell: usize,
        /// The digit that was given, 1 to 9.
        digit: u32,
        /// The id found there.
        found: u32,
    },
    /// A cell holds no digit.
    Empty {
        /// The cell.
        cell: usize,
    },
    /// A cell of a maze is not what the question has there, nor path where it is free.
    Changed {
        /// The cell.
        cell: usize,
        /// Rows, and columns.
        side: usize,
        /// What the question has there.
        asked: char,
        /// What the answer has there, `?` for no character of a maze.
        found: char,
    },
    /// The path through a maze breaks off, branches or touches itself.
    Chain {
        /// The cell: start, goal or path.
        cell: usize,
        /// Rows, and columns.
        side: usize,
        /// Cells of the path, start and goal among them, that it must touch: the ends 1, others 2.
        needed: usize,
        /// Those that it touches.
        found: usize,
    },
    /// Cells of the path that no way from the start leads to.
    Apart {
        /// The cells, ascending.
        cells: Vec<usize>,
        /// Rows, and columns.
        side: usize,
    },
    /// The question is no maze: it must have one start and one goal.
    Ends {
        /// Cells with `S`.
        starts: usize,
        /// Cells with `G`.
        goals: usize,
    },
    /// The answer does not have one id a cell.
    Length {
        /// Cells of the puzzle.
        needed: usize,
        /// Ids of the answer.
        found: usize,
    },
}

impl Fault {
    /// The cells that take part, ascending; none for [`Fault::Length`] and [`Fault::Ends`].
    pub fn cells(&self) -> &[usize] {
        match self {
            Fault::Repeated { cells, .. } | Fault::Apart { cells, .. } => cells,
            Fault::Given { cell, .. }
            | Fault::Empty { cell }
            | Fault::Changed { cell, .. }
            | Fault::Chain { cell, .. } => std::slice::from_ref(cell),
            Fault::Length { .. } | Fault::Ends { .. } => &[],
        }
    }
}

fn place(cell: usize, side: usize) -> String {
    format!("row {}, column {}", cell / side + 1, cell % side + 1)
}

/// "1 and 4", "1, 4 and 7".
fn list(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    match (items.pop(), items.is_empty()) {
        (Some(last), false) => format!("{} and {last}", items.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Repeated {
                unit: Unit::Row(row),
                digit,
                cells,
            } => {
                let columns = list(cells.iter().map(|c| (c % SIDE + 1).to_string()));
                write!(f, "{digit} stands more than once in row {}: columns {columns}", row + 1)
            }
            Fault::Repeated {
                unit: Unit::Column(column),
                digit,
                cells,
            } => {
                let rows = list(cells.iter().map(|c| (c / SIDE + 1).to_string()));
                write!(f, "{digit} stands more than once in column {}: rows {rows}", column + 1)
            }
            Fault::Repeated {
                unit: Unit::Box(number),
                digit,
                cells,
            } => {
                let places = list(cells.iter().map(|&c| format!("({})", place(c, SIDE))));
                write!(f, "{digit} stands more than once in box {}: {places}", number + 1)
            }
            Fault::Given { cell, digit, found } => match found {
                2..=10 => write!(f, "the given {digit} in {} became {}", place(*cell, SIDE), found - 1),
                _ => write!(f, "the given {digit} in {} was dropped", place(*cell, SIDE)),
            },
            Fault::Empty { cell } => write!(f, "{} holds no digit", place(*cell, SIDE)),
            Fault::Changed {
                cell,
                side,
                asked,
                found,
            } => write!(f, "`{asked}` in {} became `{found}`", place(*cell, *side)),
            Fault::Chain {
                cell,
                side,
                needed,
                found,
            } => {
                let what = if found < needed {
                    "breaks off"
                } else {
                    "branches or touches itself"
                };
                write!(f, "the path {what} in {}", place(*cell, *side))
            }
            Fault::Apart { cells, side } => {
                let first = place(cells.first().copied().unwrap_or(0), *side);
                write!(f, "{} cells of the path lie apart, from {first} on", cells.len())
            }
            Fault::Ends { starts, goals } => write!(f, "one `S` and one `G` needed, {starts} and {goals} found"),
            Fault::Length { needed, found } => write!(f, "{needed} cells needed, {found} found"),
        }
    }
}
