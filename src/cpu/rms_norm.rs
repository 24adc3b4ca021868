use super::math::sum;
use super::parallel::for_live_rows;
use crate::kernels::RmsNorm;

/// Rows that a task takes.
const BLOCK: usize = 8;

/// Twin of `rms_norm`.
pub(super) fn rms_norm(k: &RmsNorm, h: &mut [f32], live: &[usize]) {
    for_live_rows(
        h,
        live,
        k.rows * k.width,
        k.width,
        BLOCK,
        #[inline(always)]
        |_, _, block| {
            for row in block.chunks_exact_mut(k.width) {
                let scale = factor(row, k.eps);
                row.iter_mut().for_each(|h| *h *= scale);
            }
        },
    );
}

/// `1/sqrt(mean(row²) + eps)`.
#[inline(always)]
pub(super) fn factor(row: &[f32], eps: f32) -> f32 {
    1.0 / (sum(row, |v| v * v) / row.len() as f32 + eps).sqrt()
}
