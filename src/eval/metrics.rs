//! The official metrics (specification, section 7).

use std::collections::BTreeMap;

use super::dataset::Sample;
use super::record::{Cells, Record, Score};
use super::summary::{After, Source, Summary};
use super::votes::{Tests, Votes};
use crate::tasks::{Optimum, Task};

/// A running mean.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// Counts a yes or a no.
    fn count(&mut self, is: bool) {
        self.add(f64::from(u8::from(is)));
    }

    /// Returns the mean; None if nothing was counted.
    fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// The mean share of right cells. Counts are kept and divided at the end: the order of the samples leaves no trace.
#[derive(Debug, Clone, Default)]
struct Accuracy {
    /// Right cells of all samples with so many labels.
    correct: BTreeMap<usize, usize>,
    samples: usize,
}

impl Accuracy {
    fn add(&mut self, Cells { labelled, correct }: Cells) {
        *self.correct.entry(labelled).or_default() += correct;
        self.samples += 1;
    }

    fn value(&self) -> Option<f64> {
        let shares = self
            .correct
            .iter()
            .map(|(&labelled, &correct)| correct as f64 / labelled as f64);
        (self.samples > 0).then(|| shares.sum::<f64>() / self.samples as f64)
    }
}

/// Accumulates records. Samples whose labels are all 0 (padding) are left out altogether.
#[derive(Debug, Clone, Default)]
pub(super) struct Metrics {
    /// The questions that are put to the vote.
    tests: Tests,
    task: Option<Task>,
    votes: Votes,
    optimum: Option<&'static Optimum>,
    accuracy: Accuracy,
    q_halt: Mean,
    all: Shares,
    histogram: BTreeMap<usize, usize>,
    by: BTreeMap<String, Shares>,
    /// By segment: cells, and the other figures.
    curve: Vec<(Accuracy, Shares)>,
}

/// The figures that are kept for all samples and for each source.
#[derive(Debug, Clone, Copy, Default)]
struct Shares {
    samples: usize,
    exact: Mean,
    /// For tasks with an optimum; for others a valid answer is an exact one, or there are no rules.
    valid: Mean,
    optimal: Mean,
    segments: Mean,
}

impl Shares {
    fn add(&mut self, score: &Score, record: &Record) {
        self.segments.add(record.segments as f64);
        self.count(score.exact, record.valid, &record.optimal);
    }

    fn count(&mut self, exact: Option<bool>, valid: Option<bool>, optimal: &BTreeMap<String, bool>) {
        self.samples += 1;
        exact.iter().for_each(|&is| self.exact.count(is));
        if let Some(optimal) = optimal.values().next() {
            self.optimal.count(*optimal);
            self.valid.count(valid == Some(true));
        }
    }

    fn figures(self, optimum: Option<&'static Optimum>) -> Source {
        let shares = optimum.iter().flat_map(|optimum| optimum.shares);
        let shares = shares.zip([self.valid, self.optimal]);
        Source {
            samples: self.samples,
            exact_accuracy: self.exact.value(),
            shares: shares.filter_map(|(key, mean)| Some((key, mean.value()?))).collect(),
            mean_segments: self.segments.value(),
        }
    }
}

impl Metrics {
    /// Creates empty metrics for answers to puzzles of a task, of which `tests` are put to the vote.
    pub(super) fn new(task: Option<Task>, tests: &Tests) -> Metrics {
        Metrics {
            tests: tests.clone(),
            task,
            optimum: task.and_then(|task| task.rules()?.optimum()),
            ..Metrics::default()
        }
    }

    /// Counts one sample.
    pub(super) fn add(&mut self, sample: &Sample, record: &Record) {
        if let Some(task) = self.task {
            self.votes.add(task, sample, record);
        }
        let score = &Score::of(sample, record);
        if let Some(cells) = score.cells {
            if cells.labelled == 0 {
                return;
            }
            self.accuracy.add(cells);
        }
        self.all.add(score, record);
        *self.histogram.entry(record.segments).or_default() += 1;
        if let Some(exact) = score.exact {
            self.q_halt.count((record.q_halt >= 0.0) == exact);
        }
        if let Some(source) = &record.source {
            self.by.entry(source.clone()).or_default().add(score, record);
        }
        if self.curve.len() < record.curve.len() {
            self.curve.resize(record.curve.len(), Default::default());
        }
        for ((cells, shares), point) in self.curve.iter_mut().zip(&record.curve) {
            shares.count(point.exact, point.valid, &point.optimal);
            if let Some((labelled, correct)) = score.cells.map(|cells| cells.labelled).zip(point.cells_correct) {
                cells.add(Cells { labelled, correct });
            }
        }
    }

