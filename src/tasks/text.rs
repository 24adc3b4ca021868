//! From a text to many puzzles: the one reader of all tasks. A fault spoils the puzzle that it lies in and no other.

use std::borrow::Cow;

use super::plain::plain;
use super::{Board, Definition, Puzzle, Task, all, records, table};
use crate::error::{Error, Location, Result};

/// One puzzle of a text, and what the text says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The question.
    pub puzzle: Puzzle,
    /// The line that it begins in, from 1.
    pub line: usize,
    /// The column `source` of a table.
    pub source: Option<String>,
    /// The column `answer` of a table as ids, one a cell.
    pub answer: Option<Vec<u32>>,
}

/// How likely it is that a text is of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likelihood {
    /// It cannot be.
    No,
    /// It may be, or be something broken.
    Possible,
    /// It looks like nothing else.
    Certain,
}

/// A text in which a task looks for puzzles, with its name, which errors mention.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The text.
    pub content: &'a str,
    pub(super) name: &'a str,
    pub(super) task: Task,
    /// Whether its boards are questions, which the task may refuse.
    pub(super) asks: bool,
}

/// Every puzzle of a text, in order; what is none gives an [`Error::Puzzle`] in its place, and so does a text without
/// any puzzle. `name` is the file's, or "standard input"; `task` where it cannot be told from the text.
///
/// A text with a header that has a column `question` (or `puzzle`, `quizzes`, …) is a table, and one of JSON objects with
/// such a key is a list, too; of others each known task says how likely they are its
/// own, and the likeliest reads it: see [`Definition::read`] of each task.
pub fn read(bytes: &[u8], name: &str, task: Option<Task>) -> Vec<Result<Entry>> {
    read_as(bytes, name, task, true)
}

/// Every board of a text, as [`read`] reads questions, but none is refused for what it says: it may be an answer, or break
/// rules.
pub fn read_boards(bytes: &[u8], name: &str, task: Option<Task>) -> Vec<Result<Entry>> {
    read_as(bytes, name, task, false)
}

fn read_as(bytes: &[u8], name: &str, task: Option<Task>, asks: bool) -> Vec<Result<Entry>> {
    let text = |content, task| Text {
        content,
        name,
        task,
        asks,
    };
    let refused = |reason: String| {
        vec![Err(match task {
            Some(task) => text("", task).error(0, 0, reason),
            None => error(name, 0, 0, reason),
        })]
    };
    if let Some(found) = no_text(bytes) {
        return refused(format!("expected a text with puzzles, found {found}"));
    }
    let content = decoded(bytes);
    let content = plain(&content);
    let content = content.as_ref();
    let entries = if let Some(task) = records::of_task(content, task) {
        task.read(&text(content, task))
    } else if let Some(entries) = records::read(content, name, task, asks) {
        entries
    } else if table::has_header(content) {
        table::read(content, name, task, asks)
    } else {
        let entries = match task.or_else(|| likeliest(|task| task.sniff(content))) {
            Some(task) => task.read(&text(content, task)),
            None => Vec::new(),
        };
        let is_certain = |task: &Task| task.sniff(content) == Likelihood::Certain;
        let is_read = task.is_some() || entries.iter().any(Result::is_ok) || all().iter().any(is_certain);
        match (!is_read).then(|| other_json(content)).flatten() {
            Some(found) => return refused(found),
            None => entries,
        }
    };
    let is_markup = content.trim_start().starts_with('<');
    if is_markup && entries.iter().all(|entry| entry.is_err()) {
        refused("expected a text with puzzles, found XML or HTML without one".into())
    } else if entries.is_empty() {
        refused("expected a puzzle, found none".into())
    } else {
        entries
    }
}

/// Says what is wrong with JSON that no task reads; None for a text that is not JSON, such as a list in Python.
fn other_json(content: &str) -> Option<String> {
    let content = content.trim();
    match serde_json::from_str::<serde::de::IgnoredAny>(content) {
        Ok(_) if content.starts_with(['{', '[']) => Some(
            "expected JSON with puzzles, objects with a `question` or ARC tasks with `train` and `test`, found other JSON"
                .to_owned(),
        ),
        Err(problem) if content.starts_with('{') => Some(format!("expected JSON: {}", crate::words::plain(problem))),
        _ => None,
    }
}

