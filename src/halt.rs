//! Halting: when a sample stops.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::tasks::{self, Task};

/// The rule that stops a sample before its last segment. If it never fires, the sample ends at the limit of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Halt {
    /// Every sample runs all segments, as in the official evaluation.
    Fixed,
    /// The model asks to halt: `q_halt > q_continue` (HRM), `q_halt > 0` (TRM and URM, whose second output is untrained), or
    /// `q_halt > 1/2` (SE-RRM and Sotaku, whose `q_halt` is a probability).
    Learned,
    /// The model asks to halt as for [`Halt::Learned`], and the prediction equals that of the previous segment.
    Stable,
    /// The prediction obeys the rules of its task and keeps the givens.
    Valid,
    /// Nothing changes any more: the prediction is that of the segment before it and the logits changed by at most 1 %,
    /// for three segments in a row, or 64 of Sotaku's small ones. Needs neither rules nor a halting head.
    Still,
}

/// What stopped a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stop {
    /// The prediction was valid under [`Halt::Valid`].
    Valid,
    /// The model asked to halt.
    Learned,
    /// The model asked to halt and the prediction did not change.
    Stable,
    /// Nothing changed for as many segments as [`Halt::Still`] waits.
    Still,
    /// The last segment was reached.
    Limit,
    /// The caller ended the run before that; no batch reports this.
    Interrupted,
}

impl fmt::Display for Stop {
    /// Writes the name that JSON has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Valid => "valid",
            Stop::Learned => "learned",
            Stop::Stable => "stable",
            Stop::Still => "still",
            Stop::Limit => "limit",
            Stop::Interrupted => "interrupted",
        })
    }
}

/// How long samples run: a halting rule and a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The rule that stops a sample early.
    pub halt: Halt,
    /// The maximum number of segments of a sample.
    pub segments: usize,
}

impl Schedule {
    /// Checks that a model for `task` can follow this schedule on puzzles of `seq_len` tokens, and returns it.
    ///
    /// # Errors
    /// [`Error::Usage`] for no segments, or for [`Halt::Valid`] where the task has no rules to judge by.
    pub(crate) fn check(self, task: Option<Task>, seq_len: usize) -> Result<Self> {
        if self.segments == 0 {
            return Err(Error::Usage("segments: expected 1 or more, found 0".into()));
        }
        if self.halt == Halt::Valid && !tasks::has_rules(task, seq_len) {
            let task = task.map_or("a model without a task".to_owned(), |t| {
                format!("the task {t} of {seq_len} cells")
            });
            return Err(Error::Usage(format!(
                "halt: expected fixed, learned, stable or still, found valid: it needs rules to judge by, and {task} has none here"
            )));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::{arc, maze, sudoku};

    #[test]
    fn impossible_schedules_are_refused_with_a_reason() {
        let valid = |segments| Schedule {
            halt: Halt::Valid,
            segments,
        };
        let says = |schedule: Schedule, task, cells| match schedule.check(task, cells) {
            Err(Error::Usage(text)) => text,
            other => panic!("{other:?}"),
        };
        assert!(says(valid(4), None, 81).contains("a model without a task has none here"));
        assert!(says(valid(4), Some(arc::TASK), 900).contains("the task arc of 900 cells"));
        assert!(says(valid(4), Some(sudoku::TASK), 80).contains("80 cells"));
        assert!(says(valid(0), Some(sudoku::TASK), 81).contains("segments: expected 1 or more"));
        assert!(valid(4).check(Some(sudoku::TASK), 81).is_ok());
        assert!(valid(4).check(Some(maze::TASK), 900).is_ok());
    }
}
