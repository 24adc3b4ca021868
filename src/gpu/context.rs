//! An open device as the executors of several models share it.

#[cfg(not(target_arch = "wasm32"))]
use std::path::PathBuf;

use wgpu::{AdapterInfo, DeviceType, Features, Queue};

#[cfg(not(target_arch = "wasm32"))]
use super::autotune::{Autotune, Tried};
use super::device::Device;
use super::pipelines::Pipelines;
use super::throughput::Throughput;
#[cfg(not(target_arch = "wasm32"))]
use super::wrong::Wrong;
use crate::error::Result;
use crate::executor::outputs::DeviceChoice;
use crate::kernels::{Scalar, ShaderSet, Target, TensorId};

/// Returns whether a lane of a GPU has at most 128 registers, as on those of Intel and Mali, by the size of their
/// subgroups: others have 32 lanes or more, and a backend that does not know says 4.
fn few_registers(info: &AdapterInfo) -> bool {
    info.device_type != DeviceType::Cpu && (8..=16).contains(&info.subgroup_min_size)
}

/// An open device with its compiled pipelines; executors of several models can share it.
#[derive(Debug)]
pub struct Gpu {
    pub(super) open: Device,
    pub(super) pipelines: Pipelines,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) autotune: Autotune,
    /// What verification found wrong with the adapter.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) wrong: Wrong,
    shader_set: ShaderSet,
}

impl Gpu {
    /// Opens the chosen adapter with default limits and those of `features` that it offers; returns `None` if the choice
    /// is the CPU executor. Only [`Features::SHADER_F16`] is of use: without it nothing is multiplied in f16.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when there is no such adapter or it does not offer what is needed.
    pub async fn open(choice: &DeviceChoice, features: Features) -> Result<Option<Gpu>> {
        Gpu::open_for(choice, 0, features).await
    }

    /// Opens the chosen adapter as [`Gpu::open`] does. `binding` is the size in bytes of the largest buffer that a
    /// shader will bind; only the limits on buffers are raised, and only for it.
    pub(super) async fn open_for(choice: &DeviceChoice, binding: u64, features: Features) -> Result<Option<Gpu>> {
        Ok(Device::open(choice, binding, features).await?.map(Gpu::new))
    }

    /// Wraps a device that the caller has opened. Its callbacks are left alone, so it is not reopened when it is lost.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when its limits are below what the shaders need.
    pub fn from_device(device: wgpu::Device, queue: Queue) -> Result<Gpu> {
        Device::from_wgpu(device, queue).map(Gpu::new)
    }

    fn new(open: Device) -> Gpu {
        Gpu {
            pipelines: Pipelines::default(),
            #[cfg(not(target_arch = "wasm32"))]
            autotune: Autotune::new(open.info()),
            #[cfg(not(target_arch = "wasm32"))]
            wrong: Wrong::of(open.info()),
            shader_set: Gpu::shader_set_of(open.info()),
            open,
        }
    }

    /// Returns the shader set that suits an adapter.
    pub(super) fn shader_set_of(info: &AdapterInfo) -> ShaderSet {
        match info.device_type {
            DeviceType::Cpu => ShaderSet::Register,
            _ => ShaderSet::Workgroup,
        }
    }

    /// Returns the target of dispatches for `samples` samples; `stored` tells what weights are stored in.
    pub(super) fn target<'a>(
        &self,
        shader_set: ShaderSet,
        samples: usize,
        stored: &'a (dyn Fn(TensorId) -> Scalar + Sync),
    ) -> Target<'a> {
        Target {
            few_registers: few_registers(self.info()),
            ..Target::new(shader_set, samples, stored)
        }
    }

    /// Returns whether verification found products in this number type wrong.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn was_wrong_in(&self, scalar: Scalar) -> bool {
        self.wrong.in_scalar(scalar)
    }

    /// Nothing is remembered in a browser.
    #[cfg(target_arch = "wasm32")]
    pub(super) fn was_wrong_in(&self, _: Scalar) -> bool {
        false
    }

    /// Uses another set of shaders than the device's type suggests.
    pub fn with_shader_set(mut self, shader_set: ShaderSet) -> Gpu {
        self.shader_set = shader_set;
        self
    }

    /// Assumes a rate of `flop_per_s` until one has been measured. The rate determines how much work one submission and
    /// one round trip contain.
    pub fn with_rate(mut self, flop_per_s: f64) -> Gpu {
        self.open.throughput = Throughput::new(flop_per_s);
        self
    }

    /// Tunes the products of linear layers and remembers the choices in `folder`, creating it if missing; `None` turns
    /// tuning off. By default, the user's cache folder and `HRM_AUTOTUNE` decide.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with_autotune(mut self, folder: Option<PathBuf>) -> Gpu {
        self.autotune.set_folder(folder);
        self
    }

    /// Returns what has been timed on the device; `None` if tuning is off.
    #[cfg(not(target_arch = "wasm32"))]
    #[cfg_attr(not(feature = "bench"), allow(dead_code, reason = "benchmarks and tests ask"))]
    pub(crate) fn tried(&self) -> Option<Tried> {
        self.autotune.tried()
    }

    /// Returns which shader set the device runs.
    pub fn shader_set(&self) -> ShaderSet {
        self.shader_set
    }

    /// Returns what wgpu knows about the adapter.
    pub fn info(&self) -> &AdapterInfo {
        self.open.info()
    }

    /// Returns the bytes of buffers and images that executors and batches have on the device.
    pub fn bytes(&self) -> u64 {
        self.open.bytes()
    }

    /// Returns whether the device was lost.
    pub fn is_lost(&self) -> bool {
        self.open.is_lost()
    }

    /// Opens a new device on the same adapter, after this one was lost.
    ///
    /// # Errors
    /// [`Error::DeviceLost`](crate::Error::DeviceLost) for a device that the caller opened, and if the device cannot be
    /// reopened.
    pub(crate) async fn reopen(&self) -> Result<Gpu> {
        let mut gpu = Gpu::new(self.open.reopen().await?).with_shader_set(self.shader_set);
        gpu.open.throughput = self.open.throughput.after_loss();
        #[cfg(not(target_arch = "wasm32"))]
        gpu.autotune.follow(&self.autotune);
        Ok(gpu)
    }
}
