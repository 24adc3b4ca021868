//! Whole segments on every adapter at hand: against the official outputs and against the CPU executor.
#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod common;

use std::sync::{Arc, OnceLock};

use common::{Golden, full_size_hrm, random_model, relative_l2};
use hrm::Error;
use hrm::executor::{DeviceChoice, Executor, Outputs, Want};
use hrm::gpu::{Gpu, GpuExecutor, adapters};
use hrm::kernels::Variant;
use hrm::model::{Config, Dtype, Family, Model, Positions};
use pollster::block_on;

const EVERYTHING: Want = Want {
    logits: true,
    carry: true,
};

/// All adapters with both kinds of shaders, opened once for all tests of the file.
fn gpus() -> &'static [Arc<Gpu>] {
    static GPUS: OnceLock<Vec<Arc<Gpu>>> = OnceLock::new();
    GPUS.get_or_init(|| {
        let found = block_on(adapters()).unwrap();
        assert!(
            !found.is_empty() || std::env::var_os("CI").is_none(),
            "CI needs an adapter"
        );
        if found.is_empty() {
            println!("SKIPPED: there is no adapter (mesa-vulkan-drivers has a software one)");
        }
        let open = |index| block_on(Gpu::open(&DeviceChoice::Index(index), 0)).unwrap().unwrap();
        let both = [Variant::Workgroup, Variant::Register];
        let kinds = (0..found.len()).flat_map(|index| both.map(|variant| (index, variant)));
        kinds
            .map(|(index, variant)| Arc::new(open(index).with_variant(variant)))
            .collect()
    })
}

fn executor(model: &Arc<Model>, gpu: &Arc<Gpu>) -> Executor {
    Executor::gpu(block_on(GpuExecutor::new(model.clone(), gpu.clone())).unwrap())
}

fn named(gpu: &Gpu) -> String {
    format!("{:?} on {} ({})", gpu.variant(), gpu.info().name, gpu.info().backend)
}

/// One tensor of all samples.
fn all(outputs: &[Outputs], name: &str) -> Vec<f32> {
    let part = |o: &Outputs| match name {
        "logits" => o.logits.clone().unwrap(),
        "z_H" => o.z_h.clone().unwrap(),
        "z_L" => o.z_l.clone().unwrap(),
        "q_halt" => vec![o.q_halt],
        _ => vec![o.q_continue],
    };
    outputs.iter().flat_map(part).collect()
}

#[test]
fn golden_cases() {
    for (case, file) in [
        ("hrm-tiny", "model.safetensors"),
        ("hrm-sudoku-small", "checkpoint.pt"),
        ("trm-att-tiny", "checkpoint.pt"),
        ("trm-mlp-tiny", "checkpoint.pt"),
    ] {
        let golden = Golden::load(case);
        let model = Arc::new(Model::open(&golden.folder.join(file), None).unwrap());
        for gpu in gpus() {
            let outputs = golden.segments(&executor(&model, gpu), golden.count);
            let on = named(gpu);
            for (i, samples) in outputs.iter().enumerate() {
                let (segment, bound) = (i + 1, if i == 0 { 3e-6 } else { 2e-5 });
                for name in ["logits", "z_H", "z_L"] {
                    let error = relative_l2(&all(samples, name), &golden.f32s(&format!("seg{segment}.{name}")));
                    if std::env::var_os("HRM_ERRORS").is_some() {
                        println!("{case} segment {segment} {name} {on}: {error:.1e}");
                    }
                    assert!(error <= bound, "{case} segment {segment} {name} {on}: {error:e}");
                }
                for name in ["q_halt", "q_continue"] {
                    let official = golden.f32s(&format!("seg{segment}.{name}"));
                    let near = all(samples, name)
                        .iter()
                        .zip(&official)
                        .all(|(a, b)| (a - b).abs() <= 1e-3);
                    assert!(near, "{case} segment {segment} {name} {on}");
                }
                golden.check_predictions(segment, samples);
            }
        }
    }
}

#[test]
fn golden_cases_with_f16_weights() {
    for case in ["hrm-tiny", "trm-mlp-tiny"] {
        let golden = Golden::load(case);
        let model = Model::open(&golden.folder.join("checkpoint.pt"), None).unwrap();
        let model = Arc::new(model.rounded(Dtype::F16));
        for gpu in gpus() {
            let outputs = golden.segments(&executor(&model, gpu), 1);
            for name in ["logits", "z_H", "z_L"] {
                let error = relative_l2(&all(&outputs[0], name), &golden.f32s(&format!("seg1.{name}")));
                assert!(error <= 2e-3 && error > 1e-6, "{case} {name} {}: {error:e}", named(gpu));
            }
        }
    }
}
