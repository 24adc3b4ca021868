//! What a model is asked, and what a run returns about it.

use std::sync::Arc;
use std::time::Duration;

use super::Answer;
use crate::executor::Outputs;
use crate::halt::Stop;
use crate::noise::Noise;
use crate::tasks::{Puzzle, Sample};
use crate::tries::{Decision, Variant};

/// What a model is asked: tokens, and the puzzle that they come from, if known.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Query {
    /// Puzzle tokens `[S]`.
    pub tokens: Vec<u32>,
    /// Row of the puzzle embedding; 0 where puzzles are not told apart.
    pub puzzle_identifier: usize,
    /// The puzzle with its rules; None for tokens that are not judged: their tries run to the end, and the vote decides.
    pub puzzle: Option<Arc<Puzzle>>,
    /// Noise on the initial carry.
    pub noise: Option<Noise>,
}

impl Query {
    /// Creates a query of raw tokens `[S]`, which are not judged.
    pub fn new(tokens: Vec<u32>) -> Query {
        Query {
            tokens,
            puzzle_identifier: 0,
            puzzle: None,
            noise: None,
        }
    }

    /// Returns the network's input.
    pub(super) fn sample(&self) -> Sample {
        Sample {
            tokens: self.tokens.clone(),
            identifier: self.puzzle_identifier as u32,
        }
    }
}

impl From<Puzzle> for Query {
    fn from(puzzle: Puzzle) -> Self {
        Query::from(Arc::new(puzzle))
    }
}

impl From<Arc<Puzzle>> for Query {
    fn from(puzzle: Arc<Puzzle>) -> Self {
        let Sample { tokens, identifier } = puzzle.sample();
        Query {
            puzzle: Some(puzzle),
            puzzle_identifier: identifier as usize,
            ..Query::new(tokens)
        }
    }
}

/// One segment of one try at a query, as a [`Run`](super::Run) returns it. The last segment of a query carries its
/// decision, and its [`Answer`] if the query has a puzzle.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Segment {
    /// Number of the query in the run, from 0.
    pub id: usize,
    /// Number of the try at the query, from 0; see [`tries`](crate::tries).
    pub attempt: usize,
    /// How the try asked the query.
    pub variant: Variant,
    /// Number of the segment within the try, from 1.
    pub number: usize,
    /// The outputs of this segment, for the query as it was asked.
    pub outputs: Outputs,
    /// What stopped the try, if this was its last segment.
    pub stopped: Option<Stop>,
    /// How the query was decided, if this segment decides it.
    pub decision: Option<Decision>,
    /// The answer, if this segment decides a query that has a puzzle.
    pub answer: Option<Answer>,
    /// Time since the first try at the query began.
    pub elapsed: Duration,
}
