use std::cell::RefCell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::gemm::Product;
use super::math::{exp, larger};
use super::panels::{PANEL, fill, fill_transposed, panel_len};
use super::parallel::{Output, for_each, vectorised};
use crate::kernels::Attention;

/// Queries per task, few enough that their scores stay in the cache.
const BLOCK: usize = 128;

/// Rough cost of laying out one element of keys and values, in operations.
const LAYING: usize = 4;

thread_local! {
    /// Scores of a block of queries, kept so that no segment allocates.
    static SCORES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Returns the number of elements of `panels` that a sample needs for the keys and values of all heads.
pub(super) fn panels_len(k: &Attention) -> usize {
    k.groups * group_len(k)
}

/// Returns the number of elements of `panels` for the keys and values of one group.
pub(super) fn group_len(k: &Attention) -> usize {
    k.heads * head_len(k)
}

/// Returns the number of elements of `panels` for the keys and values of one head.
pub(super) fn head_len(k: &Attention) -> usize {
    panel_len(k.head_dim, k.rows) + panel_len(k.rows, k.head_dim)
}

/// Runs the kernel `attention` on the CPU. `panels` is scratch: [`panels_len`] elements for each live sample, zero
/// where never written.
pub(super) fn attention(k: &Attention, qkv: &[f32], panels: &mut [f32], y: &mut [f32], live: &[usize]) {
    let (rows, width) = (k.rows, k.heads * k.head_dim);
    // A pair is a group of rows and a head.
    let (len, pairs) = (group_len(k), live.len() * k.groups * k.heads);
    let (panels, out) = (Output::new(panels), Output::new(y));
    let of = |row: usize| &qkv[row * 3 * width..];
    let first_row = |group: usize| (live[group / k.groups] * k.groups + group % k.groups) * rows;
    let lay = |pair: usize| {
        let (group, head) = (pair / k.heads, pair % k.heads);
        // SAFETY: each head of a group has its own panels.
        unsafe { self::lay(k, head, 0..rows, of(first_row(group)), panels, group * len) };
    };
    let blocks = rows.div_ceil(BLOCK);
    // A single block lays out its panels itself, while they are in the cache.
    if blocks > 1 {
        for_each(pairs, pairs * rows * k.head_dim * LAYING, lay);
    }
    for_each(pairs * blocks, pairs * 4 * rows * rows * k.head_dim, |task| {
        let (pair, first) = (task / blocks, task % blocks * BLOCK);
        if blocks == 1 {
            lay(pair);
        }
        let (row, head) = (first_row(pair / k.heads) + first, pair % k.heads);
        let queries = BLOCK.min(rows - first);
        // SAFETY: the panels are fully written, see above; tasks write different groups, heads or rows.
        unsafe {
            let panels = panels.written(pair * head_len(k), head_len(k));
            attend(k, head, of(row), queries, panels, out, row);
        }
    });
}

/// Lays out a head's keys and values for the rows of a group in `qkv`, in the panels that begin at `at`.
///
/// # Safety
/// No other thread may access the elements that belong to these rows.
pub(super) unsafe fn lay(k: &Attention, head: usize, rows: Range<usize>, qkv: &[f32], panels: Output<f32>, at: usize) {
    let (d, width, at) = (k.head_dim, k.heads * k.head_dim, at + head * head_len(k));
    let values = at + panel_len(d, k.rows);
    // SAFETY: promised by the caller.
    unsafe {
        fill_transposed(panels, at, &qkv[width + head * d..], 3 * width, d, rows.clone());
        fill(
            panels,
            values,
            &qkv[2 * width + head * d..],
            3 * width,
            (rows, k.rows),
            d,
        );
    }
}

/// Computes attention for the first `queries` rows of `qkv` in the head with these panels. Results are written to rows
/// of `out` from `first` on, counted across all samples.
///
/// # Safety
/// No other thread may access this head of these rows of `out`.
pub(super) unsafe fn attend(
    k: &Attention,
    head: usize,
    qkv: &[f32],
    queries: usize,
    panels: &[f32],
    out: Output<f32>,
    first: usize,
) {
    let (rows, d, width) = (k.rows, k.head_dim, k.heads * k.head_dim);
    let (keys, values) = panels.split_at(panel_len(d, rows));
    let stride = rows.next_multiple_of(PANEL);
    SCORES.with_borrow_mut(|scores| {
        scores.resize(scores.len().max(BLOCK.min(queries) * stride), 0.0);
        for block in (0..queries).step_by(BLOCK) {
            let queries = BLOCK.min(queries - block);
            let scores = &mut scores[..queries * stride];
            let mut factors = [0.0; BLOCK];
            for (i, panel) in keys.chunks_exact(d * PANEL).enumerate() {
                let product = Product {
                    x: &qkv[block * 3 * width + head * d..],
                    stride: 3 * width,
                    rows: queries,
                    panel,
                    columns: PANEL,
                    ahead: panel,
                    out: Output::new(scores),
                    at: i * PANEL,
                    out_stride: stride,
                };
                // SAFETY: the scores are this thread's own.
                unsafe { product.run() };
            }
            pulp::Arch::new().dispatch(Softmax {
                scores: &mut *scores,
                factors: &mut factors,
                stride,
                len: rows,
                scale: 1.0 / (d as f32).sqrt(),
            });
            for (i, panel) in values.chunks_exact(rows * PANEL).enumerate() {
                let product = Product {
                    x: scores,
                    stride,
                    rows: queries,
                    panel,
                    columns: PANEL.min(d - i * PANEL),
                    ahead: panel,
                    out,
                    at: (first + block) * width + head * d + i * PANEL,
                    out_stride: width,
                };
                // SAFETY: promised by the caller.
                unsafe { product.run() };
            }
            vectorised(
                #[inline(always)]
                || {
                    for (i, factor) in factors[..queries].iter().enumerate() {
                        // SAFETY: promised by the caller.
                        let y = unsafe { out.part((first + block + i) * width + head * d, d) };
                        y.iter_mut().for_each(|y| *y *= factor);
                    }
                },
            );
        }
    });
}

/// Softmax of the first `len` values of each row after scaling by `scale`, up to a factor per row that is yet to be
/// applied. Values from `len` up to `stride`, a whole number of panels, get no weight; they are processed so that rows
/// are whole vectors.
struct Softmax<'a> {
    scores: &'a mut [f32],
    /// For each row, the factor that makes it sum to one.
    factors: &'a mut [f32],
    stride: usize,
    len: usize,
    scale: f32,
}

impl WithSimd for Softmax<'_> {
    type Output = ();

    /// Runs loop by loop over all rows, so that one row's sum does not delay the next.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, largest) in self.scores.chunks_exact_mut(self.stride).zip(&mut *self.factors) {
            row[self.len..].fill(f32::NEG_INFINITY);
            let mut vector = simd.splat_f32s(f32::NEG_INFINITY);
            for s in S::as_simd_f32s(row).0 {
                vector = larger(simd, *s, vector);
            }
            *largest = simd.reduce_max_f32s(vector) * self.scale;
        }
        let scale = simd.splat_f32s(self.scale);
        for (row, factor) in self.scores.chunks_exact_mut(self.stride).zip(self.factors) {
            let (offset, mut sum) = (simd.splat_f32s(-*factor), simd.splat_f32s(0.0));
            for s in S::as_mut_simd_f32s(row).0 {
                *s = exp(simd, simd.mul_add_e_f32s(*s, scale, offset));
                sum = simd.add_f32s(sum, *s);
            }
            *factor = 1.0 / simd.reduce_sum_f32s(sum);
        }
    }
}
