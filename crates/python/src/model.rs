//! A model on a device.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use hrm::executor::{Executor, Want};
use hrm::gpu::Gpu;
use hrm::solve::{Query, Solver};
use hrm::{Options, error};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::answer::Answer;
use crate::arrays::ids;
use crate::errors::{input, placed, raise, usage};
use crate::run::{Samples, Segment};
use crate::stream::Stream;
use crate::wait::{pause, wait};
use crate::watch::{self, Watch};
use crate::{asked, evaluate, given, options};

/// A model and its device, shared by its runs.
pub(crate) struct Opened {
    /// Replaced after the device was lost.
    executor: RwLock<Executor>,
    /// The process that has its threads and its device.
    process: u32,
    /// What `hrm.load` was given.
    options: Options,
    /// The last solver and its options: of a model that knows names, these are read once.
    solver: Mutex<Option<(Options, Solver)>>,
}

/// How many puzzles of a list are read before other threads get their turn: a few milliseconds of work.
const READ_AT_ONCE: usize = 256;

fn is_lost(executor: &Executor) -> bool {
    executor.gpu().is_some_and(Gpu::is_lost)
}

impl Opened {
    pub(crate) fn new(executor: Executor, options: Options) -> Opened {
        Opened {
            executor: RwLock::new(executor),
            process: std::process::id(),
            options,
            solver: Mutex::new(None),
        }
    }

    fn executor(&self) -> Executor {
        self.executor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Refuses to compute in a fork: a process that was forked has neither threads nor devices of the one before.
    pub(crate) fn check_process(&self) -> error::Result<()> {
        match self.process == std::process::id() {
            true => Ok(()),
            false => Err(error::Error::Device {
                reason:
                    "this model was opened before this process was forked, and its threads are not here: open it again \
                         in the fork, or start processes by \"spawn\" or \"forkserver\""
                        .to_owned(),
            }),
        }
    }

    /// Returns the executor, on a reopened device if it was lost.
    async fn ready(&self) -> error::Result<Executor> {
        self.check_process()?;
        let executor = self.executor();
        if !is_lost(&executor) {
            return Ok(executor);
        }
        let rebuilt = executor.rebuild().await?;
        self.take_over(&rebuilt);
        Ok(rebuilt)
    }

    /// Adopts an executor whose device works, if this one's was lost.
    pub(crate) fn take_over(&self, executor: &Executor) {
        let mut current = self.executor.write().unwrap_or_else(PoisonError::into_inner);
        if is_lost(&current) && !is_lost(executor) {
            *current = executor.clone();
            *self.solver.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Returns a solver with these options.
    async fn solver(&self, options: &Options) -> error::Result<Solver> {
        let executor = self.ready().await?;
        let mut last = self.solver.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, solver)) if known == options => Ok(solver.clone()),
            _ => {
                let solver = Solver::on(executor, options)?;
                *last = Some((options.clone(), solver.clone()));
                Ok(solver)
            }
        }
    }
}

/// A model on a device; `hrm.load` makes one. May be used from several threads.
#[pyclass(module = "hrm", frozen, weakref)]
pub(crate) struct Model(pub(crate) Arc<Opened>);

impl Model {
    /// Returns a solver with the options that `solve` and its like take by name.
    fn solver(
        &self,
        py: Python<'_>,
        given: Option<&Bound<'_, PyDict>>,
        more: impl FnOnce(&mut Options),
    ) -> PyResult<Solver> {
        let mut chosen = self.0.options.clone();
        more(&mut chosen);
        options::thinking(&mut chosen, given)?;
        wait(py, || self.0.solver(&chosen))?.map_err(raise)
    }

    /// Reads a puzzle of this model's task.
    fn puzzle(&self, solver: &Solver, given: &Bound<'_, PyAny>) -> PyResult<hrm::Puzzle> {
        let puzzle = asked::puzzle(given, solver.model().config.task)?;
        solver.check(&puzzle).map_err(raise)?;
        Ok(puzzle)
    }
}

