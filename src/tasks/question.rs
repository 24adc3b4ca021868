//! Whether a question has one solution.

use std::fmt;

use super::verdict::Fault;

/// What is known about a question before any model has seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The question has one solution.
    Unique,
    /// The question has no solution.
    None,
    /// The question has more than one solution.
    Several,
    /// The givens contradict each other openly.
    Clash(Vec<Fault>),
    /// The search for solutions was given up.
    Undecided,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Unique => write!(f, "the puzzle has one solution"),
            Question::None => write!(f, "the puzzle has no solution"),
            Question::Several => write!(f, "the puzzle has more than one solution"),
            Question::Clash(faults) => {
                let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
                write!(f, "the givens clash: {}", faults.join("; "))
            }
            Question::Undecided => write!(f, "whether the puzzle has one solution could not be told quickly"),
        }
    }
}
