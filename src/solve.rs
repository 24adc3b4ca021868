//! The main API: puzzles in, answers and segments out.

use std::path::Path;
use std::sync::Arc;

pub use crate::run::{Answer, Cancel, Query, Run, Segment};

use crate::error::{Error, Result};
use crate::executor::{DeviceChoice, Executor, Want};
use crate::halt::{Halt, Schedule};
use crate::model::{Dtype, Model};
use crate::options::Options;
use crate::tasks::{Puzzle, Task};
use crate::tries::Tries;

/// Solves puzzles with a model on a device. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Solver {
    executor: Executor,
    schedule: Schedule,
    batch: usize,
    want: Want,
    tries: Tries,
}

/// Builds a [`Solver`]; see [`Solver::builder`]. Each setter sets the field of [`Options`] with the same name.
#[derive(Debug, Clone, Default)]
pub struct SolverBuilder {
    options: Options,
    want: Want,
}

impl SolverBuilder {
    /// Sets all options at once.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets [`Options::model`].
    pub fn model(mut self, path_or_name: impl AsRef<Path>) -> Self {
        self.options.model = Some(path_or_name.as_ref().to_owned());
        self
    }

    /// Sets [`Options::task`].
    pub fn task(mut self, task: Task) -> Self {
        self.options.task = Some(task);
        self
    }

    /// Sets [`Options::device`].
    pub fn device(mut self, device: DeviceChoice) -> Self {
        self.options.device = device;
        self
    }

    /// Sets [`Options::threads`].
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Sets [`Options::dtype`].
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.options.dtype = Some(dtype);
        self
    }

    /// Sets [`Options::halt`].
    pub fn halt(mut self, halt: Halt) -> Self {
        self.options.halt = Some(halt);
        self
    }

    /// Sets [`Options::segments`].
    pub fn segments(mut self, segments: usize) -> Self {
        self.options.segments = Some(segments);
        self
    }

    /// Sets [`Options::batch`].
    pub fn batch(mut self, batch: usize) -> Self {
        self.options.batch = Some(batch);
        self
    }

    /// Sets [`Options::tries`], [`Options::variants`] and [`Options::noise`].
    pub fn tries(mut self, tries: Tries) -> Self {
        self.options.set_tries(tries);
        self
    }

    /// Sets which outputs each segment returns besides predictions and q.
    pub fn want(mut self, want: Want) -> Self {
        self.want = want;
        self
    }

    /// Finds the model and opens the device.
    ///
    /// # Errors
    /// When the model cannot be found or loaded, the device is not available, or options contradict each other.
    pub async fn build(self) -> Result<Solver> {
        let task = self.options.task;
        let model = match &self.options.model {
            Some(model) => Model::find(model, task)?,
            None => Model::bundled_for(task.unwrap_or_default())?,
        };
        let model = match self.options.dtype {
            Some(dtype) => model.rounded(dtype),
            None => model,
        };
        self.build_with(model).await
    }

    /// Calls [`SolverBuilder::build`] and blocks until it completes.
    ///
    /// # Errors
    /// As [`SolverBuilder::build`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn build_blocking(self) -> Result<Solver> {
        pollster::block_on(self.build())
    }

    /// Builds with a model that is already loaded: the options `model`, `task` and `dtype` are ignored.
    ///
    /// # Errors
    /// As [`SolverBuilder::build`].
    pub async fn build_with(self, model: Model) -> Result<Solver> {
        // Report impossible options before opening a device.
        self.options.schedule(&model.config)?;
        self.options.tries()?;
        self.options.slots()?;
        crate::cpu::pool::check(self.options.threads)?;
        let executor = Executor::open(Arc::new(model), &self.options.device, self.options.threads).await?;
        self.build_on(executor)
    }

    /// Builds on an executor, which already has a model: the options `model`, `task`, `dtype`, `device` and `threads`
    /// are ignored.
    ///
    /// # Errors
    /// [`Error::Usage`] where options contradict each other or the model.
    pub fn build_on(self, executor: Executor) -> Result<Solver> {
        Ok(Solver {
            schedule: self.options.schedule(&executor.model().config)?,
            tries: self.options.tries()?,
            batch: self.options.slots()?.unwrap_or_else(|| executor.default_slots()),
            want: self.want,
            executor,
        })
    }
}

impl Solver {
    /// Returns a builder with default options: the bundled model for the task (the first built-in task unless set), on
    /// the best device available.
    pub fn builder() -> SolverBuilder {
        SolverBuilder::default()
    }

    /// Returns a solver for the same model on the same device with other options; nothing is loaded again. The options
    /// `model`, `task`, `dtype`, `device` and `threads` are ignored, and the batch size stays as it is unless `options`
    /// sets one.
    ///
    /// # Errors
    /// [`Error::Usage`] where options contradict each other or the model.
    pub fn with_options(&self, options: &Options, want: Want) -> Result<Solver> {
        Ok(Solver {
            schedule: options.schedule(&self.model().config)?,
            tries: options.tries()?,
            batch: options.slots()?.unwrap_or(self.batch),
            want,
            executor: self.executor.clone(),
        })
    }

