//! A session: samples in slots, segment after segment, each halting by itself.

mod halt;

use std::time::{Duration, Instant};

pub use halt::{Halt, Stop};

use crate::error::{Error, Result};
use crate::executor::{Batch, Executor, Outputs, Want};
use crate::model::{Family, Task};
use crate::puzzle::Puzzle;

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Puzzle tokens `[S]`.
    pub tokens: Vec<u32>,
    /// Row of the puzzle embedding; 0 for Sudoku and mazes.
    pub puzzle_identifier: usize,
    /// The puzzle with its rules, where they are known.
    pub puzzle: Option<Puzzle>,
}

impl From<Puzzle> for Query {
    fn from(puzzle: Puzzle) -> Self {
        Query {
            tokens: puzzle.tokens.clone(),
            puzzle_identifier: 0,
            puzzle: Some(puzzle),
        }
    }
}

/// How long samples run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The rule that stops a sample early.
    pub halt: Halt,
    /// Most segments of a sample.
    pub segments: usize,
}

impl Schedule {
    /// Refuses what cannot be obeyed.
    ///
    /// # Errors
    /// [`Error::Usage`] for no segments, or for [`Halt::Valid`] where the task has no rules to judge by.
    pub fn check(self, task: Option<Task>) -> Result<Self> {
        if self.segments == 0 {
            return Err(Error::Usage(
                "at least one segment is needed, found --segments 0".into(),
            ));
        }
        if self.halt == Halt::Valid && task != Some(Task::Sudoku) {
            let task = task.map_or("a model without a task".to_owned(), |t| format!("the task {t}"));
            return Err(Error::Usage(format!(
                "--halt valid needs rules to judge by, and {task} has none here"
            )));
        }
        Ok(self)
    }
}

/// A sample after one of its segments.
#[derive(Debug, Clone)]
pub struct Segment {
    /// The number under which the query was added.
    pub id: usize,
    /// Segments that it has run, from 1.
    pub number: usize,
    /// The outputs of this segment.
    pub outputs: Outputs,
    /// What stopped it, if this was its last segment.
    pub stopped: Option<Stop>,
    /// Time since it was added.
    pub elapsed: Duration,
}

/// Samples in the slots of a batch. A sample that stops leaves its slot to the next.
#[derive(Debug)]
pub struct Session {
    executor: Executor,
    batch: Batch,
    /// Whether a lost device has been rebuilt already.
    rebuilt: bool,
    family: Family,
    schedule: Schedule,
    want: Want,
    seats: Vec<Option<Seat>>,
}

/// A sample in its slot.
#[derive(Debug)]
struct Seat {
    id: usize,
    query: Query,
    segments: usize,
    /// Prediction of the segment before.
    previous: Option<Vec<u32>>,
    since: Instant,
}

impl Session {
    /// A session of `slots` samples of `seq_len` tokens.
    ///
    /// # Errors
    /// As [`Executor::batch`].
    pub fn new(executor: &Executor, slots: usize, seq_len: usize, schedule: Schedule, want: Want) -> Result<Self> {
        let batch = executor.batch(slots, seq_len)?;
        let seats = (0..slots).map(|_| None).collect();
        let (executor, family) = (executor.clone(), executor.model().config.family);
        Ok(Session {
            executor,
            batch,
            rebuilt: false,
            family,
            schedule,
            want,
            seats,
        })
    }

    /// Whether a slot is free.
    pub fn has_room(&self) -> bool {
        self.seats.iter().any(Option::is_none)
    }

    /// Whether no sample is running.
    pub fn is_idle(&self) -> bool {
        self.seats.iter().all(Option::is_none)
    }

    /// Takes a query in under a number of the caller's.
    ///
    /// # Errors
    /// [`Error::Usage`] when no slot is free; otherwise as [`Batch::load`].
    pub fn add(&mut self, id: usize, query: Query) -> Result<()> {
        let slot = self.seats.iter().position(Option::is_none);
        let slot = slot.ok_or_else(|| Error::Usage("no slot of the session is free".into()))?;
        self.batch.load(slot, &query.tokens, query.puzzle_identifier)?;
        self.seats[slot] = Some(Seat {
            id,
            query,
            segments: 0,
            previous: None,
            since: Instant::now(),
        });
        Ok(())
    }

    /// One segment of all samples that are running.
    ///
    /// # Errors
    /// As [`Batch::segment`].
    pub async fn step(&mut self) -> Result<Vec<Segment>> {
        let live: Vec<usize> = (0..self.seats.len())
            .filter(|&slot| self.seats[slot].is_some())
            .collect();
        let outputs = self.segment(&live).await?;
        let mut segments = Vec::with_capacity(live.len());
        for (slot, outputs) in live.into_iter().zip(outputs) {
            let Some(seat) = &mut self.seats[slot] else { continue };
            seat.segments += 1;
            let fired = self.schedule.halt.fires(
                self.family,
                &outputs,
                seat.previous.as_deref(),
                seat.query.puzzle.as_ref(),
            );
            let stopped = fired.or((seat.segments >= self.schedule.segments).then_some(Stop::Limit));
            let (id, number, elapsed) = (seat.id, seat.segments, seat.since.elapsed());
            if stopped.is_some() {
                self.seats[slot] = None;
            } else {
                seat.previous = Some(outputs.preds.clone());
            }
            segments.push(Segment {
                id,
                number,
                outputs,
                stopped,
                elapsed,
            });
        }
        Ok(segments)
    }

    /// A segment; a device that is lost is rebuilt once, and the work goes on from the carry that it had.
    async fn segment(&mut self, live: &[usize]) -> Result<Vec<Outputs>> {
        match self.batch.segment(live, self.want).await {
            Err(Error::DeviceLost { .. }) if !self.rebuilt => {
                self.rebuilt = true;
                self.rebuild(live).await?;
                self.batch.segment(live, self.want).await
            }
            other => other,
        }
    }

    /// Carries are lost with the device. They are computed again, which gives the same bits, rather than copied to the
    /// host after every segment, which would cost every run for the sake of the few that lose their device.
    async fn rebuild(&mut self, live: &[usize]) -> Result<()> {
        self.executor = self.executor.rebuild().await?;
        self.batch = self.executor.batch(self.batch.slots(), self.batch.seq_len())?;
        let segments = |slot: usize| self.seats[slot].as_ref().map_or(0, |seat| seat.segments);
        for &slot in live {
            if let Some(Seat { query, .. }) = &self.seats[slot] {
                self.batch.load(slot, &query.tokens, query.puzzle_identifier)?;
            }
        }
        for done in 0..live.iter().map(|&slot| segments(slot)).max().unwrap_or(0) {
            let behind: Vec<usize> = live.iter().copied().filter(|&slot| segments(slot) > done).collect();
            self.batch.segment(&behind, Want::default()).await?;
        }
        Ok(())
    }
}
