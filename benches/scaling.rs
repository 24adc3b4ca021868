//! How the rate of a segment grows with the batch (1 to 256) and with the length of the puzzle (82 to 901 positions),
//! as a share of the device's GEMM rate: the plots and the table of `docs/performance/`.
//!
//! `cargo bench --bench scaling -- OUT cpu llvmpipe` names a folder to write to and devices as `--device` does. A line
//! ends where a segment takes longer than 20 s.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "../tests/common/mod.rs"]
mod common;
#[allow(dead_code, reason = "the experiments use more of it")]
#[path = "../examples/experiments/plot.rs"]
mod plot;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{full_size_hrm, random_model};
use hrm::bench::{Cost, rates};
use hrm::executor::{DeviceChoice, Executor, Want};
use hrm::model::Model;
use plot::{Line, Plot};
use pollster::block_on;

const BATCHES: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const LENGTHS: [usize; 10] = [81, 100, 144, 196, 256, 361, 484, 625, 784, 900];
/// Longest segment, in seconds, after which a line ends.
const LONGEST: f64 = 20.0;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    // A run of all benchmarks has nothing for it to do.
    let [out, devices @ ..] = &args[..] else {
        return println!("scaling: cargo bench --bench scaling -- OUT cpu llvmpipe");
    };
    let (small, large) = (
        Arc::new(Model::bundled("sudoku").unwrap()),
        Arc::new(random_model(&full_size_hrm(81, 11))),
    );
    let mut table = String::from("device,model,batch,positions,segments_per_s,gflop_per_s,gemm_gflop_per_s\n");
    let (mut by_batch, mut by_length) = (Vec::new(), Vec::new());
    for (colour, device) in devices.iter().enumerate() {
        let choice: DeviceChoice = device.parse().unwrap();
        let gemm = block_on(rates(&choice, None, Duration::from_secs(1))).unwrap().gemm;
        let mut line = |model: &Arc<Model>, name: &str, cases: Vec<(usize, usize)>, x: fn(usize, usize) -> usize| {
            let executor = block_on(Executor::open(model.clone(), &choice, None)).unwrap();
            let mut points = Vec::new();
            for (batch, seq_len) in cases {
                let seconds = segment(&executor, batch, seq_len);
                let mut config = model.config.clone();
                config.seq_len = seq_len;
                let positions = config.positions_for(seq_len);
                let rate = batch as f64 * Cost::of(&config, 4).flop / seconds;
                table += &format!(
                    "{device},{name},{batch},{positions},{:.4},{:.2},{:.1}\n",
                    batch as f64 / seconds,
                    rate / 1e9,
                    gemm / 1e9
                );
                eprintln!(
                    "{device}, {name}, batch {batch}, {positions} positions: {:.1} GFLOP/s",
                    rate / 1e9
                );
                points.push((x(batch, positions) as f64, 100.0 * rate / gemm));
                if 2.0 * seconds > LONGEST {
                    break;
                }
            }
            Line {
                name: format!("{device}, {name}"),
                points,
                dashed: name != "27 M",
                colour,
            }
        };
        let batches = || BATCHES.map(|batch| (batch, 81)).to_vec();
        by_batch.push(line(&large, "27 M", batches(), |batch, _| batch));
        by_batch.push(line(&small, "bundled", batches(), |batch, _| batch));
        let lengths = LENGTHS.map(|length| (1, length)).to_vec();
        by_length.push(line(&large, "27 M", lengths, |_, positions| positions));
    }
    let out = Path::new(out);
    std::fs::create_dir_all(out).unwrap();
    std::fs::write(out.join("scaling.csv"), &table).unwrap();
    let plot = Plot {
        title: "The rate of a segment, by batch",
        x: "puzzles side by side",
        y: "% of the device's GEMM rate",
        least: 0.0,
        logarithmic: true,
        lines: by_batch,
    };
    std::fs::write(out.join("batch.svg"), plot.svg()).unwrap();
    let plot = Plot {
        title: "The rate of a segment of one puzzle, by its length",
        x: "positions",
        logarithmic: false,
        lines: by_length,
        ..plot
    };
    std::fs::write(out.join("length.svg"), plot.svg()).unwrap();
}

/// Returns the seconds of a segment: the minimum of three (for long ones a single one), after an uncounted one in which
/// drivers compile.
fn segment(executor: &Executor, batch: usize, seq_len: usize) -> f64 {
    let vocab = executor.model().config.vocab_size;
    let mut samples = executor.batch(batch, seq_len, None).unwrap();
    for slot in 0..batch {
        let tokens: Vec<u32> = (0..seq_len).map(|i| ((7 * i + 3 * slot) % vocab) as u32).collect();
        samples.load(slot, &tokens, 0, None).unwrap();
    }
    let live: Vec<usize> = (0..batch).collect();
    let mut once = || {
        let start = Instant::now();
        block_on(samples.segment(&live, Want::default())).unwrap();
        start.elapsed().as_secs_f64()
    };
    let rounds = if once() > LONGEST / 4.0 { 1 } else { 3 };
    (0..rounds).map(|_| once()).fold(f64::MAX, f64::min)
}
