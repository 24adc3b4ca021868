use super::math::sum;
use super::parallel::for_live_rows;
use crate::kernels::RmsNorm;

/// Rows that a task takes.
const BLOCK: usize = 8;

/// Twin of `rms_norm`.
pub(super) fn rms_norm(k: &RmsNorm, y: &[f32], h: &mut [f32], live: &[usize]) {
    let (width, len) = (k.width, k.rows * k.width);
    for_live_rows(h, live, len, width, BLOCK, |slot, first, block| {
        let y = &y[slot * len + first * width..][..block.len()];
        for (row, y) in block.chunks_exact_mut(width).zip(y.chunks_exact(width)) {
            row.iter_mut().zip(y).for_each(|(h, y)| *h += y);
            let mean = sum(row, |v| v * v) / width as f32;
            let scale = 1.0 / (mean + k.eps).sqrt();
            row.iter_mut().for_each(|h| *h *= scale);
        }
    });
}
