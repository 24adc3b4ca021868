//! The norm and epilogue of `linear`: everything but its product.

use pulp::{Simd, WithSimd};

use super::math::{larger, map, silu};
use super::parallel::{Output, for_live_rows};
use super::rms_norm::factor;
use crate::kernels::{Epilogue, Linear};

/// Rows per task.
const BLOCK: usize = 4;

/// What an epilogue reads besides the product.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Operands<'a> {
    /// Bias `[outputs]`.
    pub bias: Option<&'a [f32]>,
    /// Table of angles, for [`Epilogue::Rope`].
    pub table: &'a [f32],
    /// RMSNorm factor of each row: of the product, or with [`Epilogue::Residual`] of the tensor that it is added to.
    pub scale: Option<&'a [f32]>,
}

/// Computes the RMSNorm factor of each row of `x`.
pub(super) fn factors(k: &Linear, eps: f32, x: &[f32], scale: &mut [f32], live: &[usize]) {
    for_live_rows(
        scale,
        live,
        k.rows,
        1,
        BLOCK,
        #[inline(always)]
        |slot, first, block| factor_rows(&x[(slot * k.rows + first) * k.inputs..], k.inputs, eps, block),
    );
}

/// Computes the RMSNorm factor of each row of `width` elements.
#[inline(always)]
pub(super) fn factor_rows(x: &[f32], width: usize, eps: f32, scale: &mut [f32]) {
    let rows = scale.iter_mut().zip(x.chunks_exact(width));
    rows.for_each(|(scale, row)| *scale = factor(row, eps));
}

/// Adds a bias to products, which are scaled by the factor of their row's norm first, if there is one.
pub(super) struct Bias<'a> {
    pub bias: &'a [f32],
    pub scale: Option<&'a [f32]>,
    /// Rows of `width` elements.
    pub products: &'a mut [f32],
    pub width: usize,
    /// First of the columns that `bias` is for.
    pub at: usize,
}

impl WithSimd for Bias<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (i, row) in self.products.chunks_exact_mut(self.width).enumerate() {
            let scale = simd.splat_f32s(self.scale.map_or(1.0, |scale| scale[i]));
            map(
                simd,
                &mut row[self.at..][..self.bias.len()],
                [self.bias],
                #[inline(always)]
                |p, [b]| simd.add_f32s(simd.mul_f32s(p, scale), b),
            );
        }
    }
}

/// Products of some of a sample's rows, ready for the epilogue. Their outputs belong together: they are adjacent, or
/// with [`Epilogue::Swiglu`] gates followed by as many partners.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a> {
    pub k: &'a Linear,
    /// Operands, starting at the first row.
    pub operands: Operands<'a>,
    pub slot: usize,
    /// First row, within the sample.
    pub row: usize,
    /// First output.
    pub column: usize,
    /// Rows of `width` elements, of which the first `columns` are valid.
    pub products: &'a [f32],
    pub width: usize,
    pub columns: usize,
    pub out: Output<'a, f32>,
}

impl Finish<'_> {
    /// Runs the epilogue.
    ///
    /// # Safety
    /// Nothing else may access what this writes: in each row, the outputs computed from these products.
    pub(super) unsafe fn run(self) {
        pulp::Arch::new().dispatch(self);
    }
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Finish {
            k,
            operands: Operands { table, .. },
            column,
            columns,
            ..
        } = self;
        match k.epilogue {
            Epilogue::Store => self.each(
                1,
                #[inline(always)]
                |_, p, scale, y| store(simd, p, scale, y),
            ),
            Epilogue::Rope { head_dim, pair, .. } => {
                let turned = (k.outputs / 3 * 2).saturating_sub(column).min(columns);
                self.each(
                    1,
                    #[inline(always)]
                    |position, p, scale, y| {
                        let angles = &table[position * head_dim..][..head_dim];
                        rope(simd, p, scale, (angles, pair), turned, y);
                    },
                );
            }
            Epilogue::Swiglu => self.each(
                2,
                #[inline(always)]
                |_, p, scale, y| swiglu(simd, p, scale, y),
            ),
            Epilogue::Relu => self.each(
                1,
                #[inline(always)]
                |_, p, scale, y| relu(simd, p, scale, y),
            ),
            Epilogue::Residual { .. } => self.each(
                1,
                #[inline(always)]
                |_, p, scale, y| residual(simd, p, scale, y),
            ),
        }
    }
}

