use super::math::sum_of_squares;
use super::parallel::for_live_rows;
use crate::kernels::RmsNorm;

/// Rows per task.
const BLOCK: usize = 8;

/// Runs the kernel `rms_norm` on the CPU.
pub(super) fn rms_norm(k: &RmsNorm, h: &mut [f32], live: &[usize]) {
    for_live_rows(
        h,
        live,
        k.rows * k.width,
        k.width,
        BLOCK,
        #[inline(always)]
        |_, _, block| norm(block, k.width, k.eps),
    );
}

/// Normalises rows of `width` elements.
#[inline(always)]
pub(super) fn norm(rows: &mut [f32], width: usize, eps: f32) {
    for row in rows.chunks_exact_mut(width) {
        let scale = factor(row, eps);
        row.iter_mut().for_each(|h| *h *= scale);
    }
}

/// Returns `1/sqrt(mean(row²) + eps)`.
#[inline(always)]
pub(super) fn factor(row: &[f32], eps: f32) -> f32 {
    1.0 / (sum_of_squares(row) / row.len() as f32 + eps).sqrt()
}
