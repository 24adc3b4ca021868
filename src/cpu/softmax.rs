use super::parallel::for_live_rows;
use crate::kernels::Softmax;

/// Rows per task.
const BLOCK: usize = 128;

/// Runs the kernel `softmax` on the CPU.
pub(super) fn softmax(k: &Softmax, x: &[f32], y: &mut [f32], live: &[usize]) {
    let len = k.rows * k.width;
    for_live_rows(y, live, len, k.width, BLOCK, |slot, first, block| {
        rows(k.width, &x[slot * len + first * k.width..], block);
    });
}

/// Computes the softmax of as many rows of `x` as `y` has.
pub(super) fn rows(width: usize, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - largest).exp());
        let sum: f32 = y.iter().sum();
        y.iter_mut().for_each(|y| *y /= sum);
    }
}
