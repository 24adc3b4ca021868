//! An answer as the JSON object that `hrm solve --json` prints and the window saves.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::halt::Stop;
use crate::ordered;
use crate::solve::{Answer, Solver};
use crate::tasks::Task;
use crate::trace::{Motion, Thought};

/// The JSON object of one answered puzzle.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The task of the puzzle.
    pub task: Task,
    /// The question, as text.
    pub puzzle: String,
    /// The raw prediction in the same alphabet.
    pub answer: String,
    /// Whether the answer obeys the rules and keeps the givens; None where the task has no rules.
    pub valid: Option<bool>,
    /// Whether no valid answer is better, under the key of the task's [`Optimum`](crate::tasks::Optimum).
    #[serde(flatten)]
    pub optimal: BTreeMap<&'static str, bool>,
    /// Segments of the winning try.
    pub segments: usize,
    /// What stopped the winning try.
    pub stopped: Stop,
    /// The winning try's raw logit for stopping.
    pub q_halt: f32,
    /// Number of tries that began.
    pub tries: usize,
    /// How the winning try asked the puzzle: "given", "symmetry 3", "noise 3 of strength 1", …
    pub variant: String,
    /// Number of tries that ended with this same answer.
    pub votes: usize,
    /// Time from submission to result, in milliseconds.
    pub ms: f64,
    /// The name of the device.
    pub device: String,
    /// The model's name.
    pub model: String,
    /// The segments of the winning try, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Vec<Step>>,
}

/// One segment of a [`Report`].
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The segment's number, from 1.
    pub segment: usize,
    /// The prediction, as text.
    pub grid: String,
    /// Cells that differ from the previous segment, or in the first segment from the question: row-major indices from 0.
    pub changed: Vec<usize>,
    /// Whether the prediction obeys the rules and keeps the givens; None where the task has no rules.
    pub valid: Option<bool>,
    /// The raw logit for stopping.
    pub q_halt: f32,
    /// The raw logit for going on.
    pub q_continue: f32,
    /// Probability of each cell's predicted id, to four decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Vec<f32>>,
    /// Norm of each cell's part of the H network's carry, and of its change, to three decimals.
    #[serde(rename = "z_H", skip_serializing_if = "Option::is_none")]
    pub z_h: Option<Motion>,
    /// Norm of each cell's part of the L network's carry, and of its change, to three decimals.
    #[serde(rename = "z_L", skip_serializing_if = "Option::is_none")]
    pub z_l: Option<Motion>,
}

impl Report {
    /// Reports what `solver` answered, with the segments of `trace` if given.
    pub fn new(solver: &Solver, answer: &Answer, trace: Option<&[Thought]>) -> Report {
        let step = |thought: &Thought| Step {
            segment: thought.number,
            grid: answer.puzzle.task.text(&answer.puzzle.answer(&thought.grid)),
            changed: thought.changes(&answer.puzzle).into_owned(),
            valid: answer.puzzle.is_valid(&thought.grid),
            q_halt: thought.q_halt,
            q_continue: thought.q_continue,
            confidence: thought.confidence.as_deref().map(|all| rounded(all, 1e4)),
            z_h: thought.z_h.as_ref().map(moved),
            z_l: thought.z_l.as_ref().map(moved),
        };
        let optimum = answer.puzzle.optimum().map(|optimum| optimum.key);
        let optimal = optimum.zip(answer.verdict.as_ref().and_then(|verdict| verdict.optimal));
        Report {
            task: answer.puzzle.task,
            puzzle: answer.puzzle.text(),
            answer: answer.text(),
            valid: answer.valid(),
            optimal: ordered::map(optimal),
            segments: answer.segments,
            stopped: answer.stopped,
            q_halt: answer.q_halt,
            tries: answer.tries,
            variant: answer.variant.to_string(),
            votes: answer.votes,
            ms: answer.milliseconds(),
            device: solver.executor().device_name(),
            model: solver.model().name.clone(),
            trace: trace.map(|thoughts| thoughts.iter().map(step).collect()),
        }
    }
}

/// Rounds a motion to three decimals.
fn moved(motion: &Motion) -> Motion {
    Motion {
        norm: rounded(&motion.norm, 1e3),
        change: motion.change.as_deref().map(|change| rounded(change, 1e3)),
    }
}

fn rounded(values: &[f32], parts: f64) -> Vec<f32> {
    let round = |v: &f32| ((f64::from(*v) * parts).round() / parts) as f32;
    values.iter().map(round).collect()
}
