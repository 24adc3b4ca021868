//! The official JSON: the file of a task, and the contest's files with all tasks, their solutions or a submission.

#[cfg(feature = "eval")]
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::canvas::encode;
use super::{BLACK, Board, SIDE, TASK};
use crate::error::{Error, Result};
use crate::json::values;
use crate::tasks::Puzzle;
use crate::tasks::text::{Entry, Likelihood, Text};
use crate::words::plain;

/// Recognizes the keys of tasks and submissions, and what solutions begin with: a list of boards under a name.
pub(super) fn sniff(text: &str) -> Likelihood {
    let has = |key: &str| text.contains(key);
    let is_task = || has("\"input\"") && (has("\"train\"") || has("\"test\""));
    let is_json = text.trim_start().starts_with(['{', '[']);
    let are_solutions = || {
        let head: String = text.chars().filter(|c| !c.is_whitespace()).take(80).collect();
        let name = head.strip_prefix("{\"").and_then(|head| head.split_once('"'));
        name.is_some_and(|(_, value)| value.starts_with(":[[["))
    };
    match is_json && (is_task() || has("\"attempt_1\"") || are_solutions()) {
        true => Likelihood::Certain,
        false => Likelihood::No,
    }
}

/// Returns the files of a folder that has a task in a file, without hidden ones. An official data set is no such folder,
/// though it has the tasks beside it.
pub(super) fn files(folder: &Path) -> Option<Vec<PathBuf>> {
    let is_data = ["dataset.json", "test/dataset.json"]
        .iter()
        .any(|name| folder.join(name).is_file());
    let entries = folder.read_dir().ok().filter(|_| !is_data)?;
    let is_hidden = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = paths.filter(|path| path.is_file() && !is_hidden(path)).collect();
    files.sort();
    let is_task = |path: &PathBuf| {
        let text = || std::fs::read_to_string(path).unwrap_or_default();
        path.extension().is_some_and(|extension| extension == "json") && sniff(&text()) == Likelihood::Certain
    };
    files.iter().any(is_task).then_some(files)
}

/// Reads the tests of every task of a file.
pub(super) fn read(text: &Text<'_>) -> Vec<Result<Entry>> {
    let refuse = |reason: String| vec![Err(text.error(0, 0, reason))];
    let roots = match values(text.content).collect::<serde_json::Result<Vec<Value>>>() {
        Ok(roots) => roots,
        Err(problem) => return refuse(format!("expected the JSON of ARC tasks: {}", plain(problem))),
    };
    if roots.is_empty() {
        return refuse(format!("{TASKS}, found nothing"));
    }
    let mut entries: Vec<Result<Entry>> = roots.iter().flat_map(|root| of_root(text, root)).collect();
    if roots.len() > 1 {
        // A task may come several times: its tests are numbered through.
        let mut parts: HashMap<String, usize> = HashMap::new();
        for puzzle in entries.iter_mut().flatten().map(|entry| &mut entry.puzzle) {
            let next = parts.entry(puzzle.name.clone().unwrap_or_default()).or_default();
            puzzle.part = std::mem::replace(next, *next + 1);
        }
    }
    entries
}

/// Reads the tests of every task of a JSON value.
fn of_root(text: &Text<'_>, root: &Value) -> Vec<Result<Entry>> {
    let refuse = |reason: String| vec![Err(text.error(0, 0, reason))];
    let Value::Object(root) = root else {
        return refuse(format!("{TASKS}, found {}", kind(root)));
    };
    if is_task(root) {
        let mut entries = task(text, text.stem(), root);
        let puzzles = entries.iter_mut().flatten().map(|entry| &mut entry.puzzle);
        puzzles.for_each(|puzzle| puzzle.name = own_name(text).map(str::to_owned));
        return entries;
    }
    let is_submission = |value: &Value| value.get(0).is_some_and(|test| test.get("attempt_1").is_some());
    match root.values().next() {
        None => refuse(format!("{TASKS}, found an empty object")),
        Some(first) if is_submission(first) => refuse(format!("{TASKS}, found a submission, which has answers alone")),
        Some(Value::Array(_)) => refuse(format!(
            "{TASKS}, found solutions: name the file of challenges beside them"
        )),
        Some(_) => {
            let each = root.iter().flat_map(|(name, value)| match value {
                Value::Object(object) => task(text, name, object),
                other => refuse(format!("task {name}: expected an object, found {}", kind(other))),
            });
            each.collect()
        }
    }
}

