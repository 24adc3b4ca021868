//! Puzzles from JSON: objects with a question and perhaps an answer, one a line or in a list.

use serde_json::Value;

use super::table::{ANSWERS, QUESTIONS, is_named};
use super::text::{Entry, Text, error, likeliest};
use super::{Task, all};
use crate::error::{Error, Result};
use crate::json;
use crate::words::plain;

/// Names under which services keep a board, if nothing is called a question and nothing by the name of a task.
const BOARDS: [&str; 4] = ["board", "grid", "cells", "value"];

/// Returns the task that reads a text of JSON by itself: puzzles with names have files of their own.
pub(super) fn of_task(content: &str, task: Option<Task>) -> Option<Task> {
    if !content.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let task = task.or_else(|| likeliest(|task| task.sniff(content)));
    task.filter(|task| task.is_named())
}

/// One entry an object; None where the text is no JSON objects with questions.
pub(super) fn read(content: &str, name: &str, task: Option<Task>, asks: bool) -> Option<Vec<Result<Entry>>> {
    if !content.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let whole = json::read(content);
    if let Err(problem) = &whole
        && problem.is_data()
        && serde_json::from_str::<Value>(content).is_ok()
    {
        return Some(vec![Err(refused(name, problem.line(), problem))]);
    }
    if let Ok(whole) = whole {
        let line = 1 + content.len() - content.trim_start_matches('\n').len();
        let values = match &whole {
            Value::Array(values) => values.iter().collect(),
            value => vec![value],
        };
        let is_record = |value: &&Value| field(value, &QUESTIONS).is_some();
        let records = if values.iter().any(is_record) {
            values.clone()
        } else {
            nested(&whole)
        };
        if records.is_empty()
            && let Some(boards) = values.iter().find_map(|value| several(value))
        {
            let reason = format!(
                "expected one board, or a field called `question`, found {}",
                boards.join(" and ")
            );
            return Some(vec![Err(error(name, line, 0, reason))]);
        }
        let entries = records.iter().map(|value| entry(value, name, line, task, asks));
        return (!records.is_empty()).then(|| entries.collect());
    }
    let mut lines = (1..)
        .zip(content.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .peekable();
    let first = serde_json::from_str::<Value>(lines.peek()?.1).ok()?;
    field(&first, &QUESTIONS)?;
    let read = |(number, line): (usize, &str)| match json::read(line) {
        Ok(value) => entry(&value, name, number, task, asks),
        Err(problem) => Err(refused(name, number, &problem)),
    };
    Some(lines.map(read).collect())
}

/// Says what is wrong with the JSON of a line.
fn refused(name: &str, line: usize, problem: &serde_json::Error) -> Error {
    let said = problem.to_string();
    let reason = match said.rsplit_once(" at line ").filter(|_| problem.is_data()) {
        Some((reason, _)) => plain(reason),
        None => "expected a JSON object, found something else".to_owned(),
    };
    error(name, line, problem.column(), reason)
}

/// Returns every object with a question or a board, at any depth.
fn nested(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().flat_map(nested).collect(),
        Value::Object(_) if asked(value).is_some() => vec![value],
        Value::Object(object) => object.values().flat_map(nested).collect(),
        _ => Vec::new(),
    }
}

/// Returns the question of an object, or else its board under a name that could mean anything.
fn asked(value: &Value) -> Option<&Value> {
    let is_board = |value: &&Value| value.is_array() || value.as_str().is_some_and(|text| text.len() >= 25);
    let board = || {
        let tasks: Vec<&str> = all().iter().map(|task| task.name()).collect();
        let names = [&tasks[..], &BOARDS].concat();
        field(value, &names).filter(is_board)
    };
    let known = field(value, &QUESTIONS).or_else(board);
    // Beside an answer the only other board is the question.
    known.or_else(|| {
        field(value, &ANSWERS).filter(is_board)?;
        let others = value.as_object()?.iter().filter(|(key, _)| !is_named(key, &ANSWERS));
        let mut others = others.map(|(_, value)| value).filter(is_board);
        others.next().filter(|_| others.next().is_none())
    })
}

/// Returns the names of an object's fields that may be boards, if there are several.
fn several(value: &Value) -> Option<Vec<String>> {
    let boards = value.as_object()?.iter().filter(|(_, value)| value.is_array());
    let names: Vec<String> = boards.map(|(key, _)| format!("`{}`", key.escape_debug())).collect();
    (names.len() > 1).then_some(names)
}

fn field<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let object = value.as_object()?;
    names.iter().find_map(|name| {
        object
            .iter()
            .find(|(key, _)| is_named(key, &[name]))
            .map(|(_, value)| value)
    })
}

fn entry(value: &Value, name: &str, line: usize, task: Option<Task>, asks: bool) -> Result<Entry> {
    let asked = asked(value).ok_or_else(|| error(name, line, 0, "expected an object with a question".to_owned()))?;
    let content = written(asked);
    let task = task.or_else(|| likeliest(|task| task.sniff_field(&content)));
    let task = task.ok_or_else(|| error(name, line, 0, "expected a question of a known task".to_owned()))?;
    let text = Text {
        content: &content,
        name,
        task,
        asks,
    };
    let puzzle = text.question(cells(&text, asked, line)?, line, |_| 0)?;
    let answer = field(value, &ANSWERS).filter(|answer| !answer.is_null());
    let answer = answer.map(|answer| {
        let content = written(answer);
        let text = Text {
            content: &content,
            name,
            task,
            asks: false,
        };
        text.label(&puzzle.board, cells(&text, answer, line)?, line, 0)
    });
    Ok(Entry {
        answer: answer.transpose()?,
        line,
        source: field(value, &["source"]).and_then(Value::as_str).map(str::to_owned),
        puzzle,
    })
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The cells of a board in a string, or in lists.
fn cells(text: &Text<'_>, value: &Value, line: usize) -> Result<Vec<u32>> {
    if value.is_string() && !text.content.contains('\n') {
        return text.task.cells(text.content).map_err(|(_, c)| text.foreign(line, 0, c));
    }
    match text.task.read(text).as_mut_slice() {
        [Ok(entry)] => Ok(std::mem::take(&mut entry.puzzle.board.tokens)),
        [Err(problem)] => Err(text.error(
            line,
            0,
            match problem {
                crate::Error::Puzzle { reason, .. } => reason.clone(),
                other => other.to_string(),
            },
        )),
        others => Err(text.error(line, 0, format!("expected one puzzle, found {}", others.len()))),
    }
}
