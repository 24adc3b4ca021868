//! The tasks whose encodings are known (docs/specification.md, section 7).

use crate::error::{Error, Result};

/// A task that models are trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// 9×9 Sudoku, 81 tokens, vocabulary of 11.
    Sudoku,
    /// Square maze, 900 tokens in the official size, vocabulary of 6.
    Maze,
    /// ARC grids on a 30×30 canvas, vocabulary of 12.
    Arc,
}

impl Task {
    /// Official `seq_len` and `vocab_size` (docs/specification.md, section 1.2).
    pub(crate) fn sizes(self) -> (usize, usize) {
        match self {
            Task::Sudoku => (81, 11),
            Task::Maze => (900, 6),
            Task::Arc => (900, 12),
        }
    }

    /// Whether the task's encoding has these sizes. Mazes may have any side.
    pub(crate) fn fits(self, seq_len: usize, vocab_size: usize) -> bool {
        match self {
            Task::Maze => vocab_size == 6 && seq_len.isqrt().pow(2) == seq_len,
            Task::Sudoku | Task::Arc => (seq_len, vocab_size) == self.sizes(),
        }
    }

    /// The sizes that [`Task::fits`] wants, for messages.
    pub(crate) fn needs(self) -> &'static str {
        match self {
            Task::Sudoku => "`seq_len` 81 and `vocab_size` 11",
            Task::Maze => "a square `seq_len` and `vocab_size` 6",
            Task::Arc => "`seq_len` 900 and `vocab_size` 12",
        }
    }

    /// The one task whose encoding has these sizes.
    pub(crate) fn guess(seq_len: usize, vocab_size: usize) -> Option<Task> {
        [Task::Sudoku, Task::Maze, Task::Arc]
            .into_iter()
            .find(|task| task.fits(seq_len, vocab_size))
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Task::Sudoku => "sudoku",
            Task::Maze => "maze",
            Task::Arc => "arc",
        })
    }
}

impl std::str::FromStr for Task {
    type Err = Error;

    /// "sudoku", "maze" or "arc"; anything else is [`Error::Usage`].
    fn from_str(name: &str) -> Result<Task> {
        match name {
            "sudoku" => Ok(Task::Sudoku),
            "maze" => Ok(Task::Maze),
            "arc" => Ok(Task::Arc),
            other => Err(Error::Usage(format!(
                "no task is called `{other}`: expected sudoku, maze or arc"
            ))),
        }
    }
}
