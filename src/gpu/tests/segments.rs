//! Whole segments on every adapter at hand: against the official outputs and against the CPU executor.

use std::sync::Arc;

use super::common::{CASES, Golden, all, full_size_hrm, random_model, relative_l2, tiny};
use super::gpus::{executor, gpus, named};
use crate::executor::{Batch, DeviceChoice, Executor, Outputs, Want};
use crate::gpu::profile::{KernelTime, profile};
use crate::gpu::verify::{Finding, verify};
use crate::gpu::{Gpu, adapters};
use crate::model::{Config, Dtype, Family, Model, Positions};
use pollster::block_on;

#[test]
fn golden_cases() {
    for (case, files) in CASES {
        let golden = Golden::load(case);
        let model = Arc::new(Model::open(&golden.folder.join(files[files.len() - 1]), None).unwrap());
        for gpu in gpus() {
            // Every segment with the shaders that suit the adapter, the first two with the others.
            let own = Gpu::shader_set_of(gpu.info()) == gpu.shader_set();
            let outputs = golden.segments(&executor(&model, gpu), if own { golden.count } else { 2 });
            let on = named(gpu);
            for (i, samples) in outputs.iter().enumerate().filter(|(i, _)| golden.recorded(i + 1)) {
                let (segment, bound) = (i + 1, if i == 0 { 3e-6 } else { 2e-5 });
                for name in golden.outputs().filter(|name| !name.starts_with('q')) {
                    let error = relative_l2(&all(samples, name), &golden.f32s(&format!("seg{segment}.{name}")));
                    assert!(error <= bound, "{case} segment {segment} {name} {on}: {error:e}");
                }
                for name in golden.outputs().filter(|name| name.starts_with('q')) {
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
        let model = Arc::new(model.rounded(Dtype::F16).unwrap());
        for gpu in gpus() {
            let outputs = golden.segments(&executor(&model, gpu), 1);
            for name in ["logits", "z_H", "z_L"] {
                let error = relative_l2(&all(&outputs[0], name), &golden.f32s(&format!("seg1.{name}")));
                assert!(error <= 2e-3 && error > 1e-6, "{case} {name} {}: {error:e}", named(gpu));
            }
        }
    }
}

/// Small models of all forms, batches of several sizes, some samples live: within 2e-5 of the CPU executor.
#[test]
fn random_models_agree_with_the_cpu() {
    let small = full_size_hrm(21, 7).with(|c| {
        c.hidden_size = 40;
        c.num_heads = 4;
        c.expansion = 1.0;
        c.puzzle_emb_ndim = 100;
        c.num_puzzle_identifiers = 3;
        c.h_layers = 1;
        c.l_layers = 2;
    });
    let trm = small.clone().with(|c| {
        c.family = Family::Trm;
        c.h_layers = 0;
        c.puzzle_emb_len = 5;
    });
    let urm = trm.clone().with(|c| {
        c.family = Family::Urm;
        c.puzzle_emb_len = 0;
    });
    let serrm = Config::published(Family::SeRrm, 21, 7).with(|c| {
        (c.hidden_size, c.num_heads, c.expansion) = (40, 2, 1.0);
        (c.h_cycles, c.l_cycles) = (1, 3);
        c.symbols = c.symbols.map(|mut symbols| {
            (symbols.head_dim, symbols.num_heads_t, symbols.head_dim_t) = (12, 3, 10);
            symbols
        });
    });
    let mixed = serrm.clone().with(|c| {
        c.positions = Positions::Learned;
        (c.puzzle_emb_ndim, c.num_puzzle_identifiers) = (1, 3);
        c.symbols = c.symbols.map(|mut symbols| {
            (symbols.equivariant, symbols.add_tokens, symbols.bf16) = (false, 3, false);
            symbols
        });
    });
    let configs = [
        ("Sotaku", sotaku()),
        ("SE-RRM", serrm),
        ("SE-RRM, not equivariant, learned positions, puzzle rows", mixed),
        ("URM", urm),
        ("HRM", small.clone()),
        (
            "HRM, learned positions, no puzzle embedding, heads of 5",
            small.with(|c| {
                c.positions = Positions::Learned;
                c.puzzle_emb_ndim = 0;
                c.num_heads = 8;
            }),
        ),
        ("TRM", trm.clone()),
        (
            "EqR",
            trm.clone().with(|c| {
                c.family = Family::Eqr;
                c.damping = 0.8;
            }),
        ),
        (
            "EqR, a board of 3 by 7",
            trm.clone().with(|c| {
                c.family = Family::Eqr;
                c.positions = Positions::Rope2d;
                (c.num_heads, c.board) = (2, Some([3, 7]));
                (c.puzzle_emb_ndim, c.puzzle_emb_len) = (0, 0);
                c.damping = 0.95;
            }),
        ),
        (
            "nano-trm, a board of 4 by 4 and more",
            trm.clone().with(|c| {
                c.family = Family::Nano;
                c.positions = Positions::Rope2d;
                c.num_heads = 2;
                c.puzzle_emb_len = 3;
            }),
        ),
        (
            "TRM, token MLP",
            trm.with(|c| {
                c.mlp_t = true;
                c.positions = Positions::None;
            }),
        ),
    ];
    for (name, config) in configs {
        let model = Arc::new(random_model(&config));
        for gpu in gpus() {
            for (slots, live) in [(1, vec![0]), (9, vec![0, 2, 3, 8])] {
                let on = format!("{name}, {slots} slots, {}", named(gpu));
                let expected = two_segments(&Executor::cpu(model.clone(), None).unwrap(), slots, &live);
                let found = two_segments(&executor(&model, gpu), slots, &live);
                let states = if expected[0].z_l.is_some() { 2 } else { 1 };
                for tensor in ["logits", "z_H", "z_L"].into_iter().take(1 + states) {
                    let error = relative_l2(&all(&found, tensor), &all(&expected, tensor));
                    assert!(error <= 2e-5, "{on}, {tensor}: {error:e}");
                }
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((found.q_halt - expected.q_halt).abs() < 1e-3, "{on}");
                    assert!((found.q_continue - expected.q_continue).abs() < 1e-3, "{on}");
                }
            }
        }
    }
}

/// A small Sotaku.
fn sotaku() -> Config {
    Config::published(Family::Sotaku, 21, 7).with(|c| {
        (c.hidden_size, c.num_heads, c.l_layers, c.expansion) = (40, 2, 2, 1.5);
    })
}

/// Runs two segments of the live slots, each with a puzzle of its own, and returns the outputs of the second.
pub(super) fn two_segments(executor: &Executor, slots: usize, live: &[usize]) -> Vec<Outputs> {
    let config = &executor.model().config;
    let mut batch = executor.batch(slots, config.seq_len, None).unwrap();
    load(&mut batch, live, config);
    block_on(batch.segment(live, Want::default())).unwrap();
    block_on(batch.segment(live, Want::ALL)).unwrap()
}

pub(super) fn load(batch: &mut Batch, slots: &[usize], config: &Config) {
    for &slot in slots {
        let token = |t: usize| ((t * 7 + slot * 3) % config.vocab_size) as u32;
        let tokens: Vec<u32> = (0..config.seq_len).map(token).collect();
        batch
            .load(slot, &tokens, slot % config.num_puzzle_identifiers.max(1), None)
            .unwrap();
    }
}

/// A sample's outputs are the same to the last bit alone, among others, and when it joins later.
#[test]
fn samples_are_independent() {
    let models = [tiny(), Arc::new(random_model(&sotaku()))];
    for (gpu, model) in gpus()
        .iter()
        .flat_map(|gpu| models.iter().map(move |model| (gpu, model)))
    {
        let executor = executor(model, gpu);
        let seq_len = model.config.seq_len;
        let together = two_segments(&executor, 5, &[0, 1, 2, 3, 4]);
        assert_eq!(
            two_segments(&executor, 4, &[1, 3]),
            [together[1].clone(), together[3].clone()]
        );
        let mut batch = executor.batch(3, seq_len, None).unwrap();
        load(&mut batch, &[0], &model.config);
        block_on(batch.segment(&[0], Want::default())).unwrap();
        load(&mut batch, &[2], &model.config);
        let both = block_on(batch.segment(&[0, 2], Want::ALL)).unwrap();
        assert_eq!(both[0], together[0]);
        assert_eq!(block_on(batch.segment(&[2], Want::ALL)).unwrap(), [together[2].clone()]);
    }
}

/// Only what is asked for comes back.
#[test]
fn outputs_are_those_that_are_wanted() {
    let model = tiny();
    for gpu in gpus() {
        let mut batch = executor(&model, gpu).batch(2, model.config.seq_len, None).unwrap();
        load(&mut batch, &[0, 1], &model.config);
        let outputs = block_on(batch.segment(&[0, 1], Want::default())).unwrap();
        assert!(
            outputs
                .iter()
                .all(|o| o.logits.is_none() && o.z_h.is_none() && o.z_l.is_none())
        );
        let want = Want {
            logits: true,
            ..Want::default()
        };
        let outputs = block_on(batch.segment(&[1], want)).unwrap();
        assert!(outputs[0].logits.is_some() && outputs[0].z_h.is_none());
        assert!(block_on(batch.segment(&[], Want::default())).unwrap().is_empty());
    }
}

#[test]
fn verify_finds_this_machine_right() {
    let models = [Arc::new(Model::bundled("sudoku").unwrap())];
    for gpu in gpus() {
        let report = block_on(verify(gpu, &models)).unwrap();
        assert!(
            report.findings.iter().all(|finding| finding.passed) && report.findings.len() > 15,
            "{report}"
        );
    }
}

/// Every dispatch of a segment is timed, those of a kind together.
#[test]
fn profiles_account_for_a_segment() {
    let model = tiny();
    for index in 0..block_on(adapters()).unwrap().len() {
        let times = |slots| {
            let profile = block_on(profile(model.clone(), &DeviceChoice::Index(index), slots, 1)).unwrap();
            profile.unwrap().kernels
        };
        let (one, three) = (times(1), times(3));
        let flop = |times: &[KernelTime]| times.iter().map(|t| t.flop).sum::<u64>();
        assert!(flop(&one) > 0);
        assert_eq!(flop(&three), 3 * flop(&one));
        for times in [one, three] {
            assert!(times.iter().any(|t| t.kernel.starts_with("linear")) && times.iter().any(|t| t.kernel == "argmax"));
            assert!(
                times
                    .iter()
                    .all(|t| t.calls > 0 && t.bytes > 0 && t.seconds.is_finite())
            );
            assert!(times.is_sorted_by(|a, b| a.seconds >= b.seconds));
            assert!(times.iter().map(|t| t.seconds).sum::<f64>() > 0.0);
        }
    }
}

/// `hrm verify` must find an error, and also a NaN.
#[test]
fn verify_tells_right_from_wrong() {
    let expected = [1.0, -2.0, 3.0];
    assert!(Finding::relative_l2("same", &expected, &expected, 1e-6).passed);
    assert!(!Finding::relative_l2("off", &[1.0, -2.0, 3.001], &expected, 1e-6).passed);
    assert!(!Finding::relative_l2("NaN", &[1.0, f32::NAN, 3.0], &expected, 1e-6).passed);
    assert!(!Finding::relative_l2("short", &[1.0], &expected, 1e-6).passed);
}
