//! The segments of one puzzle, as they come.

use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::vec::IntoIter;

use hrm::solve::{Query, Run};
use pyo3::prelude::*;

use crate::answer::{Answer, Step};
use crate::errors::{raise, usage};
use crate::model::Opened;
use crate::wait::wait;
use crate::watch::Watch;

/// A puzzle while it is being solved: an iterator of steps, the last of which has the answer. Nothing is computed before
/// a step is asked for; after Ctrl-C the next step goes on.
#[pyclass(module = "hrm", frozen, weakref)]
pub(crate) struct Stream {
    /// The model's name.
    model: String,
    opened: Arc<Opened>,
    state: Mutex<State>,
}

struct State {
    run: Run<IntoIter<Query>>,
    watch: Watch,
}

impl Stream {
    pub(crate) fn new(opened: Arc<Opened>, solver: hrm::Solver, puzzle: hrm::Puzzle) -> PyResult<Stream> {
        let puzzle = Arc::new(puzzle);
        let run = solver.run(vec![Query::from(puzzle.clone())]).map_err(raise)?;
        Ok(Stream {
            model: solver.model().name.clone(),
            opened,
            state: Mutex::new(State {
                run,
                watch: Watch::new(solver, puzzle),
            }),
        })
    }

    /// Runs to the answer.
    pub(crate) fn answer(self, py: Python<'_>) -> PyResult<Answer> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (State { run, watch }, opened) = (&mut state, &self.opened);
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

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Step>> {
        self.opened.check_process().map_err(raise)?;
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(usage(
                    "stream",
                    "expected one thread to take steps, found another that waits for one",
                ));
            }
        };
        let State { run, watch } = &mut *state;
        let segment = wait(py, || run.next())?;
        self.opened.take_over(run.executor());
        let segment = segment.transpose().map_err(raise)?;
        segment.map(|segment| watch.step(py, segment)).transpose()
    }

    fn __repr__(&self) -> String {
        format!("<hrm.Stream of model {}>", self.model)
    }
}
