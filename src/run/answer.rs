//! The model's answer to a puzzle.

use std::sync::Arc;
use std::time::Duration;

use super::Segment;
use crate::halt::Stop;
use crate::tasks::{Puzzle, Verdict};
use crate::tries::{Decision, Variant};

/// The model's answer to a puzzle: its raw prediction, judged but never altered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The question.
    pub puzzle: Arc<Puzzle>,
    /// Predicted ids, one per cell.
    pub prediction: Vec<u32>,
    /// Whether the prediction obeys the rules and keeps the givens, and what it breaks; None where the task has no
    /// rules here.
    pub verdict: Option<Verdict>,
    /// Segments of the try that gave this answer.
    pub segments: usize,
    /// What stopped the try that gave this answer.
    pub stopped: Stop,
    /// The raw logit for stopping.
    pub q_halt: f32,
    /// Number of tries that began.
    pub tries: usize,
    /// Number of tries that ended with this same answer.
    pub votes: usize,
    /// Every distinct prediction, the best first, with `q_halt` of each try that gave it, if the tries were put to the
    /// vote.
    pub ranked: Vec<(Vec<u32>, Vec<f32>)>,
    /// Segments of all tries together.
    pub all_segments: usize,
    /// Number of the try that gave this answer, from 0.
    pub attempt: usize,
    /// How that try asked the puzzle.
    pub variant: Variant,
    /// Time from submission to result.
    pub elapsed: Duration,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Answer {
    /// Creates an answer from a prediction, judged by the rules, as if a single try had given it in one segment and no
    /// time. For boards and lists that are drawn without a model.
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
            ranked: Vec::new(),
            all_segments: 1,
            attempt: 0,
            variant: Variant::default(),
            elapsed: Duration::ZERO,
        }
    }

    /// Creates an answer from the last segment of a try, what stopped it and its verdict.
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
            ranked: Vec::new(),
            all_segments: decision.segments,
            attempt: segment.attempt,
            variant: segment.variant,
            elapsed: segment.elapsed,
        }
    }

    /// Returns the prediction as text in the task's alphabet.
    pub fn text(&self) -> String {
        self.puzzle.task.text(&self.puzzle.answer(&self.prediction))
    }

    /// Returns [`Answer::elapsed`] in milliseconds, with three decimals.
    pub(crate) fn milliseconds(&self) -> f64 {
        (self.elapsed.as_secs_f64() * 1e6).round() / 1e3
    }

    /// Returns whether the prediction obeys the rules and keeps the givens; None where the task has no rules here.
    pub fn valid(&self) -> Option<bool> {
        self.verdict.as_ref().map(|v| v.valid)
    }
}
