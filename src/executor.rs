//! What carries a plan out: the CPU, or a GPU.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cpu::{CpuBatch, CpuExecutor};
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{GpuBatch, GpuExecutor};
use crate::halt::{Halt, Schedule, Stop};
use crate::kernels::{Role, State};
use crate::model::{Model, Tensor};
use crate::network;
use crate::noise::Noise;

/// Carries out the segments of one model on one device. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Executor {
    model: Arc<Model>,
    device: Device,
}

/// Which device to use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A real GPU if there is one, otherwise the CPU executor.
    #[default]
    Auto,
    /// The CPU executor.
    Cpu,
    /// The best adapter, be it a software one.
    Gpu,
    /// The adapter with that number in the list of `hrm devices`.
    Index(usize),
    /// The first adapter whose name contains this, whatever the case.
    Name(String),
}

impl std::str::FromStr for DeviceChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(match text.to_lowercase().as_str() {
            "auto" => DeviceChoice::Auto,
            "cpu" => DeviceChoice::Cpu,
            "gpu" => DeviceChoice::Gpu,
            name => name
                .parse()
                .map_or_else(|_| DeviceChoice::Name(text.to_owned()), DeviceChoice::Index),
        })
    }
}

#[derive(Debug, Clone)]
enum Device {
    Cpu(CpuExecutor),
    #[cfg(feature = "gpu")]
    Gpu(GpuExecutor),
}

/// Which outputs of a segment to hand out besides predictions and q.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Want {
    /// The logits.
    pub logits: bool,
    /// The carry, `z_H` and `z_L`.
    pub carry: bool,
    /// The outputs of every segment, not of a sample's last alone. Costs a round trip to the device for each.
    pub every_segment: bool,
}

impl Want {
    /// Everything there is.
    pub const ALL: Want = Want {
        logits: true,
        carry: true,
        every_segment: true,
    };
}

/// A sample after a [`Batch::advance`].
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Its slot; free again where it stopped.
    pub slot: usize,
    /// Segments that it has run.
    pub segments: usize,
    /// What stopped it, if it stopped.
    pub stopped: Option<Stop>,
    /// Outputs of its last segment: where it stopped, or where [`Want::every_segment`] asks for them.
    pub outputs: Option<Outputs>,
}

impl Progress {
    pub(crate) fn new(slot: usize, state: State, want: Want, outputs: impl FnOnce() -> Outputs) -> Self {
        let stopped = state.stopped();
        Progress {
            slot,
            segments: state.segments as usize,
            stopped,
            outputs: (stopped.is_some() || want.every_segment).then(outputs),
        }
    }
}

/// A sample's outputs of one segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    /// Predicted ids `[S]`.
    pub preds: Vec<u32>,
    /// Logit for stopping.
    pub q_halt: f32,
    /// Logit for going on.
    pub q_continue: f32,
    /// Logits `[S, V]`, where wanted.
    pub logits: Option<Vec<f32>>,
    /// Carry of the H network `[T, D]`, where wanted.
    pub z_h: Option<Vec<f32>>,
    /// Carry of the L network `[T, D]`, where wanted.
    pub z_l: Option<Vec<f32>>,
}

impl Executor {
    /// Runs `model` on the processor, with that many threads or one for each core.
    ///
    /// # Errors
    /// [`Error::Device`] when the system gives no threads.
    pub fn cpu(model: Arc<Model>, threads: Option<usize>) -> Result<Self> {
        let device = Device::Cpu(CpuExecutor::new(model.clone(), threads)?);
        Ok(Executor { model, device })
    }

    /// Runs `model` on the device of choice; `threads` as for [`Executor::cpu`].
    ///
    /// # Errors
    /// [`Error::Device`] when the device cannot be had.
    pub async fn open(model: Arc<Model>, choice: &DeviceChoice, threads: Option<usize>) -> Result<Self> {
        #[cfg(feature = "gpu")]
        match GpuExecutor::open(model.clone(), choice).await {
            Ok(Some(gpu)) => return Ok(Executor::gpu(gpu)),
            Ok(None) => {}
            // A GPU that does not suffice is no reason to do without an answer.
            Err(Error::Device { .. }) if *choice == DeviceChoice::Auto => {}
            Err(error) => return Err(error),
        }
        match choice {
            DeviceChoice::Auto | DeviceChoice::Cpu => Executor::cpu(model, threads),
            DeviceChoice::Gpu | DeviceChoice::Index(_) | DeviceChoice::Name(_) => Err(Error::Device {
                reason: "this build has no GPU executor".into(),
            }),
        }
    }

