//! The adapters of this machine, for tests of the GPU executor.
#![allow(dead_code, reason = "each test uses its part")]

use std::sync::{Arc, OnceLock};

use hrm::executor::{DeviceChoice, Executor};
use hrm::gpu::ShaderSet;
use hrm::gpu::wgpu::Features;
use hrm::gpu::{Gpu, adapters};
use hrm::model::Model;
use pollster::block_on;

use super::common::skips::{not_offered, skipped};

/// All adapters with both shader sets, opened once for all tests of the file.
pub fn gpus() -> &'static [Arc<Gpu>] {
    static GPUS: OnceLock<Vec<Arc<Gpu>>> = OnceLock::new();
    GPUS.get_or_init(|| {
        let found = block_on(adapters()).unwrap();
        assert!(
            !found.is_empty() || std::env::var_os("CI").is_none(),
            "CI needs an adapter: on Linux mesa-vulkan-drivers has a software one"
        );
        if found.is_empty() {
            skipped("the GPU executor: there is no adapter (mesa-vulkan-drivers has a software one)");
        }
        let both = [ShaderSet::Workgroup, ShaderSet::Register];
        let kinds = (0..found.len()).flat_map(|index| both.map(|set| (index, set)));
        kinds
            .map(|(index, set)| Arc::new(open(index).with_shader_set(set)))
            .collect()
    })
}

/// An adapter by the rules alone: tests leave the user's cache folder as it is.
pub fn open(index: usize) -> Gpu {
    let gpu = block_on(Gpu::open(&DeviceChoice::Index(index), Features::empty()))
        .unwrap()
        .unwrap();
    gpu.with_autotune(None)
}

/// Those that have f16, with the shaders that can use it. Mesa's software adapter does.
pub fn with_f16() -> Vec<Gpu> {
    let all = block_on(adapters()).unwrap().into_iter().enumerate();
    let found = all.filter(|(_, adapter)| {
        if !adapter.shader_f16 {
            not_offered(&format!("products in f16 on {} ({})", adapter.name, adapter.backend));
            assert!(adapter.backend != "vulkan" || !adapter.name.starts_with("llvmpipe"));
        }
        adapter.shader_f16
    });
    let open = |index| {
        let choice = DeviceChoice::Index(index);
        let gpu = block_on(Gpu::open(&choice, Features::SHADER_F16));
        gpu.unwrap().unwrap().with_shader_set(ShaderSet::Workgroup)
    };
    found.map(|(index, _)| open(index)).collect()
}

pub fn executor(model: &Arc<Model>, gpu: &Arc<Gpu>) -> Executor {
    block_on(Executor::on_gpu(model.clone(), gpu.clone())).unwrap()
}

pub fn named(gpu: &Gpu) -> String {
    format!("{:?} on {} ({})", gpu.shader_set(), gpu.info().name, gpu.info().backend)
}
