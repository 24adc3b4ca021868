//! Every kernel against its plain formula in f64, on random shapes; slots that are not live stay as they are.

mod ends;
mod layers;
mod mixing;
mod rows;
#[cfg(not(target_arch = "wasm32"))]
mod team;

use super::*;
use crate::kernels::*;
use proptest::prelude::*;

/// Shapes that are tried, at random. Miri interprets: a few small ones are what it can do.
const CASES: u32 = if cfg!(miri) { 3 } else { 48 };

/// Returns the bound of a size: past a panel's 32 columns under Miri, too.
const fn most(size: usize) -> usize {
    if cfg!(miri) && size > 40 { 40 } else { size }
}

/// Returns values in [−2, 2) that depend only on the seed.
fn values(n: usize, seed: u64) -> Vec<f32> {
    let hash = |i: u64| {
        (i ^ seed.rotate_left(17))
            .wrapping_add(seed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    (0..n as u64)
        .map(|i| ((hash(hash(i)) >> 40) as f32 / (1u64 << 22) as f32) - 2.0)
        .collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// Compares the live samples of `found` with the formula, and the others with what was there before.
fn check(
    found: &[f32],
    before: &[f32],
    len: usize,
    live: &[usize],
    tolerance: f64,
    formula: impl Fn(usize) -> Vec<f64>,
) -> std::result::Result<(), TestCaseError> {
    for slot in 0..found.len() / len.max(1) {
        let sample = &found[slot * len..][..len];
        if live.contains(&slot) {
            let needed = formula(slot);
            prop_assert_eq!(needed.len(), len);
            for (i, (found, needed)) in sample.iter().zip(&needed).enumerate() {
                let error = (f64::from(*found) - needed).abs();
                prop_assert!(
                    error <= tolerance * needed.abs().max(1.0),
                    "slot {slot} [{i}]: {found} for {needed}"
                );
            }
        } else {
            prop_assert_eq!(sample, &before[slot * len..][..len]);
        }
    }
    Ok(())
}

const SLOTS: usize = 4;

fn fused(rows: usize, inputs: usize, outputs: usize, epilogue: Epilogue) -> Linear {
    Linear {
        x: 0,
        weight: 0,
        bias: None,
        y: 0,
        x_rows: rows,
        first_row: 0,
        rows,
        inputs,
        outputs,
        norm: None,
        epilogue,
    }
}

fn live() -> impl Strategy<Value = Vec<usize>> {
    proptest::sample::subsequence((0..SLOTS).collect::<Vec<_>>(), 1..=SLOTS)
}