/// What is expected of a file.
const TASKS: &str = "expected an ARC task, an object with `train` and `test`, or an object of tasks by name";

/// Reads the tests of one task. What is wrong with a demonstration spoils all of them.
fn task(text: &Text<'_>, name: &str, object: &Map<String, Value>) -> Vec<Result<Entry>> {
    let wrong = |reason: String| text.error(0, 0, format!("task {name}, {reason}"));
    let list = |key: &str| match object.get(key) {
        Some(Value::Array(list)) if !list.is_empty() => Ok(list),
        found => {
            let found = match found {
                Some(Value::Array(_)) => "an empty one",
                found => found.map_or("none", kind),
            };
            Err(wrong(format!("{key}: expected a list of pairs, found {found}")))
        }
    };
    let demonstrations = || {
        let pair = |(number, pair): (usize, &Value)| {
            let place = format!("train pair {}", number + 1);
            let board = |key: &str| required(pair, &place, key);
            board("input")
                .and_then(|input| Ok((input, board("output")?)))
                .map_err(wrong)
        };
        list("train")?.iter().enumerate().map(pair).collect::<Result<Vec<_>>>()
    };
    let (demonstrations, tests) = match demonstrations().and_then(|shown| Ok((shown, list("test")?))) {
        Ok(found) => found,
        Err(problem) => return vec![Err(problem)],
    };
    let entry = |(number, pair): (usize, &Value)| {
        let place = format!("test pair {}", number + 1);
        let input = required(pair, &place, "input").map_err(wrong)?;
        let output = optional(pair, &place, "output").map_err(wrong)?;
        let puzzle = Puzzle {
            demonstrations: demonstrations.clone(),
            name: Some(name.to_owned()),
            part: number,
            ..Puzzle::on(TASK, input)?
        };
        Ok(Entry {
            puzzle,
            line: 1,
            source: None,
            answer: output.map(|board| encode(&board, SIDE)),
        })
    };
    tests.iter().enumerate().map(entry).collect()
}

/// The board of a pair under a key; the error has its place in the task.
fn required(pair: &Value, place: &str, key: &str) -> std::result::Result<Board, String> {
    optional(pair, place, key)?.ok_or_else(|| format!("{place}: expected `{key}`, found none"))
}

fn optional(pair: &Value, place: &str, key: &str) -> std::result::Result<Option<Board>, String> {
    let Value::Object(pair) = pair else {
        return Err(format!(
            "{place}: expected an object with `input` and `output`, found {}",
            kind(pair)
        ));
    };
    let value = pair.get(key).filter(|value| !value.is_null());
    value.map(|value| board(value, &format!("{place}, {key}"))).transpose()
}

/// Reads a board from a list of rows.
fn board(value: &Value, place: &str) -> std::result::Result<Board, String> {
    let list = |value: &Value, place: &str, of: &str| {
        let Value::Array(list) = value else {
            return Err(format!("{place}: expected a list of {of}, found {}", kind(value)));
        };
        match list.len() {
            1..=SIDE => Ok(list.clone()),
            found => Err(format!("{place}: expected 1 to {SIDE} {of}, found {found}")),
        }
    };
    let mut board = Board::filled(0, 0, 0);
    for (number, row) in list(value, place, "rows")?.iter().enumerate() {
        let place = format!("{place}, row {}", number + 1);
        let cells = list(row, &place, "cells")?;
        if number > 0 && cells.len() != board.columns {
            let expected = board.columns;
            return Err(format!(
                "{place}: expected {expected} cells, as in row 1, found {}",
                cells.len()
            ));
        }
        for (number, cell) in cells.iter().enumerate() {
            let colour = cell.as_u64().filter(|colour| *colour < 10);
            let colour = colour.ok_or_else(|| {
                let found = if cell.is_number() {
                    cell.to_string()
                } else {
                    kind(cell).to_owned()
                };
                format!(
                    "{place}, cell {}: expected a colour from 0 to 9, found {found}",
                    number + 1
                )
            })?;
            board.tokens.push(colour as u32 + BLACK);
        }
        (board.rows, board.columns) = (number + 1, cells.len());
    }
    Ok(board)
}

