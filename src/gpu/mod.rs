//! The GPU executor: runs the network's plan with the shaders in `shaders/`, through wgpu.
//!
//! A plan is recorded once for a batch (pipelines, bindings, workgroups) and only encoded at each submission: the loop
//! neither allocates nor compiles. Failures become an [`Error`](crate::Error) that contains wgpu's text. Only WebGPU's
//! defaults are requested: no optional feature, and a limit is raised only if a tensor needs it.

mod adapter;
#[cfg(not(target_arch = "wasm32"))]
mod autotune;
mod batch;
mod buffers;
#[cfg(not(target_arch = "wasm32"))]
mod cache;
mod context;
#[cfg(feature = "bench")]
mod copy;
mod device;
mod executor;
mod fixture;
mod golden;
mod memory;
mod pipelines;
#[cfg(not(target_arch = "wasm32"))]
mod prefetch;
#[cfg(any(test, feature = "bench"))]
pub(crate) mod profile;
mod program;
mod readback;
mod recording;
mod sleep;
#[cfg(all(test, not(target_arch = "wasm32")))]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]
mod tests;
mod throughput;
mod verify;
#[cfg(not(target_arch = "wasm32"))]
mod wrong;

pub use adapter::{AdapterReport, adapters};
#[cfg(not(target_arch = "wasm32"))]
pub use autotune::Remembered;
#[cfg(test)]
pub(crate) use autotune::Tried;
pub(crate) use batch::GpuBatch;
pub use context::Gpu;
pub(crate) use executor::GpuExecutor;
pub use fixture::products;
pub use verify::{Finding, Report, verify};
pub use wgpu;
#[cfg(not(target_arch = "wasm32"))]
pub use wrong::remember;

pub use crate::kernels::ShaderSet;

/// Lists this machine's adapters for tests; CI must have one.
#[cfg(test)]
fn adapters_to_test() -> Vec<AdapterReport> {
    let adapters = pollster::block_on(adapters()).unwrap();
    assert!(
        !adapters.is_empty() || std::env::var_os("CI").is_none(),
        "CI needs an adapter"
    );
    if adapters.is_empty() {
        tests::common::skips::skipped("the GPU executor: there is no adapter (mesa-vulkan-drivers has a software one)");
    }
    adapters
}
