//! The figures of an evaluation.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// The last line of the results. Undefined figures are None.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Always true: it distinguishes the summary from a record.
    pub(super) summary: bool,
    /// Number of samples counted.
    pub samples: usize,
    /// Mean share of labelled cells that are right, over the samples with labels.
    pub accuracy: Option<f64>,
    /// Share of the samples that are exact.
    pub exact_accuracy: Option<f64>,
    /// The shares of valid and of optimal answers, for tasks with an [`Optimum`](crate::tasks::Optimum).
    #[serde(flatten, serialize_with = "named")]
    pub shares: Vec<(&'static str, f64)>,
    /// Share of the samples for which `q_halt ≥ 0` correctly tells whether the answer is exact.
    pub q_halt_accuracy: Option<f64>,
    /// Mean number of segments.
    pub mean_segments: Option<f64>,
    /// Number of samples for each number of segments.
    pub histogram: BTreeMap<usize, usize>,
    /// Samples per second, without loading.
    pub samples_per_s: Option<f64>,
    /// The shares of puzzles whose right answer is among the first K of a vote, by the evaluations of HRM and of TRM; empty
    /// for tasks without names, and for a shard.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pass: BTreeMap<&'static str, BTreeMap<usize, f64>>,
    /// Number of questions in a vote that have no answer yet.
    #[serde(skip_serializing_if = "is_zero")]
    pub unanswered: usize,
    /// The file that a contest takes, if the task has one.
    #[serde(skip)]
    pub submission: Option<String>,
    /// The figures of each [`Sample::source`](super::Sample::source).
    pub by: BTreeMap<String, Source>,
    /// The figures after each segment, if they were kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<After>,
}

/// The figures of all samples after a segment; those that had stopped count with their last prediction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct After {
    /// The segment's number, from 1.
    pub segment: usize,
    /// [`Summary::accuracy`].
    pub accuracy: Option<f64>,
    /// [`Summary::exact_accuracy`].
    pub exact_accuracy: Option<f64>,
    /// [`Summary::shares`].
    #[serde(flatten, serialize_with = "named")]
    pub shares: Vec<(&'static str, f64)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Figures under the keys that a task gives them, in the task's order.
fn named<S: Serializer>(figures: &[(&'static str, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(figures.iter().copied())
}

/// The figures of one source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// Number of samples counted.
    pub samples: usize,
    /// Share of the samples that are exact.
    pub exact_accuracy: Option<f64>,
    /// The shares of valid and of optimal answers, for tasks with an [`Optimum`](crate::tasks::Optimum).
    #[serde(flatten, serialize_with = "named")]
    pub shares: Vec<(&'static str, f64)>,
    /// Mean number of segments.
    pub mean_segments: Option<f64>,
}
