//! Reads many puzzles from a text, for all tasks. An error spoils only the puzzle that it lies in.

use super::{Board, Definition, Puzzle, Task, all, table};
use crate::error::{Error, Location, Result};

/// One puzzle of a text, with its place, source and answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The question.
    pub puzzle: Puzzle,
    /// The line in which the puzzle begins, from 1.
    pub line: usize,
    /// The column `source` of a table.
    pub source: Option<String>,
    /// The column `answer` of a table as ids, one per cell.
    pub answer: Option<Vec<u32>>,
}

/// How likely it is that a text belongs to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    /// The text cannot belong to the task.
    No,
    /// The text may belong to the task, perhaps with errors.
    Possible,
    /// The text can hardly belong to any other task.
    Certain,
}

/// A text in which a task looks for puzzles, and its name for errors.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    pub(super) content: &'a str,
    pub(super) name: &'a str,
    pub(super) task: Task,
}

/// Reads every puzzle of a text, in order. Whatever is not a puzzle gives an [`Error::Puzzle`] in its place, and so
/// does a text without any puzzle. `name` is the file's, or "standard input"; `task` is needed if the text does not
/// reveal it.
///
/// A text whose header has a column `question` is a table; for other texts, each known task says how likely they are
/// its own, and the likeliest reads it: see [`Definition::read`] of each task.
pub fn read(bytes: &[u8], name: &str, task: Option<Task>) -> Vec<Result<Entry>> {
    let content = String::from_utf8_lossy(bytes);
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    let entries = if table::has_header(content) {
        table::read(content, name, task)
    } else {
        match task.or_else(|| likeliest(|task| task.sniff(content))) {
            Some(task) => task.read(&Text { content, name, task }),
            None => Vec::new(),
        }
    };
    if entries.is_empty() {
        vec![Err(error(name, 0, 0, "expected a puzzle, found none".to_owned()))]
    } else {
        entries
    }
}

/// Reads the one puzzle in a text copied from anywhere: in a form of [`read`], or in one that pages and programs give a
/// board when it is copied.
///
/// # Errors
/// As [`Puzzle::parse`].
pub fn paste(text: &str, task: Option<Task>) -> Result<Puzzle> {
    Puzzle::parse(text, task).or_else(|error| {
        let mut tasks = task.map_or_else(all, |task| vec![task]).into_iter();
        let pasted = tasks.find_map(|task| task.paste(text).map(|cells| (task, cells)));
        let Some((task, cells)) = pasted else {
            return Err(error);
        };
        let text = Text {
            content: text,
            name: "puzzle",
            task,
        };
        text.question(cells, 1, |_| 0)
    })
}

/// Returns the likeliest task, the first of equals; None if no task is possible.
pub(super) fn likeliest(of: impl Fn(Task) -> Likelihood) -> Option<Task> {
    let mut best = (Likelihood::No, None);
    for task in all() {
        let likelihood = of(task);
        if likelihood > best.0 {
            best = (likelihood, Some(task));
        }
    }
    best.1
}

pub(super) fn error(name: &str, line: usize, column: usize, reason: String) -> Error {
    Error::Puzzle {
        at: Some(Location {
            source: name.to_owned(),
            line,
            column,
        }),
        reason,
    }
}

/// Implements [`Definition::sniff`] by default: certain if the first block of lines, or its first line, is a board.
pub(super) fn sniff<D: Definition + ?Sized>(task: &D, content: &str) -> Likelihood {
    let lines = content.lines().skip_while(|line| line.trim().is_empty());
    let rows: Option<Vec<usize>> = lines
        .take_while(|line| !line.trim().is_empty())
        .map(|line| task.cells(line).ok().map(|cells| cells.len()))
        .collect();
    match rows {
        Some(rows) if rows.first().is_some_and(|&cells| task.shape(cells).is_ok()) => Likelihood::Certain,
        Some(rows) if task.shape(rows.iter().sum()).is_ok() => Likelihood::Certain,
        _ => Likelihood::No,
    }
}

impl<'a> Text<'a> {
    /// Returns the text itself.
    pub fn content(&self) -> &'a str {
        self.content
    }

    /// Creates an error at a line and a column, both from 1, or 0 for the whole text or the whole line.
    pub fn error(&self, line: usize, column: usize, reason: impl Into<String>) -> Error {
        error(self.name, line, column, reason.into())
    }

    /// Creates the error for a character that is not a cell, with its line and column from 1.
    pub(super) fn foreign(&self, line: usize, column: usize, c: char) -> Error {
        let expected = self.task.characters();
        self.error(
            line,
            column,
            format!("expected {expected}, found `{}`", c.escape_debug()),
        )
    }

    /// Creates the puzzle of these cells, with its place in every error; `column` returns the column of a cell in its
    /// line.
    ///
    /// # Errors
    /// As [`Puzzle::new`], and if the task refuses the board as a question.
    pub fn question(&self, cells: Vec<u32>, line: usize, column: impl Fn(usize) -> usize) -> Result<Puzzle> {
        let puzzle = Puzzle::new(self.task, cells).map_err(|e| self.error(line, column(0), e.to_string()))?;
        match self.task.refuse_question(&puzzle.board) {
            Some((cell, reason)) => Err(self.error(line, column(cell.unwrap_or(0)), reason)),
            None => Ok(puzzle),
        }
    }

    /// Checks the label of a question, one id per cell, with its place in every error.
    pub(super) fn label(&self, question: &Board, cells: Vec<u32>, line: usize, column: usize) -> Result<Vec<u32>> {
        let label = self
            .task
            .board(cells)
            .map_err(|reason| self.error(line, column, reason))?;
        let (expected, found) = (question.tokens.len(), label.tokens.len());
        let refused = match self.task.refuse_answer(&label) {
            Some(reason) => Some(reason),
            None => {
                (!label.is_like(question)).then(|| format!("expected an answer of {expected} cells, found {found}"))
            }
        };
        refused.map_or(Ok(label.tokens), |reason| Err(self.error(line, column, reason)))
    }

    /// Creates an entry without source and answer.
    ///
    /// # Errors
    /// As [`Text::question`].
    pub fn entry(&self, cells: Vec<u32>, line: usize) -> Result<Entry> {
        Ok(Entry {
            puzzle: self.question(cells, line, |_| 0)?,
            line,
            source: None,
            answer: None,
        })
    }

    /// Reads boards in blocks of lines separated by empty lines: one board per line if the first is one, otherwise per
    /// block.
    pub(super) fn blocks(&self) -> Vec<Result<Entry>> {
        let lines: Vec<(usize, &str)> = (1..).zip(self.content.lines()).collect();
        let blocks = lines.split(|(_, line)| line.trim().is_empty());
        let blocks = blocks.filter_map(|block| block.first().map(|(_, first)| (block, first)));
        let boards = blocks.flat_map(|(block, first)| {
            let flat = self
                .task
                .cells(first)
                .is_ok_and(|cells| self.task.shape(cells.len()).is_ok());
            block.chunks(if flat { 1 } else { block.len() })
        });
        boards.map(|rows| self.board(rows)).collect()
    }

    fn board(&self, rows: &[(usize, &str)]) -> Result<Entry> {
        let mut cells = Vec::new();
        for (line, row) in rows {
            cells.extend(self.task.cells(row).map_err(|(at, c)| self.foreign(*line, at + 1, c))?);
        }
        self.entry(cells, rows.first().map_or(0, |(line, _)| *line))
    }
}
