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

/// The factor of a row where there are factors.
#[inline(always)]
fn of(scale: Option<&[f32]>, k: &Linear, slot: usize, row: usize) -> f32 {
    scale.map_or(1.0, |scale| scale[slot * k.rows + row])
}

/// The norm alone.
pub(super) fn store(k: &Linear, scale: &[f32], y: &mut [f32], live: &[usize]) {
    let width = k.outputs;
    for_live_rows(
        y,
        live,
        k.rows * width,
        width,
        BLOCK,
        #[inline(always)]
        |slot, first, block| {
            for (row, y) in (first..).zip(block.chunks_exact_mut(width)) {
                let scale = of(Some(scale), k, slot, row);
                y.iter_mut().for_each(|y| *y *= scale);
            }
        },
    );
}

/// Rotary positions, in place.
pub(super) fn rope(k: &Linear, head_dim: usize, table: &[f32], scale: Option<&[f32]>, qkv: &mut [f32], live: &[usize]) {
    let width = k.outputs;
    for_live_rows(
        qkv,
        live,
        k.rows * width,
        width,
        BLOCK,
        #[inline(always)]
        |slot, first, block| {
            for (position, row) in (first..).zip(block.chunks_exact_mut(width)) {
                let scale = of(scale, k, slot, position);
                let (cos, sin) = table[position * head_dim..][..head_dim].split_at(head_dim / 2);
                let (turned, values) = row.split_at_mut(width / 3 * 2);
                for head in turned.chunks_exact_mut(head_dim) {
                    let (a, b) = head.split_at_mut(head_dim / 2);
                    for (((a, b), c), s) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                        (*a, *b) = ((*a * c - *b * s) * scale, (*b * c + *a * s) * scale);
                    }
                }
                values.iter_mut().for_each(|v| *v *= scale);
            }
        },
    );
}

/// SwiGLU's product.
pub(super) fn swiglu(k: &Linear, product: &[f32], scale: Option<&[f32]>, y: &mut [f32], live: &[usize]) {
    let width = k.outputs / 2;
    for_live_rows(
        y,
        live,
        k.rows * width,
        width,
        BLOCK,
        #[inline(always)]
        |slot, first, block| {
            let rows = product[(slot * k.rows + first) * 2 * width..].chunks_exact(2 * width);
            for ((row, y), product) in (first..).zip(block.chunks_exact_mut(width)).zip(rows) {
                let scale = of(scale, k, slot, row);
                let (gate, up) = product.split_at(width);
                let pairs = y.iter_mut().zip(gate).zip(up);
                pairs.for_each(|((y, g), u)| *y = silu(g * scale) * (u * scale));
            }
        },
    );
}

/// The residual sum.
pub(super) fn residual(k: &Linear, product: &[f32], scale: Option<&[f32]>, h: &mut [f32], live: &[usize]) {
    let width = k.outputs;
    for_live_rows(
        h,
        live,
        k.rows * width,
        width,
        BLOCK,
        #[inline(always)]
        |slot, first, block| {
            let rows = product[(slot * k.rows + first) * width..].chunks_exact(width);
            for ((row, h), product) in (first..).zip(block.chunks_exact_mut(width)).zip(rows) {
                let scale = of(scale, k, slot, row);
                h.iter_mut().zip(product).for_each(|(h, p)| *h = *h * scale + p);
            }
        },
    );
}
