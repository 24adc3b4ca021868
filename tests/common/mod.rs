//! What several tests share: the golden data, and random models.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

pub mod skips;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use hrm::Options;
use hrm::executor::{DeviceChoice, Executor, Outputs, Want};
use hrm::halt::{Halt, Schedule};
use hrm::model::{Config, Family, Model, Positions, Tensor, Weights};
use safetensors::{Dtype, SafeTensors};

/// The root of the repository, whichever crate the test belongs to.
pub fn repository() -> &'static Path {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.find(|folder| folder.join("weights").is_dir()).unwrap()
}

/// The Rust and WGSL files below `folder`, sorted; what a build has made is left out.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let made = ["target", "node_modules", "dist"]
            .iter()
            .any(|name| path.ends_with(name));
        if path.is_dir() && !made {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs" || ext == "wgsl") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Options on the CPU, changed by `set`. Outside the library no struct expression makes them.
#[allow(clippy::field_reassign_with_default)]
pub fn options(set: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    options.device = DeviceChoice::Cpu;
    set(&mut options);
    options
}

/// Options that name the model at a path, or a bundled one.
pub fn named(model: &Path) -> Options {
    options(|options| options.model = Some(model.to_path_buf()))
}

/// The width between the two products of a SwiGLU, `I`, of tensors that a network of this configuration has.
pub fn inner_size(config: &Config) -> usize {
    let down = |(name, _): &&(String, Vec<usize>)| name.ends_with("mlp.down_proj.weight");
    config.tensors().iter().find(down).unwrap().1[1]
}

/// Every golden case, in every file form that it comes in.
pub const CASES: [(&str, &[&str]); 17] = [
    (
        "hrm-tiny",
        &["checkpoint.pt", "checkpoint_unprefixed.pt", "model.safetensors"],
    ),
    ("hrm-sudoku-small", &["checkpoint.pt"]),
    ("trm-att-tiny", &["checkpoint.pt"]),
    ("trm-mlp-tiny", &["checkpoint.pt"]),
    ("eqr-sudoku-tiny", &["checkpoint.pth"]),
    ("eqr-maze-tiny", &["checkpoint.pth"]),
    ("eqr-plain-tiny", &["checkpoint.pth"]),
    ("nano-mlp-tiny", &["last.ckpt"]),
    ("nano-att-tiny", &["last.ckpt"]),
    ("urm-sudoku-tiny", &["checkpoint.pt"]),
    ("urm-arc-tiny", &["checkpoint.pt"]),
    ("serrm-sudoku-tiny", &["checkpoint.pt"]),
    ("serrm-sudoku4-rope", &["checkpoint.pt"]),
    ("serrm-arc-tiny", &["checkpoint.pt"]),
    ("serrm-maze-tiny", &["checkpoint.pt"]),
    ("sotaku-tiny", &["model_baseline_lr2e3.pt"]),
    ("sotaku-wide", &["baseline_lr2e3_checkpoint_step0.pt"]),
];

/// A golden case: inputs and official outputs of every segment.
pub struct Golden {
    pub folder: PathBuf,
    pub inputs: Vec<u32>,
    pub identifiers: Vec<usize>,
    pub seq_len: usize,
    pub samples: usize,
    /// Segments; the outputs of some of them may be left out.
    pub count: usize,
    tensors: HashMap<String, Vec<f32>>,
}

impl Golden {
    pub fn load(case: &str) -> Golden {
        let folder = repository().join("tests/golden").join(case);
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
        let recorded = |i: &usize| tensors.contains_key(&format!("seg{i}.logits"));
        let count = (1..100).rfind(recorded).unwrap();
        assert!((1..=4).all(|i| recorded(&i)), "{case} has {count} segments");
        Golden {
            folder,
            inputs: tensors["inputs"].iter().map(|&v| v as u32).collect(),
            identifiers: match tensors.get("puzzle_identifiers") {
                Some(identifiers) => identifiers.iter().map(|&v| v as usize).collect(),
                None => vec![0; shape[0]],
            },
            seq_len: shape[1],
            samples: shape[0],
            count,
            tensors,
        }
    }

    /// Whether the case has the outputs of a segment, counted from 1.
    pub fn recorded(&self, segment: usize) -> bool {
        self.has(&format!("seg{segment}.logits"))
    }

    /// Whether the case has a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The initial carry of a sample, where the case gives one.
    fn carry(&self, sample: usize) -> Option<[Vec<f32>; 2]> {
        let z = ["init.z_H", "init.z_L"].map(|name| self.tensors.get(name));
        let [Some(h), Some(l)] = z else { return None };
        Some([h, l].map(|z| z.chunks(z.len() / self.samples).nth(sample).unwrap().to_vec()))
    }

    pub fn f32s(&self, name: &str) -> Vec<f32> {
        self.tensors[name].clone()
    }

    /// The tensors among logits, states and q that the case has.
    pub fn outputs(&self) -> impl Iterator<Item = &'static str> {
        let names = ["logits", "z_H", "z_L", "q_halt", "q_continue"];
        names
            .into_iter()
            .filter(|name| self.tensors.contains_key(&format!("seg1.{name}")))
    }

    /// All outputs of the first `count` segments, by segment and sample.
    pub fn segments(&self, executor: &Executor, count: usize) -> Vec<Vec<Outputs>> {
        let schedule = Schedule {
            halt: Halt::Fixed,
            segments: count,
        };
        let mut batch = executor.batch(self.samples, self.seq_len, Some(schedule)).unwrap();
        for (i, tokens) in self.inputs.chunks(self.seq_len).enumerate() {
            match self.carry(i) {
                None => batch.load(i, tokens, self.identifiers[i], None).unwrap(),
                Some(carry) => batch.load_carry(i, tokens, self.identifiers[i], carry).unwrap(),
            }
        }
        let mut segment = || pollster::block_on(batch.advance(count, Want::ALL)).unwrap();
        (0..count)
            .map(|_| segment().into_iter().map(|p| p.outputs.unwrap()).collect())
            .collect()
    }

    /// Predictions are equal wherever the official top two logits differ by more than 1e-3.
    pub fn check_predictions(&self, segment: usize, outputs: &[Outputs]) {
        let logits = self.f32s(&format!("seg{segment}.logits"));
        // Where given cells are kept, predictions are answers.
        let answer = self.tensors.get(&format!("seg{segment}.answer")).cloned();
        let preds = answer.unwrap_or_else(|| self.f32s(&format!("seg{segment}.preds")));
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

/// One tensor of all samples.
pub fn all(outputs: &[Outputs], name: &str) -> Vec<f32> {
    let part = |o: &Outputs| match name {
        "logits" => o.logits.clone().unwrap(),
        "z_H" => o.z_h.clone().unwrap(),
        "z_L" => o.z_l.clone().unwrap(),
        "q_halt" => vec![o.q_halt],
        "q_continue" => vec![o.q_continue],
        _ => panic!("no output is called {name}"),
    };
    outputs.iter().flat_map(part).collect()
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

/// Values in [−1, 1).
pub fn values(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1u64 << 23) as f32) - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Random weights, damped so that the recurrence stays calm (docs/specification.md, section 11).
pub fn random_model(config: &Config) -> Model {
    let tensors = config.tensors().into_iter().enumerate().map(|(i, (name, shape))| {
        let fan_in = *shape.last().unwrap() as f32;
        let scale = match name.as_str() {
            n if n.contains("init") || n.contains("embed_pos") => 1.0,
            n if n.contains("bias") => 0.5,
            n if n.contains("norm") => 1.0,
            n if ["o_proj", "down_proj", "out_proj", "linear2"]
                .iter()
                .any(|part| n.contains(part)) =>
            {
                0.6 * (3.0 / fan_in).sqrt()
            }
            _ => (3.0 / fan_in).sqrt(),
        };
        let data = values(shape.iter().product(), i as u64 + 1)
            .into_iter()
            .map(|v| v * scale)
            .collect();
        (name, Tensor::from_f32(shape, data).unwrap())
    });
    Model::from_parts(config.clone(), Weights::new("random", tensors.collect::<Vec<_>>())).unwrap()
}

/// The published HRM (27 M parameters) for `seq_len` tokens of `vocab_size` (docs/specification.md, section 1.2).
pub fn full_size_hrm(seq_len: usize, vocab_size: usize) -> Config {
    Config::published(Family::Hrm, seq_len, vocab_size)
}

/// The official TRM for Sudoku (token MLP).
pub fn full_size_trm_sudoku() -> Config {
    Config::published(Family::Trm, 81, 11).with(|c| {
        c.mlp_t = true;
        c.positions = Positions::None;
    })
}

/// The official TRM with attention, for mazes of 900 tokens.
pub fn full_size_trm_maze(seq_len: usize, vocab_size: usize) -> Config {
    Config::published(Family::Trm, seq_len, vocab_size).with(|c| c.l_cycles = 4)
}

/// The official SE-RRM for mazes, whose symbols are not interchangeable.
fn serrm_maze() -> Config {
    Config::published(Family::SeRrm, 900, 6).with(|c| {
        c.l_cycles = 4;
        let symbols = c.symbols.as_mut().unwrap();
        (symbols.equivariant, symbols.add_tokens) = (false, 0);
    })
}

/// The sizes that the families were published with, and their parameters as the official code counts them.
pub fn published_sizes() -> Vec<(&'static str, Config, usize)> {
    let eqr = Config::published(Family::Eqr, 81, 11).with(|c| {
        c.mlp_t = true;
        c.positions = Positions::None;
    });
    let eqr_maze = Config::published(Family::Eqr, 900, 6).with(|c| {
        (c.hidden_size, c.l_layers, c.l_cycles, c.puzzle_emb_ndim) = (128, 1, 4, 128);
    });
    let published = Config::published;
    vec![
        ("HRM Sudoku", full_size_hrm(81, 11), 27_275_266),
        ("HRM maze", full_size_hrm(900, 6), 27_270_146),
        ("TRM Sudoku", full_size_trm_sudoku(), 5_028_866),
        ("TRM maze", full_size_trm_maze(900, 6), 6_822_914),
        ("EqR Sudoku", eqr, 5_028_866),
        ("EqR maze", eqr_maze, 263_938),
        ("nano-trm Sudoku", Config::published(Family::Nano, 81, 12), 4_855_809),
        ("URM Sudoku", published(Family::Urm, 81, 11), 13_662_210),
        ("URM maze", published(Family::Urm, 900, 6), 13_657_090),
        ("SE-RRM Sudoku", published(Family::SeRrm, 81, 11), 1_970_176),
        ("SE-RRM maze", serrm_maze(), 1_976_832),
        ("Sotaku", published(Family::Sotaku, 81, 10), 796_937),
    ]
}

/// A small HRM for 21 tokens with random weights.
pub fn tiny() -> Arc<Model> {
    Arc::new(random_model(&full_size_hrm(21, 7).with(|c| {
        c.hidden_size = 32;
        c.num_heads = 2;
        c.expansion = 1.0;
        c.puzzle_emb_ndim = 32;
        c.h_layers = 1;
        c.l_layers = 1;
    })))
}
