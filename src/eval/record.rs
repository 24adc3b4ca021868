//! What the answer to a sample was worth: the records that `hrm eval` writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::dataset::Sample;
use crate::solve::{Answer, Segment};
use crate::tasks::{Puzzle, Task};

/// The comparison of a prediction with its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Score {
    /// Counts of labelled cells and of correct predictions among them; None if there are no labels at all.
    pub(super) cells: Option<Cells>,
    /// Whether every labelled cell is right; without labels, whether the answer is valid. None if neither is known.
    pub(super) exact: Option<bool>,
}

/// Counts over the cells whose label is not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cells {
    /// Cells with a label.
    pub(super) labelled: usize,
    /// Labelled cells that were predicted right.
    pub(super) correct: usize,
}

impl Score {
    /// Compares the prediction `[S]` with the sample's labels; `valid` is the rules' verdict.
    pub(super) fn new(sample: &Sample, prediction: &[u32], valid: Option<bool>) -> Score {
        let cells = sample.labels.as_ref().map(|labels| {
            let right = labels
                .iter()
                .zip(prediction)
                .filter(|(label, id)| **label != 0 && label == id);
            Cells {
                labelled: labels.iter().filter(|&&label| label != 0).count(),
                correct: right.count(),
            }
        });
        let exact = match cells {
            Some(Cells { labelled: 0, .. }) => None,
            Some(cells) => Some(cells.correct == cells.labelled),
            None => valid,
        };
        Score { cells, exact }
    }

    /// Recovers the score that a record was made from.
    pub(super) fn of(sample: &Sample, record: &Record) -> Score {
        let labels = sample.labels.iter().flatten();
        Score {
            cells: record.cells_correct.map(|correct| Cells {
                labelled: labels.filter(|&&label| label != 0).count(),
                correct,
            }),
            exact: record.exact,
        }
    }
}

/// One line of the results: the record of one sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`Sample::index`].
    pub index: usize,
    /// [`Sample::source`].
    pub source: Option<String>,
    /// Whether every labelled cell is right; without labels, whether the answer is valid. None if neither is known.
    pub exact: Option<bool>,
    /// Whether the answer is valid; None if the task has no rules.
    pub valid: Option<bool>,
    /// Whether the answer is valid and none is better, under the key of the task's [`Optimum`](crate::tasks::Optimum); empty for other tasks.
    #[serde(flatten)]
    pub optimal: BTreeMap<String, bool>,
    /// Labelled cells that were predicted right; None if there are no labels at all.
    pub cells_correct: Option<usize>,
    /// Segments that the sample ran.
    pub segments: usize,
    /// What stopped the sample: "valid", "learned", "stable" or "limit".
    pub stopped: String,
    /// The raw halting logit of the last segment.
    #[serde(deserialize_with = "number")]
    pub q_halt: f32,
    /// Number of tries that began.
    pub tries: usize,
    /// The distinct answers to a question that is put to the vote, as text of the puzzle itself, with `q_halt` of each try
    /// that gave them; the best one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<(String, Vec<f32>)>,
    /// The predicted ids `[S]`, if they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Vec<u32>>,
    /// What the prediction was worth after each segment, if that is kept; a sample that has stopped keeps its last one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<Point>,
}

impl Record {
    /// Records what a sample was answered, from the segment that decides it; None for any other segment.
    pub(super) fn new(sample: &Sample, segment: &Segment, task: Option<Task>) -> Option<Record> {
        let preds = &segment.outputs.preds;
        let answer = segment.answer.as_ref();
        let valid = answer.and_then(Answer::valid);
        let score = Score::new(sample, &whole(task, segment), valid);
        // What is put to the vote, in the form of the puzzle as it is.
        let named = task.zip(sample.name.as_deref());
        let answers = named.zip(answer).map(|((task, name), answer)| {
            let answers = answer.ranked.iter();
            answers
                .filter_map(|(prediction, q_halt)| Some((task.original(name, prediction)?, q_halt.clone())))
                .collect()
        });
        Some(Record {
            index: sample.index,
            source: sample.source.clone(),
            exact: score.exact,
            valid,
            optimal: optimal(answer.map(|answer| &*answer.puzzle), preds),
            cells_correct: score.cells.map(|cells| cells.correct),
            segments: segment.number,
            stopped: segment.stopped?.to_string(),
            q_halt: segment.outputs.q_halt,
            tries: segment.decision?.tries,
            answers: answers.unwrap_or_default(),
            prediction: None,
            curve: Vec::new(),
        })
    }

    /// Whether this is the same record; a value that is not a number counts as equal to itself.
    pub(super) fn is(&self, other: &Record) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

/// What the prediction of a sample was worth after a segment, in the terms of a [`Record`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// [`Record::exact`].
    pub exact: Option<bool>,
    /// [`Record::valid`].
    pub valid: Option<bool>,
    /// [`Record::optimal`].
    #[serde(flatten)]
    pub optimal: BTreeMap<String, bool>,
    /// [`Record::cells_correct`].
    pub cells_correct: Option<usize>,
}

impl Point {
    /// Says what a prediction `[S]` for a sample is worth; `puzzle` has the rules, if there are any.
    pub(super) fn new(sample: &Sample, puzzle: Option<&Puzzle>, prediction: &[u32]) -> Point {
        let valid = puzzle.and_then(|puzzle| puzzle.is_valid(prediction));
        let score = Score::new(sample, prediction, valid);
        Point {
            exact: score.exact,
            valid,
            optimal: optimal(puzzle, prediction),
            cells_correct: score.cells.map(|cells| cells.correct),
        }
    }
}

/// Returns the prediction that is compared with the labels. Where a named augmentation was undone, its board alone is left:
/// it is encoded as labels are.
fn whole(task: Option<Task>, segment: &Segment) -> Vec<u32> {
    let preds = &segment.outputs.preds;
    let undone = task.filter(|task| task.is_named() && segment.variant.symmetry.is_some());
    let board = undone.and_then(|task| Some((task, task.decode(preds)?)));
    let puzzle = board.and_then(|(task, board)| Puzzle::on(task, board).ok());
    let fitted = |puzzle: Puzzle| puzzle.task.fitted(puzzle.sample().tokens, preds.len());
    puzzle.map_or_else(|| preds.clone(), fitted)
}

/// Returns whether no valid answer is better than this prediction, under the key of the puzzle's task.
fn optimal(puzzle: Option<&Puzzle>, prediction: &[u32]) -> BTreeMap<String, bool> {
    let optimal = puzzle.and_then(|puzzle| {
        let key = puzzle.optimum()?.key.to_owned();
        Some((key, puzzle.judge(prediction)?.optimal.unwrap_or(false)))
    });
    optimal.into_iter().collect()
}

/// Reads a number; JSON has null for one that is not finite.
fn number<'d, D: Deserializer<'d>>(from: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f32::NAN))
}