    /// Returns the model.
    pub fn model(&self) -> &Model {
        self.executor.model()
    }

    /// Returns the executor, for batches of your own.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Returns the halting rule and the maximum number of segments.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Returns the number of slots: tries that run side by side.
    pub fn slots(&self) -> usize {
        self.batch
    }

    /// Returns the maximum number of tries at a puzzle, and how they differ.
    pub fn tries(&self) -> Tries {
        self.tries
    }

    /// Solves a puzzle and returns the answer.
    ///
    /// # Errors
    /// [`Error::Usage`] where the puzzle is not of the model's task or size; [`Error::Device`] where the device fails.
    pub async fn solve(&self, puzzle: &Puzzle) -> Result<Answer> {
        self.check(puzzle)?;
        let mut run = self.answers([Query::from(puzzle.clone())])?;
        while let Some(segment) = run.next().await {
            if let Some(answer) = segment?.answer {
                return Ok(answer);
            }
        }
        Err(Error::Cancelled)
    }

    /// Calls [`Solver::solve`] and blocks until it completes.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn solve_blocking(&self, puzzle: &Puzzle) -> Result<Answer> {
        pollster::block_on(self.solve(puzzle))
    }

    /// Runs queries side by side and returns all their segments. The last segment of a query carries its
    /// [`answer`](Segment::answer). When a try stops, the next takes its slot. Where a vote chooses a try that ended
    /// before others did, its last segment is returned once more, with the decision.
    ///
    /// # Errors
    /// As [`Executor::scheduled`].
    pub fn run<Q>(&self, queries: Q) -> Result<Run<Q::IntoIter>>
    where
        Q: IntoIterator<Item = Query>,
    {
        let want = Want {
            every_segment: true,
            ..self.want
        };
        self.stream(queries, want)
    }

    /// Runs queries side by side and returns, in order of completion, only the segment that answers each. That avoids
    /// the round trips to the device that [`Solver::run`] makes for every segment.
    ///
    /// # Errors
    /// As [`Executor::scheduled`].
    pub fn answers<Q>(&self, queries: Q) -> Result<Run<Q::IntoIter>>
    where
        Q: IntoIterator<Item = Query>,
    {
        self.stream(queries, self.want)
    }

    /// Runs one segment on a blank sample, so that nothing is left to compile.
    ///
    /// # Errors
    /// As [`Executor::batch`] and [`Batch::advance`](crate::executor::Batch::advance).
    pub async fn warm_up(&self) -> Result<()> {
        let seq_len = self.model().config.seq_len;
        let mut batch = self.executor.scheduled(1, seq_len, self.schedule)?;
        batch.load(0, &vec![0; seq_len], 0)?;
        batch.advance(1, self.want).await.map(|_| ())
    }

    /// Calls [`Solver::warm_up`] and blocks until it completes.
    ///
    /// # Errors
    /// As [`Solver::warm_up`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn warm_up_blocking(&self) -> Result<()> {
        pollster::block_on(self.warm_up())
    }

    fn stream<Q>(&self, queries: Q, want: Want) -> Result<Run<Q::IntoIter>>
    where
        Q: IntoIterator<Item = Query>,
    {
        let queries = queries.into_iter();
        // No more slots than tries, where their number is known.
        let most = queries.size_hint().1.unwrap_or(usize::MAX);
        let slots = most.saturating_mul(self.tries.count).clamp(1, self.batch);
        let seq_len = self.model().config.seq_len;
        let batch = self.executor.scheduled(slots, seq_len, self.schedule)?;
        Ok(Run::new(batch, queries, self.tries, want))
    }

    /// Checks that the model takes this puzzle.
    ///
    /// # Errors
    /// [`Error::Usage`] that names both tasks, or both sizes.
    pub fn check(&self, puzzle: &Puzzle) -> Result<()> {
        let (config, name) = (&self.model().config, &self.model().name);
        if let Some(task) = config.task.filter(|&task| task != puzzle.task) {
            let puzzle = puzzle.task;
            return Err(Error::Usage(format!(
                "this puzzle is a {puzzle}, and model {name} solves {task}: give another model"
            )));
        }
        let found = puzzle.sample().tokens.len();
        if found != config.seq_len {
            let (task, expected) = (puzzle.task, config.seq_len);
            let size = |cells| match task.shape(cells) {
                Ok((rows, columns)) => format!("{rows}×{columns} cells"),
                Err(_) => format!("{cells} cells"),
            };
            return Err(Error::Usage(format!(
                "model {name} takes {} of {}, this one has {}: give another model",
                task.plural(),
                size(expected),
                size(found)
            )));
        }
        Ok(())
    }
}
