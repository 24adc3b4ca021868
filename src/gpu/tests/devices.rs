//! Devices: which one is taken, what its limits do to a batch, and what happens when it is lost.

use std::sync::Arc;

use super::common::tiny;
use super::gpus::{executor, gpus, named};
use super::segments::{load, two_segments};
use crate::Error;
use crate::executor::{Batch, DeviceChoice, Executor, Progress, Want};
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
        let (device, queue) = raw_device(gpu, wgpu::Features::empty(), limits);
        let own = Arc::new(Gpu::from_device(device, queue).unwrap());
        let split = two_segments(&executor(&model, &own), 8, &[0, 1, 2, 4, 5, 7]);
        let whole = two_segments(&executor(&model, gpu), 8, &[0, 1, 2, 4, 5, 7]);
        assert_eq!(split, whole, "{}", named(gpu));
        // If not even one sample fits, the error names what is needed and what is offered.
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: 20_000,
            ..wgpu::Limits::default()
        };
        let (device, queue) = raw_device(gpu, wgpu::Features::empty(), limits);
        let own = Arc::new(Gpu::from_device(device, queue).unwrap());
        let error = block_on(GpuExecutor::new(model.clone(), own)).unwrap_err();
        assert!(matches!(error, Error::Device { .. }), "{error}");
        assert!(error.to_string().contains("20000"), "{error}");
    }
}

/// Opens a device as a program that itself uses wgpu would, with those of `features` and `limits` that there are.
pub(super) fn raw_device(gpu: &Gpu, features: wgpu::Features, limits: wgpu::Limits) -> (wgpu::Device, wgpu::Queue) {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapters = block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let same =
        |a: &wgpu::Adapter| (a.get_info().name, a.get_info().backend) == (gpu.info().name.clone(), gpu.info().backend);
    let adapter = adapters.into_iter().find(same).unwrap();
    let descriptor = wgpu::DeviceDescriptor {
        required_features: features & adapter.features(),
        required_limits: limits.or_worse_values_from(&adapter.limits()),
        ..Default::default()
    };
    block_on(adapter.request_device(&descriptor)).unwrap()
}

/// Runs two samples that begin one after the other, with something happening at each stage: with the executor, the batch, the
/// first sample, its segment, the second sample, and each segment after it. Returns the progress with the number of stages before
/// it, and how many stages there were.
fn in_stages(executor: &Executor, mut reach: impl FnMut(usize)) -> (Vec<(usize, Progress)>, usize) {
    let seq_len = executor.model().config.seq_len;
    let schedule = Schedule {
        halt: Halt::Fixed,
        segments: 4,
    };
    let mut stage = 0;
    let mut reached = || {
        reach(stage);
        stage += 1;
        stage
    };
    reached();
    let mut batch = executor.batch(2, seq_len, Some(schedule)).unwrap();
    let mut stages = reached();
    let mut all = Vec::new();
    let mut advance = |batch: &mut Batch, stage: usize| {
        let progress = block_on(batch.advance(1, Want::ALL)).unwrap();
        all.extend(progress.into_iter().map(|progress| (stage, progress)));
    };
    for (slot, token) in [1, 2].into_iter().enumerate() {
        // What is computed again starts from the same carry.
        let noise = (slot == 1).then_some(Noise { seed: 1, strength: 0.5 });
        batch.load(slot, &vec![token; seq_len], 0, noise).unwrap();
        advance(&mut batch, reached());
        stages = reached();
    }
    while !batch.is_idle() {
        advance(&mut batch, stages);
        stages = reached();
    }
    (all, stages)
}

/// Wherever a device is destroyed, it is reopened once, and the answers are those of an undisturbed run.
#[test]
fn a_lost_device_is_rebuilt() {
    let model = tiny();
    for index in 0..block_on(adapters()).unwrap().len() {
        let run = |lost_at: Option<usize>| {
            let executor = block_on(Executor::open(model.clone(), &DeviceChoice::Index(index), None)).unwrap();
            let device = executor.gpu().unwrap().open.device.clone();
            let lose = |stage| {
                if lost_at == Some(stage) {
                    device.destroy();
                }
            };
            in_stages(&executor, lose)
        };
        let (expected, stages) = run(None);
        assert_eq!(stages, 9);
        for stage in 0..stages {
            assert_eq!(run(Some(stage)).0, expected, "adapter {index}, stage {stage}");
        }
    }
}

/// Wherever memory runs out, the CPU goes on with its own numbers, from the first segment.
#[test]
fn the_cpu_takes_over_where_memory_does_not_suffice() {
    let model = tiny();
    let (on_cpu, _) = in_stages(&Executor::cpu(model.clone(), None).unwrap(), |_| ());
    for index in 0..block_on(adapters()).unwrap().len() {
        let choice = DeviceChoice::Index(index);
        let open = || block_on(Executor::open(model.clone(), &choice, None)).unwrap();
        let (on_gpu, stages) = in_stages(&open(), |_| ());
        for exhausted in 0..stages {
            let executor = open().by_auto();
            let exhaust = |stage| {
                if stage == exhausted {
                    executor.gpu().unwrap().open.exhaust();
                }
            };
            let (found, _) = in_stages(&executor, exhaust);
            let expected = on_gpu.iter().zip(&on_cpu);
            let expected: Vec<_> = expected
                .map(|(gpu, cpu)| if gpu.0 <= exhausted { gpu } else { cpu }.clone())
                .collect();
            assert_eq!(found, expected, "adapter {index}, stage {exhausted}");
        }
        // A GPU that somebody has chosen is not replaced.
        let executor = open();
        let mut batch = executor.batch(1, model.config.seq_len, None).unwrap();
        load(&mut batch, &[0], &model.config);
        executor.gpu().unwrap().open.exhaust();
        let error = block_on(batch.advance(1, Want::default())).unwrap_err();
        assert!(matches!(error, Error::OutOfMemory { .. }), "{error}");
    }
}

/// A device that the caller opened is not ours to reopen.
#[test]
fn a_lost_device_of_the_caller_is_an_error() {
    let model = tiny();
    for gpu in gpus() {
        let (device, queue) = raw_device(gpu, wgpu::Features::empty(), wgpu::Limits::default());
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
