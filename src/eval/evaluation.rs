//! The evaluation of a data set: which samples are asked, what is kept of their answers, and the figures of all.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::conditions::Conditions;
use super::dataset::{Dataset, Sample};
use super::metrics::Metrics;
use super::record::{Point, Record};
use super::results::Results;
use super::shard::Shard;
use super::summary::Summary;
use crate::error::{Error, Result};
use crate::run::{Cancel, Query};
use crate::solve::Solver;
use crate::tasks::Puzzle;

/// Most segments of a curve, which has a point for each: 50 MB a sample.
const MOST_POINTS: usize = 1 << 20;

/// How a data set is evaluated: by default all of it, of which nothing but the figures is kept.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Evaluation {
    /// What errors and the conditions of records call the data: a path, mostly.
    pub data: PathBuf,
    /// Of the samples only this part.
    pub shard: Option<Shard>,
    /// Most samples, counted from the beginning of the data.
    pub limit: Option<usize>,
    /// Whether records say what the prediction was worth after each segment of the one try.
    pub curve: bool,
    /// Whether records hold predictions.
    pub predictions: bool,
    /// The file that keeps a record a sample. What it holds already is not computed again.
    pub records: Option<PathBuf>,
    /// Whether the file of records begins anew, whatever it holds.
    pub anew: bool,
    /// The program and its version, which records are of.
    pub program: String,
    /// The precision of the weights, if one was requested, which records are of.
    pub dtype: Option<String>,
    /// Ends the evaluation within a segment; what has been answered counts.
    pub cancel: Cancel,
}

/// What [`Evaluation::run`] tells while it runs.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A sample that the model does not know, or whose board is not of its size: the others are evaluated.
    Unknown(&'a Error),
    /// So many samples are about to be asked; comes once.
    Asked(usize),
    /// So many more segments have run.
    Segments(usize),
    /// A sample is answered.
    Answered(&'a Record),
}

impl Evaluation {
    /// Evaluates the data, and returns the figures and how many samples were left when it was cancelled. An error of
    /// `told` ends it.
    ///
    /// # Errors
    /// [`Error::Usage`] for a curve of several tries or of more than 2²⁰ segments, for samples of another length or task than the model's, and for records
    /// that were made under other conditions; [`Error::Input`] for data or records that are not sound or change while
    /// they are used; as [`Solver::run`]. [`Error::OutOfMemory`] where records are kept and the device cannot go on.
    pub async fn run(
        &self,
        solver: &Solver,
        data: &Dataset,
        mut told: impl FnMut(Event<'_>) -> Result<()>,
    ) -> Result<(Summary, usize)> {
        if self.curve && solver.tries().count > 1 {
            let reason = "a curve is of the segments of one try: expected a curve or several tries, found both";
            return Err(Error::Usage(reason.to_owned()));
        }
        let segments = solver.schedule().segments;
        if self.curve && segments > MOST_POINTS {
            return Err(Error::Usage(format!(
                "a curve has a point for each segment: expected at most {MOST_POINTS} segments, found {segments}"
            )));
        }
        data.check_names(solver)?;
        let task = solver.model().config.task;
        // What is done, by earlier runs or since it cannot be, is not asked. A sample is made when it is asked, and dropped
        // when it is answered.
        let mut is_done = self.unknown(solver, data, &mut told)?;
        // The tests of a task are in several shards, none of which can tell how the vote ends.
        let (tests, none) = (&data.tests, BTreeMap::new());
        let mut metrics = Metrics::new(task, if self.shard.is_none() { tests } else { &none });
        let mut results = self.resume(solver, data, &mut metrics, &mut is_done)?;
        let part = |sample: &Sample| self.shard.is_none_or(|shard| shard.has(sample.index));
        let samples = || {
            let left = |sample: &Sample| !is_done.contains(&sample.index) && part(sample);
            self.samples(solver, data).filter(left)
        };
        let count = samples().count();
        if count > 0 {
            solver.warm_up().await?;
        }
        let asked = Asked {
            solver,
            samples: samples(),
            count,
            open: HashMap::new(),
            next: 0,
        };
        let begun = solver.executor().device_name();
        // On the CPU the outputs of every segment cost nothing, so that progress is seen.
        let every = self.curve || begun == "cpu";
        let run = if every {
            solver.run(asked)
        } else {
            solver.answers(asked)
        };
        let mut run = run?.with_cancel(self.cancel.clone());
        told(Event::Asked(count))?;
        let (start, mut done, mut cancelled) = (Instant::now(), 0, false);
        while let Some(segment) = run.next().await {
            let segment = match segment {
                Err(Error::Cancelled) => {
                    cancelled = true;
                    break;
                }
                segment => segment?,
            };
            told(Event::Segments(if every { 1 } else { segment.number }))?;
            let now = run.executor().device_name();
            let open = &mut run.queries().open;
            if self.curve
                && let Some(open) = open.get_mut(&segment.id)
            {
                let point = Point::new(&open.sample, open.puzzle.as_deref(), &segment.outputs.preds);
                open.curve.push(point);
            }
            if segment.decision.is_none() {
                continue;
            }
            if results.is_some() && begun != now {
                return Err(Error::OutOfMemory {
                    reason: format!("{begun} could not go on, and records of {now} do not stand beside its own"),
                });
            }
            let Some(Open { sample, mut curve, .. }) = open.remove(&segment.id) else {
                continue;
            };
            let Some(mut record) = Record::new(&sample, &segment, task) else {
                continue;
            };
            if let Some(last) = curve.last().cloned() {
                curve.resize(segments, last);
            }
            record.curve = curve;
            record.prediction = self.predictions.then_some(segment.outputs.preds);
            metrics.add(&sample, &record);
            if let Some(results) = &mut results {
                results.add(&record)?;
            }
            done += 1;
            told(Event::Answered(&record))?;
        }
        data.unchanged()?;
        // Whatever is not there any more was not asked.
        if done < count && !cancelled {
            return Err(changed(&self.data));
        }
        if let Some(results) = results.filter(|_| done == count) {
            results.finish()?;
        }
        let seconds = start.elapsed().as_secs_f64();
        let rate = (seconds > 0.0 && done > 0).then(|| done as f64 / seconds);
        Ok((metrics.summary(rate), count - done))
    }

    fn samples<'d>(&self, solver: &Solver, data: &'d Dataset) -> impl Iterator<Item = Sample> + Send + use<'d> {
        fitted(solver, data).take(self.limit.unwrap_or(usize::MAX))
    }

    /// Returns the samples that cannot be asked, since the model does not know them, or since their boards are not of its
    /// size: the others are asked all the same. Where every sample is of another size or task, the first error is returned.
    fn unknown(
        &self,
        solver: &Solver,
        data: &Dataset,
        told: &mut impl FnMut(Event<'_>) -> Result<()>,
    ) -> Result<HashSet<usize>> {
        let mut unknown = HashSet::new();
        let is_of_model = |sample: Sample| !matches!(sample.query(solver), Err(Error::Usage(_)));
        let is_foreign = !self.samples(solver, data).any(is_of_model);
        for sample in self.samples(solver, data) {
            match sample.query(solver) {
                Err(error @ Error::Input { .. }) if sample.name.is_some() => told(Event::Unknown(&error))?,
                Err(Error::Usage(reason)) if !is_foreign => {
                    let what = sample.called();
                    told(Event::Unknown(&Error::Input { what, reason }))?;
                }
                asked => {
                    asked?;
                    continue;
                }
            }
            unknown.insert(sample.index);
        }
        Ok(unknown)
    }

    /// Opens the file of records, if there is to be one, and counts those that an earlier run has written.
    fn resume(
        &self,
        solver: &Solver,
        data: &Dataset,
        metrics: &mut Metrics,
        is_done: &mut HashSet<usize>,
    ) -> Result<Option<Results>> {
        let Some(path) = &self.records else {
            return Ok(None);
        };
        let conditions = Conditions::new(self, solver, data)?;
        let (results, records) = Results::open(path, &conditions, self.anew)?;
        count_again(path, &records, fitted(solver, data), metrics)?;
        is_done.extend(records.iter().map(|record| record.index));
        Ok(Some(results))
    }
}

/// Returns every sample as the model takes it.
fn fitted<'d>(solver: &Solver, data: &'d Dataset) -> impl Iterator<Item = Sample> + Send + use<'d> {
    let seq_len = solver.model().config.seq_len;
    data.samples().map(move |sample| sample.fitted(seq_len))
}

