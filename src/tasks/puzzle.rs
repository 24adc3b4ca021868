//! A puzzle: a question, and how the network sees it.

use std::fmt;
use std::str::FromStr;

use super::{Board, Entry, Optimum, Question, Task, Verdict, read, read_boards};
use crate::error::{Error, Result};

/// A question to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Puzzle {
    /// The task of the puzzle.
    pub task: Task,
    /// The question's board.
    pub board: Board,
    /// Boards of other questions with their answers, for tasks whose rule is given by examples.
    pub demonstrations: Vec<(Board, Board)>,
    /// The row of the puzzle embedding, for models that know this particular puzzle.
    pub identifier: Option<u32>,
    /// The name under which the data of such models have it.
    pub name: Option<String>,
    /// The number of the question among those of this name, from 0.
    pub part: usize,
}

/// The network's input for a puzzle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Input ids `[S]`.
    pub tokens: Vec<u32>,
    /// The row of the puzzle embedding; 0 where puzzles are not told apart.
    pub identifier: u32,
}

impl Puzzle {
    /// Creates a puzzle from the ids of its cells, row-major.
    ///
    /// # Errors
    /// [`Error::Puzzle`] if no board of the task has that many cells, or an id lies outside its alphabet.
    pub fn new(task: Task, tokens: Vec<u32>) -> Result<Puzzle> {
        let fail = |reason| {
            Err(Error::Puzzle {
                task: Some(task),
                at: None,
                reason,
            })
        };
        match task.board(tokens) {
            Ok(board) => Puzzle::on(task, board),
            Err(reason) => fail(reason),
        }
    }

    /// Creates a puzzle on a board of any shape, which is not checked against the task's.
    ///
    /// # Errors
    /// [`Error::Puzzle`] if an id lies outside the task's alphabet, or their number does not match the cells.
    pub fn on(task: Task, board: Board) -> Result<Puzzle> {
        let fail = |reason| {
            Err(Error::Puzzle {
                task: Some(task),
                at: None,
                reason,
            })
        };
        // More cells than can be counted are never as many as there are ids.
        let (cells, (_, vocab_size)) = (board.rows.saturating_mul(board.columns), task.sizes());
        if board.tokens.len() != cells {
            return fail(format!("expected {cells} cells, found {}", board.tokens.len()));
        }
        if let Some(cell) = board.tokens.iter().position(|&id| id as usize >= vocab_size) {
            let found = board.tokens[cell];
            return fail(format!(
                "expected ids below {vocab_size}, found {found} in cell {}",
                cell + 1
            ));
        }
        Ok(Puzzle {
            task,
            board,
            demonstrations: Vec::new(),
            identifier: None,
            name: None,
            part: 0,
        })
    }

    /// Parses the one puzzle in `text`, in any of the forms of [`read`]; `task` is needed if the text does not reveal
    /// it.
    ///
    /// # Errors
    /// [`Error::Puzzle`] if there is no puzzle, or more than one.
    pub fn parse(text: &str, task: Option<Task>) -> Result<Puzzle> {
        Puzzle::one("puzzle", read(text.as_bytes(), "puzzle", task), task)
    }

    /// Parses the one board in `text`, in any of the forms of [`read`], as [`read_boards`] does: it may be an answer, or break
    /// rules.
    ///
    /// # Errors
    /// [`Error::Puzzle`] if there is no board, or more than one.
    pub fn parse_board(text: &str, task: Option<Task>) -> Result<Puzzle> {
        Puzzle::one("board", read_boards(text.as_bytes(), "board", task), task)
    }

    fn one(what: &str, mut entries: Vec<Result<Entry>>, task: Option<Task>) -> Result<Puzzle> {
        match (entries.pop(), entries.len()) {
            (Some(entry), 0) => entry.map(|e| e.puzzle),
            (_, more) => Err(Error::Puzzle {
                task,
                at: None,
                reason: format!("expected one {what}, found {}", more.saturating_add(1)),
            }),
        }
    }

