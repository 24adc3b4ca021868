//! An open device: limits, errors, loss.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{Adapter, AdapterInfo, ErrorFilter, Features, Limits, PollType, Queue};

use super::adapter;
use super::memory::Memory;
use super::sleep::{Sleep, forgets};
use super::throughput::Throughput;
use crate::error::{Error, Result};
use crate::executor::outputs::DeviceChoice;
use crate::kernels::MOST_WORKGROUPS;

/// A limit: its name, the least that the shaders need, and where a device's limits state it.
type Need = (&'static str, u32, fn(&Limits) -> u32);

const NEEDS: [Need; 8] = [
    ("max_compute_workgroups_per_dimension", MOST_WORKGROUPS as u32, |l| {
        l.max_compute_workgroups_per_dimension
    }),
    ("max_storage_buffers_per_shader_stage", 7, |l| {
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
    ("max_compute_workgroup_size_x", 256, |l| l.max_compute_workgroup_size_x),
    ("max_compute_workgroup_size_y", 8, |l| l.max_compute_workgroup_size_y),
    ("max_uniform_buffers_per_shader_stage", 1, |l| {
        l.max_uniform_buffers_per_shader_stage
    }),
];

/// An open wgpu device and what is known about it. It runs nothing by itself.
#[derive(Debug)]
pub(super) struct Device {
    pub device: wgpu::Device,
    pub queue: Queue,
    pub throughput: Throughput,
    pub memory: Memory,
    info: AdapterInfo,
    /// Whether the machine has slept, for drivers that do not survive that.
    sleep: Option<Sleep>,
    /// What it was opened for, unless the caller opened it.
    origin: Option<(DeviceChoice, u64)>,
    /// The first failure outside an error scope, or the loss of the device.
    failure: Arc<Mutex<Option<Failure>>>,
}

#[derive(Debug, Clone)]
enum Failure {
    Lost(String),
    OutOfMemory,
    Other(String),
}

impl From<wgpu::Error> for Failure {
    fn from(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { .. } => Failure::OutOfMemory,
            // On one line: wgpu puts each cause on its own.
            _ => Failure::Other(error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
}

impl Device {
    /// Opens the chosen adapter with those of `features` that it offers: see `Gpu::open_for`.
    pub(super) async fn open(choice: &DeviceChoice, binding: u64, features: Features) -> Result<Option<Device>> {
        match adapter::select(choice).await? {
            None => Ok(None),
            Some(adapter) => Device::open_adapter(&adapter, choice, binding, features)
                .await
                .map(Some),
        }
    }

    async fn open_adapter(
        adapter: &Adapter,
        choice: &DeviceChoice,
        binding: u64,
        features: Features,
    ) -> Result<Device> {
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
        let open = Device::new(device, queue, Some((choice.clone(), binding)));
        let failure = open.failure.clone();
        open.device
            .on_uncaptured_error(Arc::new(move |error: wgpu::Error| note(&failure, error.into())));
        let failure = open.failure.clone();
        open.device.set_device_lost_callback(move |reason, text| {
            note(
                &failure,
                Failure::Lost(format!("{reason:?}: {text}").replace('\n', " ")),
            );
        });
        Ok(open)
    }

    /// Wraps a device that the caller has opened. Its callbacks are left alone, so it is not reopened when it is lost.
    ///
    /// # Errors
    /// [`Error::Device`] when its limits are below what the shaders need.
    pub(super) fn from_wgpu(device: wgpu::Device, queue: Queue) -> Result<Device> {
        check(&device.adapter_info().name, &device.limits())?;
        Ok(Device::new(device, queue, None))
    }

    fn new(device: wgpu::Device, queue: Queue, origin: Option<(DeviceChoice, u64)>) -> Device {
        let info = device.adapter_info();
        Device {
            device,
            queue,
            throughput: Throughput::of(info.device_type),
            memory: Memory::default(),
            sleep: forgets(&info).then(Sleep::default),
            info,
            origin,
            failure: Arc::default(),
        }
    }

    /// Returns whether its shaders can multiply in f16.
    pub(super) fn has_f16(&self) -> bool {
        self.device.features().contains(Features::SHADER_F16)
    }

    /// Returns what wgpu knows about the adapter.
    pub(super) fn info(&self) -> &AdapterInfo {
        &self.info
    }

    /// Opens a new device on the same adapter, after this one was lost.
    ///
    /// # Errors
    /// [`Error::DeviceLost`] for a device that the caller opened, and if the device cannot be reopened.
    pub(super) async fn reopen(&self) -> Result<Device> {
        let lost = |reason: String| Error::DeviceLost { reason };
        let Some((choice, binding)) = &self.origin else {
            return Err(lost(format!(
                "{} was opened by the caller, who alone can open it again",
                self.info.name
            )));
        };
        let refused = |error: Error| lost(format!("{} cannot be opened again: {error}", self.info.name));
        let reopened = Device::open(choice, *binding, self.device.features());
        let reopened = reopened.await.map_err(refused)?;
        let gone = || lost(format!("{} did not come back", self.info.name));
        reopened.ok_or_else(gone)
    }

    /// Runs `work` on the device and turns the errors that wgpu reports into an [`Error`].
    pub(super) async fn guarded<T>(&self, work: impl FnOnce() -> T) -> Result<T> {
        let (value, errors) = {
            let scopes = [ErrorFilter::OutOfMemory, ErrorFilter::Internal, ErrorFilter::Validation]
                .map(|filter| self.device.push_error_scope(filter));
            let value = work();
            let [a, b, c] = scopes;
            (value, [c.pop(), b.pop(), a.pop()].map(Box::pin))
        };
        // Whatever could not be allocated is invalid wherever it is used: the cause is told, not what follows from it.
        let mut first = None;
        for error in errors {
            first = error.await.or(first);
        }
        // Errors of a lost device follow from the loss, which only polling brings to light.
        if first.is_some() {
            let _ = catch_unwind(AssertUnwindSafe(|| self.device.poll(PollType::Poll)));
        }
        self.check_failure()?;
        match first {
            None => Ok(value),
            Some(error) => Err(self.error(error.into())),
        }
    }

    /// Returns a failure as an error. Of exhausted memory wgpu says neither whose it is nor how much there was.
    fn error(&self, failure: Failure) -> Error {
        match failure {
            Failure::Lost(reason) => Error::DeviceLost { reason },
            Failure::OutOfMemory => Error::OutOfMemory {
                reason: format!("expected {} MiB on {}, found less", self.bytes() >> 20, self.info.name),
            },
            Failure::Other(reason) => Error::Gpu { reason },
        }
    }

    /// Returns the bytes of buffers and images that executors and batches have on the device.
    pub(super) fn bytes(&self) -> u64 {
        self.memory.bytes()
    }

    /// Lets what comes next fail as where memory does not suffice.
    #[cfg(test)]
    pub(super) fn exhaust(&self) {
        note(&self.failure, Failure::OutOfMemory);
    }

    /// Returns whether the device was lost.
    pub(super) fn is_lost(&self) -> bool {
        self.check_sleep();
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*failure, Some(Failure::Lost(_)))
    }

    /// Takes a device for lost whose driver does not keep its memory while the machine sleeps, and says nothing of it.
    fn check_sleep(&self) {
        if self.sleep.as_ref().is_some_and(Sleep::has_been) {
            let reason = "the machine slept, and its driver may have lost what was in video memory";
            note(&self.failure, Failure::Lost(reason.to_owned()));
        }
    }

    fn check_failure(&self) -> Result<()> {
        self.check_sleep();
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone().map_or(Ok(()), |failure| Err(self.error(failure)))
    }

    /// Waits for all submitted work. A browser cannot block, only await.
    pub(super) fn wait(&self) -> Result<()> {
        // wgpu panics if the driver reports a loss during the wait.
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

/// Destroys the device, which a browser would otherwise keep until garbage collection.
#[cfg(target_arch = "wasm32")]
impl Drop for Device {
    fn drop(&mut self) {
        if self.origin.is_some() {
            self.device.destroy();
        }
    }
}

/// Keeps the first failure, except that a loss replaces any other, since it explains them.
fn note(slot: &Mutex<Option<Failure>>, failure: Failure) {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if slot.is_none() || matches!(failure, Failure::Lost(_)) {
        *slot = Some(failure);
    }
}

/// Returns the default limits, with those on buffers raised to `binding`.
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