/// Returns the number of tests of each task of a file, whatever is wrong with them.
pub(super) fn questions(text: &Text<'_>) -> Vec<(String, usize)> {
    let tests = |task: &Value| task.get("test").and_then(Value::as_array).map_or(0, Vec::len);
    let (mut found, mut places): (Vec<(String, usize)>, HashMap<String, usize>) = Default::default();
    for root in values(text.content).map_while(std::result::Result::ok) {
        let Value::Object(object) = &root else { continue };
        let tasks: Vec<(&str, &Value)> = match is_task(object) {
            true => own_name(text).map(|name| (name, &root)).into_iter().collect(),
            false => object.iter().map(|(name, task)| (name.as_str(), task)).collect(),
        };
        for (name, task) in tasks {
            let place = *places.entry(name.to_owned()).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, count)) => *count += tests(task),
                None => found.push((name.to_owned(), tests(task))),
            }
        }
    }
    found
}

/// Returns a puzzle as the contest's JSON, in a line: its pairs, the question, and the answer if there is one, under the name
/// of its task.
pub(super) fn written(puzzle: &Puzzle, answer: Option<&Board>) -> String {
    let rows = |board: &Board| {
        let colours = board
            .tokens
            .iter()
            .map(|&id| id.saturating_sub(BLACK))
            .collect::<Vec<_>>();
        json!(colours.chunks(board.columns.max(1)).collect::<Vec<_>>())
    };
    let pair = |(input, output): (&Board, Option<&Board>)| match output {
        Some(output) => json!({"input": rows(input), "output": rows(output)}),
        None => json!({"input": rows(input)}),
    };
    let train: Vec<Value> = puzzle
        .demonstrations
        .iter()
        .map(|(from, to)| pair((from, Some(to))))
        .collect();
    let task = json!({"train": train, "test": [pair((&puzzle.board, answer))]});
    match &puzzle.name {
        Some(name) => json!({name: task}).to_string(),
        None => task.to_string(),
    }
}

/// The name that a file gives its one task; None for what is no file, but was pasted, say.
fn own_name<'a>(text: &Text<'a>) -> Option<&'a str> {
    Some(text.stem()).filter(|_| text.name.contains('.'))
}

/// Whether an object is one task, not tasks by name.
fn is_task(object: &Map<String, Value>) -> bool {
    object.contains_key("train") || object.contains_key("test")
}

/// Adds the answers of the contest's file of solutions: a list of outputs for each task.
pub(super) fn add_answers(entries: &mut [&mut Entry], text: &Text<'_>) -> Vec<Error> {
    let wrong = |reason: String| text.error(0, 0, reason);
    let root = match crate::json::read(text.content) {
        Ok(root) => root,
        Err(problem) => return vec![wrong(format!("expected the JSON of solutions: {}", plain(problem)))],
    };
    if !root.is_object() {
        let found = kind(&root);
        return vec![wrong(format!("expected an object of solutions by name, found {found}"))];
    }
    let answer = |entry: &mut Entry| {
        let puzzle = &entry.puzzle;
        let (name, test) = (puzzle.name.as_deref().unwrap_or_default(), puzzle.part);
        let place = format!("task {name}, solution {}", test + 1);
        let found = root.get(name).and_then(|list| list.get(test));
        let solution = found.ok_or_else(|| format!("{place}: expected a board, found none"))?;
        entry.answer = Some(encode(&board(solution, &place)?, SIDE));
        Ok(())
    };
    let problems = entries.iter_mut().filter_map(|entry| answer(entry).err());
    problems.map(wrong).collect()
}

/// Returns the contest's file of two attempts at each test. Where there is only one answer it is given twice; where there is
/// none, what the contest's own sample has.
#[cfg(feature = "eval")]
pub(super) fn submission(answers: &BTreeMap<String, Vec<Vec<String>>>) -> String {
    let board = |text: &String| {
        let row = |row: &str| row.chars().map(|c| json!(c.to_digit(10))).collect::<Vec<_>>();
        Value::from(text.lines().map(row).collect::<Vec<_>>())
    };
    let test = |best: &Vec<String>| {
        let attempt = |number: usize| match best.get(number).or(best.first()) {
            Some(text) => board(text),
            None => json!([[0, 0], [0, 0]]),
        };
        json!({"attempt_1": attempt(0), "attempt_2": attempt(1)})
    };
    let each = answers
        .iter()
        .map(|(name, tests)| (name.clone(), tests.iter().map(test).collect()));
    Value::Object(each.collect()).to_string() + "\n"
}

/// What a value is, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
