//! An open device: limits, errors, loss.

use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(not(target_arch = "wasm32"))]
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{Adapter, AdapterInfo, Device, DeviceType, ErrorFilter, Features, Limits, PollType, Queue};

use super::adapter;
#[cfg(not(target_arch = "wasm32"))]
use super::autotune::{Autotune, Tried};
use super::memory::Memory;
use super::pace::Pace;
use super::pipelines::Pipelines;
use crate::error::{Error, Result};
use crate::executor::outputs::DeviceChoice;
use crate::kernels::{MOST_WORKGROUPS, Variant};

/// A limit: its name, what the shaders need of it, and where a device says what it offers.
type Need = (&'static str, u32, fn(&Limits) -> u32);

const NEEDS: [Need; 5] = [
    ("max_compute_workgroups_per_dimension", MOST_WORKGROUPS as u32, |l| {
        l.max_compute_workgroups_per_dimension
    }),
    ("max_storage_buffers_per_shader_stage", 6, |l| {
        l.max_storage_buffers_per_shader_stage
    }),
    ("max_storage_textures_per_shader_stage", 4, |l| {
        l.max_storage_textures_per_shader_stage
    }),
    ("max_compute_invocations_per_workgroup", 256, |l| {
        l.max_compute_invocations_per_workgroup
    }),
    ("max_compute_workgroup_storage_size", 13 << 10, |l| {
        l.max_compute_workgroup_storage_size
    }),
];

/// An open device with its compiled pipelines; executors of several models can share it.
#[derive(Debug)]
pub struct Gpu {
    pub(super) device: Device,
    pub(super) queue: Queue,
    pub(super) pipelines: Pipelines,
    pub(super) pace: Pace,
    pub(super) memory: Memory,
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) autotune: Autotune,
    info: AdapterInfo,
    variant: Variant,
    /// What it was opened for, unless the caller opened it.
    origin: Option<(DeviceChoice, u64)>,
    /// The first thing that went wrong outside an error scope, or the loss of the device.
    failure: Arc<Mutex<Option<Failure>>>,
}

#[derive(Debug, Clone)]
enum Failure {
    Lost(String),
    OutOfMemory(String),
    Other(String),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Lost(reason) => Error::DeviceLost { reason },
            Failure::OutOfMemory(reason) => Error::OutOfMemory { reason },
            Failure::Other(reason) => Error::Gpu { reason },
        }
    }
}

impl From<wgpu::Error> for Failure {
    fn from(error: wgpu::Error) -> Self {
        // One line: causes follow each other.
        let text = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        match error {
            wgpu::Error::OutOfMemory { .. } => Failure::OutOfMemory(text),
            _ => Failure::Other(text),
        }
    }
}

impl Gpu {
    /// Opens the adapter of choice with default limits; `None` where the choice is the CPU executor. `binding` is the
    /// size of the largest buffer that a shader will bind (0 for the defaults): the limits on buffers are raised for
    /// it, and only for it.
    ///
    /// # Errors
    /// [`Error::Device`] when there is no such adapter or it does not offer what is needed.
    pub async fn open(choice: &DeviceChoice, binding: u64) -> Result<Option<Gpu>> {
        Gpu::open_with(choice, binding, Features::empty()).await
    }

