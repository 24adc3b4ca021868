//! What the rules say about an answer.

use std::fmt;

/// The rules' judgement of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether the answer obeys the rules and keeps the givens: there is no fault.
    pub valid: bool,
    /// Every rule that is broken.
    pub faults: Vec<Fault>,
    /// Whether no valid answer is better; None for an answer that is not valid, and for tasks without an
    /// [`Optimum`](super::Optimum).
    pub optimal: Option<bool>,
}

/// What a broken rule says about its cells, for faces that mark them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The cells contradict each other, or the rules.
    Conflict,
    /// The cells differ from what the question gives.
    Changed,
    /// The cells hold nothing.
    Missing,
    /// The board as a whole is wrong: its size, or what must occur on it exactly once.
    Board,
}

/// A broken rule and its cells; [`fmt::Display`] gives its message, which counts rows and columns from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What the broken rule says about its cells.
    pub kind: FaultKind,
    message: String,
    /// The cells that take part, ascending; none for faults of the whole board.
    pub cells: Vec<usize>,
}

impl Fault {
    /// Creates a fault from its kind, a sentence for people, and the cells that take part, ascending indices into the
    /// board, row-major.
    pub fn new(kind: FaultKind, message: impl Into<String>, cells: impl Into<Vec<usize>>) -> Fault {
        Fault {
            kind,
            message: message.into(),
            cells: cells.into(),
        }
    }

    /// Creates the fault of an answer that does not have one id per cell.
    pub(crate) fn length(expected: usize, found: usize) -> Fault {
        Fault::new(
            FaultKind::Board,
            format!("expected {expected} cells, found {found}"),
            [],
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
