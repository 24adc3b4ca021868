//! `hrm.evaluate`: the official metrics over a data set.

use std::path::PathBuf;

use hrm::eval::{Dataset, Evaluation, Event, Record, Sample};
use hrm::solve::Solver;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyListMethods, PyMapping, PyTuple};

use crate::arrays::{self, Numbers, ids};
use crate::errors::{input, raise, tried};
use crate::given::found;
use crate::run::{entry, puzzle_identifiers};
use crate::wait::{aside, wait};
use crate::{fetch, plain};

/// Inputs, labels, and puzzle identifiers, where they are given.
type Arrays<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Option<Bound<'py, PyAny>>);

/// Takes apart an official batch, or a pair of arrays.
fn arrays_of<'py>(given: &Bound<'py, PyAny>) -> PyResult<Arrays<'py>> {
    let refused = |found: String| {
        let reason = format!("expected a path, a pair of arrays (inputs, labels), or a batch with both, found {found}");
        input("dataset", reason)
    };
    if let Ok(batch) = given.cast::<PyMapping>() {
        return match (entry(batch, "inputs")?, entry(batch, "labels")?) {
            (Some(inputs), Some(labels)) => Ok((inputs, labels, entry(batch, "puzzle_identifiers")?)),
            _ => Err(refused("one without".to_owned())),
        };
    }
    // A list of two is a pair, too.
    let pair = given.cast::<PyList>().map(PyListMethods::to_tuple);
    let pair = pair.map_or_else(|_| given.clone(), Bound::into_any);
    let (inputs, labels) = tried(given.py(), pair.extract())?.map_err(|_| refused(found(given)))?;
    Ok((inputs, labels, None))
}

/// Reads a path, or arrays `[N, S]`; returns what errors call them, too.
fn read(given: &Bound<'_, PyAny>, solver: &Solver) -> PyResult<(Dataset, PathBuf)> {
    if let Ok(path) = tried(given.py(), given.extract::<PathBuf>())? {
        let found = fetch::data(given.py(), &path)?;
        let task = solver.model().config.task;
        let dataset = aside(given.py(), move || Dataset::open(&found, task))?;
        return Ok((dataset.map_err(raise)?, path));
    }
    let (inputs, labels, identifiers) = arrays_of(given)?;
    let (inputs, labels) = (ids("inputs", &inputs)?, arrays::labels("labels", &labels)?);
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
    let identifiers = puzzle_identifiers(identifiers.as_ref(), inputs.shape[0])?;
    let pairs = inputs.values.chunks(width).zip(labels.values.chunks(width));
    let samples = pairs
        .zip(identifiers)
        .enumerate()
        .map(|(index, ((tokens, labels), puzzle_identifier))| Sample {
            index,
            source: None,
            tokens: tokens.to_vec(),
            labels: Some(labels.to_vec()),
            puzzle_identifier,
            name: None,
            puzzle: None,
        });
    Ok((
        given.py().detach(|| samples.collect::<Vec<_>>().into()),
        "dataset".into(),
    ))
}

/// Evaluates the first `limit` samples; returns the summary, the records, and what could not be read or asked.
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    solver: &Solver,
    dataset: &Bound<'py, PyAny>,
    curve: bool,
    limit: Option<usize>,
) -> PyResult<Bound<'py, PyTuple>> {
    let (mut data, name) = read(dataset, solver)?;
    if data.len == 0 && !data.problems.is_empty() {
        return Err(raise(data.problems.swap_remove(0)));
    }
    data.check_any(&name).map_err(raise)?;
    let mut evaluation = Evaluation::default();
    (evaluation.data, evaluation.limit) = (name, limit);
    (evaluation.curve, evaluation.predictions) = (curve, true);
    let mut records: Vec<Record> = Vec::new();
    let mut problems: Vec<String> = data.problems.iter().map(ToString::to_string).collect();
    let told = |event: Event<'_>| {
        match event {
            Event::Unknown(error) => problems.push(error.to_string()),
            Event::Answered(record) => records.push(record.clone()),
            _ => {}
        }
        Ok(())
    };
    let evaluated = wait(py, || evaluation.run(solver, &data, told))?;
    let (summary, _) = evaluated.map_err(raise)?;
    records.sort_by_key(|record| record.index);
    let values = [plain(py, &summary)?, plain(py, &records)?, plain(py, &problems)?];
    PyTuple::new(py, values)
}
