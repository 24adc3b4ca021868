//! A batch of samples on any device.

use std::collections::BTreeMap;

use super::{Executor, Outputs, Progress, Want};
use crate::cpu::CpuBatch;
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::GpuBatch;
use crate::halt::Schedule;
use crate::model::Tensor;
use crate::network::definition::FirstCarry;
use crate::network::families::definition;
use crate::noise::Noise;
use crate::ordered;

/// Samples that run side by side, each with its carry in a slot of its own. The batch alone tracks which are running.
#[derive(Debug)]
pub struct Batch {
    executor: Executor,
    slots: usize,
    seq_len: usize,
    schedule: Schedule,
    /// The samples that have not stopped, by slot.
    running: BTreeMap<usize, Sample>,
    device: DeviceBatch,
    /// Whether a lost device has been rebuilt already.
    rebuilt: bool,
}

/// A running sample: its input, and the number of segments that it has run.
#[derive(Debug)]
struct Sample {
    tokens: Vec<u32>,
    puzzle_identifier: usize,
    start: Start,
    segments: usize,
}

/// How the carry of a sample begins.
#[derive(Debug)]
enum Start {
    /// As the model has it, with noise if there is any.
    Own(Option<Noise>),
    /// Each state `[T, D]`.
    Given(Vec<Vec<f32>>),
}

#[derive(Debug)]
pub(super) enum DeviceBatch {
    Cpu(CpuBatch),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBatch>),
}

impl Batch {
    pub(super) fn new(executor: Executor, [slots, seq_len]: [usize; 2], schedule: Schedule) -> Result<Batch> {
        Ok(Batch {
            device: executor.device_batch(slots, seq_len, schedule)?,
            executor,
            slots,
            seq_len,
            schedule,
            running: BTreeMap::new(),
            rebuilt: false,
        })
    }

