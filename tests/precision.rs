//! Products in narrower formats than f32 on the CPU: near it, and the same bits whatever the batch and the threads.

use std::path::Path;
use std::sync::Arc;

use crate::common::{CASES, Golden, all, relative_l2};
use hrm::executor::{Executor, Outputs, Want};
use hrm::model::{Dtype, Model};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

/// Formats, with what a first segment may differ by from the official outputs in f32.
const FORMATS: [(Dtype, f64); 2] = [(Dtype::BF16, 0.03), (Dtype::I8, 0.06)];

fn open(golden: &Golden, file: &str) -> Model {
    Model::open(&golden.folder.join(file), None).unwrap()
}

#[test]
fn narrow_products_are_near_the_official_outputs() {
    for (case, files) in CASES {
        let golden = Golden::load(case);
        for (dtype, bound) in FORMATS {
            let model = open(&golden, files[0]).rounded(dtype).unwrap();
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
            let model = Arc::new(open(&golden, file).rounded(dtype).unwrap());
            let run = |threads: usize, live: &[usize]| -> Vec<Vec<Outputs>> {
                let executor = Executor::cpu(model.clone(), Some(threads)).unwrap();
                let mut batch = executor.batch(3, golden.seq_len, None).unwrap();
                for &slot in live {
                    let sample = slot % golden.samples;
                    let tokens = &golden.inputs[sample * golden.seq_len..][..golden.seq_len];
                    batch.load(slot, tokens, golden.identifiers[sample], None).unwrap();
                }
                let mut segment = || pollster::block_on(batch.segment(live, Want::ALL)).unwrap();
                (0..2).map(|_| segment()).collect()
            };
            let alone: Vec<_> = (0..3).map(|slot| run(1, &[slot])).collect();
            for (threads, live) in [(1, &[0, 1, 2][..]), (2, &[1]), (3, &[0, 2])] {
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

/// The weight file of a folder, without some tensors or with fewer elements of some.
fn rewrite(folder: &Path, keep: impl Fn(&str, usize) -> usize) {
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let views = file.tensors().into_iter().filter_map(|(name, tensor)| {
        let mut shape = tensor.shape().to_vec();
        let width = tensor.data().len() / shape[0];
        shape[0] = keep(&name, shape[0]);
        let data = &tensor.data()[..shape[0] * width];
        (shape[0] > 0).then(|| (name, TensorView::new(tensor.dtype(), shape, data).unwrap()))
    });
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
}

#[test]
fn an_int8_folder_holds_what_was_rounded() {
    for case in ["hrm-tiny", "sotaku-tiny"] {
        let golden = Golden::load(case);
        let model = open(&golden, CASES.iter().find(|(name, _)| *name == case).unwrap().1[0]);
        let rounded = model.clone().rounded(Dtype::I8).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let [narrow, wide] = ["narrow", "wide"].map(|name| folder.path().join(name));
        model.save(&narrow, Some(Dtype::I8)).unwrap();
        let stored = Model::open(&narrow, None).unwrap();
        stored.save(&wide, Some(Dtype::F32)).unwrap();
        let widened = Model::open(&wide, None).unwrap();
        let mut int8 = 0;
        for (name, tensor) in rounded.weights.iter() {
            let found = stored.weights.get(name).unwrap();
            assert_eq!(
                (found.dtype(), found.f32s().unwrap()),
                (tensor.dtype(), tensor.f32s().unwrap()),
                "{case} {name}"
            );
            assert_eq!(
                widened.weights.get(name).unwrap().f32s().unwrap(),
                tensor.f32s().unwrap(),
                "{case} {name}"
            );
            int8 += usize::from(tensor.dtype() == Dtype::I8);
        }
        assert!(
            int8 > 4
                && stored
                    .weights
                    .get("lm_head.weight")
                    .is_ok_and(|head| head.dtype() == Dtype::F32)
                || case != "hrm-tiny"
        );
        // Stored so, products are in f32 unless they are asked for.
        assert_eq!(stored.products, Dtype::F32);
        for (least, complaint) in [(0, "I8 with scales, found I8"), (1, "I8 with scales, found I8")] {
            model.save(&narrow, Some(Dtype::I8)).unwrap();
            rewrite(&narrow, |name, rows| {
                if name.ends_with("_scale") {
                    (rows - 1) * least
                } else {
                    rows
                }
            });
            let error = Model::open(&narrow, None).unwrap_err().to_string();
            assert!(error.contains(complaint), "{case}: {error}");
        }
    }
}
