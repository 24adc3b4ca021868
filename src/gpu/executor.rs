//! A model on a device.

use std::sync::Arc;

use wgpu::Features;

use super::adapter;
use super::batch::GpuBatch;
use super::buffers::{self, DeviceWeights};
use super::context::Gpu;
#[cfg(not(target_arch = "wasm32"))]
use super::prefetch::Prefetch;
use super::recording::Recording;
use crate::boxed::Boxed;
use crate::error::Result;
use crate::executor::outputs::DeviceChoice;
use crate::halt::{Halt, Schedule};
#[cfg(not(target_arch = "wasm32"))]
use crate::kernels::Target;
#[cfg(not(target_arch = "wasm32"))]
use crate::kernels::{Gemm, Linear, Scalar};
use crate::kernels::{Plan, Role, ShaderSet, TensorId};
use crate::model::{Config, Dtype, Model};
use crate::network;

/// Runs a model's segments on a GPU. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct GpuExecutor {
    pub(super) model: Arc<Model>,
    pub(super) gpu: Arc<Gpu>,
    pub(super) weights: Arc<DeviceWeights>,
    pub(super) shader_set: ShaderSet,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) prefetch: Arc<Prefetch>,
}

impl GpuExecutor {
    /// Opens the chosen adapter for `model`; returns `None` if the choice is the CPU executor.
    ///
    /// # Errors
    /// As for [`Gpu::open`] and [`GpuExecutor::new`].
    pub(crate) fn open(model: Arc<Model>, choice: &DeviceChoice) -> Boxed<'_, Result<Option<Self>>> {
        GpuExecutor::open_with(model, choice, Features::empty())
    }

    /// Opens like [`GpuExecutor::open`], with those of `features` that the adapter offers.
    pub(super) fn open_with(
        model: Arc<Model>,
        choice: &DeviceChoice,
        features: Features,
    ) -> Boxed<'_, Result<Option<Self>>> {
        Box::pin(async move {
            let f16 = if model.products == Dtype::F16 {
                Features::SHADER_F16
            } else {
                Features::empty()
            };
            match Gpu::open_for(choice, largest_binding(&model.config), features | f16).await? {
                None => Ok(None),
                Some(gpu) => GpuExecutor::new(model, Arc::new(gpu)).await.map(Some),
            }
        })
    }

    /// Copies the model's weights to an open device. The pipelines of a segment are compiled at the same time.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the device's limits are too small for the model; whatever wgpu
    /// reports.
    pub(crate) fn new(model: Arc<Model>, gpu: Arc<Gpu>) -> Boxed<'static, Result<Self>> {
        Box::pin(GpuExecutor::uploaded(model, gpu))
    }

    async fn uploaded(model: Arc<Model>, gpu: Arc<Gpu>) -> Result<Self> {
        let plan = network::plan(&model.config, model.config.seq_len, Halt::Fixed);
        let half = |id: TensorId| is_half(&model, &plan, id);
        let target = |shader_set: ShaderSet| gpu.target(shader_set, 1, &half);
        let (mut shader_set, mut recording) = (gpu.shader_set(), Recording::new(&plan, &target(gpu.shader_set())));
        let side = gpu.open.device.limits().max_texture_dimension_2d as usize;
        if recording.image_size(&plan) > side {
            shader_set = ShaderSet::Workgroup;
            recording = Recording::new(&plan, &target(shader_set));
        }
        recording.most_slots(&gpu.open, &plan)?;
        let dispatches: Vec<_> = recording.all().cloned().collect();
        #[cfg(not(target_arch = "wasm32"))]
        let prefetch = {
            // The best choice is not known before there is a batch.
            let f16 = f16_products(&model, &gpu);
            let ways = Gemm::ALL.into_iter().filter(|gemm| f16 || gemm.scalar == Scalar::F32);
            let all = ways.flat_map(|gemm| {
                let gemm = &|_: &Linear| Some(gemm);
                let recording = Recording::new(
                    &plan,
                    &Target {
                        gemm,
                        ..target(shader_set)
                    },
                );
                recording.all().cloned().collect::<Vec<_>>()
            });
            Arc::new(Prefetch::begin(gpu.clone(), all.collect()))
        };
        let weights = DeviceWeights::upload(&gpu.open, &plan, &dispatches, |name| model.weights.stacked(name)).await?;
        Ok(GpuExecutor {
            model,
            weights: Arc::new(weights),
            gpu,
            shader_set,
            #[cfg(not(target_arch = "wasm32"))]
            prefetch,
        })
    }

    /// Keeps submissions shorter than a frame from now on.
    pub(crate) fn share_screen(&self) {
        self.gpu.open.throughput.share();
    }

    /// Reopens the device after it was lost: the same model on the same adapter.
    ///
    /// # Errors
    /// As for [`Gpu::reopen`].
    pub(crate) fn rebuild(&self) -> Boxed<'_, Result<Self>> {
        Box::pin(async move {
            let gpu = Arc::new(self.gpu.reopen().await?);
            GpuExecutor::new(self.model.clone(), gpu).await
        })
    }

    /// Returns the model that the executor runs.
    pub(crate) fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Returns the device.
    pub(crate) fn gpu(&self) -> &Arc<Gpu> {
        &self.gpu
    }

    /// Returns the name of the adapter and its backend, for display.
    pub(crate) fn name(&self) -> String {
        adapter::name(self.gpu.info())
    }

    /// Returns what verification found wrong with the adapter, if anything.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn wrong(&self) -> Option<String> {
        let wrong = self.gpu.wrong.reason()?;
        Some(format!("{}: {wrong}", self.name()))
    }

    /// Creates a batch for `slots` samples of `seq_len` tokens that run by `schedule`. Buffers are allocated with the
    /// first segment.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when not even one sample fits the device's limits.
    pub(crate) fn batch(&self, slots: usize, seq_len: usize, schedule: Schedule) -> Result<GpuBatch> {
        GpuBatch::new(self.clone(), slots, seq_len, schedule)
    }
}

/// Returns whether a weight of the plan is f16 on the device.
pub(super) fn is_half(model: &Model, plan: &Plan, id: TensorId) -> bool {
    let mut parts = model.weights.parts(&plan.tensors[id].name);
    parts.all(|part| part.is_ok_and(buffers::is_half))
}

/// Returns whether products may be f16: the model allows it, the device can, and tuning may find it faster.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn f16_products(model: &Model, gpu: &Gpu) -> bool {
    model.products == Dtype::F16 && gpu.open.has_f16() && gpu.tried().is_some() && !gpu.wrong.in_f16()
}

/// Returns the bytes of the largest tensor; for per-sample tensors, those of one sample.
fn largest_binding(config: &Config) -> u64 {
    let plan = network::plan(config, config.seq_len, Halt::Fixed);
    let sizes = plan.tensors.iter().enumerate();
    let bound = sizes.filter(|(_, spec)| !matches!(spec.role, Role::Constant(_)));
    bound.map(|(id, _)| buffers::bytes(&plan, id)).max().unwrap_or(0)
}
