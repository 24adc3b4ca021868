//! The model's answer to a puzzle.

use std::sync::Arc;
use std::time::Duration;

use super::Segment;
use crate::halt::Stop;
use crate::tasks::{Puzzle, Verdict};
use crate::tries::{Decision, Variant};

/// The model's answer to a puzzle: its raw prediction, judged and never touched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The question.
    pub puzzle: Arc<Puzzle>,
    /// Predicted ids, one a cell.
    pub prediction: Vec<u32>,
    /// Whether rules and givens are kept, and what is broken; None where the task has no rules here.
    pub verdict: Option<Verdict>,
    /// Segments that it took; of several tries, those of the one that gave it.
    pub segments: usize,
    /// What stopped the try that gave it.
    pub stopped: Stop,
    /// The raw logit for stopping.
    pub q_halt: f32,
    /// Tries that began.
    pub tries: usize,
    /// Tries that ended with this very answer.
    pub votes: usize,
    /// Segments of all tries.
    pub all_segments: usize,
    /// Number of the try that gave the answer, from 0.
    pub attempt: usize,
    /// What that try made of the puzzle.
    pub variant: Variant,
    /// From submission to result.
    pub elapsed: Duration,
}

impl Answer {
    /// The answer that a prediction is, judged by the rules: what one try gave that ran one segment and took no time.
    /// For boards and lists that are drawn without a model.
    pub fn new(puzzle: impl Into<Arc<Puzzle>>, prediction: Vec<u32>) -> Answer {
        let puzzle = puzzle.into();
        Answer {
            verdict: puzzle.judge(&prediction),
            puzzle,
            prediction,
            segments: 1,
            stopped: Stop::Limit,
            q_halt: 0.0,
            tries: 1,
            votes: 1,
            all_segments: 1,
            attempt: 0,
            variant: Variant::default(),
            elapsed: Duration::ZERO,
        }
    }

    /// What the last segment of a try answers, which stopped for that reason and has been judged.
    pub(super) fn of(
        puzzle: Arc<Puzzle>,
        segment: &Segment,
        stopped: Stop,
        verdict: Option<Verdict>,
        decision: Decision,
    ) -> Answer {
        Answer {
            puzzle,
            prediction: segment.outputs.preds.clone(),
            verdict,
            segments: segment.number,
            stopped,
            q_halt: segment.outputs.q_halt,
            tries: decision.tries,
            votes: decision.votes,
            all_segments: decision.segments,
            attempt: segment.attempt,
            variant: segment.variant,
            elapsed: segment.elapsed,
        }
    }

    /// The prediction in the alphabet of the puzzle.
    pub fn text(&self) -> String {
        self.puzzle.task.text(&self.puzzle.answer(&self.prediction))
    }

    /// [`Answer::elapsed`] in milliseconds, with three decimals.
    pub fn milliseconds(&self) -> f64 {
        (self.elapsed.as_secs_f64() * 1e6).round() / 1e3
    }

    /// Whether rules and givens are kept; None where the task has no rules here.
    pub fn valid(&self) -> Option<bool> {
        self.verdict.as_ref().map(|v| v.valid)
    }
}
