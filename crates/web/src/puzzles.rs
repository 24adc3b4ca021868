//! What needs no model: puzzles in a text, what the rules say of them, and new ones.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::error::JsError;
use super::types;
use hrm::error::{Error, Result};
use hrm::tasks::{self, Fault, Puzzle, Question, Recipe, Task};

/// A puzzle in a text, or what is wrong there.
#[derive(Serialize)]
#[serde(untagged)]
enum Reading {
    Puzzle {
        task: Task,
        puzzle: String,
        line: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Texts of boards: an input and its output each.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        examples: Vec<[String; 2]>,
    },
    Fault {
        error: String,
        line: usize,
    },
}

/// Reads every puzzle of a text, as `hrm solve` does. Puzzles are those of `task` if the text has any, otherwise of any
/// task. What is not a puzzle gives an error in its place.
#[wasm_bindgen(unchecked_return_type = "Reading[]")]
pub fn read(text: &str, task: Option<String>) -> JsValue {
    let of = |task| tasks::read(text.as_bytes(), "text", task);
    let known = named(task);
    let mut entries = of(known);
    if known.is_some() && entries.iter().all(Result::is_err) {
        let others = of(None);
        if others.iter().any(Result::is_ok) {
            entries = others;
        }
    }
    let reading = |entry: Result<tasks::Entry>| match entry {
        Ok(entry) => Reading::Puzzle {
            task: entry.puzzle.task,
            puzzle: entry.puzzle.text(),
            line: entry.line,
            examples: examples(&entry.puzzle),
            name: entry.puzzle.name,
        },
        Err(Error::Puzzle { at, reason, .. }) => Reading::Fault {
            error: reason,
            line: at.map_or(0, |at| at.line),
        },
        Err(error) => Reading::Fault {
            error: error.to_string(),
            line: 0,
        },
    };
    types::object(&entries.into_iter().map(reading).collect::<Vec<_>>())
}

/// The boards that tell the rule of a puzzle, as text.
fn examples(puzzle: &Puzzle) -> Vec<[String; 2]> {
    let text = |board| puzzle.task.text(board);
    let pairs = puzzle.demonstrations.iter();
    pairs.map(|(from, to)| [text(from), text(to)]).collect()
}

/// A broken rule.
#[derive(Serialize)]
struct Broken {
    message: String,
    cells: Vec<usize>,
}

/// The value of [`check`].
#[derive(Serialize)]
struct Checked {
    task: Task,
    puzzle: String,
    question: Option<&'static str>,
    valid: Option<bool>,
    faults: Vec<Broken>,
}

/// Says what the rules know of the one puzzle in a text: whether it has one solution, or what clashes in it. With an
/// answer, a board in any form that a puzzle may have, whether that is right, or what it breaks. Nothing is solved for anybody.
#[wasm_bindgen(unchecked_return_type = "Checked")]
pub fn check(text: &str, task: Option<String>, answer: Option<String>) -> std::result::Result<JsValue, JsValue> {
    let task = named(task);
    // What clashes is no question, but a board that people may have drawn half of.
    let drawn = |task: Task| Puzzle::parse_board(text, Some(task)).ok();
    let puzzle = Puzzle::parse(text, task).or_else(|error| {
        if let Ok(other) = Puzzle::parse(text, None) {
            return Ok(other);
        }
        let puzzle = task.and_then(drawn);
        let clashing = puzzle.filter(|puzzle| !puzzle.task.clashes(&puzzle.board).is_empty());
        clashing.ok_or(JsError::from(error))
    })?;
    let clashes = puzzle.task.clashes(&puzzle.board);
    let (question, mut faults) = match puzzle.question() {
        _ if !clashes.is_empty() => (Some("clash"), clashes),
        None => (None, Vec::new()),
        Some(Question::Unique) => (Some("unique"), Vec::new()),
        Some(Question::None) => (Some("none"), Vec::new()),
        Some(Question::Several) => (Some("several"), Vec::new()),
        Some(Question::Undecided) => (Some("undecided"), Vec::new()),
        Some(Question::Clash(faults)) => (Some("clash"), faults),
    };
    let mut valid = None;
    if let Some(answer) = answer {
        let board = Puzzle::parse_board(&answer, Some(puzzle.task)).map_err(JsError::from)?;
        if let Some(verdict) = puzzle.judge(&board.sample().tokens) {
            valid = Some(verdict.valid);
            faults = verdict.faults;
        }
    }
    let broken = |fault: Fault| Broken {
        message: fault.to_string(),
        cells: fault.cells,
    };
    Ok(types::object(&Checked {
        task: puzzle.task,
        puzzle: puzzle.text(),
        question,
        valid,
        faults: faults.into_iter().map(broken).collect(),
    }))
}

/// A new puzzle.
#[derive(Serialize)]
struct Made {
    task: Task,
    puzzle: String,
    answer: Option<String>,
    level: &'static str,
    rating: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<[String; 2]>,
}

/// Makes new puzzles as `hrm generate` does: the same seed gives the same ones everywhere.
#[wasm_bindgen(unchecked_return_type = "Made[]")]
pub fn generate(
    task: &str,
    seed: f64,
    count: usize,
    level: Option<String>,
    side: Option<usize>,
    moves: Option<usize>,
    givens: Option<usize>,
) -> std::result::Result<JsValue, JsValue> {
    let task: Task = task.parse().map_err(JsError::from)?;
    let recipe = Recipe {
        // Whole and not negative, as the package has seen to.
        seed: seed as u64,
        side,
        level: level.as_deref(),
        givens,
        least: moves,
    };
    let made = task.generate(&recipe).map_err(JsError::from)?.map(|made| Made {
        answer: made.answer.map(|answer| task.text(&made.puzzle.answer(&answer))),
        puzzle: task.written(&made.puzzle, None),
        level: made.level,
        rating: made.rating,
        examples: examples(&made.puzzle),
        name: made.puzzle.name,
        task,
    });
    Ok(types::object(&made.take(count).collect::<Vec<_>>()))
}

fn named(task: Option<String>) -> Option<Task> {
    task.and_then(|name| name.parse().ok())
}
