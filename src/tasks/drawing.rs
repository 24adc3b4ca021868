//! A board as neutral data, which terminal, picture, window and page each paint in their own way.

use std::collections::BTreeSet;

use super::Puzzle;
use crate::trace::Thought;

/// What a cell can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// Its id.
    pub id: u32,
    /// Its character in text.
    pub glyph: char,
    /// What a screen reader calls it.
    pub name: &'static str,
    /// How it is drawn.
    pub look: Look,
    /// Characters that people type for it in an editor; none where a question cannot hold it.
    pub keys: &'static str,
    /// Whether a board has one at most.
    pub single: bool,
}

/// How a symbol is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Look {
    /// The cell is left open.
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
    /// Thin lines between all cells, and thick ones after every so many rows and columns; 0 for none inside.
    Grid {
        /// Rows between thick lines.
        rows: usize,
        /// Columns between thick lines.
        columns: usize,
    },
    /// A frame around the board and no line in it.
    Frame,
}

/// One cell of a [`Drawing`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// What the question has here.
    pub asked: Symbol,
    /// What is shown here.
    pub shown: Symbol,
    /// Whether the question gives this cell: it is not for the model to fill in.
    pub given: bool,
    /// Whether it takes part in a fault.
    pub fault: bool,
    /// Whether the shown segment changed it.
    pub changed: bool,
    /// How sure the model is of what is shown, 0 to 1, where that is known.
    pub confidence: Option<f32>,
}

/// A board to be painted.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// How many rows it has.
    pub rows: usize,
    /// How many columns it has.
    pub columns: usize,
    /// How its lines are ruled.
    pub ruling: Ruling,
    /// The cells, row-major, `[rows · columns]`.
    pub cells: Vec<Cell>,
}

impl Drawing {
    /// The question of a puzzle.
    pub fn question(puzzle: &Puzzle) -> Drawing {
        Drawing::new(puzzle, &puzzle.board.tokens)
    }

    /// A prediction `[S]` for a puzzle; cells that it lacks show id 0.
    ///
    /// An answer on a board of another shape than the question's is drawn for itself: nothing of it is given.
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

    /// A segment's prediction for a puzzle, with what it changed and how sure the model is of it.
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

    /// Marks cells that take part in a fault.
    pub fn with_faults(mut self, cells: &BTreeSet<usize>) -> Drawing {
        for (number, cell) in self.cells.iter_mut().enumerate() {
            cell.fault = cells.contains(&number);
        }
        self
    }
}
