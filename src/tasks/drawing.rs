//! A board as neutral data, which terminal, picture, window and page each paint in their own way.

use std::collections::BTreeSet;

use super::Puzzle;
use crate::trace::Thought;

/// A symbol that a cell can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// The symbol's id.
    pub id: u32,
    /// The symbol's character in text.
    pub glyph: char,
    /// The symbol's name for screen readers.
    pub name: &'static str,
    /// How the symbol is drawn.
    pub look: Look,
    /// Characters that people type for the symbol in an editor; none if a question cannot hold it.
    pub keys: &'static str,
    /// Whether a board has at most one of this symbol.
    pub single: bool,
}

/// How a symbol is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Look {
    /// The cell is left empty.
    Open,
    /// The glyph is written.
    Text,
    /// The cell is filled, as a wall is.
    Solid,
    /// The glyph is written on a filled square, as a start or a goal is.
    Badge,
    /// A dot, as a step of a path is.
    Dot,
    /// The cell is filled with one of ten colours.
    Colour(u8),
}

/// How the lines of a board are ruled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ruling {
    /// Thin lines between all cells, and thick ones after every so many rows and columns; 0 for no thick lines inside.
    Grid {
        /// Rows between thick lines.
        rows: usize,
        /// Columns between thick lines.
        columns: usize,
    },
    /// A frame around the board, without lines inside.
    Frame,
}

/// One cell of a [`Drawing`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The question's symbol in this cell.
    pub asked: Symbol,
    /// The symbol shown in this cell.
    pub shown: Symbol,
    /// Whether the question gives this cell, so that the model does not fill it in.
    pub given: bool,
    /// Whether the cell takes part in a fault.
    pub fault: bool,
    /// Whether the shown segment changed the cell.
    pub changed: bool,
    /// The confidence of the shown symbol, 0 to 1, if known.
    pub confidence: Option<f32>,
}

/// A board to be painted.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// How the board's lines are ruled.
    pub ruling: Ruling,
    /// The cells, row-major, `[rows · columns]`.
    pub cells: Vec<Cell>,
}

impl Drawing {
    /// Draws the question of a puzzle.
    pub fn question(puzzle: &Puzzle) -> Drawing {
        Drawing::new(puzzle, &puzzle.board.tokens)
    }

    /// Draws a prediction `[S]` for a puzzle; cells that the prediction lacks show id 0.
    ///
    /// An answer whose board has another shape than the question's is drawn alone, without givens.
    pub fn new(puzzle: &Puzzle, prediction: &[u32]) -> Drawing {
        let (task, question) = (puzzle.task, &puzzle.board);
        let answer = task.answer(puzzle, prediction);
        let asked = Some(question).filter(|question| question.is_like(&answer));
        let cell = |cell: usize| {
            let shown = answer.tokens.get(cell).copied().unwrap_or(0);
            let asked = asked
                .and_then(|board| board.tokens.get(cell))
                .copied()
                .unwrap_or(task.blank());
            Cell {
                asked: task.symbol(asked),
                shown: task.symbol(shown),
                given: asked != task.blank(),
                fault: false,
                changed: false,
                confidence: None,
            }
        };
        Drawing {
            rows: answer.rows,
            columns: answer.columns,
            ruling: task.ruling(),
            cells: (0..answer.rows * answer.columns).map(cell).collect(),
        }
    }

    /// Draws a segment's prediction for a puzzle, with changes and confidences.
    pub fn thought(puzzle: &Puzzle, thought: &Thought) -> Drawing {
        let mut drawing = Drawing::new(puzzle, &thought.grid);
        let columns = drawing.columns;
        for (number, cell) in drawing.cells.iter_mut().enumerate() {
            let token = puzzle.task.token(number, columns);
            cell.changed = thought.changed.binary_search(&token).is_ok();
            cell.confidence = thought.confidence.as_ref().and_then(|all| all.get(token)).copied();
        }
        drawing
    }

    /// Marks the cells that take part in a fault.
    pub fn with_faults(mut self, cells: &BTreeSet<usize>) -> Drawing {
        for (number, cell) in self.cells.iter_mut().enumerate() {
            cell.fault = cells.contains(&number);
        }
        self
    }
}