    /// Returns the question as text, in the canonical form of its task.
    pub fn text(&self) -> String {
        self.task.text(&self.board)
    }

    /// Returns the network's input: the puzzle in the task's encoding.
    pub fn sample(&self) -> Sample {
        self.task.sample(self)
    }

    /// Decodes a prediction `[S]` into the board of an answer.
    pub fn answer(&self, prediction: &[u32]) -> Board {
        self.task.answer(self, prediction)
    }

    /// Judges whether `prediction` `[S]` obeys the rules and keeps the givens; None if the task has no rules.
    pub fn judge(&self, prediction: &[u32]) -> Option<Verdict> {
        let rules = self.task.rules()?;
        let faults = rules.faults(&self.board, prediction);
        let valid = faults.is_empty();
        Some(Verdict {
            valid,
            faults,
            optimal: self
                .optimum()
                .filter(|_| valid)
                .map(|best| (best.is_met)(&self.board, prediction)),
        })
    }

    /// Returns [`Verdict::valid`] of [`Puzzle::judge`] without naming faults: cheap enough for every segment.
    pub fn is_valid(&self, prediction: &[u32]) -> Option<bool> {
        Some((self.task.rules()?.kernel().twin)(&self.board.tokens, prediction))
    }

    /// Returns what makes some valid answers better than others; None if all are equal, or the task has no rules.
    pub(crate) fn optimum(&self) -> Option<&'static Optimum> {
        self.task.rules()?.optimum()
    }

    /// Returns whether the question has one solution, none or several; None if the task has no rules.
    pub fn question(&self) -> Option<Question> {
        Some(self.task.rules()?.question(&self.board))
    }
}

impl fmt::Display for Puzzle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl FromStr for Puzzle {
    type Err = Error;

    /// As [`Puzzle::parse`], for a text that reveals its task.
    fn from_str(text: &str) -> Result<Puzzle> {
        Puzzle::parse(text, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::{arc, maze, sudoku};

    #[test]
    fn a_puzzle_from_tokens_is_checked() {
        assert!(Puzzle::new(sudoku::TASK, vec![1; 81]).is_ok());
        assert!(Puzzle::new(maze::TASK, vec![1; 25]).is_ok_and(|p| (p.board.rows, p.board.columns) == (5, 5)));
        for (task, tokens, says) in [
            (sudoku::TASK, vec![1; 80], "expected 81 cells, found 80"),
            (sudoku::TASK, vec![11; 81], "expected ids below 11, found 11 in cell 1"),
            (maze::TASK, vec![1; 24], "expected a square of cells, found 24"),
            (maze::TASK, vec![], "expected a square of cells, found 0"),
            (
                arc::TASK,
                vec![2; 80],
                "expected a square of up to 30×30 cells, found 80",
            ),
            (
                arc::TASK,
                vec![2; 31 * 31],
                "expected a square of up to 30×30 cells, found 961",
            ),
        ] {
            assert_eq!(Puzzle::new(task, tokens).unwrap_err().to_string(), says);
        }
        let board = Board {
            columns: 8,
            ..Board::filled(9, 9, 1)
        };
        assert_eq!(
            Puzzle::on(sudoku::TASK, board).unwrap_err().to_string(),
            "expected 72 cells, found 81"
        );
        // In a release build this product would wrap, to 0.
        let (rows, columns) = (usize::MAX / 2 + 1, 2);
        let tokens = Vec::new();
        assert!(Puzzle::on(arc::TASK, Board { rows, columns, tokens }).is_err());
    }

    #[test]
    fn one_puzzle_is_parsed_and_more_are_refused() {
        let line = format!("53{}", ".".repeat(79));
        assert_eq!(Puzzle::parse(&line, None).unwrap().text(), line);
        assert_eq!(line.parse::<Puzzle>().unwrap().to_string(), line);
        let two = format!("{line}\n{line}");
        assert_eq!(
            Puzzle::parse(&two, None).unwrap_err().to_string(),
            "expected one puzzle, found 2"
        );
    }
}
