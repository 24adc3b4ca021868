//! Puzzles in, answers and the thinking out: the API that people call.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use crate::run::{Cancel, Run};

use crate::error::{Error, Result};
use crate::executor::{DeviceChoice, Executor, Want};
use crate::model::{Config, Dtype, Model};
use crate::session::{Halt, Query, Schedule, Segment, Session, Stop};
use crate::tasks::{Puzzle, Task, Verdict, has_rules};
use crate::tries::{Tries, Variant};

/// Solves puzzles with a model on a device. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Solver {
    executor: Executor,
    schedule: Schedule,
    batch: usize,
    want: Want,
    tries: Tries,
}

/// Options of a [`Solver`]; see [`Solver::builder`].
#[derive(Debug, Clone, Default)]
pub struct SolverBuilder {
    model: Option<String>,
    task: Option<Task>,
    device: DeviceChoice,
    threads: Option<usize>,
    dtype: Option<Dtype>,
    halt: Option<Halt>,
    segments: Option<usize>,
    batch: Option<usize>,
    want: Want,
    tries: Tries,
}

impl SolverBuilder {
    /// A model folder, an official checkpoint, or a bundled model's name, which alone there is on the web. Default: the
    /// bundled model for the task.
    pub fn model(mut self, path_or_name: impl AsRef<Path>) -> Self {
        self.model = Some(path_or_name.as_ref().to_string_lossy().into_owned());
        self
    }

    /// The task, where the model's files do not say it. Default: the first of the library's tasks.
    pub fn task(mut self, task: Task) -> Self {
        self.task = Some(task);
        self
    }

    /// The device. Default: [`DeviceChoice::Auto`].
    pub fn device(mut self, device: DeviceChoice) -> Self {
        self.device = device;
        self
    }

    /// Worker threads of the CPU executor. Default: one for each core.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// The precision that weights are rounded to, F32 or F16. Default: what the model stores; BF16 widens to F32. With F16
    /// a GPU that is faster for it multiplies in F16, too ([`Model::rounded`]).
    pub fn dtype(mut self, dtype: Dtype) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// The halting rule. Default: [`Halt::Valid`] where the task has rules, else [`Halt::Fixed`].
    pub fn halt(mut self, halt: Halt) -> Self {
        self.halt = Some(halt);
        self
    }

    /// Most segments of a puzzle. Default: the model's `halt_max_steps`.
    pub fn segments(mut self, segments: usize) -> Self {
        self.segments = Some(segments);
        self
    }

    /// Puzzles that run side by side. Default: as many as fit a modest amount of memory, at most 64.
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = Some(batch);
        self
    }

    /// Outputs to hand out with each segment besides predictions and q.
    pub fn want(mut self, want: Want) -> Self {
        self.want = want;
        self
    }

    /// Most tries at a puzzle, and how they differ. Default: one; see [`tries`](crate::tries).
    pub fn tries(mut self, tries: Tries) -> Self {
        self.tries = tries;
        self
    }

    /// Finds the model and opens the device.
    ///
    /// # Errors
    /// Where the model cannot be found or loaded, the device cannot be had, or options do not go together.
    pub async fn build(self) -> Result<Solver> {
        let model = match &self.model {
            Some(path_or_name) => Model::find(path_or_name, self.task)?,
            None => Model::bundled_for(self.task.unwrap_or_default())?,
        };
        let model = match self.dtype {
            Some(dtype) => model.rounded(dtype),
            None => model,
        };
        self.build_with(model).await
    }

    /// [`SolverBuilder::build`], blocking.
    ///
    /// # Errors
    /// As [`SolverBuilder::build`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn build_blocking(self) -> Result<Solver> {
        pollster::block_on(self.build())
    }

    /// With a model that is loaded already; the builder's `model` and `dtype` are not consulted.
    ///
    /// # Errors
    /// As [`SolverBuilder::build`].
    pub async fn build_with(self, model: Model) -> Result<Solver> {
        self.settled(&model.config)?;
        let executor = Executor::open(Arc::new(model), &self.device, self.threads).await?;
        self.build_on(executor)
    }

    /// On a device that has a model already; the builder's `model`, `dtype`, `device` and `threads` are not consulted.
    ///
    /// # Errors
    /// Where options do not go together.
    pub fn build_on(self, executor: Executor) -> Result<Solver> {
        let (schedule, tries) = self.settled(&executor.model().config)?;
        let batch = self.batch.unwrap_or_else(|| executor.default_slots());
        Ok(Solver {
            executor,
            schedule,
            batch,
            want: self.want,
            tries,
        })
    }

    /// Schedule and tries for a model of that configuration.
    fn settled(&self, config: &Config) -> Result<(Schedule, Tries)> {
        let default_halt = if has_rules(config.task, config.seq_len) {
            Halt::Valid
        } else {
            Halt::Fixed
        };
        let schedule = Schedule {
            halt: self.halt.unwrap_or(default_halt),
            segments: self.segments.unwrap_or(config.halt_max_steps),
        }
        .check(config.task, config.seq_len)?;
        let tries = self.tries.check()?;
        if self.batch == Some(0) {
            return Err(Error::Usage("batch: expected 1 or more, found 0".into()));
        }
        Ok((schedule, tries))
    }
}

impl Solver {
    /// Options, all with sensible defaults: the bundled model for the task, the library's first unless told, on the best device at hand.
    pub fn builder() -> SolverBuilder {
        SolverBuilder::default()
    }