    /// Returns the figures so far; the caller measures `samples_per_s`.
    pub(super) fn summary(&self, samples_per_s: Option<f64>) -> Summary {
        let by = self
            .by
            .iter()
            .map(|(source, shares)| (source.clone(), shares.figures(self.optimum)));
        let all = self.all.figures(self.optimum);
        let tests = &self.tests;
        let voted = self.task.filter(|_| !tests.is_empty());
        Summary {
            summary: true,
            samples: all.samples,
            accuracy: self.accuracy.value(),
            exact_accuracy: all.exact_accuracy,
            shares: all.shares,
            q_halt_accuracy: self.q_halt.value(),
            mean_segments: all.mean_segments,
            histogram: self.histogram.clone(),
            samples_per_s,
            pass: self.votes.passes(tests),
            unanswered: self.votes.unanswered(tests),
            submission: voted.and_then(|task| self.votes.submission(task, tests)),
            by: by.collect(),
            curve: (1..)
                .zip(&self.curve)
                .map(|(segment, (cells, shares))| {
                    let figures = shares.figures(self.optimum);
                    After {
                        segment,
                        accuracy: cells.value(),
                        exact_accuracy: figures.exact_accuracy,
                        shares: figures.shares,
                    }
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::eval::{Dataset, Point};

    fn empty(task: Option<Task>) -> Metrics {
        Metrics::new(task, &Tests::new())
    }

    fn sample(labels: Option<&[u32]>) -> Sample {
        let labels = labels.map(<[u32]>::to_vec);
        Sample {
            index: 0,
            source: Some("a".into()),
            tokens: vec![1; 4],
            labels,
            puzzle_identifier: 0,
            name: None,
            puzzle: None,
        }
    }

    fn add(metrics: &mut Metrics, sample: &Sample, prediction: &[u32], valid: Option<bool>, q_halt: f32) -> Record {
        let score = Score::new(sample, prediction, valid);
        let record = Record {
            index: sample.index,
            source: sample.source.clone(),
            exact: score.exact,
            valid,
            optimal: BTreeMap::new(),
            cells_correct: score.cells.map(|cells| cells.correct),
            segments: 4,
            stopped: "limit".to_string(),
            q_halt,
            tries: 1,
            answers: Vec::new(),
            prediction: None,
            curve: Vec::new(),
        };
        metrics.add(sample, &record);
        record
    }

    #[test]
    fn ignored_cells_count_nowhere() {
        let score = Score::new(&sample(Some(&[2, 0, 3, 0])), &[2, 9, 4, 0], None);
        assert_eq!(
            score,
            Score {
                cells: Some(Cells {
                    labelled: 2,
                    correct: 1
                }),
                exact: Some(false)
            }
        );
        let score = Score::new(&sample(Some(&[2, 0, 3, 0])), &[2, 9, 3, 7], Some(false));
        assert_eq!(score.exact, Some(true));
        assert_eq!(Score::new(&sample(Some(&[2, 3])), &[2], None).exact, Some(false));
    }

    #[test]
    fn accuracy_is_a_mean_over_samples_not_cells() {
        let mut metrics = empty(None);
        add(&mut metrics, &sample(Some(&[2, 0, 0, 0])), &[2, 1, 1, 1], None, 1.0);
        add(&mut metrics, &sample(Some(&[2, 2, 2, 2])), &[2, 1, 1, 1], None, 0.0);
        let summary = metrics.summary(None);
        assert_eq!((summary.samples, summary.accuracy), (2, Some(0.625)));
        assert_eq!(
            (summary.exact_accuracy, summary.q_halt_accuracy),
            (Some(0.5), Some(0.5))
        );
    }

    #[test]
    fn without_labels_exact_is_valid_and_padding_is_not_counted() {
        let mut metrics = empty(None);
        let record = add(&mut metrics, &sample(None), &[2, 2, 2, 2], Some(true), f32::NAN);
        assert_eq!((record.exact, record.cells_correct), (Some(true), None));
        add(&mut metrics, &sample(Some(&[0; 4])), &[2, 2, 2, 2], Some(true), 1.0);
        let summary = metrics.summary(None);
        assert_eq!(
            (summary.samples, summary.accuracy, summary.exact_accuracy),
            (1, None, Some(1.0))
        );
        assert_eq!(summary.q_halt_accuracy, Some(0.0));
    }

    #[test]
    fn paths_of_mazes_are_counted_beside_exact_ones() {
        let mut metrics = empty(Some(crate::tasks::maze::TASK));
        let sample = sample(Some(&[2, 2, 2, 2]));
        let mut record = add(&mut empty(None), &sample, &[2, 2, 2, 1], Some(true), 1.0);
        for (valid, shortest) in [(true, true), (true, false), (false, false), (false, false)] {
            record.valid = Some(valid);
            record.optimal.insert("shortest".to_owned(), shortest);
            metrics.add(&sample, &record);
        }
        let summary = metrics.summary(None);
        let shares = &summary.shares;
        assert_eq!(*shares, [("valid_paths", 0.5), ("shortest_paths", 0.25)]);
        assert_eq!(
            (summary.exact_accuracy, summary.by["a"].shares[0]),
            (Some(0.0), ("valid_paths", 0.5))
        );
        let line = serde_json::to_string(&record).unwrap();
        assert!(line.contains(r#""valid":false,"shortest":false,"#), "{line}");
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }

    #[test]
    fn perfect_and_copied_answers_over_the_excerpt() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sudoku-check.csv");
        let (mut perfect, mut copied) = (empty(None), empty(None));
        for sample in Dataset::open(path, None).unwrap().samples() {
            add(&mut perfect, &sample, sample.labels.as_ref().unwrap(), None, 2.0);
            add(&mut copied, &sample, &sample.tokens, None, 2.0);
        }
        let (perfect, copied) = (perfect.summary(None), copied.summary(None));
        assert_eq!(
            (perfect.samples, perfect.accuracy, perfect.q_halt_accuracy),
            (60, Some(1.0), Some(1.0))
        );
        assert_eq!((copied.exact_accuracy, copied.q_halt_accuracy), (Some(0.0), Some(0.0)));
        assert!(copied.accuracy.is_some_and(|a| (0.2..0.5).contains(&a)));
        assert_eq!(perfect.by.values().map(|s| s.samples).collect::<Vec<_>>(), [10; 6]);
    }

    #[test]
    fn a_curve_has_the_figures_after_each_segment() {
        let mut metrics = empty(None);
        for (index, exact) in [[false, true], [false, false]].into_iter().enumerate() {
            let sample = sample(Some(&[2, 2, 2, 2]));
            let mut record = add(&mut empty(None), &sample, &[2, 2, 2, 1], None, 1.0);
            record.index = index;
            record.curve = exact
                .iter()
                .map(|&exact| Point {
                    exact: Some(exact),
                    valid: None,
                    optimal: BTreeMap::new(),
                    cells_correct: Some(if exact { 4 } else { 2 }),
                })
                .collect();
            metrics.add(&sample, &record);
            let line = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
        }
        let curve = metrics.summary(None).curve;
        let figures: Vec<_> = curve
            .iter()
            .map(|after| (after.segment, after.exact_accuracy, after.accuracy))
            .collect();
        assert_eq!(figures, [(1, Some(0.0), Some(0.5)), (2, Some(0.5), Some(0.75))]);
    }

    #[test]
    fn the_json_is_that_of_the_design() {
        let mut metrics = empty(None);
        let empty = serde_json::to_string(&metrics.summary(None)).unwrap();
        assert_eq!(
            empty,
            r#"{"summary":true,"samples":0,"accuracy":null,"exact_accuracy":null,"q_halt_accuracy":null,"mean_segments":null,"histogram":{},"samples_per_s":null,"by":{}}"#
        );
        let record = add(
            &mut metrics,
            &sample(Some(&[2, 2, 2, 2])),
            &[2, 2, 2, 2],
            Some(true),
            1.5,
        );
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            r#"{"index":0,"source":"a","exact":true,"valid":true,"cells_correct":4,"segments":4,"stopped":"limit","q_halt":1.5,"tries":1}"#
        );
        let summary = serde_json::to_string(&metrics.summary(Some(2.0))).unwrap();
        assert_eq!(
            summary,
            r#"{"summary":true,"samples":1,"accuracy":1.0,"exact_accuracy":1.0,"q_halt_accuracy":1.0,"mean_segments":4.0,"histogram":{"4":1},"samples_per_s":2.0,"by":{"a":{"samples":1,"exact_accuracy":1.0,"mean_segments":4.0}}}"#
        );
    }
}