    /// Returns the executor of this batch: a new one after a device was lost.
    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Returns the free slots, ascending.
    pub fn free(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.slots).filter(|slot| !self.running.contains_key(slot))
    }

    /// Returns whether no sample is running.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Loads a puzzle into a slot and resets the carry there, with or without noise.
    ///
    /// # Errors
    /// [`Error::Input`] when a token is outside the vocabulary, the number of tokens is wrong, or the identifier has no
    /// row (models without puzzle embeddings ignore it).
    pub fn load(&mut self, slot: usize, tokens: &[u32], puzzle_identifier: usize, noise: Option<Noise>) -> Result<()> {
        self.begin(slot, tokens, puzzle_identifier, Start::Own(noise))
    }

    /// Loads a puzzle as [`Batch::load`] does, with an initial carry of the caller's: `z_H` and, where there are two states,
    /// `z_L`, each `[T, D]`.
    ///
    /// # Errors
    /// As [`Batch::load`], and for a carry of another size.
    pub fn load_carry(
        &mut self,
        slot: usize,
        tokens: &[u32],
        puzzle_identifier: usize,
        carry: impl Into<Vec<Vec<f32>>>,
    ) -> Result<()> {
        let (carry, config) = (carry.into(), &self.executor.model().config);
        let states = definition(config.family).first_carry(config).states();
        if carry.len() != states {
            return Err(Error::Input {
                what: "initial carry".into(),
                reason: format!("expected {states} states, found {}", carry.len()),
            });
        }
        let expected = config.rows_for(self.seq_len) * config.hidden_size;
        if let Some(z) = carry.iter().find(|z| z.len() != expected) {
            return Err(Error::Input {
                what: "initial carry".into(),
                reason: format!("expected {expected} values for each state, found {}", z.len()),
            });
        }
        self.begin(slot, tokens, puzzle_identifier, Start::Given(carry))
    }

    fn begin(&mut self, slot: usize, tokens: &[u32], puzzle_identifier: usize, start: Start) -> Result<()> {
        let input = |reason: String| Error::Input {
            what: "puzzle".into(),
            reason,
        };
        if slot >= self.slots {
            return Err(input(format!("expected a slot below {}, found {slot}", self.slots)));
        }
        if tokens.len() != self.seq_len {
            let (expected, found) = (self.seq_len, tokens.len());
            return Err(input(format!("expected {expected} tokens, found {found}")));
        }
        let vocab = self.executor.model().config.vocab_size;
        if let Some((i, token)) = tokens.iter().enumerate().find(|(_, t)| **t as usize >= vocab) {
            return Err(input(format!("token {i}: expected an id below {vocab}, found {token}")));
        }
        let sample = Sample {
            tokens: tokens.to_vec(),
            puzzle_identifier,
            start,
            segments: 0,
        };
        self.put(slot, &sample)?;
        self.running.insert(slot, sample);
        Ok(())
    }

    /// Loads a sample onto the device.
    fn put(&mut self, slot: usize, sample: &Sample) -> Result<()> {
        let model = self.executor.model();
        let row = match model.config.puzzle_emb_ndim {
            0 => Vec::new(),
            _ => model.puzzle_row(sample.puzzle_identifier)?,
        };
        let carry = match &sample.start {
            Start::Own(noise) => self.first_carry(&sample.tokens, *noise)?,
            Start::Given(carry) => Some(carry.clone()),
        };
        match &mut self.device {
            DeviceBatch::Cpu(cpu) => cpu.load(slot, &sample.tokens, &row, carry),
            #[cfg(feature = "gpu")]
            DeviceBatch::Gpu(gpu) => gpu.load(slot, &sample.tokens, row, carry),
        }
        Ok(())
    }

    /// Returns the initial carry, each state `[T, D]`, unless it is the one that the plan loads by itself.
    fn first_carry(&self, tokens: &[u32], noise: Option<Noise>) -> Result<Option<Vec<Vec<f32>>>> {
        let model = self.executor.model();
        let (rows, width) = (model.config.rows_for(self.seq_len), model.config.hidden_size);
        match (definition(model.config.family).first_carry(&model.config), noise) {
            (FirstCarry::Stored(_) | FirstCarry::Embedded(_), None) => Ok(None),
            (FirstCarry::Stored(names), Some(noise)) => {
                let inits = names.iter().map(|init| model.weights.get(init).and_then(Tensor::f32s));
                let inits: Vec<_> = inits.collect::<Result<_>>()?;
                Ok(Some(noise.carry(&inits, rows)))
            }
            (FirstCarry::Embedded([weight, bias]), Some(noise)) => {
                let (weight, bias) = (model.weights.get(weight)?.f32s()?, model.weights.get(bias)?.f32s()?);
                let column = |token: &u32| weight.iter().skip(*token as usize).step_by(model.config.vocab_size);
                let start = tokens
                    .iter()
                    .flat_map(|token| column(token).zip(&*bias).map(|(e, b)| e + b));
                Ok(Some(noise.carry(&[start.collect::<Vec<f32>>()], 1)))
            }
            (FirstCarry::Drawn(std), noise) => {
                let noise = noise.unwrap_or(Noise::FIRST);
                Ok(Some(noise.drawn(std, rows * width).into()))
            }
        }
    }

    /// Frees the slot of a sample that has not stopped, and returns how many segments the sample has run; None where
    /// none is running.
    pub fn release(&mut self, slot: usize) -> Option<usize> {
        let sample = self.running.remove(&slot)?;
        match &mut self.device {
            DeviceBatch::Cpu(cpu) => cpu.release(slot),
            #[cfg(feature = "gpu")]
            DeviceBatch::Gpu(gpu) => gpu.release(slot),
        }
        Some(sample.segments)
    }

    /// Runs at least one segment of every running sample, and returns the progress of each: one segment on the CPU, up
    /// to `most` on a GPU, where each round trip costs time. A sample that stops is frozen: further segments of the
    /// others leave its outputs alone.
    ///
    /// On native targets the future is pending once before it runs, so that a timeout or a cancellation polled beside
    /// it gets its turn. A lost device is reopened once, and the samples continue from the carry that they had; so they do on
    /// the CPU, where the memory of a GPU that nobody has chosen does not suffice.
    ///
    /// # Errors
    /// [`Error::Device`], [`Error::DeviceLost`], [`Error::OutOfMemory`], [`Error::Gpu`] when the device fails.
    pub async fn advance(&mut self, most: usize, want: Want) -> Result<Vec<Progress>> {
        if self.running.is_empty() {
            return Ok(Vec::new());
        }
        #[cfg(not(target_arch = "wasm32"))]
        yield_now().await;
        let failed = match self.advance_once(most, want).await {
            Ok(progress) => return Ok(progress),
            Err(error) => error,
        };
        let other = match failed {
            Error::DeviceLost { .. } if !self.rebuilt => self.executor.rebuild().await,
            failed => self.executor.instead(&failed).unwrap_or(Err(failed)),
        };
        self.rebuilt = true;
        self.begin_again(other?).await?;
        self.advance_once(most, want).await
    }

    async fn advance_once(&mut self, most: usize, want: Want) -> Result<Vec<Progress>> {
        let progress = match &mut self.device {
            DeviceBatch::Cpu(cpu) => cpu.advance(want).await,
            #[cfg(feature = "gpu")]
            DeviceBatch::Gpu(gpu) => {
                let least = self.running.values().map(|sample| sample.segments).min();
                let left = self.schedule.segments.saturating_sub(least.unwrap_or(0));
                let most = if want.every_segment { 1 } else { most.min(left) };
                let running: Vec<usize> = self.running.keys().copied().collect();
                gpu.advance(&running, most, want).await?
            }
        };
        #[cfg(not(feature = "gpu"))]
        let _ = most;
        for Progress {
            slot,
            segments,
            stopped,
            ..
        } in &progress
        {
            match (stopped, self.running.get_mut(slot)) {
                (None, Some(sample)) => sample.segments = *segments,
                _ => drop(self.running.remove(slot)),
            }
        }
        Ok(progress)
    }

    /// Goes on with another executor, that of a device that was opened again. The carries were lost with the old one and are
    /// computed again, which gives the same bits on the same device: copying them to the host after every segment would slow
    /// down every run for the few that lose their device.
    async fn begin_again(&mut self, executor: Executor) -> Result<()> {
        self.executor = executor;
        self.device = self.executor.device_batch(self.slots, self.seq_len, self.schedule)?;
        let mut samples: Vec<(usize, Sample)> = std::mem::take(&mut self.running).into_iter().collect();
        // The sample that is furthest begins; the others join where they are as far behind as they were.
        ordered::sort_by_key(&mut samples, |(_, sample)| std::cmp::Reverse(sample.segments));
        let behind: Vec<usize> = samples.iter().skip(1).map(|(_, sample)| sample.segments).collect();
        for ((slot, mut sample), next) in samples.into_iter().zip(behind.into_iter().chain([0])) {
            self.put(slot, &sample)?;
            let segments = std::mem::take(&mut sample.segments);
            self.running.insert(slot, sample);
            for _ in next..segments {
                self.advance_once(1, Want::default()).await?;
            }
        }
        Ok(())
    }

    /// Runs one segment of the samples in the slots `live` (ascending), regardless of the schedule, and returns their
    /// outputs in that order; the segment is not counted.
    ///
    /// # Errors
    /// [`Error::Usage`] when `live` is not ascending or names a slot that is not there; [`Error::Device`] when the
    /// device fails.
    pub async fn segment(&mut self, live: &[usize], want: Want) -> Result<Vec<Outputs>> {
        if live.windows(2).any(|w| w[0] >= w[1]) || live.last().is_some_and(|&slot| slot >= self.slots) {
            return Err(Error::Usage(format!(
                "live: expected ascending slots below {}, found {live:?}",
                self.slots
            )));
        }
        match &mut self.device {
            DeviceBatch::Cpu(cpu) => Ok(cpu.segment(live, want).await),
            #[cfg(feature = "gpu")]
            DeviceBatch::Gpu(gpu) => gpu.segment(live, want).await,
        }
    }
}

/// Yields once to the async runtime.
#[cfg(not(target_arch = "wasm32"))]
async fn yield_now() {
    use std::task::Poll;
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
