//! The README's table: load, first segment and further segments of the bundled and the published size, per device.
//!
//! `cargo bench --bench devices -- cpu llvmpipe` names devices as `--device` does; the default is `cpu` and `gpu`.
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
use hrm::executor::{DeviceChoice, Executor, Want};
use hrm::model::Model;

/// Segments after the first one.
const ROUNDS: usize = 5;

fn main() {
    let mut devices: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if devices.is_empty() {
        devices = vec!["cpu".into(), "gpu".into()];
    }
    let models = [
        ("bundled (0.67 M)", Arc::new(Model::bundled("sudoku").unwrap())),
        ("HRM 27 M, T = 82", Arc::new(random_model(&full_size_hrm(81, 11)))),
    ];
    println!("| device | model | batch | load, ms | first segment, ms | further: min, median, max, ms |");
    println!("|---|---|---:|---:|---:|---:|");
    for device in &devices {
        for (name, model) in &models {
            for slots in [1, 32] {
                match measure(device, model.clone(), slots) {
                    Ok(line) => println!("{}", line.replace("MODEL", name)),
                    Err(error) => println!("| {device} | {name} | {slots} | {error} | | |"),
                }
            }
        }
    }
}

fn measure(device: &str, model: Arc<Model>, slots: usize) -> hrm::Result<String> {
    let choice: DeviceChoice = device.parse().unwrap();
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    let seq_len = model.config.seq_len;

    let start = Instant::now();
    let executor = pollster::block_on(Executor::open(model, &choice, None))?;
    let mut batch = executor.batch(slots, seq_len, None)?;
    let load = ms(start);

    (0..slots).try_for_each(|slot| batch.load(slot, &vec![1; seq_len], 0, None))?;
    let live: Vec<usize> = (0..slots).collect();
    let mut segment = || {
        let start = Instant::now();
        pollster::block_on(batch.segment(&live, Want::default())).map(|_| ms(start))
    };
    let first = segment()?;
    let mut further = (0..ROUNDS).map(|_| segment()).collect::<hrm::Result<Vec<f64>>>()?;
    further.sort_by(f64::total_cmp);
    Ok(format!(
        "| {} | MODEL | {slots} | {load:.0} | {first:.1} | {:.1}, {:.1}, {:.1} |",
        executor.device_name(),
        further[0],
        further[ROUNDS / 2],
        further[ROUNDS - 1]
    ))
}