    /// The same model on the same device with other settings; nothing is loaded again.
    ///
    /// # Errors
    /// As [`Schedule::check`] and [`Tries::check`].
    pub fn rescheduled(&self, schedule: Schedule, tries: Tries, want: Want) -> Result<Solver> {
        let config = &self.model().config;
        Ok(Solver {
            schedule: schedule.check(config.task, config.seq_len)?,
            tries: tries.check()?,
            want,
            ..self.clone()
        })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        self.executor.model()
    }

    /// The executor, for sessions of your own.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Halting rule and most segments.
    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// Puzzles that run side by side.
    pub fn slots(&self) -> usize {
        self.batch
    }

    /// Most tries at a puzzle, and how they differ.
    pub fn tries(&self) -> Tries {
        self.tries
    }

    /// The one answer to a puzzle.
    ///
    /// # Errors
    /// [`Error::Usage`] where the puzzle is not of the model's task or size; [`Error::Device`] where the device fails.
    pub async fn solve(&self, puzzle: &Puzzle) -> Result<Answer> {
        self.check(puzzle)?;
        let mut run = self.answers([Query::from(puzzle.clone())])?;
        while let Some(segment) = run.next().await {
            if let Some(answer) = self.answer(puzzle, &segment?) {
                return Ok(answer);
            }
        }
        Err(Error::Cancelled)
    }

    /// [`Solver::solve`], blocking.
    ///
    /// # Errors
    /// As [`Solver::solve`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn solve_blocking(&self, puzzle: &Puzzle) -> Result<Answer> {
        pollster::block_on(self.solve(puzzle))
    }

    /// Answers queries side by side: a stream of all their segments, in which that with a
    /// [`decision`](Segment::decision) answers its query and is its last. A sample that stops leaves its slot to the
    /// next query. Where a vote decides for a try that ended before others did, its last segment comes once more, with
    /// the decision.
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

    /// Answers queries side by side: a stream of the one segment that answers each, in order of completion. What
    /// [`Solver::run`] does, without a round trip to the device for every segment.
    ///
    /// # Errors
    /// As [`Executor::scheduled`].
    pub fn answers<Q>(&self, queries: Q) -> Result<Run<Q::IntoIter>>
    where
        Q: IntoIterator<Item = Query>,
    {
        self.stream(queries, self.want)
    }

    /// Runs one segment that nobody asked for: from then on nothing is left to be compiled.
    ///
    /// # Errors
    /// As [`Executor::batch`] and [`Batch::advance`](crate::executor::Batch::advance).
    pub async fn warm_up(&self) -> Result<()> {
        let seq_len = self.model().config.seq_len;
        let mut batch = self.executor.scheduled(1, seq_len, self.schedule)?;
        batch.load(0, &vec![0; seq_len], 0)?;
        batch.advance(1, self.want).await.map(|_| ())
    }

    /// [`Solver::warm_up`], blocking.
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
        let session = Session::new(&self.executor, slots, seq_len, self.schedule, want)?;
        Ok(Run::new(
            session,
            queries,
            self.model().config.clone(),
            self.tries,
            want,
        ))
    }

    /// The answer to the puzzle, if this segment of [`Solver::run`] or [`Solver::answers`] is it.
    pub fn answer(&self, puzzle: &Puzzle, segment: &Segment) -> Option<Answer> {
        let (stopped, decision) = (segment.stopped?, segment.decision?);
        Some(Answer {
            puzzle: puzzle.clone(),
            prediction: segment.outputs.preds.clone(),
            verdict: puzzle.judge(&segment.outputs.preds),
            segments: segment.number,
            stopped,
            q_halt: segment.outputs.q_halt,
            tries: decision.tries,
            votes: decision.votes,
            all_segments: decision.segments,
            attempt: segment.attempt,
            variant: self.tries.variant(self.model().config.task, segment.attempt),
            elapsed: segment.elapsed,
        })
    }

    /// Whether the model can be asked this puzzle.
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

/// The model's answer to a puzzle: its raw prediction, judged and never touched.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question.
    pub puzzle: Puzzle,
    /// Predicted ids, one a cell.
    pub prediction: Vec<u32>,
    /// Whether rules and givens are kept, and what is broken; None where the task has no rules here.
    pub verdict: Option<Verdict>,
    /// Segments that it took; of several tries, those of the one that gave it.
    pub segments: usize,
    /// What stopped it.
    pub stopped: Stop,
    /// The raw logit for stopping.
    pub q_halt: f32,
    /// Tries that began.
    pub tries: usize,
    /// Tries that ended with this very answer.
    pub votes: usize,
    /// Segments of all tries.
    pub all_segments: usize,
    /// The try that gave the answer, from 0.
    pub attempt: usize,
    /// What that try made of the puzzle.
    pub variant: Variant,
    /// From submission to result.
    pub elapsed: Duration,
}

impl Answer {
    /// The prediction in the alphabet of the puzzle.
    pub fn text(&self) -> String {
        self.puzzle.task.text(&self.puzzle.answer(&self.prediction))
    }

    /// [`Answer::elapsed`] in milliseconds, with three decimals.
    pub fn milliseconds(&self) -> f64 {
        (self.elapsed.as_secs_f64() * 1e6).round() / 1e3
    }

    /// Whether rules and givens are kept; None where the task has no rules here.
    pub fn valid(&self) -> Option<bool> {
        self.verdict.as_ref().map(|v| v.valid)
    }
}