    /// Runs a model on a GPU that is open already.
    #[cfg(feature = "gpu")]
    pub fn gpu(gpu: GpuExecutor) -> Self {
        let model = gpu.model().clone();
        Executor {
            model,
            device: Device::Gpu(gpu),
        }
    }

    /// The same model on the same device, opened again after it was lost.
    ///
    /// # Errors
    /// [`Error::Device`] when the device does not come back.
    pub async fn rebuild(&self) -> Result<Self> {
        match &self.device {
            Device::Cpu(_) => Ok(self.clone()),
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => Ok(Executor::gpu(gpu.rebuild().await?)),
        }
    }

    /// Whether the device was lost. [`Executor::rebuild`] opens it anew.
    pub fn is_lost(&self) -> bool {
        match &self.device {
            Device::Cpu(_) => false,
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => gpu.gpu().is_lost(),
        }
    }

    /// Bytes of buffers and images that are on the GPU for the device of this executor; 0 on the CPU.
    pub fn gpu_bytes(&self) -> u64 {
        match &self.device {
            Device::Cpu(_) => 0,
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => gpu.gpu().bytes(),
        }
    }

    /// Leaves time for the frames of a window that draws on the same device: from now on submissions are shorter than a
    /// frame. On the CPU there is nothing to share.
    pub fn share_screen(&self) {
        match &self.device {
            Device::Cpu(_) => {}
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => gpu.share_screen(),
        }
    }

    /// Slots that a batch has where nobody says: their activations take at most 512 MiB, and there are at most 64.
    pub fn default_slots(&self) -> usize {
        let plan = network::plan(&self.model.config, self.model.config.seq_len, Halt::Fixed);
        let own = plan
            .tensors
            .iter()
            .filter(|t| matches!(t.role, Role::Activation))
            .map(|t| 4 * t.len())
            .sum::<usize>();
        ((512 << 20) / own.max(1)).clamp(1, 64)
    }

    /// The model that it runs.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The device, as people call it.
    pub fn device_name(&self) -> String {
        match &self.device {
            Device::Cpu(_) => "cpu".to_owned(),
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => gpu.name(),
        }
    }

    /// Room for `slots` samples of `seq_len` tokens, run segment by segment as the caller likes.
    ///
    /// # Errors
    /// As [`Executor::scheduled`].
    pub fn batch(&self, slots: usize, seq_len: usize) -> Result<Batch> {
        let schedule = Schedule {
            halt: Halt::Fixed,
            segments: usize::MAX,
        };
        self.scheduled(slots, seq_len, schedule)
    }

    /// Room for `slots` samples of `seq_len` tokens, each of which runs until `schedule` stops it.
    ///
    /// # Errors
    /// [`Error::Device`] when memory does not suffice; [`Error::Usage`] for an empty batch, a length that the model
    /// cannot take, or as [`Schedule::check`].
    pub fn scheduled(&self, slots: usize, seq_len: usize, schedule: Schedule) -> Result<Batch> {
        let config = &self.model.config;
        schedule.check(config.task, seq_len)?;
        if slots == 0 || seq_len == 0 {
            return Err(Error::Usage("a batch needs at least one sample and one token".into()));
        }
        if config.fixed_length() && seq_len != config.seq_len {
            return Err(Error::Input {
                what: format!("model {}", self.model.name),
                reason: format!("its weights fix puzzles of {} tokens, found {seq_len}", config.seq_len),
            });
        }
        let batch = match &self.device {
            Device::Cpu(cpu) => DeviceBatch::Cpu(cpu.batch(slots, seq_len, schedule)?),
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => DeviceBatch::Gpu(Box::new(gpu.batch(slots, seq_len, schedule)?)),
        };
        Ok(Batch {
            model: self.model.clone(),
            slots,
            seq_len,
            running: BTreeSet::new(),
            batch,
        })
    }
}

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
enum DeviceBatch {
    Cpu(CpuBatch),
    #[cfg(feature = "gpu")]
    Gpu(Box<GpuBatch>),
}

impl Batch {
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
