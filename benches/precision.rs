//! What a format of products gives on the CPU: times of a segment beside those of f32, in turns within one process.
//!
//! `cargo bench --bench precision -- [THREADS] [ROUNDS]`; by default a thread for each core, and 9 rounds. Where the system
//! tells it (Linux), the time that the process had a processor for stands beside the clock's: others on the machine
//! disturb that less.
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

use common::{full_size_hrm, random_model};
use hrm::executor::{Batch, Executor, Want};
use hrm::model::{Dtype, Model};

const FORMATS: [Dtype; 3] = [Dtype::F32, Dtype::BF16, Dtype::I8];

fn main() {
    let numbers = std::env::args().skip(1).filter_map(|arg| arg.parse().ok());
    let numbers: Vec<usize> = numbers.collect();
    let (threads, rounds) = (numbers.first().copied(), numbers.get(1).copied().unwrap_or(9));
    println!(
        "| model | batch | products | ms a segment: min | f32's over it: of minima | by rounds: min / median / max | processor time: of minima |"
    );
    println!("|---|---:|---|---:|---:|---:|---:|");
    let models = [
        ("bundled, 0.67 M", Model::bundled("sudoku").unwrap()),
        ("HRM 27 M, T = 82", random_model(&full_size_hrm(81, 11))),
    ];
    for (name, model) in models {
        let executors = FORMATS.map(|dtype| {
            let model = Arc::new(model.clone().rounded(dtype).unwrap());
            Executor::cpu(model, threads).unwrap()
        });
        for slots in [1, 8] {
            let mut batches = executors.each_ref().map(|executor| loaded(executor, slots));
            let mut times = FORMATS.map(|_| Vec::new());
            for _ in 0..=rounds {
                for (batch, times) in batches.iter_mut().zip(&mut times) {
                    times.push(segment(batch, slots));
                }
            }
            // The first round warms up.
            times.iter_mut().for_each(|times| {
                times.remove(0);
            });
            let least = |times: &[[f64; 2]], i: usize| times.iter().map(|time| time[i]).fold(f64::INFINITY, f64::min);
            for (dtype, own) in FORMATS.iter().zip(&times) {
                let mut ratios: Vec<f64> = times[0].iter().zip(own).map(|(f32, own)| f32[0] / own[0]).collect();
                ratios.sort_by(f64::total_cmp);
                println!(
                    "| {name} | {slots} | {dtype} | {:.2} | **{:.2}** | {:.2} / {:.2} / {:.2} | {:.2} |",
                    least(own, 0),
                    least(&times[0], 0) / least(own, 0),
                    ratios[0],
                    ratios[rounds / 2],
                    ratios[rounds - 1],
                    least(&times[0], 1) / least(own, 1),
                );
            }
        }
    }
}

fn loaded(executor: &Executor, slots: usize) -> Batch {
    let seq_len = executor.model().config.seq_len;
    let mut batch = executor.batch(slots, seq_len, None).unwrap();
    let tokens: Vec<u32> = (0..seq_len).map(|i| 1 + (i % 10) as u32).collect();
    (0..slots).for_each(|slot| batch.load(slot, &tokens, 0, None).unwrap());
    batch
}

/// Milliseconds of a segment, by the clock and of processor time: of several, where one is short.
fn segment(batch: &mut Batch, slots: usize) -> [f64; 2] {
    let live: Vec<usize> = (0..slots).collect();
    let (begun, before, mut segments) = (Instant::now(), processor_ms(), 0);
    while segments == 0 || begun.elapsed().as_millis() < 200 {
        pollster::block_on(batch.segment(&live, Want::default())).unwrap();
        segments += 1;
    }
    [begun.elapsed().as_secs_f64() * 1e3, processor_ms() - before].map(|ms| ms / f64::from(segments))
}

/// Milliseconds for which threads of this process have had a processor, to a few; NaN where the system does not tell.
fn processor_ms() -> f64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return f64::NAN;
    };
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e6
}
