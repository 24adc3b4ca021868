//! The samples of a batch, whatever the device.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Outputs, Progress, Want};
use crate::cpu::CpuBatch;
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::GpuBatch;
use crate::model::{Model, Tensor};
use crate::noise::Noise;

/// The carries of several samples, each in a slot of its own.
#[derive(Debug)]
pub struct Batch {
    model: Arc<Model>,
    slots: usize,
    seq_len: usize,
    /// Slots of the samples that have not stopped.
    running: BTreeSet<usize>,
    batch: DeviceBatch,
}

#[derive(Debug)]
pub(super) enum DeviceBatch {
    Cpu(CpuBatch),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBatch>),
}

impl Batch {
    pub(super) fn new(model: Arc<Model>, [slots, seq_len]: [usize; 2], batch: DeviceBatch) -> Batch {
        Batch {
            model,
            slots,
            seq_len,
            running: BTreeSet::new(),
            batch,
        }
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Tokens of a sample.
    pub fn seq_len(&self) -> usize {
        self.seq_len
    }

    /// Puts a puzzle into a slot and resets its carry.
    ///
    /// # Errors
    /// [`Error::Input`] when a token is outside the vocabulary, the number of tokens is wrong, or the identifier has
    /// no row (it is ignored by a model without puzzle embeddings).
    pub fn load(&mut self, slot: usize, tokens: &[u32], puzzle_identifier: usize) -> Result<()> {
        self.load_disturbed(slot, tokens, puzzle_identifier, None)
    }

    /// [`Batch::load`], with noise on the carry that the sample begins with.
    ///
    /// # Errors
    /// As [`Batch::load`].
    pub fn load_disturbed(
        &mut self,
        slot: usize,
        tokens: &[u32],
        puzzle_identifier: usize,
        noise: Option<Noise>,
    ) -> Result<()> {
        let input = |reason: String| {
            Err(Error::Input {
                what: "puzzle".into(),
                reason,
            })
        };
        if slot >= self.slots {
            return input(format!("slot {slot} of a batch of {}", self.slots));
        }
        if tokens.len() != self.seq_len {
            return input(format!(
                "the model takes {} tokens, found {}",
                self.seq_len,
                tokens.len()
            ));
        }
        let vocab = self.model.config.vocab_size;
        if let Some((i, token)) = tokens.iter().enumerate().find(|(_, t)| **t as usize >= vocab) {
            return input(format!(
                "token {i} is {token}, the model's vocabulary ends at {}",
                vocab - 1
            ));
        }
        let row = match self.model.config.puzzle_emb_ndim {
            0 => Vec::new(),
            _ => self.model.puzzle_row(puzzle_identifier)?,
        };
        let carry = noise.map(|noise| self.disturbed(noise)).transpose()?;
        match &mut self.batch {
            DeviceBatch::Cpu(cpu) => cpu.load(slot, tokens, &row, carry),
            #[cfg(feature = "gpu")]
            DeviceBatch::Gpu(gpu) => gpu.load(slot, tokens, row, carry),
        }
        self.running.insert(slot);
        Ok(())
    }

    /// `z_H` and `z_L` `[T, D]` of a sample that begins with noise.
    fn disturbed(&self, noise: Noise) -> Result<[Vec<f32>; 2]> {
        let init = |name| self.model.weights.get(name).map(Tensor::f32s);
        let (h, l) = (init("H_init")?, init("L_init")?);
        Ok(noise.carry([&h, &l], self.model.config.positions_for(self.seq_len)))
    }

    /// Takes a sample out of its slot before it has stopped; the slot is free again.
    pub fn release(&mut self, slot: usize) {
        if self.running.remove(&slot) {
            match &mut self.batch {
                DeviceBatch::Cpu(cpu) => cpu.release(slot),
                #[cfg(feature = "gpu")]
                DeviceBatch::Gpu(gpu) => gpu.release(slot),
            }
        }
    }

    /// Thinks on: at least one segment of all samples that are running, and at most `most` on a device where a round
    /// trip a segment would cost. Hands out how far each is. A sample that stops is frozen: further segments of the
    /// others leave its outputs alone.
    ///
    /// # Errors
    /// [`Error::Device`] when the device fails.
    pub async fn advance(&mut self, most: usize, want: Want) -> Result<Vec<Progress>> {
        if self.running.is_empty() {
            return Ok(Vec::new());
        }
        #[cfg(not(feature = "gpu"))]
        let _ = most;
        let progress = match &mut self.batch {
            DeviceBatch::Cpu(cpu) => cpu.advance(want).await,
            #[cfg(feature = "gpu")]
            DeviceBatch::Gpu(gpu) => {
                let running: Vec<usize> = self.running.iter().copied().collect();
                gpu.advance(&running, if want.every_segment { 1 } else { most }, want)
                    .await?
            }
        };
        let stopped = progress.iter().filter(|p| p.stopped.is_some());
        stopped.for_each(|p| {
            self.running.remove(&p.slot);
        });
        Ok(progress)
    }

    /// Runs one segment of the samples in the slots `live` (ascending) and hands out their outputs, in that order,
    /// whatever the schedule says; it is not counted.
    ///
    /// # Errors
    /// [`Error::Usage`] when `live` is not ascending or names a slot that is not there; [`Error::Device`] when the
    /// device fails.
    pub async fn segment(&mut self, live: &[usize], want: Want) -> Result<Vec<Outputs>> {
        if live.windows(2).any(|w| w[0] >= w[1]) || live.last().is_some_and(|&slot| slot >= self.slots) {
            return Err(Error::Usage(format!(
                "live slots must ascend and be below {}: {live:?}",
                self.slots
            )));
        }
        match &mut self.batch {
            DeviceBatch::Cpu(cpu) => Ok(cpu.segment(live, want).await),
            #[cfg(feature = "gpu")]
            DeviceBatch::Gpu(gpu) => gpu.segment(live, want).await,
        }
    }
}
