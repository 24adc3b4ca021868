//! What `linear` does besides its product.

use super::math::silu;
use super::parallel::for_live_rows;
use super::rms_norm::factor;
use crate::kernels::Linear;

/// Rows that a task takes.
const BLOCK: usize = 4;

/// RMSNorm's factor of each row of `x`.
pub(super) fn factors(k: &Linear, eps: f32, x: &[f32], scale: &mut [f32], live: &[usize]) {
    for_live_rows(
        scale,
        live,
        k.rows,
        1,
        BLOCK,
        #[inline(always)]
        |slot, first, block| {
            let rows = x[(slot * k.rows + first) * k.inputs..].chunks_exact(k.inputs);
            block
                .iter_mut()
                .zip(rows)
                .for_each(|(scale, row)| *scale = factor(row, eps));
        },
    );
}

/// Calls `join(row of all samples, position, row of the output)` for the rows of the live samples.
fn for_each_row(
    k: &Linear,
    y: &mut [f32],
    width: usize,
    live: &[usize],
    join: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    for_live_rows(
        y,
        live,
        k.rows * width,
        width,
        BLOCK,
        #[inline(always)]
        |slot, first, block| {
            for (position, y) in (first..).zip(block.chunks_exact_mut(width)) {
                join(slot * k.rows + position, position, y);
            }
        },
    );
}

/// The factor of a row where there are factors.
#[inline(always)]
fn of(scale: Option<&[f32]>, row: usize) -> f32 {
    scale.map_or(1.0, |scale| scale[row])
}

/// The norm alone.
pub(super) fn store(k: &Linear, scale: &[f32], y: &mut [f32], live: &[usize]) {
    for_each_row(
        k,
        y,
        k.outputs,
        live,
        #[inline(always)]
        |row, _, y| {
            y.iter_mut().for_each(|y| *y *= scale[row]);
        },
    );
}

/// Rotary positions, in place.
pub(super) fn rope(k: &Linear, head_dim: usize, table: &[f32], scale: Option<&[f32]>, qkv: &mut [f32], live: &[usize]) {
    for_each_row(
        k,
        qkv,
        k.outputs,
        live,
        #[inline(always)]
        |row, position, qkv| {
            let scale = of(scale, row);
            let (cos, sin) = table[position * head_dim..][..head_dim].split_at(head_dim / 2);
            let (turned, values) = qkv.split_at_mut(k.outputs / 3 * 2);
            for head in turned.chunks_exact_mut(head_dim) {
                let (a, b) = head.split_at_mut(head_dim / 2);
                for (((a, b), c), s) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                    (*a, *b) = ((*a * c - *b * s) * scale, (*b * c + *a * s) * scale);
                }
            }
            values.iter_mut().for_each(|v| *v *= scale);
        },
    );
}

/// SwiGLU's product.
pub(super) fn swiglu(k: &Linear, product: &[f32], scale: Option<&[f32]>, y: &mut [f32], live: &[usize]) {
    let width = k.outputs / 2;
    for_each_row(
        k,
        y,
        width,
        live,
        #[inline(always)]
        |row, _, y| {
            let scale = of(scale, row);
            let (gate, up) = product[row * k.outputs..][..k.outputs].split_at(width);
            let pairs = y.iter_mut().zip(gate).zip(up);
            pairs.for_each(|((y, g), u)| *y = silu(g * scale) * (u * scale));
        },
    );
}

/// The residual sum.
pub(super) fn residual(k: &Linear, product: &[f32], scale: Option<&[f32]>, h: &mut [f32], live: &[usize]) {
    for_each_row(
        k,
        h,
        k.outputs,
        live,
        #[inline(always)]
        |row, _, h| {
            let scale = of(scale, row);
            let product = &product[row * k.outputs..][..k.outputs];
            h.iter_mut().zip(product).for_each(|(h, p)| *h = *h * scale + p);
        },
    );
}
