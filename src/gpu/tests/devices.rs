//! Devices: which one is taken, what its limits do to a batch, and what happens when it is lost.

use std::sync::Arc;

use super::common::tiny;
use super::gpus::{executor, gpus, named};
use super::segments::{load, two_segments};
use crate::Error;
use crate::executor::{DeviceChoice, Executor, Want};
use crate::gpu::{Gpu, GpuExecutor, adapters, wgpu};
use crate::halt::{Halt, Schedule};
use crate::kernels::ShaderSet;
use crate::noise::Noise;
use pollster::block_on;

/// A caller's device whose limits hold few samples: the batch is split, and results stay the same.
#[test]
fn batches_beyond_the_binding_limit_are_split() {
    let model = tiny();
    for gpu in gpus().iter().filter(|gpu| gpu.shader_set() == ShaderSet::Register) {
        let largest = 4 * 21 * 2 * 256; // gate and up of one sample, roughly
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: 3 * largest,
            ..wgpu::Limits::default()
        };
        let Some((device, queue)) = raw_device(gpu, limits) else {
            continue;
        };
        let own = Arc::new(Gpu::from_device(device, queue).unwrap());
        let split = two_segments(&executor(&model, &own), 8, &[0, 1, 2, 4, 5, 7]);
        let whole = two_segments(&executor(&model, gpu), 8, &[0, 1, 2, 4, 5, 7]);
        assert_eq!(split, whole, "{}", named(gpu));
        // If not even one sample fits, the error names what is needed and what is offered.
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: 20_000,
            ..wgpu::Limits::default()
        };
        let Some((device, queue)) = raw_device(gpu, limits) else {
            continue;
        };
        let own = Arc::new(Gpu::from_device(device, queue).unwrap());
        let error = block_on(GpuExecutor::new(model.clone(), own)).unwrap_err();
        assert!(matches!(error, Error::Device { .. }), "{error}");
        assert!(error.to_string().contains("20000"), "{error}");
    }
}

/// Opens a device as a program that itself uses wgpu would.
fn raw_device(gpu: &Gpu, limits: wgpu::Limits) -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let same =
        |a: &wgpu::Adapter| (a.get_info().name, a.get_info().backend) == (gpu.info().name.clone(), gpu.info().backend);
    let descriptor = wgpu::DeviceDescriptor {
        required_limits: limits,
        ..Default::default()
    };
    Some(block_on(adapters.into_iter().find(same)?.request_device(&descriptor)).unwrap())
}

/// Wherever a device is destroyed, it is reopened once, and the answers are those of an undisturbed run.
#[test]
fn a_lost_device_is_rebuilt() {
    let model = tiny();
    for index in 0..block_on(adapters()).unwrap().len() {
        // Stages: with the executor, the batch, the first sample, its segment, the second sample, and each segment after it.
        let run = |lost_at: Option<usize>| {
            let executor = block_on(Executor::open(model.clone(), &DeviceChoice::Index(index), None)).unwrap();
            let device = executor.gpu().unwrap().open.device.clone();
            let mut stage = 0;
            let mut reach = || {
                if lost_at == Some(stage) {
                    device.destroy();
                }
                stage += 1;
            };
            reach();
            let schedule = Schedule {
                halt: Halt::Fixed,
                segments: 4,
            };
            let mut batch = executor.batch(2, model.config.seq_len, Some(schedule)).unwrap();
            reach();
            let mut progress = Vec::new();
            for (slot, token) in [1, 2].into_iter().enumerate() {
                // What is computed again starts from the same carry.
                let noise = (slot == 1).then_some(Noise { seed: 1, strength: 0.5 });
                let tokens = vec![token; model.config.seq_len];
                batch.load(slot, &tokens, 0, noise).unwrap();
                reach();
                progress.extend(block_on(batch.advance(1, Want::ALL)).unwrap());
                reach();
            }
            while !batch.is_idle() {
                progress.extend(block_on(batch.advance(1, Want::ALL)).unwrap());
                reach();
            }
            (progress, stage)
        };
        let (expected, stages) = run(None);
        assert_eq!(stages, 9);
        for stage in 0..stages {
            assert_eq!(run(Some(stage)).0, expected, "adapter {index}, stage {stage}");
        }
    }
}

/// A device that the caller opened is not ours to reopen.
#[test]
fn a_lost_device_of_the_caller_is_an_error() {
    let model = tiny();
    for gpu in gpus() {
        let Some((device, queue)) = raw_device(gpu, wgpu::Limits::default()) else {
            continue;
        };
        let own = Arc::new(Gpu::from_device(device.clone(), queue).unwrap());
        let executor = executor(&model, &own);
        let mut batch = executor.batch(1, model.config.seq_len, None).unwrap();
        load(&mut batch, &[0], &model.config);
        block_on(batch.segment(&[0], Want::default())).unwrap();
        device.destroy();
        let error = block_on(batch.segment(&[0], Want::default())).unwrap_err();
        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
        let error = block_on(executor.rebuild()).unwrap_err();
        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let model = tiny();
    for choice in [DeviceChoice::Index(77), DeviceChoice::Name("no such adapter".into())] {
        let error = block_on(Executor::open(model.clone(), &choice, None)).unwrap_err();
        assert!(matches!(error, Error::Device { .. }), "{error}");
        assert!(
            error.to_string().contains("77") || error.to_string().contains("no such adapter"),
            "{error}"
        );
    }
}

/// A software adapter is used only on request.
#[test]
fn auto_takes_no_software_adapter() {
    for report in block_on(adapters()).unwrap() {
        assert!(!(report.auto && report.kind == "software"), "{report:?}");
    }
}
