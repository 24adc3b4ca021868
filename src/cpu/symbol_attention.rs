use std::cell::RefCell;

use pulp::{Simd, WithSimd};

use super::math::{dot, exp, map};
use super::parallel::for_live_rows;
use crate::kernels::SymbolAttention;

/// Rows per task.
const BLOCK: usize = 16;

thread_local! {
    /// Weights of the symbols in a row, kept so that no segment allocates.
    static WEIGHTS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Runs the kernel `symbol_attention` on the CPU.
pub(super) fn symbol_attention(k: &SymbolAttention, qkv: &[f32], y: &mut [f32], live: &[usize]) {
    let (rows, width) = (k.rows(), k.heads * k.head_dim);
    for_live_rows(y, live, rows * width, width, BLOCK, |slot, first, y| {
        let qkv = &qkv[slot * rows * 3 * width..][..rows * 3 * width];
        Rows { k, qkv, first, y }.run();
    });
}

/// Rows of a sample, from `first` on.
pub(super) struct Rows<'a> {
    pub k: &'a SymbolAttention,
    /// Queries, keys and values of the whole sample.
    pub qkv: &'a [f32],
    pub first: usize,
    pub y: &'a mut [f32],
}

impl Rows<'_> {
    /// Computes the rows.
    pub(super) fn run(self) {
        // Borrowed before `dispatch`: a closure called within it would be compiled without the processor's vectors.
        WEIGHTS.with_borrow_mut(|weights| {
            weights.resize(self.k.symbols, 0.0);
            pulp::Arch::new().dispatch(Weighted { rows: self, weights });
        });
    }
}

/// Rows, and scratch for a weight a symbol.
struct Weighted<'a> {
    rows: Rows<'a>,
    weights: &'a mut [f32],
}

impl WithSimd for Weighted<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Weighted {
            rows: Rows { k, qkv, first, y },
            weights,
        } = self;
        let (d, width) = (k.head_dim, k.heads * k.head_dim);
        let scale = 1.0 / (d as f32).sqrt();
        let part = |row: usize, third: usize, head: usize| &qkv[(3 * row + third) * width + head * d..][..d];
        for (row, y) in (first..).zip(y.chunks_exact_mut(width)) {
            let keys = |u: usize| u * k.positions + row % k.positions;
            for (head, y) in y.chunks_exact_mut(d).enumerate() {
                let query = part(row, 0, head);
                let mut largest = f32::NEG_INFINITY;
                for (u, weight) in weights.iter_mut().enumerate() {
                    *weight = dot(simd, query, part(keys(u), 1, head)) * scale;
                    largest = largest.max(*weight);
                }
                let most = simd.splat_f32s(largest);
                map(
                    simd,
                    weights,
                    [],
                    #[inline(always)]
                    |w, []| exp(simd, simd.sub_f32s(w, most)),
                );
                let factor = 1.0 / weights.iter().sum::<f32>();
                y.fill(0.0);
                for (u, weight) in weights.iter().enumerate() {
                    let weight = simd.splat_f32s(weight * factor);
                    map(
                        simd,
                        y,
                        [part(keys(u), 2, head)],
                        #[inline(always)]
                        |y, [v]| simd.mul_add_e_f32s(weight, v, y),
                    );
                }
            }
        }
    }
}
