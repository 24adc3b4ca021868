//! Puzzles from tables: the columns `source,question,answer,rating` of the official data, and other names of them in use;
//! further ones are ignored. Separators are `,`, `;` and tabs.

use super::text::{Entry, Text, error, likeliest};
use super::{Puzzle, Task};
use crate::error::Result;

/// Names that a column of questions has, the official one first.
pub(super) const QUESTIONS: [&str; 7] = [
    "question",
    "questions",
    "quizzes",
    "quiz",
    "puzzle",
    "puzzles",
    "problem",
];

/// Names that a column of answers has.
pub(super) const ANSWERS: [&str; 4] = ["answer", "answers", "solution", "solutions"];

/// Whether the first line that is not empty is a header with a column of questions.
pub(super) fn has_header(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(header) = lines.next() else {
        return false;
    };
    let row = lines.next();
    match separator(header) {
        Some(separator) => {
            let named = |names: &[&str]| header.split(separator).any(|field| is_named(field, names));
            named(&QUESTIONS[..1])
                || (named(&QUESTIONS) && row.is_none_or(|row| row.contains(separator) || row.starts_with('"')))
        }
        // "Puzzle" alone may be a title.
        None => is_named(header, &QUESTIONS[..1]) && row.is_some_and(|row| row.trim().chars().count() >= 25),
    }
}

fn separator(header: &str) -> Option<char> {
    [',', ';', '\t']
        .into_iter()
        .find(|&separator| header.contains(separator))
}

pub(super) fn is_named(field: &str, names: &[&str]) -> bool {
    let field = field.trim().trim_matches('"');
    names.iter().any(|name| field.eq_ignore_ascii_case(name))
}

/// One entry a record; `answer` and `source` may be missing or empty.
pub(super) fn read(content: &str, name: &str, task: Option<Task>, asks: bool) -> Vec<Result<Entry>> {
    let header = content.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = separator(header).and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(content.as_bytes());
    let column = |headers: &csv::StringRecord, names: &[&str]| {
        let named = |name: &&str| headers.iter().position(|field| is_named(field, &[name]));
        names.iter().find_map(named)
    };
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(e) => return vec![Err(csv_error(name, &e))],
    };
    let (question, answer, source) = (
        column(&headers, &QUESTIONS),
        column(&headers, &ANSWERS),
        column(&headers, &["source"]),
    );
    if let Some(called) = question.and_then(|column| headers.get(column)) {
        let found = headers.iter().filter(|field| is_named(field, &[called.trim()])).count();
        if found > 1 {
            let reason = format!(
                "expected one column called `{}`, found {found}",
                called.trim().escape_debug()
            );
            return vec![Err(error(name, 1, 0, reason))];
        }
    }
    let mut entries = Vec::new();
    let (mut start, mut line) = (0, 1);
    for record in reader.records() {
        entries.push(record.map_err(|e| csv_error(name, &e)).and_then(|record| {
            let before = start;
            start = start_of(content, &record).unwrap_or(before);
            line += content.get(before..start).unwrap_or_default().matches('\n').count();
            let Some(asked) = question.filter(|&column| column < record.len()) else {
                let columns = record.len();
                let reason = format!("expected a question, the record ends with column {columns}");
                return Err(error(name, line, 0, reason));
            };
            let Some(task) = task.or_else(|| likeliest(|task| task.sniff_field(&record[asked]))) else {
                return Err(error(name, line, 0, "expected a question of a known task".to_owned()));
            };
            let row = Row {
                text: Text {
                    content,
                    name,
                    task,
                    asks,
                },
                record: &record,
                start,
                line,
            };
            row.in_step(headers.len(), asked)?;
            let puzzle = row.question(asked)?;
            let answer = answer.filter(|&column| record.get(column).is_some_and(|field| !field.trim().is_empty()));
            let answer = answer.map(|column| row.label(&puzzle, column)).transpose()?;
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

fn csv_error(name: &str, problem: &csv::Error) -> crate::Error {
    let line = problem
        .position()
        .and_then(|p| usize::try_from(p.line()).ok())
        .unwrap_or(0);
    error(name, line, 0, problem.to_string())
}

struct Row<'a> {
    text: Text<'a>,
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

    /// The ids of a field's cells.
    fn cells(&self, field: usize) -> Result<Vec<u32>> {
        let foreign = |(at, c)| self.text.foreign(self.line, self.column(field, at), c);
        self.text.task.cells(&self.record[field]).map_err(foreign)
    }

    /// Refuses a record that is shorter than the header, with a board before the column of questions: its fields have
    /// moved.
    fn in_step(&self, columns: usize, asked: usize) -> Result<()> {
        let found = self.record.len();
        let is_board = |field: &str| {
            self.text
                .task
                .cells(field)
                .is_ok_and(|cells| self.text.task.shape(cells.len()).is_ok())
        };
        if found < columns && self.record.iter().take(asked).any(is_board) {
            let reason =
                format!("expected {columns} fields as in the header, found {found}, a board before the question");
            return Err(self.text.error(self.line, 0, reason));
        }
        Ok(())
    }

    fn question(&self, field: usize) -> Result<Puzzle> {
        let column = |cell| self.column(field, cell);
        self.text.question(self.cells(field)?, self.line, column)
    }

    /// An answer's ids, one for each cell of the puzzle.
    fn label(&self, puzzle: &Puzzle, field: usize) -> Result<Vec<u32>> {
        let column = self.column(field, 0);
        self.text.label(&puzzle.board, self.cells(field)?, self.line, column)
    }
}