    /// [`Gpu::open`] with those of the features that the adapter offers. Of use is [`Features::SHADER_F16`]: without it
    /// nothing is multiplied in f16.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub async fn open_with(choice: &DeviceChoice, binding: u64, features: Features) -> Result<Option<Gpu>> {
        match adapter::select(choice).await? {
            None => Ok(None),
            Some(adapter) => Gpu::open_adapter(&adapter, choice, binding, features).await.map(Some),
        }
    }

    async fn open_adapter(adapter: &Adapter, choice: &DeviceChoice, binding: u64, features: Features) -> Result<Gpu> {
        let info = adapter.get_info();
        let limits = limits(&info.name, &adapter.limits(), binding)?;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("hrm"),
            required_features: features & adapter.features(),
            required_limits: limits,
            ..Default::default()
        };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|e| Error::Device {
            reason: format!("{} cannot be opened: {e}", info.name),
        })?;
        let gpu = Gpu::new(device, queue, Some((choice.clone(), binding)));
        let failure = gpu.failure.clone();
        gpu.device
            .on_uncaptured_error(Arc::new(move |error: wgpu::Error| note(&failure, error.into())));
        let failure = gpu.failure.clone();
        gpu.device.set_device_lost_callback(move |reason, text| {
            note(
                &failure,
                Failure::Lost(format!("{reason:?}: {text}").replace('\n', " ")),
            );
        });
        Ok(gpu)
    }

    /// Computes on a device of the caller's. Its callbacks are left alone, and so it is not rebuilt when it is lost.
    ///
    /// # Errors
    /// [`Error::Device`] when its limits are below what the shaders need.
    pub fn from_device(device: Device, queue: Queue) -> Result<Gpu> {
        check(&device.adapter_info().name, &device.limits())?;
        Ok(Gpu::new(device, queue, None))
    }

    fn new(device: Device, queue: Queue, origin: Option<(DeviceChoice, u64)>) -> Gpu {
        let info = device.adapter_info();
        let variant = match info.device_type {
            DeviceType::Cpu => Variant::Register,
            _ => Variant::Workgroup,
        };
        Gpu {
            device,
            queue,
            pipelines: Pipelines::default(),
            pace: Pace::of(info.device_type),
            memory: Memory::default(),
            #[cfg(not(target_arch = "wasm32"))]
            autotune: Autotune::new(&info),
            info,
            variant,
            origin,
            failure: Arc::default(),
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
        self.pace = Pace::new(flop_per_s);
        self
    }

    /// The same device, with the tiles of linear layers tried on it and remembered in that folder, which is made where it
    /// is missing; or, with `None`, never tried. Without this the user's cache folder and `HRM_AUTOTUNE` decide.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn with_autotune(mut self, folder: Option<PathBuf>) -> Gpu {
        self.autotune.set_folder(folder);
        self
    }

    /// What has been tried on it; `None` where nothing ever is.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn tried(&self) -> Option<Tried> {
        self.autotune.tried()
    }

    /// Whether its shaders can multiply in f16.
    pub(super) fn has_f16(&self) -> bool {
        self.device.features().contains(Features::SHADER_F16)
    }

    /// Which shaders it runs.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// What wgpu knows of the adapter.
    pub fn info(&self) -> &AdapterInfo {
        &self.info
    }

    /// The wgpu device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A new device on the same adapter, after this one was lost.
    ///
    /// # Errors
    /// [`Error::DeviceLost`] for a device of the caller's, and where it does not come back.
    pub async fn reopen(&self) -> Result<Gpu> {
        let lost = |reason: String| Error::DeviceLost { reason };
        let Some((choice, binding)) = &self.origin else {
            return Err(lost(format!(
                "{} was opened by the caller, who alone can open it again",
                self.info.name
            )));
        };
        let refused = |error: Error| lost(format!("{} cannot be opened again: {error}", self.info.name));
        let reopened = Gpu::open_with(choice, *binding, self.device.features());
        let reopened = reopened.await.map_err(refused)?;
        let gone = || lost(format!("{} did not come back", self.info.name));
        #[cfg_attr(target_arch = "wasm32", allow(unused_mut))]
        let mut gpu = reopened.ok_or_else(gone)?.with_variant(self.variant);
        #[cfg(not(target_arch = "wasm32"))]
        gpu.autotune.follow(&self.autotune);
        Ok(gpu)
    }

    /// Does something with the device and turns what wgpu has to say about it into an error.
    pub(super) async fn guarded<T>(&self, work: impl FnOnce() -> T) -> Result<T> {
        let (value, errors) = {
            let scopes = [ErrorFilter::OutOfMemory, ErrorFilter::Internal, ErrorFilter::Validation]
                .map(|filter| self.device.push_error_scope(filter));
            let value = work();
            let [a, b, c] = scopes;
            (value, [c.pop(), b.pop(), a.pop()].map(Box::pin))
        };
        let mut first = None;
        for error in errors {
            first = first.or(error.await);
        }
        // Errors of a lost device follow from the loss.
        self.check_failure()?;
        match first {
            None => Ok(value),
            Some(error) => Err(Failure::from(error).into()),
        }
    }

    /// Bytes of buffers and images that executors and batches have on it.
    pub fn bytes(&self) -> u64 {
        self.memory.bytes()
    }

    /// Whether the device was lost.
    pub fn is_lost(&self) -> bool {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*failure, Some(Failure::Lost(_)))
    }

    fn check_failure(&self) -> Result<()> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone().map_or(Ok(()), |f| Err(f.into()))
    }

    /// Waits for all that was submitted. In a browser there is no waiting, only awaiting.
    pub(super) fn wait(&self) -> Result<()> {
        // wgpu panics where the driver reports a loss while it waits.
        let polled = catch_unwind(AssertUnwindSafe(|| self.device.poll(PollType::wait_indefinitely())));
        self.check_failure()?;
        match polled {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.lost(&error.to_string())),
            Err(_) => Err(self.lost("the driver gave up while it computed")),
        }
    }

    pub(super) fn lost(&self, reason: &str) -> Error {
        Error::DeviceLost {
            reason: format!("{}: {reason}", self.info.name),
        }
    }
}

/// A browser would keep the device until the garbage collector comes by.
#[cfg(target_arch = "wasm32")]
impl Drop for Gpu {
    fn drop(&mut self) {
        if self.origin.is_some() {
            self.device.destroy();
        }
    }
}

/// Keeps the first failure; but a loss explains all others.
fn note(slot: &Mutex<Option<Failure>>, failure: Failure) {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if slot.is_none() || matches!(failure, Failure::Lost(_)) {
        *slot = Some(failure);
    }
}

/// Default limits, those on buffers raised to `binding`.
fn limits(name: &str, offered: &Limits, binding: u64) -> Result<Limits> {
    check(name, offered)?;
    let mut limits = Limits::default().or_worse_values_from(offered);
    let short = |limit: &str, offer: u64| Error::Device {
        reason: format!("the model binds a buffer of {binding} bytes, {name} offers a {limit} of {offer}"),
    };
    if binding > limits.max_storage_buffer_binding_size {
        if binding > offered.max_storage_buffer_binding_size {
            return Err(short(
                "max_storage_buffer_binding_size",
                offered.max_storage_buffer_binding_size,
            ));
        }
        limits.max_storage_buffer_binding_size = binding;
    }
    if binding > limits.max_buffer_size {
        if binding > offered.max_buffer_size {
            return Err(short("max_buffer_size", offered.max_buffer_size));
        }
        limits.max_buffer_size = binding;
    }
    Ok(limits)
}

fn check(name: &str, offered: &Limits) -> Result<()> {
    match NEEDS.iter().find(|(_, need, offer)| offer(offered) < *need) {
        None => Ok(()),
        Some((limit, need, offer)) => Err(Error::Device {
            reason: format!("the shaders need a {limit} of {need}, {name} offers {}", offer(offered)),
        }),
    }
}
