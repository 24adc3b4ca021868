//! What `linear` does besides its product.

use super::math::silu;
use super::parallel::{Output, for_live_rows};
use super::rms_norm::factor;
use crate::kernels::{Join, Linear};

/// Rows that a task takes.
const BLOCK: usize = 4;

/// What a join reads besides the product.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Operands<'a> {
    /// Of [`Join::Store`]: `[outputs]`.
    pub bias: Option<&'a [f32]>,
    /// Of [`Join::Rope`].
    pub table: &'a [f32],
    /// RMSNorm's factor of each row of all samples: of the product, and with [`Join::Residual`] of what it is added to.
    pub scale: Option<&'a [f32]>,
}

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

/// Joins the products of some of a sample's rows, from row `first` on. They are of outputs that belong together, of which
/// `column` is the first: neighbours, or with [`Join::Swiglu`] gates and then as many partners.
///
/// # Safety
/// Nothing else may access what this writes: of each row, the outputs that the products give.
#[inline(always)]
pub(super) unsafe fn join<'p>(
    k: &Linear,
    operands: Operands,
    (slot, first, column): (usize, usize, usize),
    products: impl Iterator<Item = &'p [f32]>,
    out: Output<f32>,
) {
    let Operands { bias, table, scale } = operands;
    let (width, share) = match k.join {
        Join::Swiglu => (k.outputs / 2, 2),
        _ => (k.outputs, 1),
    };
    for (position, p) in (first..).zip(products) {
        let row = slot * k.rows + position;
        // SAFETY: the caller's promise.
        let y = unsafe { out.part(row * width + column, p.len() / share) };
        let scale = scale.map_or(1.0, |scale| scale[row]);
        match k.join {
            Join::Store => store(p, scale, bias.map(|bias| &bias[column..]), y),
            Join::Rope { head_dim, .. } => {
                let turned = (k.outputs / 3 * 2).saturating_sub(column).min(p.len());
                rope(p, scale, &table[position * head_dim..][..head_dim], turned, y);
            }
            Join::Swiglu => swiglu(p, scale, y),
            Join::Residual { .. } => y.iter_mut().zip(p).for_each(|(y, p)| *y = *y * scale + p),
        }
    }
}

#[inline(always)]
fn store(p: &[f32], scale: f32, bias: Option<&[f32]>, y: &mut [f32]) {
    y.iter_mut().zip(p).for_each(|(y, p)| *y = p * scale);
    let biases = bias.into_iter().flatten();
    y.iter_mut().zip(biases).for_each(|(y, b)| *y += b);
}

/// Rotary positions of whole heads, of which the first `turned` elements are queries and keys.
#[inline(always)]
fn rope(p: &[f32], scale: f32, angles: &[f32], turned: usize, y: &mut [f32]) {
    let half = angles.len() / 2;
    let (cos, sin) = angles.split_at(half);
    let (heads, values) = y.split_at_mut(turned);
    for (head, p) in heads.chunks_exact_mut(2 * half).zip(p.chunks_exact(2 * half)) {
        let ((a, b), (pa, pb)) = (head.split_at_mut(half), p.split_at(half));
        for (((((a, b), pa), pb), c), s) in a.iter_mut().zip(b).zip(pa).zip(pb).zip(cos).zip(sin) {
            (*a, *b) = ((pa * c - pb * s) * scale, (pb * c + pa * s) * scale);
        }
    }
    store(&p[turned..], scale, None, values);
}

#[inline(always)]
fn swiglu(p: &[f32], scale: f32, y: &mut [f32]) {
    let (gate, up) = p.split_at(y.len());
    let pairs = y.iter_mut().zip(gate).zip(up);
    pairs.for_each(|((y, g), u)| *y = silu(g * scale) * (u * scale));
}
