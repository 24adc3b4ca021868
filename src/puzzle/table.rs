//! Puzzles from CSV: the columns `source,question,answer,rating` of the official data; further ones are ignored.

use super::text::{Entry, PATH_ASKED, Text};
use super::{Puzzle, maze, sudoku};
use crate::error::Result;
use crate::model::Task;

/// Whether the first line that is not empty is a header with a column `question`.
pub(super) fn has_header(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.contains(',') && line.split(',').any(|name| is_named(name, "question")))
}

fn is_named(field: &str, name: &str) -> bool {
    field.trim().trim_matches('"').eq_ignore_ascii_case(name)
}

/// One entry a record; `answer` and `source` may be missing or empty.
pub(super) fn read(text: &Text, task: Option<Task>) -> Vec<Result<Entry>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.content.as_bytes());
    let column = |headers: &csv::StringRecord, name| headers.iter().position(|field| is_named(field, name));
    let (question, answer, source) = match reader.headers() {
        Ok(headers) => (
            column(headers, "question"),
            column(headers, "answer"),
            column(headers, "source"),
        ),
        Err(e) => return vec![Err(csv_error(text, &e))],
    };
    let mut entries = Vec::new();
    let (mut start, mut line) = (0, 1);
    for record in reader.records() {
        entries.push(record.map_err(|e| csv_error(text, &e)).and_then(|record| {
            let before = start;
            start = start_of(text.content, &record).unwrap_or(before);
            line += text
                .content
                .get(before..start)
                .unwrap_or_default()
                .matches('\n')
                .count();
            let row = Row {
                text,
                record: &record,
                start,
                line,
            };
            let Some(asked) = question.filter(|&column| column < record.len()) else {
                return Err(text.error(
                    line,
                    0,
                    format!("a question needed, the record ends with column {}", record.len()),
                ));
            };
            let task = task.unwrap_or_else(|| task_of(&record[asked]));
            let puzzle = row.grid(task, asked)?;
            let path = |id: &u32| task == Task::Maze && *id == maze::PATH;
            if let Some(cell) = puzzle.tokens.iter().position(path) {
                return Err(text.error(line, row.column(asked, cell), PATH_ASKED.to_owned()));
            }
            let answer = answer.filter(|&column| record.get(column).is_some_and(|field| !field.trim().is_empty()));
            let answer = answer.map(|column| row.labels(&puzzle, column)).transpose()?;
            let source = source
                .and_then(|column| record.get(column))
                .filter(|name| !name.is_empty());
            Ok(Entry {
                puzzle,
                line,
                source: source.map(str::to_string),
                answer,
            })
        }));
    }
    entries
}

/// The byte at which a record begins: its position in the reader lies before line ends that were skipped.
fn start_of(content: &str, record: &csv::StringRecord) -> Option<usize> {
    let position = usize::try_from(record.position()?.byte()).ok()?;
    let ends = content
        .get(position..)?
        .bytes()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count();
    Some(position + ends)
}

fn csv_error(text: &Text, error: &csv::Error) -> crate::Error {
    let line = error
        .position()
        .and_then(|p| usize::try_from(p.line()).ok())
        .unwrap_or(0);
    text.error(line, 0, error.to_string())
}

/// A maze is told by its walls: a Sudoku has no `#`.
fn task_of(question: &str) -> Task {
    if question.contains('#') {
        Task::Maze
    } else {
        Task::Sudoku
    }
}

struct Row<'a> {
    text: &'a Text<'a>,
    record: &'a csv::StringRecord,
    /// Its first byte in the text, and the line of that.
    start: usize,
    line: usize,
}

impl Row<'_> {
    /// Where a character of a field stands in its line, from 1; `at` in characters.
    fn column(&self, field: usize, at: usize) -> usize {
        let place = || {
            let line = self.text.content.get(self.start..)?;
            // The fields before it take at least their own lengths and a comma each: search from there.
            let before = self.record.iter().take(field).map(|f| f.len() + 1).sum::<usize>();
            let offset = before + line.get(before..)?.find(&self.record[field])?;
            Some(line[..offset].chars().count() + at + 1)
        };
        place().unwrap_or(0)
    }

    /// The grid of a field, with its own error where it is none.
    fn grid(&self, task: Task, field: usize) -> Result<Puzzle> {
        let mut tokens = Vec::new();
        for (at, c) in self.record[field].chars().enumerate() {
            let foreign = |needed| {
                let column = self.column(field, at);
                Err(self.text.error(
                    self.line,
                    column,
                    format!("{needed} needed, `{}` found", c.escape_debug()),
                ))
            };
            match task {
                Task::Maze => match maze::id(c) {
                    Some(id) => tokens.push(id),
                    None => return foreign(super::text::MAZE_ALPHABET),
                },
                _ => match sudoku::character(c) {
                    sudoku::Character::Cell(id) => tokens.push(id),
                    sudoku::Character::Ignored => {}
                    sudoku::Character::Foreign => return foreign(super::text::SUDOKU_ALPHABET),
                },
            }
        }
        self.text.puzzle(task, tokens, self.line, self.column(field, 0))
    }

    /// An answer's ids, one for each cell of the puzzle.
    fn labels(&self, puzzle: &Puzzle, field: usize) -> Result<Vec<u32>> {
        let answer = self.grid(puzzle.task, field)?.tokens;
        let error = |reason| Err(self.text.error(self.line, self.column(field, 0), reason));
        if answer.len() != puzzle.tokens.len() {
            return error(format!(
                "an answer of {} cells needed, {} found",
                puzzle.tokens.len(),
                answer.len()
            ));
        }
        if puzzle.task == Task::Sudoku && answer.contains(&sudoku::BLANK) {
            return error("an answer without empty cells (or none at all) needed".to_string());
        }
        Ok(answer)
    }
}
