//! What executors of several models share of a device.

#[cfg(not(target_arch = "wasm32"))]
use std::path::PathBuf;

use wgpu::{AdapterInfo, DeviceType, Features, Queue};

#[cfg(not(target_arch = "wasm32"))]
use super::autotune::{Autotune, Tried};
use super::device::Device;
use super::pipelines::Pipelines;
use super::throughput::Throughput;
use crate::error::Result;
use crate::executor::outputs::DeviceChoice;
use crate::kernels::Variant;

/// An open device with its compiled pipelines; executors of several models can share it.
#[derive(Debug)]
pub struct Gpu {
    pub(super) open: Device,
    pub(super) pipelines: Pipelines,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) autotune: Autotune,
    variant: Variant,
}

impl Gpu {
    /// Opens the adapter of choice with default limits; `None` where the choice is the CPU executor. `binding` is the
    /// size in bytes of the largest buffer that a shader will bind (0 for the defaults): the limits on buffers are raised
    /// for it, and only for it.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when there is no such adapter or it does not offer what is needed.
    pub async fn open(choice: &DeviceChoice, binding: u64) -> Result<Option<Gpu>> {
        Gpu::open_with(choice, binding, Features::empty()).await
    }

    /// Opens as [`Gpu::open`] does, with those of the features that the adapter offers. Of use is
    /// [`Features::SHADER_F16`]: without it nothing is multiplied in f16.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub async fn open_with(choice: &DeviceChoice, binding: u64, features: Features) -> Result<Option<Gpu>> {
        Ok(Device::open(choice, binding, features).await?.map(Gpu::new))
    }

    /// Computes on a device of the caller's. Its callbacks are left alone, and so it is not opened again when it is lost.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when its limits are below what the shaders need.
    pub fn from_device(device: wgpu::Device, queue: Queue) -> Result<Gpu> {
        Device::from_wgpu(device, queue).map(Gpu::new)
    }

    fn new(open: Device) -> Gpu {
        let variant = match open.info().device_type {
            DeviceType::Cpu => Variant::Register,
            _ => Variant::Workgroup,
        };
        Gpu {
            pipelines: Pipelines::default(),
            #[cfg(not(target_arch = "wasm32"))]
            autotune: Autotune::new(open.info()),
            variant,
            open,
        }
    }

    /// The same device, with shaders of another kind than those that its type suggests.
    pub fn with_variant(mut self, variant: Variant) -> Gpu {
        self.variant = variant;
        self
    }

    /// The same device, taken to do that many FLOP a second until it has been measured: what one submission and one
    /// look at the results contain follows from it.
    pub fn with_rate(mut self, flop_per_s: f64) -> Gpu {
        self.open.throughput = Throughput::new(flop_per_s);
        self
    }

    /// The same device, with the products of linear layers tuned on it and remembered in that folder, which is made where
    /// it is missing; or, with `None`, never tuned. Without this the user's cache folder and `HRM_AUTOTUNE` decide.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with_autotune(mut self, folder: Option<PathBuf>) -> Gpu {
        self.autotune.set_folder(folder);
        self
    }

    /// What has been tried on the device; `None` where nothing ever is.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn tried(&self) -> Option<Tried> {
        self.autotune.tried()
    }

    /// Which shaders the device runs.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// What wgpu knows of the adapter.
    pub fn info(&self) -> &AdapterInfo {
        self.open.info()
    }

    /// The wgpu device.
    pub fn device(&self) -> &wgpu::Device {
        &self.open.device
    }

    /// Bytes of buffers and images that executors and batches have on the device.
    pub fn bytes(&self) -> u64 {
        self.open.bytes()
    }

    /// Whether the device was lost.
    pub fn is_lost(&self) -> bool {
        self.open.is_lost()
    }

    /// A new device on the same adapter, after this one was lost.
    ///
    /// # Errors
    /// [`Error::DeviceLost`](crate::Error::DeviceLost) for a device of the caller's, and where it does not come back.
    pub(crate) async fn reopen(&self) -> Result<Gpu> {
        #[cfg_attr(target_arch = "wasm32", allow(unused_mut))]
        let mut gpu = Gpu::new(self.open.reopen().await?).with_variant(self.variant);
        #[cfg(not(target_arch = "wasm32"))]
        gpu.autotune.follow(&self.autotune);
        Ok(gpu)
    }
}
