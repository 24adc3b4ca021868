//! Tasks: each a folder that holds all that is known of it, and one row of the registry.
//!
//! A task reads and writes text, judges answers, augments questions and draws boards as neutral data; nothing here knows a
//! model or a device, and nothing outside a task's folder knows a task. Rules only judge. Nothing in this module alters,
//! fills in or repairs an answer.

pub mod arc;
mod augmentation;
mod board;
mod definition;
mod drawing;
pub mod maze;
mod puzzle;
mod question;
mod records;
pub mod sudoku;
mod table;
mod text;
mod verdict;

use std::fmt;
use std::ops::Deref;
use std::sync::{PoisonError, RwLock};

pub use augmentation::{Augmentation, Transform};
pub use board::{Board, place};
pub use definition::{Definition, Made, Optimum, Recipe, Rules};
pub use drawing::{Cell, Drawing, Look, Ruling, Symbol};
pub use puzzle::{Puzzle, Sample};
pub use question::Question;
pub use text::{Entry, Likelihood, Text, paste, read};
pub use verdict::{Fault, FaultKind, Verdict};

use crate::error::{Error, Result};
use crate::kernels::RuleKernel;

/// The tasks that are part of the library, the first of which is the default.
static BUILT_IN: [Task; 3] = [sudoku::TASK, maze::TASK, arc::TASK];

/// Tasks that the program brought.
static REGISTERED: RwLock<Vec<Task>> = RwLock::new(Vec::new());

/// A handle to a task; what the task says of itself is there by [`Definition`].
#[derive(Clone, Copy)]
pub struct Task(&'static dyn Definition);

/// Every known task: those of the library, then those of [`register`].
pub fn all() -> Vec<Task> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    BUILT_IN.iter().chain(registered.iter()).copied().collect()
}

/// Makes a task known to readers, models and solvers; before any of them needs it.
///
/// # Errors
/// [`Error::Usage`] where a task of this name is known already.
pub fn register(definition: &'static dyn Definition) -> Result<Task> {
    let task = Task(definition);
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    if BUILT_IN.iter().chain(registered.iter()).any(|known| *known == task) {
        return Err(Error::Usage(format!("expected a new task, `{task}` is known already")));
    }
    registered.push(task);
    Ok(task)
}

impl Task {
    /// The handle to a task that is part of the library.
    const fn new(definition: &'static dyn Definition) -> Task {
        Task(definition)
    }

    /// The one task whose encoding has these sizes.
    pub(crate) fn guess(seq_len: usize, vocab_size: usize) -> Option<Task> {
        all().into_iter().find(|task| task.fits(seq_len, vocab_size))
    }

    /// The board of these cells, row-major; why there is none.
    pub(crate) fn board(self, tokens: Vec<u32>) -> std::result::Result<Board, String> {
        let (rows, columns) = self.shape(tokens.len())?;
        Ok(Board { rows, columns, tokens })
    }
}

impl Default for Task {
    /// The first of the library's tasks.
    fn default() -> Task {
        BUILT_IN[0]
    }
}

impl Deref for Task {
    type Target = dyn Definition;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Task) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Task {}

impl std::hash::Hash for Task {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", self.name())
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Task {
    type Err = Error;

    /// The task of that name; [`Error::Usage`] lists those that are known.
    fn from_str(name: &str) -> Result<Task> {
        let tasks = all();
        tasks.iter().find(|task| task.name() == name).copied().ok_or_else(|| {
            let names: Vec<&str> = tasks.iter().map(|task| task.name()).collect();
            Error::Usage(format!(
                "expected one of the tasks {}, found `{name}`",
                names.join(", ")
            ))
        })
    }
}

impl serde::Serialize for Task {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Task {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

/// The rules of a task as a kernel, where it has rules for boards of so many cells.
pub(crate) fn rule_kernel(task: Option<Task>, cells: usize) -> Option<&'static RuleKernel> {
    let task = task?;
    Some(task.rules()?.kernel()).filter(|kernel| kernel.takes(cells))
}

/// Whether the rules can judge answers of `cells` cells to a puzzle of this task.
pub fn has_rules(task: Option<Task>, cells: usize) -> bool {
    rule_kernel(task, cells).is_some()
}

/// Tokens as text in the alphabet of their task; one line where they are no board of it.
pub fn answer_text(task: Task, tokens: &[u32]) -> String {
    let board = task.board(tokens.to_vec()).unwrap_or_else(|_| Board {
        rows: 1,
        columns: tokens.len(),
        tokens: tokens.to_vec(),
    });
    task.text(&board)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_outside_the_alphabet_are_shown_and_do_not_panic() {
        assert_eq!(answer_text(sudoku::TASK, &[0, 1, 2, 10, 11, u32::MAX]), "..19..");
        assert_eq!(answer_text(maze::TASK, &[0, 1, 2, 3, 4, 5, 6, 1, 1]), "?# \nSGo\n?##");
        assert_eq!(answer_text(arc::TASK, &[0, 1, 2, 11]), "..09");
        assert_eq!(answer_text(maze::TASK, &[]), "");
    }

    #[test]
    fn a_task_is_found_by_its_name_only_once() {
        for task in all() {
            assert_eq!(task.name().parse::<Task>().ok(), Some(task));
            let json = serde_json::to_string(&task).unwrap();
            assert_eq!(serde_json::from_str::<Task>(&json).unwrap(), task);
        }
        let unknown = "chess".parse::<Task>().unwrap_err().to_string();
        assert!(
            unknown.starts_with("expected one of the tasks sudoku, maze, arc"),
            "{unknown}"
        );
        assert!(register(&maze::Maze).is_err());
    }
}
