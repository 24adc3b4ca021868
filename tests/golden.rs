//! Outputs of the official implementation, segment by segment (docs/specification.md, section 11).

use std::path::Path;
use std::sync::Arc;

use crate::common::{CASES, Golden, all, relative_l2};
use hrm::executor::{Executor, Want};
use hrm::model::Model;

/// What a good f32 executor stays below (docs/specification.md, section 11), in the first and in the last segment.
const BOUNDS: [f64; 2] = [3e-6, 2e-5];

#[test]
fn the_cpu_executor_meets_the_official_outputs() {
    for (case, files) in CASES {
        let golden = Golden::load(case);
        for file in files {
            let model = Arc::new(Model::open(&golden.folder.join(file), None).unwrap());
            let executor = Executor::cpu(model, None).unwrap();
            check(&golden, &executor, case);
        }
    }
}

#[test]
fn a_converted_model_folder_computes_the_same() {
    for (case, files) in CASES {
        let golden = Golden::load(case);
        let folder = tempfile::tempdir().unwrap();
        Model::open(&golden.folder.join(files[0]), None)
            .unwrap()
            .save(folder.path(), None)
            .unwrap();
        let model = Arc::new(Model::open(folder.path(), None).unwrap());
        check(&golden, &Executor::cpu(model, None).unwrap(), case);
    }
}

/// The official evaluation computes in bfloat16, whose own error is 1 to 2 % (docs/specification.md, section 6.2).
#[test]
fn the_official_bfloat16_outputs_are_near() {
    // One case is of a model that was trained in f32.
    for (case, files) in CASES.into_iter().filter(|(case, _)| *case != "serrm-maze-tiny") {
        let golden = Golden::load(case);
        if !golden.has("bf16.seg1.logits") {
            assert!(
                ["eqr", "nano", "sotaku"].iter().any(|family| case.starts_with(family)),
                "{case}"
            );
            continue;
        }
        let model = Arc::new(Model::open(&golden.folder.join(files[0]), None).unwrap());
        let outputs = golden.segments(&Executor::cpu(model, None).unwrap(), 1);
        let logits = all(&outputs[0], "logits");
        let error = relative_l2(&logits, &golden.f32s("bf16.seg1.logits"));
        assert!(error < 0.03 && error > 1e-4, "{case}: {error:e}");
    }
}

fn check(golden: &Golden, executor: &Executor, case: &str) {
    let outputs = golden.segments(executor, golden.count);
    for (i, samples) in outputs.iter().enumerate().filter(|(i, _)| golden.recorded(i + 1)) {
        let segment = i + 1;
        // Between the first and the last segment the bound grows by equal factors.
        let along = i as f64 / (golden.count - 1).max(1) as f64;
        let bound = BOUNDS[0].powf(1.0 - along) * BOUNDS[1].powf(along);
        assert_eq!(
            samples[0].z_l.is_some(),
            golden.outputs().any(|name| name == "z_L"),
            "{case}"
        );
        for name in golden.outputs().filter(|name| !name.starts_with('q')) {
            let error = relative_l2(&all(samples, name), &golden.f32s(&format!("seg{segment}.{name}")));
            assert!(
                error <= bound,
                "{case} segment {segment} {name}: relative L2 {error:e} > {bound:e}"
            );
        }
        for name in golden.outputs().filter(|name| name.starts_with('q')) {
            for (a, b) in all(samples, name)
                .iter()
                .zip(golden.f32s(&format!("seg{segment}.{name}")))
            {
                assert!(
                    (a - b).abs() <= 1e-3,
                    "{case} segment {segment} {name}: {a} against {b}"
                );
            }
        }
        golden.check_predictions(segment, samples);
    }
    let whole = golden.has("seg1.q_halt") && golden.has("seg1.q_continue");
    assert!(whole || !case.starts_with(['h', 't']), "{case}");
    if case.starts_with("eqr") {
        for (found, score) in outputs[golden.count - 1].iter().zip(golden.f32s("score")) {
            let found = found.change.unwrap();
            assert!(
                (found - score).abs() <= 1e-4 * score,
                "{case}: score {found} against {score}"
            );
        }
    }
}

/// The golden data can tell a wrong executor: another epsilon breaks the bound.
#[test]
fn the_bounds_catch_a_wrong_epsilon() {
    let golden = Golden::load("hrm-tiny");
    let mut model = Model::open(&golden.folder.join("checkpoint.pt"), None).unwrap();
    model.config.rms_norm_eps = 1e-6;
    let outputs = golden.segments(&Executor::cpu(Arc::new(model), None).unwrap(), 1);
    let logits = all(&outputs[0], "logits");
    assert!(relative_l2(&logits, &golden.f32s("seg1.logits")) > BOUNDS[0]);
}

/// Only what is asked for is handed out.
#[test]
fn outputs_are_those_that_were_wanted() {
    let golden = Golden::load("trm-att-tiny");
    let model = Arc::new(Model::open(Path::new(&golden.folder), None).unwrap());
    let executor = Executor::cpu(model, None).unwrap();
    let mut batch = executor.batch(1, golden.seq_len, None).unwrap();
    batch
        .load(0, &golden.inputs[..golden.seq_len], golden.identifiers[0], None)
        .unwrap();
    let outputs = pollster::block_on(batch.segment(&[0], Want::default())).unwrap();
    assert!(outputs[0].logits.is_none() && outputs[0].z_h.is_none() && outputs[0].z_l.is_none());
    assert_eq!(outputs[0].preds.len(), golden.seq_len);
}
