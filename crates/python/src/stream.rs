//! The segments of one puzzle, as they come.

use std::sync::{Arc, Mutex, PoisonError};
use std::vec::IntoIter;

use hrm::solve::{Query, Run};
use pyo3::prelude::*;

use crate::answer::{Answer, Step};
use crate::errors::raise;
use crate::model::Opened;
use crate::wait::wait;
use crate::watch::Watch;

/// A puzzle while it is being solved: an iterator of [`Step`]s, the last of which has the answer. Nothing is computed before
/// a step is asked for; after Ctrl-C the next step goes on.
#[pyclass(module = "hrm")]
pub(crate) struct Stream(Mutex<State>);

struct State {
    opened: Arc<Opened>,
    run: Run<IntoIter<Query>>,
    watch: Watch,
}

impl Stream {
    pub(crate) fn new(opened: Arc<Opened>, solver: hrm::Solver, puzzle: hrm::Puzzle) -> PyResult<Stream> {
        let puzzle = Arc::new(puzzle);
        let run = solver.run(vec![Query::from(puzzle.clone())]).map_err(raise)?;
        Ok(Stream(Mutex::new(State {
            opened,
            run,
            watch: Watch::new(solver, puzzle),
        })))
    }

    /// Runs to the answer.
    pub(crate) fn answer(mut self, py: Python<'_>) -> PyResult<Answer> {
        let State { opened, run, watch } = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let answer = wait(py, || async {
            while let Some(segment) = run.next().await {
                opened.take_over(run.executor());
                if let Some(answer) = watch.take(&segment?) {
                    return Ok(answer);
                }
            }
            Err(hrm::Error::Cancelled)
        });
        answer?.map_err(raise)
    }
}

#[pymethods]
impl Stream {
    fn __iter__(stream: PyRef<'_, Self>) -> PyRef<'_, Self> {
        stream
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Step>> {
        let State { opened, run, watch } = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let segment = wait(py, || run.next())?;
        opened.take_over(run.executor());
        let segment = segment.transpose().map_err(raise)?;
        segment.map(|segment| watch.step(py, segment)).transpose()
    }

    fn __repr__(&mut self) -> String {
        let State { watch, .. } = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        format!("<hrm.Stream of model {}>", watch.solver().model().name)
    }
}
