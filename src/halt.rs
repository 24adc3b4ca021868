//! When a sample stops.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::tasks::{self, Task};

/// Rule by which a sample stops before its last segment. Where it does not fire, the limit of segments ends the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Halt {
    /// Every sample runs all segments, as the official evaluation does.
    Fixed,
    /// The model says so: `q_halt > q_continue` (HRM), `q_halt > 0` (TRM, whose second output is untrained).
    Learned,
    /// [`Halt::Learned`], and the prediction equals that of the segment before.
    Stable,
    /// The prediction keeps the rules of its task and the givens.
    Valid,
}

/// What stopped a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stop {
    /// The rules are kept.
    Valid,
    /// The model said so.
    Learned,
    /// The model said so and the prediction stayed.
    Stable,
    /// The last segment was reached.
    Limit,
}

impl Stop {
    /// The name that `--json` shows.
    pub fn name(self) -> &'static str {
        match self {
            Stop::Valid => "valid",
            Stop::Learned => "learned",
            Stop::Stable => "stable",
            Stop::Limit => "limit",
        }
    }
}

/// How long samples run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schedule {
    /// The rule that stops a sample early.
    pub halt: Halt,
    /// Most segments of a sample.
    pub segments: usize,
}

impl Schedule {
    /// At most `segments` segments, fewer where `halt` stops a sample.
    pub fn new(halt: Halt, segments: usize) -> Schedule {
        Schedule { halt, segments }
    }

    /// Refuses what cannot be obeyed by a model for `task` on puzzles of `seq_len` tokens.
    ///
    /// # Errors
    /// [`Error::Usage`] for no segments, or for [`Halt::Valid`] where the task has no rules to judge by.
    pub fn check(self, task: Option<Task>, seq_len: usize) -> Result<Self> {
        if self.segments == 0 {
            return Err(Error::Usage("segments: expected 1 or more, found 0".into()));
        }
        if self.halt == Halt::Valid && !tasks::has_rules(task, seq_len) {
            let task = task.map_or("a model without a task".to_owned(), |t| {
                format!("the task {t} of {seq_len} cells")
            });
            return Err(Error::Usage(format!(
                "halt: expected fixed, learned or stable, found valid: it needs rules to judge by, and {task} has none here"
            )));
        }
        Ok(self)
    }
}
