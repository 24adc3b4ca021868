//! A session: samples in slots, segment after segment, each halting by itself.

use std::time::Duration;

use web_time::Instant;

pub use crate::halt::{Halt, Schedule, Stop};

use crate::error::{Error, Result};
use crate::executor::{Batch, Executor, Outputs, Progress, Want};
use crate::noise::Noise;
use crate::tasks::{Puzzle, Sample};
use crate::tries::Decision;

/// What a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Puzzle tokens `[S]`.
    pub tokens: Vec<u32>,
    /// Row of the puzzle embedding; 0 for Sudoku and mazes.
    pub puzzle_identifier: usize,
    /// The puzzle with its rules, where they are known.
    pub puzzle: Option<Puzzle>,
    /// Noise on the carry that it begins with.
    pub noise: Option<Noise>,
}

impl From<Puzzle> for Query {
    fn from(puzzle: Puzzle) -> Self {
        let sample = puzzle.sample();
        Query {
            tokens: sample.tokens,
            puzzle_identifier: sample.identifier as usize,
            puzzle: Some(puzzle),
            noise: None,
        }
    }
}

impl Query {
    /// What the network is given.
    pub(crate) fn sample(&self) -> Sample {
        Sample {
            tokens: self.tokens.clone(),
            identifier: self.puzzle_identifier as u32,
        }
    }
}

/// A sample after one of its segments.
#[derive(Debug, Clone)]
pub struct Segment {
    /// The number under which the query was added.
    pub id: usize,
    /// Which try at the query it is of, from 0; see [`tries`](crate::tries). A session of your own knows one only.
    pub attempt: usize,
    /// Segments that it has run, from 1.
    pub number: usize,
    /// The outputs of this segment.
    pub outputs: Outputs,
    /// What stopped it, if this was its last segment.
    pub stopped: Option<Stop>,
    /// How the query came to its answer, if this is the answer to it.
    pub decision: Option<Decision>,
    /// Time since it was added; of a later try, since the query's first was.
    pub elapsed: Duration,
}

/// Samples in the slots of a batch. A sample that stops leaves its slot to the next.
#[derive(Debug)]
pub struct Session {
    executor: Executor,
    batch: Batch,
    /// Whether a lost device has been rebuilt already.
    rebuilt: bool,
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
    since: Instant,
}

impl Session {
    /// A session of `slots` samples of `seq_len` tokens.
    ///
    /// # Errors
    /// As [`Executor::scheduled`].
    pub fn new(executor: &Executor, slots: usize, seq_len: usize, schedule: Schedule, want: Want) -> Result<Self> {
        Ok(Session {
            batch: executor.scheduled(slots, seq_len, schedule)?,
            executor: executor.clone(),
            rebuilt: false,
            schedule,
            want,
            seats: (0..slots).map(|_| None).collect(),
        })
    }

    /// What it runs on: another executor than it began with where a device was lost.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Whether a slot is free.
    pub fn has_room(&self) -> bool {
        self.free() > 0
    }

    /// Slots that are free.
    pub fn free(&self) -> usize {
        self.seats.iter().filter(|seat| seat.is_none()).count()
    }

    /// All slots.
    pub fn slots(&self) -> usize {
        self.seats.len()
    }

    /// Whether no sample is running.
    pub fn is_idle(&self) -> bool {
        self.seats.iter().all(Option::is_none)
    }

    /// The numbers of the samples that are running.
    pub fn ids(&self) -> impl Iterator<Item = usize> + '_ {
        self.seats.iter().flatten().map(|seat| seat.id)
    }

    /// Takes a query in under a number of the caller's.
    ///
    /// # Errors
    /// [`Error::Usage`] when no slot is free; otherwise as [`Batch::load`].
    pub fn add(&mut self, id: usize, query: Query) -> Result<()> {
        let slot = self.seats.iter().position(Option::is_none);
        let slot = slot.ok_or_else(|| Error::Usage("no slot of the session is free".into()))?;
        self.batch
            .load_disturbed(slot, &query.tokens, query.puzzle_identifier, query.noise)?;
        self.seats[slot] = Some(Seat {
            id,
            query,
            segments: 0,
            since: Instant::now(),
        });
        Ok(())
    }

    /// Takes a sample that is running out of its slot, and says how many segments it has run; None where no such sample
    /// is running.
    pub fn remove(&mut self, id: usize) -> Option<usize> {
        let slot = self
            .seats
            .iter()
            .position(|seat| seat.as_ref().is_some_and(|seat| seat.id == id))?;
        self.batch.release(slot);
        self.seats[slot].take().map(|seat| seat.segments)
    }

    /// Thinks on with all samples that are running, and hands out the last segment of those that stopped; with
    /// [`Want::every_segment`] one segment of all.
    ///
    /// # Errors
    /// As [`Batch::advance`].
    pub async fn step(&mut self) -> Result<Vec<Segment>> {
        let mut segments = Vec::new();
        for progress in self.advance().await? {
            let Progress {
                slot,
                segments: number,
                stopped,
                outputs,
            } = progress;
            let seat = &mut self.seats[slot];
            let Some(Seat { id, since, .. }) = *seat else { continue };
            match (seat, stopped) {
                (Some(seat), None) => seat.segments = number,
                (seat, _) => *seat = None,
            }
            segments.extend(outputs.map(|outputs| Segment {
                id,
                attempt: 0,
                number,
                outputs,
                stopped,
                decision: stopped.map(|_| Decision {
                    tries: 1,
                    segments: number,
                    votes: 1,
                }),
                elapsed: since.elapsed(),
            }));
        }
        Ok(segments)
    }

    /// [`Batch::advance`]; a device that is lost is rebuilt once, and the work goes on from the carry that it had.
    async fn advance(&mut self) -> Result<Vec<Progress>> {
        let least = self.seats.iter().flatten().map(|seat| seat.segments).min();
        let most = self.schedule.segments.saturating_sub(least.unwrap_or(0));
        match self.batch.advance(most, self.want).await {
            Err(Error::DeviceLost { .. }) if !self.rebuilt => {
                self.rebuilt = true;
                self.rebuild().await?;
                self.batch.advance(most, self.want).await
            }
            other => other,
        }
    }

    /// Carries are lost with the device. They are computed again, which gives the same bits, rather than copied to the
    /// host after every segment, which would cost every run for the sake of the few that lose their device.
    async fn rebuild(&mut self) -> Result<()> {
        self.executor = self.executor.rebuild().await?;
        let (slots, seq_len) = (self.batch.slots(), self.batch.seq_len());
        self.batch = self.executor.scheduled(slots, seq_len, self.schedule)?;
        let seats = self.seats.iter().enumerate();
        let mut seats: Vec<(usize, &Seat)> = seats.filter_map(|(slot, seat)| Some((slot, seat.as_ref()?))).collect();
        // Who was furthest begins; the others join where they are as far behind as they were.
        seats.sort_by_key(|(_, seat)| std::cmp::Reverse(seat.segments));
        for (i, (slot, seat)) in seats.iter().enumerate() {
            let Query {
                tokens,
                puzzle_identifier,
                noise,
                ..
            } = &seat.query;
            self.batch.load_disturbed(*slot, tokens, *puzzle_identifier, *noise)?;
            let next = seats.get(i + 1).map_or(0, |(_, seat)| seat.segments);
            for _ in next..seat.segments {
                self.batch.advance(1, Want::default()).await?;
            }
        }
        Ok(())
    }
}
