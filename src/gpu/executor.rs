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
use crate::kernels::{Dispatch, Gemm, Plan, Role, Scalar, ShaderSet, Target, TensorId, Tile};
use crate::model::{Config, Dtype, Model};
use crate::network;

/// Runs a model's segments on a GPU. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct GpuExecutor {
    pub(super) model: Arc<Model>,
    pub(super) gpu: Arc<Gpu>,
    pub(super) weights: Arc<DeviceWeights>,
    pub(super) shader_set: ShaderSet,
    /// The number type of products.
    pub(super) scalar: Scalar,
    /// Why it is f32, where the model asks for another that leads to other answers.
    why_f32: Option<&'static str>,
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
        let stored = |id: TensorId| stored(&model, &plan, id);
        let mut target = gpu.target(gpu.shader_set(), 1, &stored);
        let side = gpu.open.device.limits().max_texture_dimension_2d as usize;
        if Recording::new(&plan, &target).image_size(&plan) > side {
            target.shader_set = ShaderSet::Workgroup;
        }
        let allowed = allowed(&model, &gpu);
        // Nothing is timed in a browser, where there is no folder for remembered choices.
        #[cfg(target_arch = "wasm32")]
        let timed: Option<Scalar> = None;
        #[cfg(not(target_arch = "wasm32"))]
        let timed = if allowed == Scalar::F32 {
            None
        } else {
            let (device, tensor) = ((&gpu.open, &gpu.pipelines), |name: &str| model.weights.stacked(name));
            gpu.autotune.scalar(device, &plan, tensor, &target).await?
        };
        if let Some(scalar) = timed {
            target.scalar = scalar;
        }
        let Target { shader_set, scalar, .. } = target;
        Recording::new(&plan, &target).most_slots(&gpu.open, &plan)?;
        // The best tiles are not known before there is a batch.
        let tiles = [Tile::Small, Tile::Large].into_iter().flat_map(|tile| {
            let gemm = &|_: &_| Some(Gemm { tile, scalar });
            Recording::new(&plan, &Target { gemm, ..target }).into_all()
        });
        let dispatches: Vec<Dispatch> = tiles.collect();
        #[cfg(not(target_arch = "wasm32"))]
        let prefetch = Arc::new(Prefetch::begin(gpu.clone(), dispatches.clone()));
        let weights = DeviceWeights::upload(&gpu.open, &plan, &dispatches, |name| model.weights.stacked(name)).await?;
        Ok(GpuExecutor {
            weights: Arc::new(weights),
            gpu,
            shader_set,
            scalar,
            why_f32: why_f32(model.products, allowed, timed),
            model,
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

    /// Returns why products are in f32, where the model asks for a format that would lead to other answers.
    pub(crate) fn why_f32(&self) -> Option<&'static str> {
        self.why_f32
    }

    /// Returns the target of dispatches for `samples` samples; `stored` tells what weights are stored in.
    pub(super) fn target<'a>(&self, samples: usize, stored: &'a (dyn Fn(TensorId) -> Scalar + Sync)) -> Target<'a> {
        Target {
            scalar: self.scalar,
            ..self.gpu.target(self.shader_set, samples, stored)
        }
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

/// Returns the number type that a weight of the plan is stored in; int8 is one where it is multiplied.
pub(super) fn stored(model: &Model, plan: &Plan, id: TensorId) -> Scalar {
    let is = |dtype: Dtype| {
        let mut parts = model.weights.parts(&plan.tensors[id].name);
        parts.all(|part| part.is_ok_and(|part| part.dtype() == dtype))
    };
    let is_narrow = || {
        plan.layers()
            .any(|(_, layer)| layer.weight == id && plan.is_narrow(layer))
    };
    if is(Dtype::F16) {
        Scalar::F16
    } else if model.products == Dtype::I8 && is(Dtype::I8) && is_narrow() {
        Scalar::I8
    } else {
        Scalar::F32
    }
}

/// Returns the scalar that products may have instead of f32: the model allows it, the device can, and it was not wrong.
fn allowed(model: &Model, gpu: &Gpu) -> Scalar {
    let scalar = match model.products {
        Dtype::F16 if gpu.open.has_f16() => Scalar::F16,
        Dtype::I8 => Scalar::I8,
        Dtype::F16 | Dtype::F32 | Dtype::BF16 => Scalar::F32,
    };
    if gpu.was_wrong_in(scalar) { Scalar::F32 } else { scalar }
}

/// Returns why products are in f32, where the model asks for a format that would lead to other answers; `timed` is what
/// was found faster, if that was timed.
fn why_f32(products: Dtype, allowed: Scalar, timed: Option<Scalar>) -> Option<&'static str> {
    match (products, timed) {
        (Dtype::F32 | Dtype::F16, _) | (Dtype::I8, Some(Scalar::I8)) => None,
        (Dtype::BF16, _) => Some("bf16 is for the CPU, not for a GPU"),
        (Dtype::I8, _) if allowed == Scalar::F32 => Some("`hrm verify` found int8 wrong on this GPU"),
        (Dtype::I8, Some(_)) => Some("int8 is not faster on this GPU"),
        (Dtype::I8, None) => Some("it was not timed whether int8 is faster on this GPU"),
    }
}

/// Returns the bytes of the largest tensor; for per-sample tensors, those of one sample.
fn largest_binding(config: &Config) -> u64 {
    let plan = network::plan(config, config.seq_len, Halt::Fixed);
    let sizes = plan.tensors.iter().enumerate();
    let bound = sizes.filter(|(_, spec)| !matches!(spec.role, Role::Constant(_)));
    bound.map(|(id, _)| buffers::bytes(&plan, id)).max().unwrap_or(0)
}
