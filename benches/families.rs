//! What a segment of every published size costs, with random weights: parameters, operations, and seconds on each device.
//!
//! `cargo bench --bench families -- cpu llvmpipe` names devices as `--device` does; the default is `cpu`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Instant;

use common::{published_sizes, random_model};
use hrm::bench::Cost;
use hrm::executor::{DeviceChoice, Executor, Want};
use hrm::model::Model;

/// Segments after the first one; the fastest counts.
const ROUNDS: usize = 3;

fn main() {
    let mut devices: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if devices.is_empty() {
        devices = vec!["cpu".into()];
    }
    let head: String = devices
        .iter()
        .map(|device| format!(" {device}, s | GFLOP/s |"))
        .collect();
    println!("| model | parameters | GFLOP a segment |{head}");
    println!("|---|---:|---:|{}", "---:|---:|".repeat(devices.len()));
    for (name, config, parameters) in published_sizes() {
        let gflop = Cost::of(&config, 4).flop / 1e9;
        let model = Arc::new(random_model(&config));
        let cells = devices.iter().map(|device| match seconds(device, model.clone()) {
            Ok(seconds) => format!(" {seconds:.4} | {:.1} |", gflop / seconds),
            Err(error) => format!(" {error} | |"),
        });
        println!("| {name} | {parameters} | {gflop:.2} |{}", cells.collect::<String>());
    }
}

/// The shortest time of a segment of one puzzle.
fn seconds(device: &str, model: Arc<Model>) -> hrm::Result<f64> {
    let choice: DeviceChoice = device.parse().unwrap();
    let (seq_len, executor) = (
        model.config.seq_len,
        pollster::block_on(Executor::open(model, &choice, None))?,
    );
    let mut batch = executor.batch(1, seq_len, None)?;
    batch.load(0, &vec![1; seq_len], 0, None)?;
    let mut best = f64::INFINITY;
    for _ in 0..=ROUNDS {
        let start = Instant::now();
        pollster::block_on(batch.segment(&[0], Want::default()))?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}
