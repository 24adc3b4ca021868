//! Our side of `benches/peers/`: a process that waits for lines on standard input and runs segments on request, so that
//! rounds can alternate between it and other runtimes. `benches/peers/README.md` describes the lines.
//!
//! `contender run DEVICE MODEL INPUTS.safetensors THREADS [DTYPE]`, where DTYPE is what `--dtype` is elsewhere; `contender
//! adapters` lists those of wgpu; `contender write MODEL f32|f16 FOLDER` writes a model folder: a bundled model by its name,
//! or the published sizes `hrm-27m`, `hrm-27m-maze`, `trm-sudoku`, `trm-maze`, `eqr`, `urm`, `serrm` with random weights.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use common::{full_size_hrm, full_size_trm_maze, full_size_trm_sudoku, random_model};
use hrm::Options;
use hrm::executor::{Batch, DeviceChoice, Executor, Want};
use hrm::model::{Config, Dtype, Family, Model};
use pollster::block_on;
use safetensors::{Dtype as Stored, SafeTensors, tensor::TensorView};

fn main() {
    // `cargo bench` adds a flag of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["run", device, model, inputs, threads] => run(device, model, inputs, threads, None),
        ["run", device, model, inputs, threads, dtype] => run(device, model, inputs, threads, Some(dtype)),
        ["write", model, dtype, folder] => write(model, dtype, Path::new(folder)),
        ["adapters"] => adapters(),
        // A run of all benchmarks has nothing for it to do.
        [] => println!("contender: driven by benches/peers/run"),
        _ => panic!(
            "contender run DEVICE MODEL INPUTS THREADS [DTYPE] | adapters | write MODEL DTYPE FOLDER, found {args:?}"
        ),
    }
}

fn adapters() {
    let adapters = block_on(hrm::gpu::adapters()).unwrap();
    let lines = adapters.iter().map(|adapter| serde_json::to_string(adapter).unwrap());
    lines.for_each(|line| println!("{line}"));
}

fn write(model: &str, dtype: &str, folder: &Path) {
    let model = match model {
        "hrm-27m" => random_model(&full_size_hrm(81, 11)),
        "hrm-27m-maze" => random_model(&full_size_hrm(900, 6)),
        "trm-sudoku" => random_model(&full_size_trm_sudoku()),
        "trm-maze" => random_model(&full_size_trm_maze(900, 6)),
        // From zeros: other runtimes draw other random numbers.
        "eqr" => random_model(&full_size_trm_sudoku().with(|c| {
            (c.family, c.damping, c.init_std) = (Family::Eqr, 0.95, [0.0; 2]);
        })),
        "urm" => random_model(&Config::published(Family::Urm, 81, 11)),
        "serrm" => random_model(&Config::published(Family::SeRrm, 81, 11)),
        bundled => Model::bundled(bundled).unwrap(),
    };
    let dtype = if dtype == "f16" { Dtype::F16 } else { Dtype::F32 };
    model.save(folder, Some(dtype)).unwrap();
}

/// Answers lines for a model, multiplied in `dtype` where the device can.
fn run(device: &str, model: &str, inputs: &str, threads: &str, dtype: Option<&str>) {
    let start = Instant::now();
    let choice: DeviceChoice = device.parse().unwrap();
    if let Some(products) = Products::open(Path::new(model), &choice) {
        let (check, time) = (
            |size: usize| vec![("y", products.run(size))],
            |size| drop(products.run(size)),
        );
        return answer(device, start, check, time);
    }
    let mut options = Options::default();
    options.model = Some(model.into());
    options.dtype = dtype.map(|name| serde_json::from_value(name.into()).unwrap());
    let model = options.open_model().unwrap();
    let (model, threads) = (Arc::new(model), threads.parse().unwrap());
    let executor = block_on(Executor::open(model.clone(), &choice, Some(threads))).unwrap();
    let inputs = read_inputs(Path::new(inputs), model.config.seq_len);
    let loaded = |size: usize| {
        let mut batch = executor.batch(size, model.config.seq_len, None).unwrap();
        (0..size).for_each(|slot| batch.load(slot, &inputs[slot % inputs.len()], 0, None).unwrap());
        batch
    };
    let segment = |batch: &mut Batch, size: usize, want: Want| {
        block_on(batch.segment(&(0..size).collect::<Vec<_>>(), want)).unwrap()
    };
    let check = |size: usize| {
        let outputs = segment(&mut loaded(size), size, Want::ALL);
        let join = |part: fn(&hrm::executor::Outputs) -> &[f32]| outputs.iter().flat_map(part).copied().collect();
        vec![
            ("logits", join(|o| o.logits.as_deref().unwrap())),
            ("z_H", join(|o| o.z_h.as_deref().unwrap())),
            ("q", outputs.iter().flat_map(|o| [o.q_halt, o.q_continue]).collect()),
        ]
    };
    let mut batches: HashMap<usize, Batch> = HashMap::new();
    answer(&executor.device_name(), start, check, |size| {
        segment(
            batches.entry(size).or_insert_with(|| loaded(size)),
            size,
            Want::default(),
        );
    });
}