/// The queries of an evaluation, which keeps of each what its record needs until it is answered.
struct Asked<'a, I> {
    solver: &'a Solver,
    samples: I,
    /// Number of samples.
    count: usize,
    /// The samples that are asked, by the number of their query.
    open: HashMap<usize, Open>,
    next: usize,
}

struct Open {
    sample: Sample,
    puzzle: Option<Arc<Puzzle>>,
    curve: Vec<Point>,
}

impl<I: Iterator<Item = Sample>> Iterator for Asked<'_, I> {
    type Item = Query;

    fn next(&mut self) -> Option<Query> {
        // All could be asked when they were looked at first.
        let (sample, query) = self
            .samples
            .find_map(|sample| sample.query(self.solver).ok().map(|query| (sample, query)))?;
        let open = Open {
            sample,
            puzzle: query.puzzle.clone(),
            curve: Vec::new(),
        };
        self.open.insert(self.next, open);
        self.next += 1;
        Some(query)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.count.saturating_sub(self.next)))
    }
}

/// Counts the records that an earlier run has written.
fn count_again(
    path: &Path,
    records: &[Record],
    samples: impl Iterator<Item = Sample>,
    metrics: &mut Metrics,
) -> Result<()> {
    let mut open: HashMap<usize, &Record> = records.iter().map(|record| (record.index, record)).collect();
    let invalid = |reason| Error::Input {
        what: path.display().to_string(),
        reason,
    };
    for sample in samples {
        let Some(record) = open.remove(&sample.index) else {
            continue;
        };
        let labelled = sample.labels.iter().flatten().filter(|&&label| label != 0).count();
        let points = record.curve.iter().map(|point| (point.cells_correct, point.exact));
        let mut points = points.chain([(record.cells_correct, record.exact)]);
        // What the labels make of the right cells. Without labels the rules judge.
        let is_wrong = |(correct, exact): &(Option<usize>, Option<bool>)| match correct {
            Some(correct) => *correct > labelled || *exact != (labelled > 0).then_some(*correct == labelled),
            None => sample.labels.is_some(),
        };
        if let Some((correct, exact)) = points.find(is_wrong) {
            let [correct, exact] = [correct.map(|n| n.to_string()), exact.map(|is| is.to_string())];
            let [correct, exact] = [correct, exact].map(|value| value.unwrap_or_else(|| "null".to_owned()));
            return Err(invalid(format!(
                "sample {}: expected `cells_correct` and `exact` of {labelled} labelled cells, found {correct} and {exact}",
                sample.index
            )));
        }
        metrics.add(&sample, record);
    }
    match open.keys().min() {
        None => Ok(()),
        Some(index) => Err(invalid(format!(
            "a record of sample {index}, which the data set does not have"
        ))),
    }
}

/// The error of samples that could be read at first, and then could not.
fn changed(data: &Path) -> Error {
    Error::Input {
        what: data.display().to_string(),
        reason: "expected data that stay as they are while they are used, found that they were written to".to_owned(),
    }
}
