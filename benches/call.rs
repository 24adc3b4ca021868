//! A call of the library as `Model.run` of the Python package makes one, for `benches/python.py`, which alternates between both:
//! answers lines `BATCH SEGMENTS` with the milliseconds of a call.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

use std::sync::Arc;
use std::time::Instant;

use hrm::executor::{Executor, Want};
use hrm::model::Model;
use pollster::block_on;

fn main() {
    let model = Arc::new(Model::bundled("sudoku").unwrap());
    let executor = Executor::cpu(model, None).unwrap();
    for line in std::io::stdin().lines() {
        let numbers: Vec<usize> = line.unwrap().split(' ').map(|word| word.parse().unwrap()).collect();
        let [size, segments] = numbers[..] else {
            panic!("expected `BATCH SEGMENTS`, found {numbers:?}");
        };
        let start = Instant::now();
        let live: Vec<usize> = (0..size).collect();
        let mut batch = executor.batch(size, 81, None).unwrap();
        for &slot in &live {
            let tokens: Vec<u32> = (0..81).map(|cell| ((cell + slot) % 10 + 1) as u32).collect();
            batch.load(slot, &tokens, 0, None).unwrap();
        }
        let outputs: Vec<_> = (0..segments)
            .map(|_| block_on(batch.segment(&live, Want::ALL)).unwrap())
            .collect();
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        println!("{milliseconds}");
        drop(outputs);
    }
}
