//! Runs plans on a device: the CPU, or a GPU.

mod batch;
pub(crate) mod outputs;

pub use batch::Batch;
pub use outputs::{DeviceChoice, Outputs, Progress, Want};

use std::sync::Arc;

use batch::DeviceBatch;

use crate::cpu::CpuExecutor;
use crate::error::{Error, Result};
#[cfg(feature = "gpu")]
use crate::gpu::{Gpu, GpuExecutor};
use crate::halt::{Halt, Schedule};
use crate::kernels::Role;
use crate::model::Model;
use crate::network;

/// Most slots of a batch.
pub(crate) const MOST_SLOTS: usize = 1 << 16;

/// Runs the segments of one model on one device. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Executor {
    model: Arc<Model>,
    device: Device,
    /// Why the CPU was taken, where a GPU was preferred.
    why_cpu: Option<Arc<str>>,
    /// The threads of the CPU executor, where it may take over from a GPU: nobody has chosen that.
    spare: Option<Option<usize>>,
}

#[derive(Debug, Clone)]
enum Device {
    Cpu(CpuExecutor),
    #[cfg(feature = "gpu")]
    Gpu(GpuExecutor),
}

impl Executor {
    /// Runs `model` on the CPU, with `threads` threads, or one for each core.
    ///
    /// # Errors
    /// [`Error::Device`] when the system refuses to start threads.
    pub fn cpu(model: Arc<Model>, threads: Option<usize>) -> Result<Self> {
        let device = Device::Cpu(CpuExecutor::new(model.clone(), threads)?);
        Ok(Executor::new(model, device))
    }

    /// Runs `model` on the chosen device; `threads` as for [`Executor::cpu`].
    ///
    /// [`DeviceChoice::Auto`] falls back to the CPU where no GPU is available, and where its memory does not suffice, even
    /// later: [`Executor::why_cpu`] and the log say why.
    ///
    /// # Errors
    /// [`Error::Device`] when the device is not available.
    pub async fn open(model: Arc<Model>, choice: &DeviceChoice, threads: Option<usize>) -> Result<Self> {
        #[cfg(feature = "gpu")]
        let none = match GpuExecutor::open(model.clone(), choice).await {
            Ok(Some(gpu)) => {
                let spare = (*choice == DeviceChoice::Auto).then_some(threads);
                return Ok(Executor {
                    spare,
                    ..Executor::of(gpu)
                });
            }
            Ok(None) => String::new(),
            Err(Error::Device { reason } | Error::OutOfMemory { reason } | Error::Gpu { reason })
                if *choice == DeviceChoice::Auto =>
            {
                reason
            }
            Err(error) => return Err(error),
        };
        #[cfg(not(feature = "gpu"))]
        let none = "this build has no GPU executor".to_owned();
        match choice {
            DeviceChoice::Cpu => Executor::cpu(model, threads),
            DeviceChoice::Auto => {
                log::info!("the CPU executor is taken: {none}");
                let why_cpu = Some(none.into());
                Executor::cpu(model, threads).map(|cpu| Executor { why_cpu, ..cpu })
            }
            DeviceChoice::Gpu | DeviceChoice::Index(_) | DeviceChoice::Name(_) => Err(Error::Device { reason: none }),
        }
    }

    /// Returns why [`DeviceChoice::Auto`] took the CPU; None where a GPU was taken, or the CPU was asked for.
    pub fn why_cpu(&self) -> Option<&str> {
        self.why_cpu.as_deref()
    }

    /// Runs `model` on a GPU that is open already, which models can share.
    ///
    /// # Errors
    /// [`Error::Device`] when the device's limits are too small for the model; whatever wgpu reports.
    #[cfg(feature = "gpu")]
    pub async fn on_gpu(model: Arc<Model>, gpu: Arc<Gpu>) -> Result<Self> {
        GpuExecutor::new(model, gpu).await.map(Executor::of)
    }

    #[cfg(feature = "gpu")]
    fn of(gpu: GpuExecutor) -> Self {
        Executor::new(gpu.model().clone(), Device::Gpu(gpu))
    }

    /// The model gets a warning where products are in f32, though it asks for another format that would lead to other
    /// answers, and where verification found the device wrong.
    fn new(mut model: Arc<Model>, device: Device) -> Self {
        let why = match &device {
            Device::Cpu(cpu) => cpu.why_f32(),
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => gpu.why_f32(),
        };
        let f32 = why.map(|why| format!("products are computed in f32: {why}"));
        let wrong: Option<String> = match &device {
            #[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
            Device::Gpu(gpu) => gpu.wrong(),
            _ => None,
        };
        for warning in f32.into_iter().chain(wrong) {
            log::info!("{warning}");
            if !model.warnings.contains(&warning) {
                Arc::make_mut(&mut model).warnings.push(warning);
            }
        }
        Executor {
            model,
            device,
            why_cpu: None,
            spare: None,
        }
    }