impl Finish<'_> {
    /// Calls `finish(position, products, factor, output)` for each row; `share` products make one output.
    #[inline(always)]
    fn each(self, share: usize, finish: impl Fn(usize, &[f32], f32, &mut [f32])) {
        let (width, columns) = (self.k.outputs / share, self.columns);
        let first = self.slot * self.k.rows + self.row;
        for (i, products) in self.products.chunks_exact(self.width).enumerate() {
            // SAFETY: promised by the caller of `run`.
            let y = unsafe { self.out.part((first + i) * width + self.column, columns / share) };
            let scale = self.operands.scale.map_or(1.0, |scale| scale[i]);
            finish(self.row + i, &products[..columns], scale, y);
        }
    }
}

#[inline(always)]
fn store<S: Simd>(simd: S, p: &[f32], scale: f32, y: &mut [f32]) {
    let scale = simd.splat_f32s(scale);
    map(
        simd,
        y,
        [p],
        #[inline(always)]
        |_, [p]| simd.mul_f32s(p, scale),
    );
}

#[inline(always)]
fn relu<S: Simd>(simd: S, p: &[f32], scale: f32, y: &mut [f32]) {
    let (scale, zero) = (simd.splat_f32s(scale), simd.splat_f32s(0.0));
    map(
        simd,
        y,
        [p],
        #[inline(always)]
        |_, [p]| larger(simd, simd.mul_f32s(p, scale), zero),
    );
}

/// Applies rotary positions to whole heads, of which the first `turned` elements are queries and keys.
#[inline(always)]
fn rope<S: Simd>(simd: S, p: &[f32], scale: f32, (angles, pair): (&[f32], usize), turned: usize, y: &mut [f32]) {
    let half = pair / 2;
    let (heads, values) = y.split_at_mut(turned);
    if pair == 2 {
        // Neighbours: too few for a vector.
        let heads = heads.chunks_exact_mut(angles.len()).zip(p.chunks_exact(angles.len()));
        for (y, p) in heads {
            let pairs = y.chunks_exact_mut(2).zip(p.chunks_exact(2).zip(angles.chunks_exact(2)));
            for (y, (p, angle)) in pairs {
                y[0] = (p[0] * angle[0] - p[1] * angle[1]) * scale;
                y[1] = (p[1] * angle[0] + p[0] * angle[1]) * scale;
            }
        }
        return store(simd, &p[turned..], scale, values);
    }
    let factor = simd.splat_f32s(scale);
    let groups = heads.chunks_exact_mut(pair).zip(p.chunks_exact(pair));
    for ((group, p), angles) in groups.zip(angles.chunks_exact(pair).cycle()) {
        let ((a, b), (pa, pb)) = (group.split_at_mut(half), p.split_at(half));
        let (cos, sin) = angles.split_at(half);
        map(
            simd,
            a,
            [pa, pb, cos, sin],
            #[inline(always)]
            |_, [pa, pb, c, s]| simd.mul_f32s(simd.sub_f32s(simd.mul_f32s(pa, c), simd.mul_f32s(pb, s)), factor),
        );
        map(
            simd,
            b,
            [pa, pb, cos, sin],
            #[inline(always)]
            |_, [pa, pb, c, s]| simd.mul_f32s(simd.add_f32s(simd.mul_f32s(pb, c), simd.mul_f32s(pa, s)), factor),
        );
    }
    store(simd, &p[turned..], scale, values);
}

#[inline(always)]
fn swiglu<S: Simd>(simd: S, p: &[f32], scale: f32, y: &mut [f32]) {
    let ((gate, up), scale) = (p.split_at(y.len()), simd.splat_f32s(scale));
    map(
        simd,
        y,
        [gate, up],
        #[inline(always)]
        |_, [gate, up]| simd.mul_f32s(silu(simd, simd.mul_f32s(gate, scale)), simd.mul_f32s(up, scale)),
    );
}

#[inline(always)]
fn residual<S: Simd>(simd: S, p: &[f32], scale: f32, y: &mut [f32]) {
    let scale = simd.splat_f32s(scale);
    map(
        simd,
        y,
        [p],
        #[inline(always)]
        |y, [p]| simd.mul_add_e_f32s(y, scale, p),
    );
}
