use super::math::{sum, sum_of_squares};
use super::parallel::for_live_rows;
use crate::kernels::LayerNorm;

/// Rows per task.
const BLOCK: usize = 8;

/// Runs the kernel `layer_norm` on the CPU.
pub(super) fn layer_norm(k: &LayerNorm, x: &[f32], affine: [&[f32]; 2], y: &mut [f32], live: &[usize]) {
    let len = k.rows * k.width;
    for_live_rows(
        y,
        live,
        len,
        k.width,
        BLOCK,
        #[inline(always)]
        |slot, first, block| norm(k, &x[slot * len + first * k.width..], affine, block),
    );
}

/// Normalises as many rows of `x` as `y` has; `affine` are weight and bias.
#[inline(always)]
pub(super) fn norm(k: &LayerNorm, x: &[f32], [weight, bias]: [&[f32]; 2], y: &mut [f32]) {
    let count = k.width as f32;
    for (x, y) in x.chunks_exact(k.width).zip(y.chunks_exact_mut(k.width)) {
        let mean = sum(x) / count;
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x - mean);
        let factor = 1.0 / (sum_of_squares(y) / count + k.eps).sqrt();
        let affine = weight.iter().zip(bias);
        y.iter_mut()
            .zip(affine)
            .for_each(|(y, (w, b))| *y = *y * factor * w + b);
    }
}
