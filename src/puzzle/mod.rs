//! Puzzles: text ⇄ tokens, rules that judge, drawing. Nothing here knows a model or a device.
//!
//! Rules only judge. Nothing in this module alters, fills in or repairs an answer.

pub mod maze;
mod paste;
mod question;
pub mod sudoku;
mod symmetry;
mod table;
pub mod text;
mod verdict;

pub use paste::paste;
pub use question::Question;
pub use symmetry::Symmetry;
pub use text::Entry;
pub use verdict::{Fault, Unit, Verdict};

use crate::error::{Error, Result};
use crate::kernels::RuleKernel;
use crate::model::Task;

/// One question: the tokens of its grid, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Puzzle {
    /// What kind of puzzle it is.
    pub task: Task,
    /// One id a cell, `[side · side]`, by the task's encoding (specification, section 7).
    pub tokens: Vec<u32>,
    /// Rows, and columns.
    pub side: usize,
}

impl Puzzle {
    /// A puzzle from its tokens. [`Error::Puzzle`] if their number is no square or not the task's, or an id lies
    /// outside the task's vocabulary.
    pub fn new(task: Task, tokens: Vec<u32>) -> Result<Puzzle> {
        let fail = |reason| Err(Error::Puzzle { at: None, reason });
        let side = tokens.len().isqrt();
        let (vocab_size, needed) = match task {
            Task::Sudoku => (sudoku::VOCAB_SIZE, Some(sudoku::SIDE)),
            Task::Maze => (maze::VOCAB_SIZE, None),
            Task::Arc => (12, Some(30)),
        };
        if let Some(needed) = needed.map(|n| n * n).filter(|&n| n != tokens.len()) {
            return fail(format!("{needed} cells needed, {} found", tokens.len()));
        }
        if side == 0 || side * side != tokens.len() {
            return fail(format!("a square of cells needed, {} found", tokens.len()));
        }
        if let Some(cell) = tokens.iter().position(|&id| id >= vocab_size) {
            return fail(format!(
                "ids below {vocab_size} needed, {} found in cell {}",
                tokens[cell],
                cell + 1
            ));
        }
        Ok(Puzzle { task, tokens, side })
    }

    /// The one puzzle in `text`, in any of the forms of [`text::read`]; `task` where it cannot be told from the text.
    pub fn parse(text: &str, task: Option<Task>) -> Result<Puzzle> {
        let mut entries = text::read(text.as_bytes(), "puzzle", task);
        match (entries.pop(), entries.len()) {
            (Some(entry), 0) => entry.map(|e| e.puzzle),
            (_, more) => Err(Error::Puzzle {
                at: None,
                reason: format!("one puzzle needed, {} found", more.saturating_add(1)),
            }),
        }
    }

    /// The canonical text: 81 characters with `.` for an empty cell, or the rows of a maze joined by a line feed.
    pub fn text(&self) -> String {
        answer_text(self.task, &self.tokens)
    }

    /// Whether `prediction` keeps the rules and the givens, and what it breaks; None where the task has no rules here.
    pub fn judge(&self, prediction: &[u32]) -> Option<Verdict> {
        match self.task {
            Task::Sudoku => {
                let faults = sudoku::faults(&self.tokens, prediction);
                Some(Verdict {
                    valid: faults.is_empty(),
                    faults,
                    shortest: None,
                })
            }
            Task::Maze => {
                let faults = maze::faults(&self.tokens, prediction);
                Some(Verdict {
                    valid: faults.is_empty(),
                    shortest: faults.is_empty().then(|| maze::is_shortest(&self.tokens, prediction)),
                    faults,
                })
            }
            Task::Arc => None,
        }
    }

    /// [`Verdict::valid`] of [`Puzzle::judge`], without naming faults: cheap enough for every segment.
    pub fn is_valid(&self, prediction: &[u32]) -> Option<bool> {
        match self.task {
            Task::Sudoku => Some(sudoku::is_valid(&self.tokens, prediction)),
            Task::Maze => Some(maze::is_valid(&self.tokens, prediction)),
            Task::Arc => None,
        }
    }

