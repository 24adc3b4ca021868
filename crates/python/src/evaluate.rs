//! `hrm.evaluate`: the official metrics over a data set.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use hrm::error::{Error, Result};
use hrm::eval::{Dataset, Metrics, Point, Record, Sample, Summary};
use hrm::solve::Solver;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrays::{Numbers, ids};
use crate::errors::{input, raise};
use crate::plain;
use crate::wait::wait;

/// Samples, and what is told of them.
enum Data {
    Set(Box<Dataset>),
    Samples(Vec<Sample>),
}

impl Data {
    /// Reads a path, or a pair of arrays: inputs and labels `[N, S]`.
    fn read(given: &Bound<'_, PyAny>, solver: &Solver) -> PyResult<Data> {
        if let Ok(path) = given.extract::<PathBuf>() {
            let dataset = given.py().detach(|| Dataset::open(path, solver.model().config.task));
            return Ok(Data::Set(Box::new(dataset.map_err(raise)?)));
        }
        let (inputs, labels): (Bound<'_, PyAny>, Bound<'_, PyAny>) = given.extract().map_err(|_| {
            input(
                "dataset",
                "expected a path, or a pair of arrays (inputs, labels), found something else",
            )
        })?;
        let (inputs, labels) = (ids("inputs", &inputs)?, ids("labels", &labels)?);
        let rows = |numbers: &Numbers<u32>| match numbers.shape[..] {
            [_, width] if width > 0 && numbers.shape == labels.shape => Ok(width),
            _ => Err(input(
                "dataset",
                format!(
                    "expected inputs and labels of one shape [N, S], found {:?} and {:?}",
                    inputs.shape, labels.shape
                ),
            )),
        };
        let width = rows(&inputs)?;
        let pairs = inputs.values.chunks(width).zip(labels.values.chunks(width));
        let samples = pairs.enumerate().map(|(index, (tokens, labels))| Sample {
            index,
            source: None,
            tokens: tokens.to_vec(),
            labels: Some(labels.to_vec()),
            puzzle_identifier: 0,
            name: None,
            puzzle: None,
        });
        Ok(Data::Samples(samples.collect()))
    }

    fn samples(&self) -> Box<dyn Iterator<Item = Sample> + '_> {
        match self {
            Data::Set(dataset) => dataset.samples(),
            Data::Samples(samples) => Box::new(samples.iter().cloned()),
        }
    }
}

/// Evaluates the first `limit` samples; returns the summary, the records, and what could not be read or asked.
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    solver: &Solver,
    dataset: &Bound<'py, PyAny>,
    curve: bool,
    limit: Option<usize>,
) -> PyResult<Bound<'py, PyTuple>> {
    let data = Data::read(dataset, solver)?;
    let mut metrics = Metrics::new(solver.model().config.task);
    let mut problems = Vec::new();
    if let Data::Set(set) = &data {
        metrics.tests.clone_from(&set.tests);
        problems.extend(set.problems.iter().map(ToString::to_string));
    }
    let limit = limit.unwrap_or(usize::MAX);
    let answered = wait(py, || answer(solver, &data, &mut metrics, curve, limit))?;
    let (summary, records, more): (Summary, Vec<Record>, Vec<String>) = answered.map_err(raise)?;
    problems.extend(more);
    let values = [plain(py, &summary)?, plain(py, &records)?, plain(py, &problems)?];
    PyTuple::new(py, values)
}

async fn answer(
    solver: &Solver,
    data: &Data,
    metrics: &mut Metrics,
    curve: bool,
    limit: usize,
) -> Result<(Summary, Vec<Record>, Vec<String>)> {
    let (task, mut problems) = (solver.model().config.task, Vec::new());
    // Of samples that the model does not know the others are not in need; whatever else is wrong is so for all.
    for sample in data.samples().take(limit) {
        match sample.query(solver) {
            Err(error @ Error::Input { .. }) if sample.name.is_some() => problems.push(error.to_string()),
            other => drop(other?),
        }
    }
    solver.warm_up().await?;
    let asked: RefCell<HashMap<usize, Sample>> = RefCell::default();
    let known = data.samples().take(limit);
    let known = known.filter_map(|sample| sample.query(solver).ok().zip(Some(sample)));
    let queries = known.enumerate().map(|(id, (query, sample))| {
        asked.borrow_mut().insert(id, sample);
        query
    });
    let mut run = if curve {
        solver.run(queries)
    } else {
        solver.answers(queries)
    }?;
    let mut curves: HashMap<usize, Vec<Point>> = HashMap::new();
    let (start, mut records) = (Instant::now(), Vec::new());
    while let Some(segment) = run.next().await {
        let segment = segment?;
        if curve && let Some(sample) = asked.borrow().get(&segment.id) {
            let puzzle = sample.query(solver).ok().and_then(|query| query.puzzle);
            let point = Point::new(sample, puzzle.as_deref(), &segment.outputs.preds);
            curves.entry(segment.id).or_default().push(point);
        }
        if segment.decision.is_none() {
            continue;
        }
        let Some(sample) = asked.borrow_mut().remove(&segment.id) else {
            continue;
        };
        if let Some(mut record) = Record::new(&sample, &segment, task) {
            record.curve = curves.remove(&segment.id).unwrap_or_default();
            if let Some(last) = record.curve.last().cloned() {
                record.curve.resize(solver.schedule().segments, last);
            }
            metrics.add(&sample, &record);
            record.prediction = Some(segment.outputs.preds);
            records.push(record);
        }
    }
    records.sort_by_key(|record| record.index);
    let seconds = start.elapsed().as_secs_f64();
    let rate = (seconds > 0.0 && !records.is_empty()).then(|| records.len() as f64 / seconds);
    Ok((metrics.summary(rate), records, problems))
}
