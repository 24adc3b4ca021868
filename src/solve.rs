//! The main API: puzzles in, answers and segments out.

use std::sync::Arc;

pub use crate::run::{Answer, Cancel, Query, Run, Segment};

use crate::error::{Error, Result};
use crate::executor::{Executor, Want};
use crate::halt::Schedule;
use crate::model::Model;
use crate::options::Options;
use crate::run::Known;
use crate::tasks::Puzzle;
use crate::tries::Tries;

/// Solves puzzles with a model on a device. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Solver {
    executor: Executor,
    schedule: Schedule,
    batch: usize,
    want: Want,
    tries: Tries,
    known: Known,
}

impl Solver {
    /// Finds the model and opens the device: with default options the bundled model for the first built-in task, on the
    /// best device available.
    ///
    /// # Errors
    /// When the model cannot be found or loaded, the device is not available, or options contradict each other.
    pub async fn open(options: &Options) -> Result<Solver> {
        let model = options.open_model()?;
        // Report impossible options before opening a device.
        options.schedule(&model.config)?;
        options.tries(model.config.task)?;
        options.slots()?;
        crate::cpu::pool::check(options.threads)?;
        let executor = Executor::open(Arc::new(model), &options.device, options.threads).await?;
        Solver::on(executor, options)
    }

    /// Calls [`Solver::open`] and blocks until it completes.
    ///
    /// # Errors
    /// As [`Solver::open`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open_blocking(options: &Options) -> Result<Solver> {
        pollster::block_on(Solver::open(options))
    }

    /// Solves with a model of your own, or with that of another solver: on an executor, which has its model and device.
    /// The options `model`, `task`, `average`, `dtype`, `device` and `threads`
    /// are ignored.
    ///
    /// # Errors
    /// [`Error::Usage`] where options contradict each other or the model.
    pub fn on(executor: Executor, options: &Options) -> Result<Solver> {
        Ok(Solver {
            schedule: options.schedule(&executor.model().config)?,
            tries: options.tries(executor.model().config.task)?,
            known: Known::open(executor.model(), options)?,
            batch: options.slots()?.unwrap_or_else(|| executor.default_slots()),
            want: options.want,
            executor,
        })
    }

    /// Returns what the model knows of its puzzles.
    #[cfg(feature = "eval")]
    pub(crate) fn known(&self) -> &Known {
        &self.known
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
    /// As [`Executor::batch`].
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
    /// As [`Executor::batch`].
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
        let mut batch = self.executor.batch(1, seq_len, Some(self.schedule))?;
        batch.load(0, &vec![0; seq_len], 0, None)?;
        batch.advance(1, self.want).await.map(|_| ())
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
        let batch = self.executor.batch(slots, seq_len, Some(self.schedule))?;
        Ok(Run::new(batch, queries, self.tries, self.known.clone(), want))
    }

    /// Checks that the model takes this puzzle.
    ///
    /// # Errors
    /// [`Error::Usage`] that names both tasks, or both sizes; [`Error::Input`] where the model tells puzzles apart and does
    /// not know this one.
    pub fn check(&self, puzzle: &Puzzle) -> Result<()> {
        let (config, name) = (&self.model().config, &self.model().name);
        if let Some(task) = config.task.filter(|&task| task != puzzle.task) {
            let puzzle = puzzle.task;
            return Err(Error::Usage(format!(
                "this puzzle is a {puzzle}, and model {name} solves {task}: give another model"
            )));
        }
        self.known.ways(puzzle)?;
        let found = puzzle.task.fitted(puzzle.sample().tokens, config.seq_len).len();
        if found != config.seq_len {
            let (task, expected) = (puzzle.task, config.seq_len);
            let size = |(rows, columns)| format!("{rows}×{columns} cells");
            let takes = task.shape(expected).map_or_else(|_| format!("{expected} cells"), size);
            let board = &puzzle.board;
            // A board that stands on a canvas may be smaller.
            let most = if board.tokens.len() == found { "" } else { "up to " };
            return Err(Error::Usage(format!(
                "model {name} takes {} of {most}{takes}, this one has {}: give another model",
                task.plural(),
                size((board.rows, board.columns))
            )));
        }
        Ok(())
    }
}