    /// [`Verdict::shortest`] of [`Puzzle::judge`], and false for a path that is not valid; None for other tasks.
    pub fn is_shortest(&self, prediction: &[u32]) -> Option<bool> {
        (self.task == Task::Maze).then(|| maze::is_shortest(&self.tokens, prediction))
    }

    /// Whether the question has one solution, none or several; None where the task has no rules here. The solutions of
    /// a maze are its shortest paths.
    pub fn question(&self) -> Option<Question> {
        match self.task {
            Task::Sudoku => Some(question::question(&self.tokens)),
            Task::Maze => Some(maze::question(&self.tokens)),
            Task::Arc => None,
        }
    }
}

/// The rules of a task as a kernel, where it has rules for boards of so many cells.
pub fn rule_kernel(task: Option<Task>, cells: usize) -> Option<&'static RuleKernel> {
    let rules = match task? {
        Task::Sudoku => &sudoku::RULES,
        Task::Maze => &maze::RULES,
        Task::Arc => return None,
    };
    rules.takes(cells).then_some(rules)
}

/// Whether the rules can judge answers of `cells` cells to a puzzle of this task.
pub fn has_rules(task: Option<Task>, cells: usize) -> bool {
    rule_kernel(task, cells).is_some()
}

/// A raw prediction in the alphabet of the input: Sudoku as 81 characters with `.` for every id that is no digit,
/// maze rows joined by a line feed with `?` for an id outside the alphabet, ARC rows of colours with `.` for PAD
/// and EOS.
pub fn answer_text(task: Task, tokens: &[u32]) -> String {
    let glyphs = |glyph: fn(u32) -> char| -> String {
        let rows: Vec<String> = tokens
            .chunks(tokens.len().isqrt().max(1))
            .map(|row| row.iter().map(|&id| glyph(id)).collect())
            .collect();
        rows.join("\n")
    };
    match task {
        Task::Sudoku => tokens.iter().map(|&id| sudoku::glyph(id)).collect(),
        Task::Maze => glyphs(maze::glyph),
        Task::Arc => glyphs(|id| {
            id.checked_sub(2)
                .and_then(|colour| char::from_digit(colour, 10))
                .unwrap_or('.')
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_puzzle_from_tokens_is_checked() {
        assert!(Puzzle::new(Task::Sudoku, vec![1; 81]).is_ok());
        assert!(Puzzle::new(Task::Maze, vec![1; 25]).is_ok_and(|p| p.side == 5));
        for (task, tokens, says) in [
            (Task::Sudoku, vec![1; 80], "81 cells needed, 80 found"),
            (Task::Sudoku, vec![11; 81], "ids below 11 needed, 11 found in cell 1"),
            (Task::Maze, vec![1; 24], "a square of cells needed, 24 found"),
            (Task::Maze, vec![], "a square of cells needed, 0 found"),
            (Task::Arc, vec![2; 81], "900 cells needed, 81 found"),
        ] {
            assert_eq!(Puzzle::new(task, tokens).unwrap_err().to_string(), says);
        }
    }

    #[test]
    fn ids_outside_the_alphabet_are_shown_and_do_not_panic() {
        assert_eq!(answer_text(Task::Sudoku, &[0, 1, 2, 10, 11, u32::MAX]), "..19..");
        assert_eq!(answer_text(Task::Maze, &[0, 1, 2, 3, 4, 5, 6, 1, 1]), "?# \nSGo\n?##");
        assert_eq!(answer_text(Task::Arc, &[0, 1, 2, 11]), "..\n09");
        assert_eq!(answer_text(Task::Maze, &[]), "");
    }

    #[test]
    fn one_puzzle_is_parsed_and_more_are_refused() {
        let line = format!("53{}", ".".repeat(79));
        assert_eq!(Puzzle::parse(&line, None).unwrap().text(), line);
        let two = format!("{line}\n{line}");
        assert_eq!(
            Puzzle::parse(&two, None).unwrap_err().to_string(),
            "one puzzle needed, 2 found"
        );
    }
}
