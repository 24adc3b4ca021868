//! Adapters: listing them, and selecting one.

use serde::Serialize;
use wgpu::{Adapter, AdapterInfo, Backend, Backends, DeviceType, DownlevelFlags, Instance, InstanceDescriptor};

use crate::error::{Error, Result};
use crate::executor::outputs::DeviceChoice;

/// An adapter, as shown by `hrm devices`.
#[derive(Debug, Clone, Serialize)]
pub struct AdapterReport {
    /// Number that selects it with `--device`.
    pub index: usize,
    /// Name; part of it is enough for `--device`.
    pub name: String,
    /// Backend: vulkan, metal, dx12, gl, webgpu.
    pub backend: String,
    /// Kind: discrete GPU, integrated GPU, virtual GPU, software, or unknown.
    pub kind: &'static str,
    /// Driver and its version.
    pub driver: String,
    /// Largest buffer that a shader can bind, in bytes.
    pub max_storage_buffer_binding_size: u64,
    /// Largest buffer, in bytes.
    pub max_buffer_size: u64,
    /// Workgroup memory in bytes.
    pub max_compute_workgroup_storage_size: u32,
    /// Whether shaders can compute in f16.
    pub shader_f16: bool,
    /// Whether shaders have subgroups.
    pub subgroups: bool,
    /// Whether the adapter has timestamps to time kernels with.
    pub timestamps: bool,
    /// Whether `--device auto` selects it.
    pub auto: bool,
    /// Why `--device auto` selects it or not.
    pub why: String,
}

/// Lists all adapters, in the order in which [`DeviceChoice::Index`] counts.
///
/// # Errors
/// [`Error::Device`] when `WGPU_BACKEND` names no backend.
pub async fn adapters() -> Result<Vec<AdapterReport>> {
    let adapters = enumerate().await?;
    let auto = best(&adapters, false);
    let reports = adapters.iter().enumerate().map(|(index, adapter)| {
        let (info, limits, features) = (adapter.get_info(), adapter.limits(), adapter.features());
        let wrong = reason(&info);
        let why = if let Some(wrong) = wrong {
            wrong
        } else if auto == Some(index) {
            format!("auto takes it: the first {} here", kind(info.device_type))
        } else if !computes(adapter) {
            "it has no compute shaders, or they cannot unpack f16".to_owned()
        } else if info.device_type == DeviceType::Cpu {
            "a software adapter: the CPU executor is faster, so only `gpu`, its number or its name take it".to_owned()
        } else {
            "auto prefers another".to_owned()
        };
        let driver = driver(&info);
        AdapterReport {
            index,
            name: info.name,
            backend: info.backend.to_string(),
            kind: kind(info.device_type),
            driver,
            max_storage_buffer_binding_size: limits.max_storage_buffer_binding_size,
            max_buffer_size: limits.max_buffer_size,
            max_compute_workgroup_storage_size: limits.max_compute_workgroup_storage_size,
            shader_f16: features.contains(wgpu::Features::SHADER_F16),
            subgroups: features.contains(wgpu::Features::SUBGROUP),
            timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
            auto: auto == Some(index),
            why,
        }
    });
    Ok(reports.collect())
}

/// Returns the chosen adapter; `None` if the choice is the CPU executor.
pub(super) async fn select(choice: &DeviceChoice) -> Result<Option<Adapter>> {
    if *choice == DeviceChoice::Cpu {
        return Ok(None);
    }
    if *choice == DeviceChoice::Auto && !may_have_gpu() {
        return Err(Error::Device {
            reason: format!("expected {}, found no device of one in the system", asked(choice)),
        });
    }
    let mut adapters = enumerate().await?;
    let index = match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => best(&adapters, false),
        DeviceChoice::Gpu => best(&adapters, true),
        DeviceChoice::Index(index) => (*index < adapters.len()).then_some(*index),
        DeviceChoice::Name(part) => {
            let part = part.to_ascii_lowercase();
            adapters
                .iter()
                .position(|a| a.get_info().name.to_ascii_lowercase().contains(&part))
        }
    };
    match index {
        Some(index) => Ok(Some(adapters.swap_remove(index))),
        None => Err(Error::Device {
            reason: format!("expected {}, found {}", asked(choice), found(&adapters)),
        }),
    }
}

/// Whether the system may have a real GPU. Software adapters need no device, and opening one to find that it is no GPU
/// takes longer than a puzzle on the CPU, and five times the memory.
fn may_have_gpu() -> bool {
    const DEVICES: [&str; 8] = ["nvidia", "nvhost", "nvgpu", "dxg", "mali", "kgsl", "pvr", "galcore"];
    let names = |folder: &str| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned())
    };
    !cfg!(target_os = "linux")
        || names("/dev/dri").any(|name| name.starts_with("render"))
        || names("/dev").any(|name| DEVICES.iter().any(|device| name.starts_with(device)))
}