#[pymethods]
impl Model {
    /// Solves a puzzle and returns its answer; with `trace=False` without the segments that pictures need. Options: halt,
    /// segments, tries, variants, noise and batch, as for `hrm.solve`.
    #[pyo3(signature = (puzzle, *, trace=true, **options))]
    fn solve(
        &self,
        py: Python<'_>,
        puzzle: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = given::trace)] trace: bool,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Answer> {
        let solver = self.solver(py, options, |options| options.want.logits = trace)?;
        let puzzle = self.puzzle(&solver, puzzle)?;
        if trace {
            return Stream::new(self.0.clone(), solver, puzzle)?.answer(py);
        }
        let answer = wait(py, || solver.solve(&puzzle))?.map_err(raise)?;
        Ok(watch::plain(&solver, answer))
    }

    /// Solves many puzzles side by side and returns their answers in order; with `trace=True` each with its segments. Options
    /// as for `hrm.solve`.
    #[pyo3(signature = (puzzles, *, trace=false, **options))]
    fn solve_many<'py>(
        &self,
        py: Python<'py>,
        puzzles: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = given::trace)] trace: bool,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let solver = self.solver(py, options, |options| options.want.logits = trace)?;
        let read = |(number, puzzle): (usize, PyResult<Bound<'_, PyAny>>)| {
            if number % READ_AT_ONCE == 0 {
                pause(py)?;
            }
            let puzzle = self.puzzle(&solver, &puzzle?).map(Arc::new);
            puzzle.map_err(|error| placed(py, error, &format!("puzzles[{number}]")))
        };
        // The characters of a text are no puzzles.
        let listed = puzzles
            .try_iter()
            .ok()
            .filter(|_| !puzzles.is_instance_of::<PyString>());
        let refused = || format!("expected a list of puzzles, found {}", given::found(puzzles));
        let listed = listed.ok_or_else(|| input("puzzles", refused()))?;
        let puzzles: Vec<Arc<hrm::Puzzle>> = listed.enumerate().map(read).collect::<PyResult<_>>()?;
        let queries: Vec<Query> = puzzles.iter().cloned().map(Query::from).collect();
        let mut answers: Vec<Option<Answer>> = puzzles.iter().map(|_| None).collect();
        let mut watches: Vec<Watch> = match trace {
            true => puzzles
                .iter()
                .map(|puzzle| Watch::new(solver.clone(), puzzle.clone()))
                .collect(),
            false => Vec::new(),
        };
        let run = if trace {
            solver.run(queries)
        } else {
            solver.answers(queries)
        };
        let mut run = run.map_err(raise)?;
        let answered = wait(py, || async {
            while let Some(segment) = run.next().await {
                let segment = segment?;
                let answer = match watches.get_mut(segment.id) {
                    Some(watch) => watch.take(&segment),
                    None => segment.answer.map(|answer| watch::plain(&solver, answer)),
                };
                if let (Some(answer), Some(place)) = (answer, answers.get_mut(segment.id)) {
                    *place = Some(answer);
                }
            }
            self.0.take_over(run.executor());
            Ok(answers)
        });
        PyList::new(py, answered?.map_err(raise)?)
    }

    /// Solves a puzzle segment by segment: an iterator of steps, the last of which has the answer; with `states=True` each
    /// has the carry. Options as for `hrm.solve`.
    #[pyo3(signature = (puzzle, *, states=false, **options))]
    fn stream(
        &self,
        py: Python<'_>,
        puzzle: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = given::states)] states: bool,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Stream> {
        let solver = self.solver(py, options, |options| {
            (options.want.logits, options.want.carry) = (true, states);
        })?;
        let puzzle = self.puzzle(&solver, puzzle)?;
        Stream::new(self.0.clone(), solver, puzzle)
    }

    /// Runs exactly `segments` segments of tokens `[B, S]`, without halting, and returns the raw outputs of each.
    #[pyo3(signature = (tokens, *, segments=None, puzzle_identifiers=None, carry=None, logits=true, states=true))]
    #[allow(clippy::too_many_arguments, reason = "Python names them")]
    fn run<'py>(
        &self,
        py: Python<'py>,
        tokens: &Bound<'py, PyAny>,
        segments: Option<&Bound<'py, PyAny>>,
        puzzle_identifiers: Option<&Bound<'py, PyAny>>,
        carry: Option<&Bound<'py, PyAny>>,
        #[pyo3(from_py_with = given::logits)] logits: bool,
        #[pyo3(from_py_with = given::states)] states: bool,
    ) -> PyResult<Vec<Segment>> {
        let samples = Samples::read(tokens, puzzle_identifiers, carry)?;
        let solver = self.solver(py, None, |_| {})?;
        let config = &solver.model().config;
        samples.check(config)?;
        let segments = segments.map(|number| given::count("segments", number)).transpose()?;
        let segments = segments.unwrap_or(config.halt_max_steps);
        let want = Want {
            logits,
            carry: states,
            every_segment: true,
        };
        let computed = wait(py, || {
            samples.compute(solver.executor(), segments, solver.slots(), want)
        })?;
        let numbered = computed.map_err(raise)?.into_iter().zip(1..);
        numbered
            .map(|(collected, number)| collected.segment(py, number, config, &samples))
            .collect()
    }

    /// What `hrm.evaluate` is made of: figures and records.
    #[pyo3(signature = (dataset, *, curve=false, limit=None, **options))]
    fn _evaluate<'py>(
        &self,
        py: Python<'py>,
        dataset: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = given::curve)] curve: bool,
        limit: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let solver = self.solver(py, options, |options| options.halt = Some(hrm::halt::Halt::Fixed))?;
        let limit = limit.map(|number| given::count("limit", number)).transpose()?;
        evaluate::evaluate(py, &solver, dataset, curve, limit)
    }

    /// The name of the file or folder, or of the bundled model.
    #[getter]
    fn name(&self) -> String {
        self.0.executor().model().name.clone()
    }

    /// The name of the task, if it is known.
    #[getter]
    fn task(&self) -> Option<&'static str> {
        self.0.executor().model().config.task.map(|task| task.name())
    }

    /// The family: "hrm", "trm", "eqr", "nano", "urm", "serrm" or "sotaku".
    #[getter]
    fn family(&self) -> String {
        self.0.executor().model().config.family.to_string()
    }

    /// The name of the device.
    #[getter]
    fn device(&self) -> String {
        self.0.executor().device_name()
    }

    /// Why "auto" took the CPU; None where it did not.
    #[getter]
    fn why_cpu(&self) -> Option<String> {
        self.0.executor().why_cpu().map(str::to_owned)
    }

    /// Number of parameters.
    #[getter]
    fn parameters(&self) -> usize {
        self.0.executor().model().config.parameters()
    }

    /// Number of tokens of a sample, `S`.
    #[getter]
    fn seq_len(&self) -> usize {
        self.0.executor().model().config.seq_len
    }

    /// Number of ids, `V`.
    #[getter]
    fn vocab_size(&self) -> usize {
        self.0.executor().model().config.vocab_size
    }

    /// Segments that the model was trained for: `halt_max_steps`.
    #[getter]
    fn segments(&self) -> usize {
        self.0.executor().model().config.halt_max_steps
    }

    /// Oddities of the files that do not make them unusable, one sentence each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.0.executor().model().warnings.clone()
    }

    /// The licence of the weights, if the files state it.
    #[getter]
    fn license(&self) -> Option<String> {
        self.0.executor().model().license.clone()
    }

    /// Reads a row of the puzzle embedding.
    fn puzzle_row<'py>(
        &self,
        py: Python<'py>,
        identifier: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, numpy::PyArray1<f32>>> {
        let identifiers = ids("puzzle_identifier", identifier)?.values;
        let [identifier] = identifiers[..] else {
            let reason = format!("expected one, found {}", identifiers.len());
            return Err(usage("puzzle_identifier", reason));
        };
        let row = self
            .0
            .executor()
            .model()
            .puzzle_row(identifier as usize)
            .map_err(raise)?;
        Ok(crate::arrays::list(py, row))
    }

    fn __repr__(&self) -> String {
        let executor = self.0.executor();
        let (model, device) = (executor.model(), executor.device_name());
        let millions = model.config.parameters() as f64 / 1e6;
        format!(
            "<hrm.Model {}: {}, {millions:.2} M parameters, on {device}>",
            model.name, model.config.family
        )
    }
}
