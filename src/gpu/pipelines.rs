//! Compiled shaders, kept by name and constants.

use std::collections::HashMap;
#[cfg(not(target_arch = "wasm32"))]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(not(target_arch = "wasm32"))]
use wgpu::Backend;
use wgpu::{
    ComputePipeline, ComputePipelineDescriptor, PipelineCompilationOptions, ShaderModule, ShaderModuleDescriptor,
    ShaderSource,
};

use super::device::Device;
#[cfg(not(target_arch = "wasm32"))]
use crate::error::Result;
use crate::kernels::Dispatch;

/// Key of a pipeline: a shader's name and the bits of its constants.
pub(super) type Key = (&'static str, Vec<(&'static str, u64)>);

/// Returns the key of a dispatch's pipeline.
pub(super) fn key(dispatch: &Dispatch) -> Key {
    let constants = dispatch.constants.iter().map(|(name, value)| (*name, value.to_bits()));
    (dispatch.shader.name, constants.collect())
}

#[derive(Debug, Default)]
pub(super) struct Pipelines(Mutex<Compiled>);

#[derive(Debug, Default)]
struct Compiled {
    modules: HashMap<&'static str, ShaderModule>,
    pipelines: HashMap<Key, ComputePipeline>,
}

impl Pipelines {
    /// Returns the pipeline of a dispatch, compiling it if it is new. Errors go to the device's error scope.
    pub(super) fn get(&self, gpu: &Device, dispatch: &Dispatch) -> ComputePipeline {
        let (name, key) = (dispatch.shader.name, key(dispatch));
        let (known, module) = {
            let mut compiled = self.compiled();
            let known = compiled.pipelines.get(&key).cloned();
            let module = compiled.modules.entry(name).or_insert_with(|| {
                gpu.device.create_shader_module(ShaderModuleDescriptor {
                    label: Some(name),
                    source: ShaderSource::Wgsl(dispatch.shader.text().into()),
                })
            });
            (known, module.clone())
        };
        // Compiles outside the lock, so that other threads can compile at the same time.
        let compile = || {
            gpu.device.create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(name),
                layout: None,
                module: &module,
                entry_point: Some("main"),
                compilation_options: PipelineCompilationOptions {
                    constants: &dispatch.constants,
                    // The shaders write workgroup memory before they read it.
                    zero_initialize_workgroup_memory: false,
                },
                cache: None,
            })
        };
        let pipeline = known.unwrap_or_else(compile);
        self.compiled().pipelines.entry(key).or_insert(pipeline).clone()
    }

    /// Compiles the dispatches' new pipelines in parallel, if the backend can be used from several threads.
    ///
    /// # Errors
    /// Whatever wgpu reports.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn prepare<'d>(&self, gpu: &Device, dispatches: impl Iterator<Item = &'d Dispatch>) -> Result<()> {
        let mut new: HashMap<Key, &Dispatch> = dispatches.map(|d| (key(d), d)).collect();
        new.retain(|key, _| !self.compiled().pipelines.contains_key(key));
        if gpu.info().backend == Backend::Gl {
            return Ok(());
        }
        // Error scopes belong to a thread.
        let compile = |dispatch: &Dispatch| pollster::block_on(gpu.guarded(|| drop(self.get(gpu, dispatch))));
        let new: Vec<&Dispatch> = new.into_values().collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut mine = std::iter::from_fn(|| new.get(next.fetch_add(1, Ordering::Relaxed)));
            mine.try_for_each(|dispatch| compile(dispatch))
        };
        // As many threads as the system gives, and this one.
        std::thread::scope(|scope| {
            let most = std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(new.len());
            let helpers: Vec<_> = (1..most)
                .map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let own = work();
            // A compiler that panics has told so; whoever needs the pipeline asks for it again.
            helpers
                .into_iter()
                .fold(own, |all, helper| all.and(helper.join().unwrap_or(Ok(()))))
        })
    }

    /// Returns the keys of the compiled pipelines.
    #[cfg(test)]
    pub(super) fn keys(&self) -> Vec<Key> {
        self.compiled().pipelines.keys().cloned().collect()
    }

    fn compiled(&self) -> MutexGuard<'_, Compiled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