/// Answers lines: with the outputs that `check` returns by name, and with the times of `time`.
fn answer(
    name: &str,
    start: Instant,
    check: impl Fn(usize) -> Vec<(&'static str, Vec<f32>)>,
    mut time: impl FnMut(usize),
) {
    println!(
        "{}",
        serde_json::json!({"ready": format!("hrm on {name}"), "load_ms": milliseconds(start)})
    );
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words[..] {
            ["check", size, file] => {
                let outputs = check(size.parse().unwrap());
                let views = outputs.iter().map(|(name, values)| {
                    let bytes = bytemuck::cast_slice(values);
                    (*name, TensorView::new(Stored::F32, vec![values.len()], bytes).unwrap())
                });
                safetensors::serialize_to_file(views, None, Path::new(file)).unwrap();
                serde_json::json!({"ok": true})
            }
            ["time", size, segments] => {
                let size: usize = size.parse().unwrap();
                let timed = (0..segments.parse().unwrap()).map(|_: usize| {
                    let start = Instant::now();
                    time(size);
                    milliseconds(start)
                });
                serde_json::json!({"ms": timed.collect::<Vec<f64>>()})
            }
            _ => panic!("`check BATCH FILE` or `time BATCH SEGMENTS`, found {line:?}"),
        };
        println!("{answer}");
    }
}

/// The matrix product by itself: rows multiplied by the same matrix again and again.
struct Products {
    gpu: Option<hrm::gpu::Gpu>,
    /// `[puzzles, rows, width]`.
    x: Vec<f32>,
    rows: usize,
    weight: Vec<f32>,
    depth: usize,
}

impl Products {
    /// Opens a folder, if it is one of products.
    fn open(folder: &Path, choice: &DeviceChoice) -> Option<Products> {
        let config = std::fs::read(folder.join("config.json")).ok()?;
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        (config["family"] == "products").then(|| {
            let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let values = |name: &str| {
                let words = file.tensor(name).unwrap().data().as_chunks().0.iter();
                words.map(|&word| f32::from_le_bytes(word)).collect()
            };
            Products {
                gpu: block_on(hrm::gpu::Gpu::open(choice, hrm::gpu::wgpu::Features::empty())).unwrap(),
                x: values("x"),
                rows: file.tensor("x").unwrap().shape()[1],
                weight: values("weight"),
                depth: usize::try_from(config["depth"].as_u64().unwrap()).unwrap(),
            }
        })
    }

    fn run(&self, samples: usize) -> Vec<f32> {
        let x = self.x[..samples * self.rows * self.weight.len().isqrt()].to_vec();
        let products = hrm::gpu::products(self.gpu.as_ref(), x, self.weight.clone(), self.rows, self.depth);
        block_on(products).unwrap()
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Reads `inputs` [B, S] of the file, by sample.
fn read_inputs(path: &Path, seq_len: usize) -> Vec<Vec<u32>> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("inputs").unwrap();
    assert_eq!(tensor.dtype(), Stored::I32);
    let tokens: Vec<u32> = tensor
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|&b| u32::from_le_bytes(b))
        .collect();
    tokens.chunks(seq_len).map(<[u32]>::to_vec).collect()
}
