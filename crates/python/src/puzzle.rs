//! A puzzle.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use hrm::tasks::{Drawing, Question};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::answer::{Answer, Step};
use crate::arrays::{ids, list, signed};
use crate::errors::{input, raise};
use crate::{asked, board, pickle};

/// A question: a board with cells to be filled in.
#[pyclass(module = "hrm", frozen, eq, weakref)]
#[derive(Debug, PartialEq)]
pub(crate) struct Puzzle(Arc<hrm::Puzzle>);

impl Puzzle {
    pub(crate) fn new(puzzle: hrm::Puzzle) -> Puzzle {
        Puzzle(Arc::new(puzzle))
    }

    pub(crate) fn shared(puzzle: Arc<hrm::Puzzle>) -> Puzzle {
        Puzzle(puzzle)
    }

    pub(crate) fn inner(&self) -> &Arc<hrm::Puzzle> {
        &self.0
    }
}

#[pymethods]
impl Puzzle {
    /// Reads one puzzle: a text, a file, itself or by its path, an ARC task as a dictionary, or an array of digits or characters.
    #[new]
    #[pyo3(signature = (puzzle, task=None))]
    fn read_one(puzzle: &Bound<'_, PyAny>, task: Option<&Bound<'_, PyAny>>) -> PyResult<Puzzle> {
        Ok(Puzzle::new(asked::puzzle_of(puzzle, asked::task(task)?)?))
    }

    /// Creates a puzzle from the ids of its cells, as the official data sets have them; of the default task
    /// unless one is named.
    #[staticmethod]
    #[pyo3(signature = (tokens, task=None))]
    fn from_tokens(tokens: &Bound<'_, PyAny>, task: Option<&Bound<'_, PyAny>>) -> PyResult<Puzzle> {
        let task = asked::task(task)?.unwrap_or_default();
        let tokens = ids("tokens", tokens)?.values;
        Ok(Puzzle::new(hrm::Puzzle::new(task, tokens).map_err(raise)?))
    }

    /// The name of the task: "sudoku", "maze" or "arc".
    #[getter]
    fn task(&self) -> &'static str {
        self.0.task.name()
    }

    /// The question as text, in the canonical form of its task.
    #[getter]
    fn text(&self) -> String {
        self.0.text()
    }

    /// The network's input, ids `[S]`.
    #[getter]
    fn tokens<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        list(py, signed(self.0.sample().tokens))
    }

    /// The board as people write it: an array of digits, 0 for an empty cell, or of characters.
    #[getter]
    fn array<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        board::array(py, self.0.task, &self.0.board)
    }

    /// Rows and columns of the board.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.0.board.rows, self.0.board.columns)
    }

    /// Whether the question has one solution ("unique"), "none", "several", givens that "clash", or is "undecided"; None
    /// where the task has no rules. A search finds out, and no model sees what it found.
    #[getter]
    fn question(&self, py: Python<'_>) -> Option<&'static str> {
        Some(match py.detach(|| self.0.question())? {
            Question::Unique => "unique",
            Question::None => "none",
            Question::Several => "several",
            Question::Clash(_) => "clash",
            Question::Undecided => "undecided",
        })
    }

    /// Whether an answer, an `Answer`, a `Step` or a board in any form that a puzzle may have, keeps the rules and the givens;
    /// None without rules.
    fn check(&self, answer: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
        let (of, tokens) = if let Ok(answer) = answer.cast::<Answer>() {
            let answer = &answer.get().answer;
            (answer.puzzle.clone(), answer.prediction.clone())
        } else if let Ok(step) = answer.cast::<Step>() {
            (step.get().puzzle.clone(), step.get().thought.grid.clone())
        } else {
            let board = asked::answer(answer, self.0.task)?;
            let tokens = board.sample().tokens;
            (Arc::new(board), tokens)
        };
        let board = |puzzle: &hrm::Puzzle| (puzzle.task.name(), puzzle.board.rows, puzzle.board.columns);
        let ((task, rows, columns), found) = (board(&self.0), board(&of));
        if (task, rows, columns) != found {
            let (other, down, across) = found;
            let reason = format!(
                "expected a board of {task} of {rows}×{columns} cells, found one of {other} of {down}×{across}"
            );
            return Err(input("answer", reason));
        }
        Ok(self.0.is_valid(&tokens))
    }

    fn __str__(&self) -> String {
        self.0.text()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.task(), self.0.text()).hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        pickle::puzzle_parts(py, &self.0)
    }

    fn __repr__(&self) -> String {
        format!("<hrm.Puzzle: {}, {}×{}>", self.task(), self.shape().0, self.shape().1)
    }

    fn _repr_html_(&self) -> String {
        board::html(&Drawing::question(&self.0), self.0.task)
    }
}

/// Reads every puzzle of a text, a file, itself or by its path, an ARC task as a dictionary, an array, or a list of puzzles; of
/// a text with a fault the first fault is raised.
#[pyfunction]
#[pyo3(signature = (puzzles, task=None))]
pub(crate) fn read<'py>(
    py: Python<'py>,
    puzzles: &Bound<'py, PyAny>,
    task: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyList>> {
    let puzzles = asked::puzzles(puzzles, asked::task(task)?)?;
    PyList::new(py, puzzles.into_iter().map(Puzzle::new))
}
