//! Products in narrower formats than f32 on the CPU: near it, and the same bits whatever the batch and the threads.

use std::sync::Arc;

use crate::common::{CASES, Golden, all, relative_l2};
use hrm::executor::{Executor, Outputs, Want};
use hrm::model::{Dtype, Model};

/// Formats, with what a first segment may differ by from the official outputs in f32.
const FORMATS: [(Dtype, f64); 1] = [(Dtype::BF16, 0.03)];

fn open(golden: &Golden, file: &str) -> Model {
    Model::open(&golden.folder.join(file), None).unwrap()
}

#[test]
fn narrow_products_are_near_the_official_outputs() {
    for (case, files) in CASES {
        let golden = Golden::load(case);
        for (dtype, bound) in FORMATS {
            let model = open(&golden, files[0]).rounded(dtype);
            let outputs = golden
                .segments(&Executor::cpu(Arc::new(model), None).unwrap(), 1)
                .remove(0);
            for name in golden.outputs().filter(|name| !name.starts_with('q')) {
                let error = relative_l2(&all(&outputs, name), &golden.f32s(&format!("seg1.{name}")));
                println!("{case} {dtype} {name}: {error:e}");
                assert!(error < bound && error > 1e-5, "{case} {dtype} {name}: {error:e}");
            }
        }
    }
}

#[test]
fn neither_neighbours_nor_threads_change_a_bit() {
    for case in [
        "hrm-tiny",
        "trm-mlp-tiny",
        "urm-sudoku-tiny",
        "serrm-sudoku-tiny",
        "sotaku-tiny",
    ] {
        let golden = Golden::load(case);
        let file = CASES.iter().find(|(name, _)| *name == case).unwrap().1[0];
        for (dtype, _) in FORMATS {
            let model = Arc::new(open(&golden, file).rounded(dtype));
            let run = |threads: usize, live: &[usize]| -> Vec<Vec<Outputs>> {
                let executor = Executor::cpu(model.clone(), Some(threads)).unwrap();
                let mut batch = executor.batch(5, golden.seq_len, None).unwrap();
                for &slot in live {
                    let sample = slot % golden.samples;
                    let tokens = &golden.inputs[sample * golden.seq_len..][..golden.seq_len];
                    batch.load(slot, tokens, golden.identifiers[sample], None).unwrap();
                }
                let mut segment = || pollster::block_on(batch.segment(live, Want::ALL)).unwrap();
                (0..2).map(|_| segment()).collect()
            };
            let alone: Vec<_> = (0..5).map(|slot| run(1, &[slot])).collect();
            for (threads, live) in [
                (1, &[0, 1, 2, 3, 4][..]),
                (2, &[1, 4]),
                (2, &[0]),
                (3, &[0, 1, 2, 3, 4]),
                (4, &[2]),
            ] {
                for (segment, together) in run(threads, live).iter().enumerate() {
                    for (found, &slot) in together.iter().zip(live) {
                        assert_eq!(
                            found, &alone[slot][segment][0],
                            "{case} {dtype}, {threads} threads, slot {slot}"
                        );
                    }
                }
            }
        }
    }
}
