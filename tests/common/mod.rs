//! What several tests share: the golden data.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hrm::executor::{Executor, Outputs, Want};
use safetensors::{Dtype, SafeTensors};

/// A golden case: inputs and official outputs of every segment.
pub struct Golden {
    pub folder: PathBuf,
    pub inputs: Vec<u32>,
    pub identifiers: Vec<usize>,
    pub seq_len: usize,
    pub samples: usize,
    /// Segments.
    pub count: usize,
    tensors: HashMap<String, Vec<f32>>,
}

impl Golden {
    pub fn load(case: &str) -> Golden {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(case);
        let bytes = std::fs::read(folder.join("io.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut tensors = HashMap::new();
        for (name, tensor) in file.tensors() {
            let values: Vec<f32> = match tensor.dtype() {
                Dtype::F32 => tensor
                    .data()
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&b| f32::from_le_bytes(b))
                    .collect(),
                Dtype::I32 => tensor
                    .data()
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&b| i32::from_le_bytes(b) as f32)
                    .collect(),
                Dtype::BF16 => tensor
                    .data()
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&b| half::bf16::from_le_bytes(b).to_f32())
                    .collect(),
                other => panic!("{name} is {other:?}"),
            };
            tensors.insert(name, values);
        }
        let shape = file.tensor("inputs").unwrap().shape().to_vec();
        let count = (1..)
            .take_while(|i| tensors.contains_key(&format!("seg{i}.logits")))
            .count();
        assert!(count >= 4, "{case} has {count} segments");
        Golden {
            folder,
            inputs: tensors["inputs"].iter().map(|&v| v as u32).collect(),
            identifiers: tensors["puzzle_identifiers"].iter().map(|&v| v as usize).collect(),
            seq_len: shape[1],
            samples: shape[0],
            count,
            tensors,
        }
    }

    pub fn f32s(&self, name: &str) -> Vec<f32> {
        self.tensors[name].clone()
    }

    /// All outputs of the first `count` segments, by segment and sample.
    pub fn segments(&self, executor: &Executor, count: usize) -> Vec<Vec<Outputs>> {
        let mut batch = executor.batch(self.samples, self.seq_len).unwrap();
        for (i, tokens) in self.inputs.chunks(self.seq_len).enumerate() {
            batch.load(i, tokens, self.identifiers[i]).unwrap();
        }
        let live: Vec<usize> = (0..self.samples).collect();
        let want = Want {
            logits: true,
            carry: true,
        };
        (0..count)
            .map(|_| pollster::block_on(batch.segment(&live, want)).unwrap())
            .collect()
    }

    /// Predictions are equal wherever the official top two logits differ by more than 1e-3.
    pub fn check_predictions(&self, segment: usize, outputs: &[Outputs]) {
        let logits = self.f32s(&format!("seg{segment}.logits"));
        let preds = self.f32s(&format!("seg{segment}.preds"));
        let vocab = logits.len() / preds.len();
        let ours = outputs.iter().flat_map(|o| &o.preds);
        let mut compared = 0;
        for (i, ((row, official), ours)) in logits.chunks(vocab).zip(&preds).zip(ours).enumerate() {
            let mut sorted = row.to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            if sorted[0] - sorted[1] > 1e-3 {
                assert_eq!(*ours as f32, *official, "segment {segment}, position {i}");
                compared += 1;
            }
        }
        assert!(
            compared * 10 > preds.len() * 9,
            "only {compared} of {} predictions could be compared",
            preds.len()
        );
    }
}

/// ‖a − b‖ / ‖b‖.
pub fn relative_l2(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let square = |v: f64| v * v;
    let difference: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| square(f64::from(*a) - f64::from(*b)))
        .sum();
    (difference / b.iter().map(|b| square(f64::from(*b))).sum::<f64>()).sqrt()
}
