//! Compiled shaders, kept by name and constants.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wgpu::{
    ComputePipeline, ComputePipelineDescriptor, Device, PipelineCompilationOptions, ShaderModule,
    ShaderModuleDescriptor, ShaderSource,
};

use crate::kernels::Dispatch;

/// A shader's name and the bits of its constants.
pub(super) type Key = (&'static str, Vec<(&'static str, u64)>);

/// What a dispatch's pipeline is kept by.
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
    /// The pipeline of a dispatch, compiled where it is new. Errors go to the device's error scope.
    pub(super) fn get(&self, device: &Device, dispatch: &Dispatch) -> ComputePipeline {
        let name = dispatch.shader.name;
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Compiled { modules, pipelines } = &mut *guard;
        let module = modules.entry(name).or_insert_with(|| {
            device.create_shader_module(ShaderModuleDescriptor {
                label: Some(name),
                source: ShaderSource::Wgsl(dispatch.shader.source.into()),
            })
        });
        let compile = || {
            device.create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(name),
                layout: None,
                module,
                entry_point: Some("main"),
                compilation_options: PipelineCompilationOptions {
                    constants: &dispatch.constants,
                    // The shaders write workgroup memory before they read it.
                    zero_initialize_workgroup_memory: false,
                },
                cache: None,
            })
        };
        pipelines.entry(key(dispatch)).or_insert_with(compile).clone()
    }
}
