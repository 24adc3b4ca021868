//! Tasks: each is a folder that holds everything known about it, and one row of the registry.
//!
//! A task reads and writes text, judges answers, augments questions and draws boards as neutral data; nothing here
//! knows a model or a device, and nothing outside a task's folder knows that task. Rules only judge: nothing in this
//! module alters, fills in or repairs an answer.

pub mod arc;
mod augmentation;
mod board;
mod definition;
mod drawing;
mod identifiers;
pub mod maze;
#[cfg(feature = "picture")]
pub(crate) mod picture;
mod plain;
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
pub(crate) use identifiers::{IDENTIFIERS_FILE, Identifiers};
pub use puzzle::{Puzzle, Sample};
pub use question::Question;
#[cfg(feature = "eval")]
pub(crate) use text::decoded;
pub use text::{Entry, Likelihood, Text, read, read_boards};
pub use verdict::{Fault, FaultKind, Verdict};

use crate::error::{Error, Result};
pub use crate::kernels::{RuleKernel, Shader};

/// The built-in tasks; the first is the default.
static BUILT_IN: [Task; 3] = [sudoku::TASK, maze::TASK, arc::TASK];

/// Tasks that the program registered.
static REGISTERED: RwLock<Vec<Task>> = RwLock::new(Vec::new());

/// A handle to a task, with the methods of [`Definition`].
#[derive(Clone, Copy)]
pub struct Task(&'static dyn Definition);

/// Returns every known task: the built-in ones, then those of [`register`].
pub fn all() -> Vec<Task> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    BUILT_IN.iter().chain(registered.iter()).copied().collect()
}

/// Registers a task with readers, models and solvers; call it before any of them needs the task.
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
    /// Creates the handle of a built-in task.
    const fn new(definition: &'static dyn Definition) -> Task {
        Task(definition)
    }

    /// Returns the first task whose encoding has these sizes.
    pub(crate) fn guess(seq_len: usize, vocab_size: usize) -> Option<Task> {
        all().into_iter().find(|task| task.fits(seq_len, vocab_size))
    }

    /// Arranges cells as a board, row-major; the error is why there is none.
    pub(crate) fn board(self, tokens: Vec<u32>) -> std::result::Result<Board, String> {
        let (rows, columns) = self.shape(tokens.len())?;
        Ok(Board { rows, columns, tokens })
    }
}

impl Default for Task {
    /// Returns the first built-in task.
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

    /// Returns the task of that name; [`Error::Usage`] lists the known tasks.
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

/// Returns the rule kernel of a task, if it has rules for boards of `cells` cells.
pub(crate) fn rule_kernel(task: Option<Task>, cells: usize) -> Option<&'static RuleKernel> {
    let task = task?;
    Some(task.rules()?.kernel()).filter(|kernel| kernel.takes(cells))
}

/// Whether the rules can judge answers of `cells` cells to a puzzle of this task.
pub(crate) fn has_rules(task: Option<Task>, cells: usize) -> bool {
    rule_kernel(task, cells).is_some()
}

/// Formats tokens as text in their task's alphabet; on one line if they do not form a board.
#[cfg(test)]
pub(crate) fn answer_text(task: Task, tokens: &[u32]) -> String {
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
        assert_eq!(answer_text(arc::TASK, &[0, 1, 2, 11]), "..\n09");
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