/// What bytes are, where they are no text.
fn no_text(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 14] = [
        (b"\x89PNG", "a PNG picture"),
        (b"GIF8", "a GIF picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"RIFF", "a picture or sound"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ", "an xz archive"),
        (b"\x28\xb5\x2f\xfd", "a zstd archive"),
        (b"%PDF", "a PDF document"),
        (b"\x7fELF", "a program"),
        (b"SQLite format 3", "a database"),
        (b"\x80\x02", "a pickle"),
    ];
    let known = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    let text = bytes.trim_ascii_end();
    let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let has_nul = || units(bytes).is_none() && text.iter().take(end.min(4096)).any(|&byte| byte == 0);
    known
        .map(|(_, name)| *name)
        .or_else(|| has_nul().then_some("bytes that are none"))
}

/// How two bytes are a unit of UTF-16: as the mark of a text says, or as the zeros of one without a mark show.
fn units(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let zeros = |first: usize| {
        bytes
            .iter()
            .take(4096)
            .skip(first)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let most = bytes.len().min(4096) / 2;
    let most = most - most / 10;
    match bytes {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ if bytes.len() < 8 || !bytes.len().is_multiple_of(2) => None,
        _ if zeros(0) == 0 && zeros(1) >= most => Some(u16::from_le_bytes),
        _ if zeros(1) == 0 && zeros(0) >= most => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// The text that bytes hold, in UTF-8 or UTF-16, without a byte order mark.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let Some(of) = units(bytes) else {
        return String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    };
    let bytes = bytes
        .strip_prefix(b"\xff\xfe")
        .or(bytes.strip_prefix(b"\xfe\xff"))
        .unwrap_or(bytes);
    let pairs = bytes.chunks_exact(2).map(|pair| of([pair[0], pair[1]]));
    let units: Vec<u16> = pairs.collect();
    String::from_utf16_lossy(&units).into()
}

/// The likeliest task, the first of equals; None where it can be none.
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

/// What is wrong at a line and a column, both from 1, or 0 for the whole text or the whole line, where puzzles of any task
/// were expected.
pub(super) fn error(name: &str, line: usize, column: usize, reason: String) -> Error {
    Error::Puzzle {
        task: None,
        at: Some(Location {
            source: name.to_owned(),
            line,
            column,
        }),
        reason,
    }
}

/// [`Definition::sniff`] by default: certain where the first block of lines is a board, or its first line is.
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
    /// Creates a text in which puzzles of a task are looked for, with the name that errors mention.
    #[cfg(feature = "eval")]
    pub(crate) fn new(content: &'a str, name: &'a str, task: Task) -> Text<'a> {
        Text {
            content,
            name,
            task,
            asks: true,
        }
    }

    /// Returns the name of the file without its folder and extension, which may be the puzzle's.
    pub(super) fn stem(&self) -> &'a str {
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or(self.name);
        file.rsplit_once('.').map_or(file, |(stem, _)| stem)
    }

    /// What is wrong at a line and a column, both from 1, or 0 for the whole text or the whole line.
    pub fn error(&self, line: usize, column: usize, reason: impl Into<String>) -> Error {
        Error::Puzzle {
            task: Some(self.task),
            at: Some(Location {
                source: self.name.to_owned(),
                line,
                column,
            }),
            reason: reason.into(),
        }
    }

    /// A character that no cell has, with its line and column from 1.
    pub(super) fn foreign(&self, line: usize, column: usize, c: char) -> Error {
        let expected = self.task.characters();
        self.error(
            line,
            column,
            format!("expected {expected}, found `{}`", c.escape_debug()),
        )
    }

    /// The puzzle of these cells, with its place in every error; `column` tells where a cell stands in its line.
    ///
    /// # Errors
    /// As [`Puzzle::new`], and where the task refuses the board as a question.
    pub fn question(&self, cells: Vec<u32>, line: usize, column: impl Fn(usize) -> usize) -> Result<Puzzle> {
        let puzzle = Puzzle::new(self.task, cells).map_err(|e| self.error(line, column(0), e.to_string()))?;
        match self.task.refuse_question(&puzzle.board).filter(|_| self.asks) {
            Some((cell, reason)) => Err(self.error(line, column(cell.unwrap_or(0)), reason)),
            None => Ok(puzzle),
        }
    }

    /// The label of a question, one id a cell, with its place in every error.
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

    /// An entry without source and answer.
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

    /// Boards in blocks of lines, with empty lines between: each line a board where the first one is, else each block.
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