fn asked(choice: &DeviceChoice) -> String {
    match choice {
        DeviceChoice::Index(index) => format!("adapter number {index}"),
        DeviceChoice::Name(part) => format!("an adapter with `{part}` in its name"),
        DeviceChoice::Auto => "a GPU that is no software".to_owned(),
        _ => "a GPU".to_owned(),
    }
}

fn found(adapters: &[Adapter]) -> String {
    let names: Vec<String> = adapters
        .iter()
        .enumerate()
        .map(|(i, a)| {
            let info = a.get_info();
            let wrong = reason(&info).map_or(String::new(), |wrong| format!(", but {wrong}"));
            format!("{i}: {}{wrong}", name(&info))
        })
        .collect();
    let within = std::env::var("WGPU_BACKEND").map_or(String::new(), |b| format!(" with WGPU_BACKEND={b}"));
    if names.is_empty() {
        format!("no adapter{within}")
    } else {
        format!("{}{within}", names.join(", "))
    }
}

async fn enumerate() -> Result<Vec<Adapter>> {
    let mut descriptor = InstanceDescriptor::new_without_display_handle_from_env();
    // wgpu's own checks stay on; Vulkan's validation layers only on request, by WGPU_VALIDATION.
    descriptor.flags = wgpu::InstanceFlags::empty().with_env();
    // Without a session's runtime folder, OpenGL on Linux complains on standard error, so it must be asked for there.
    let session = !cfg!(target_os = "linux") || std::env::var_os("XDG_RUNTIME_DIR").is_some();
    if !session && std::env::var_os("WGPU_BACKEND").is_none() {
        descriptor.backends.remove(Backends::GL);
    }
    if descriptor.backends.is_empty() {
        let names = std::env::var("WGPU_BACKEND").unwrap_or_default();
        return Err(Error::Device {
            reason: format!(
                "WGPU_BACKEND is `{names}`, needed vulkan, metal, dx12 or gl (several separated by commas)"
            ),
        });
    }
    let adapters = Instance::new(descriptor).enumerate_adapters(Backends::all()).await;
    // Native backends first, each in the system's order.
    let (gl, mut adapters): (Vec<_>, Vec<_>) = adapters.into_iter().partition(|a| a.get_info().backend == Backend::Gl);
    adapters.extend(gl);
    Ok(adapters)
}

/// Returns the best adapter: real GPUs first; software adapters, and what verification found wrong, only if `any` allows it.
fn best(adapters: &[Adapter], any: bool) -> Option<usize> {
    let rank = |a: &Adapter| match a.get_info().device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    };
    let usable = adapters.iter().enumerate().filter(|(_, a)| computes(a));
    usable
        .filter(|(_, a)| any || a.get_info().device_type != DeviceType::Cpu && reason(&a.get_info()).is_none())
        .min_by_key(|(_, a)| rank(a))
        .map(|(i, _)| i)
}

/// Returns why an adapter is not to be trusted, if verification found it wrong.
#[cfg(not(target_arch = "wasm32"))]
fn reason(info: &AdapterInfo) -> Option<String> {
    super::wrong::Wrong::of(info).reason()
}

/// Nothing is remembered in a browser.
#[cfg(target_arch = "wasm32")]
fn reason(_info: &AdapterInfo) -> Option<String> {
    None
}

fn computes(adapter: &Adapter) -> bool {
    // WebGPU guarantees both; old OpenGL lacks them.
    let needed = DownlevelFlags::COMPUTE_SHADERS | DownlevelFlags::SHADER_F16_IN_F32;
    adapter.get_downlevel_capabilities().flags.contains(needed)
}

/// Returns an adapter's name and backend, for display: "llvmpipe (vulkan)".
pub(super) fn name(info: &AdapterInfo) -> String {
    format!("{} ({})", info.name, info.backend)
}

/// Returns the driver and its version.
pub(super) fn driver(info: &AdapterInfo) -> String {
    format!("{} {}", info.driver, info.driver_info).trim().to_owned()
}

/// Returns the common name of a device type.
pub(super) fn kind(device_type: DeviceType) -> &'static str {
    match device_type {
        DeviceType::DiscreteGpu => "discrete GPU",
        DeviceType::IntegratedGpu => "integrated GPU",
        DeviceType::VirtualGpu => "virtual GPU",
        DeviceType::Cpu => "software",
        DeviceType::Other => "unknown",
    }
}
