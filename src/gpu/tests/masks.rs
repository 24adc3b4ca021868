//! Adapters that offer less than they could, by the features and limits that a device is opened with: each answers a golden
//! case rightly, or is refused before any work.

use std::sync::Arc;

use super::devices::raw_device;
use super::gpus::{gpus, named};
use crate::Error;
use crate::executor::Executor;
use crate::gpu::wgpu::{Features, Limits};
use crate::gpu::{Gpu, golden};
use pollster::block_on;

/// What a device is asked for, and whether it must do; None where that depends on the shaders in use.
type Mask = (&'static str, Option<bool>, fn(&mut Features, &mut Limits));

const MASKS: [Mask; 16] = [
    ("every feature", Some(true), |features, _| {
        *features = Features::all() - Features::all_experimental_mask();
    }),
    ("f16 alone", Some(true), |features, _| *features = Features::SHADER_F16),
    ("what the shaders need and no more", Some(true), |_, limits| {
        limits.max_storage_buffers_per_shader_stage = 7;
        limits.max_storage_textures_per_shader_stage = 4;
        limits.max_compute_invocations_per_workgroup = 256;
        limits.max_compute_workgroup_storage_size = 13 << 10;
        limits.max_compute_workgroup_size_x = 256;
        limits.max_compute_workgroup_size_y = 8;
        limits.max_compute_workgroup_size_z = 1;
        limits.max_uniform_buffers_per_shader_stage = 1;
        limits.max_uniform_buffer_binding_size = 256;
        limits.max_bind_groups = 1;
        limits.max_sampled_textures_per_shader_stage = 0;
        limits.max_samplers_per_shader_stage = 0;
    }),
    ("small images", None, |_, limits| limits.max_texture_dimension_2d = 64),
    ("no large bindings", None, |_, limits| {
        limits.max_storage_buffer_binding_size = 16 << 10;
    }),
    ("no large buffers", None, |_, limits| limits.max_buffer_size = 16 << 10),
    ("WebGPU's limits for old devices", Some(false), |_, limits| {
        *limits = Limits::downlevel_defaults();
    }),
    ("WebGL's limits", Some(false), |_, limits| {
        *limits = Limits::downlevel_webgl2_defaults();
    }),
    ("fewer workgroups", Some(false), |_, limits| {
        limits.max_compute_workgroups_per_dimension -= 1;
    }),
    ("fewer buffers", Some(false), |_, limits| {
        limits.max_storage_buffers_per_shader_stage = 6;
    }),
    ("fewer images", Some(false), |_, limits| {
        limits.max_storage_textures_per_shader_stage = 3;
    }),
    ("fewer invocations", Some(false), |_, limits| {
        limits.max_compute_invocations_per_workgroup = 255;
    }),
    ("less workgroup memory", Some(false), |_, limits| {
        limits.max_compute_workgroup_storage_size = (13 << 10) - 16;
    }),
    ("narrow workgroups", Some(false), |_, limits| {
        limits.max_compute_workgroup_size_x = 255;
    }),
    ("flat workgroups", Some(false), |_, limits| {
        limits.max_compute_workgroup_size_y = 7
    }),
    ("no uniform buffers", Some(false), |_, limits| {
        limits.max_uniform_buffers_per_shader_stage = 0;
    }),
];

#[test]
fn a_masked_adapter_answers_rightly_or_is_refused() {
    let model = golden::model().unwrap();
    for gpu in gpus() {
        for (name, expected, mask) in MASKS {
            let on = format!("{name}, {}", named(gpu));
            let (mut features, mut limits) = (Features::empty(), Limits::default());
            mask(&mut features, &mut limits);
            let (device, queue) = raw_device(gpu, features, limits);
            let opened = Gpu::from_device(device, queue)
                .and_then(|own| {
                    let own = own.with_autotune(None).with_shader_set(gpu.shader_set());
                    block_on(Executor::on_gpu(model.clone(), Arc::new(own)))
                })
                .and_then(|executor| executor.batch(1, model.config.seq_len, None).map(|_| executor));
            match opened {
                Ok(executor) => {
                    assert_ne!(expected, Some(false), "{on}");
                    let findings = block_on(golden::compare(&on, &executor, golden::BOUNDS)).unwrap();
                    assert!(findings.iter().all(|finding| finding.passed), "{findings:?}");
                }
                Err(error) => {
                    assert_ne!(expected, Some(true), "{on}: {error}");
                    assert!(matches!(error, Error::Device { .. }), "{on}: {error}");
                }
            }
        }
    }
}