    /// Lets the CPU take over, as where [`DeviceChoice::Auto`] has taken this GPU: it takes no software adapter.
    #[cfg(all(test, feature = "gpu"))]
    pub(crate) fn by_auto(self) -> Self {
        Executor {
            spare: Some(None),
            ..self
        }
    }

    /// Returns the CPU executor that takes over after `error`: the GPU's memory is exhausted, and nobody has chosen it.
    fn instead(&self, error: &Error) -> Option<Result<Executor>> {
        let (Error::OutOfMemory { reason }, Some(threads)) = (error, self.spare) else {
            return None;
        };
        log::warn!("the CPU executor takes over: {reason}");
        let why_cpu = Some(reason.as_str().into());
        Some(Executor::cpu(self.model.clone(), threads).map(|cpu| Executor { why_cpu, ..cpu }))
    }

    /// Returns the GPU that this executor runs on; None on the CPU.
    #[cfg(feature = "gpu")]
    pub fn gpu(&self) -> Option<&Gpu> {
        match &self.device {
            Device::Cpu(_) => None,
            Device::Gpu(gpu) => Some(gpu.gpu()),
        }
    }

    /// Opens the device again after it was lost, with the same model.
    ///
    /// # Errors
    /// [`Error::Device`] when the device does not come back.
    pub async fn rebuild(&self) -> Result<Self> {
        match &self.device {
            Device::Cpu(_) => Ok(self.clone()),
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => Ok(Executor {
                spare: self.spare,
                ..Executor::of(gpu.rebuild().await?)
            }),
        }
    }

    /// Returns the time spent so far on autotuning the GPU; `None` on the CPU, and where nothing is tuned.
    #[cfg(all(feature = "bench", not(target_arch = "wasm32")))]
    pub(crate) fn tuning_time(&self) -> Option<std::time::Duration> {
        #[cfg(feature = "gpu")]
        return self.gpu()?.tried().map(|tried| tried.time);
        #[cfg(not(feature = "gpu"))]
        None
    }

    /// Leaves time for the frames of a window that draws on the same device: from now on, submissions are shorter than
    /// a frame. Does nothing on the CPU.
    pub fn share_screen(&self) {
        match &self.device {
            Device::Cpu(_) => {}
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => gpu.share_screen(),
        }
    }

    /// Returns the default number of slots of a batch: as many as keep activations within 512 MiB (128 MiB in a page,
    /// whose memory never shrinks), from 1 to 64.
    pub(crate) fn default_slots(&self) -> usize {
        let plan = network::plan(&self.model.config, self.model.config.seq_len, Halt::Fixed);
        let own = plan
            .tensors
            .iter()
            .filter(|t| matches!(t.role, Role::Activation))
            .map(|t| 4 * t.len())
            .sum::<usize>();
        let most = if cfg!(target_arch = "wasm32") {
            128 << 20
        } else {
            512 << 20
        };
        (most / own.max(1)).clamp(1, 64)
    }

    /// Returns the model that this executor runs.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Returns the name of the device, for display.
    pub fn device_name(&self) -> String {
        match &self.device {
            Device::Cpu(_) => "cpu".to_owned(),
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => gpu.name(),
        }
    }

    /// Allocates a batch of `slots` samples of `seq_len` tokens, each of which runs until `schedule` stops it, or
    /// segment by segment as the caller likes.
    ///
    /// # Errors
    /// [`Error::Device`] when memory does not suffice; [`Error::Input`] for a length that the model cannot take;
    /// [`Error::Usage`] for an empty batch, or a [`Schedule`] that the model cannot obey.
    pub fn batch(&self, slots: usize, seq_len: usize, schedule: Option<Schedule>) -> Result<Batch> {
        let config = &self.model.config;
        let schedule = schedule.unwrap_or(Schedule {
            halt: Halt::Fixed,
            segments: usize::MAX,
        });
        schedule.check(config.task, seq_len)?;
        if !(1..=MOST_SLOTS).contains(&slots) || seq_len == 0 {
            return Err(Error::Usage(format!(
                "batch: expected 1 to {MOST_SLOTS} slots and at least one token, found {slots} and {seq_len}"
            )));
        }
        if config.fixed_length() && seq_len != config.seq_len {
            return Err(Error::Input {
                what: format!("model {}", self.model.name),
                reason: format!(
                    "the model fixes the length: expected puzzles of {} tokens, found {seq_len}",
                    config.seq_len
                ),
            });
        }
        Batch::new(self.clone(), [slots, seq_len], schedule)
    }

    fn device_batch(&self, slots: usize, seq_len: usize, schedule: Schedule) -> Result<DeviceBatch> {
        Ok(match &self.device {
            Device::Cpu(cpu) => DeviceBatch::Cpu(cpu.batch(slots, seq_len, schedule)?),
            #[cfg(feature = "gpu")]
            Device::Gpu(gpu) => DeviceBatch::Gpu(Box::new(gpu.batch(slots, seq_len, schedule)?)),
        })
    }
}
