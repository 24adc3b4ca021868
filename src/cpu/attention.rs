use std::cell::RefCell;

use super::gemm::{PANEL, Product, fill, fill_transposed, panel_len};
use super::math::{exp, max, sum};
use super::parallel::{Output, for_each, vectorised};
use crate::kernels::Attention;

/// Queries that a task takes at once: their scores stay in the cache.
const BLOCK: usize = 128;

thread_local! {
    /// The scores of a block of queries, kept so that no segment allocates.
    static SCORES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Elements of `panels` that a sample needs: the keys and values of all heads.
pub(super) fn panels_len(k: &Attention) -> usize {
    k.heads * (panel_len(k.head_dim, k.rows) + panel_len(k.rows, k.head_dim))
}

/// Twin of `attention`. `panels` is scratch: [`panels_len`] for each live sample, zeros where nothing was written.
pub(super) fn attention(k: &Attention, qkv: &[f32], panels: &mut [f32], y: &mut [f32], live: &[usize]) {
    let (rows, d, width) = (k.rows, k.head_dim, k.heads * k.head_dim);
    let (own, out, panels) = (panels_len(k) / k.heads, Output::new(y), Output::new(panels));
    let blocks = rows.div_ceil(BLOCK);
    let work = 4 * rows * rows * d;
    for_each(live.len() * k.heads, live.len() * k.heads * work, |task| {
        let (slot, head) = (live[task / k.heads], task % k.heads);
        let third = |i: usize, row: usize| &qkv[((slot * rows + row) * 3 + i) * width + head * d..];
        // SAFETY: each task has its own panels.
        let (keys, values) = unsafe { panels.part(task * own, own) }.split_at_mut(panel_len(d, rows));
        fill_transposed(keys, third(1, 0), 3 * width, d, rows);
        fill(values, third(2, 0), 3 * width, rows, d);
        let (keys, values) = (&*keys, &*values);
        for_each(blocks, work, |block| {
            let first = block * BLOCK;
            let queries = BLOCK.min(rows - first);
            SCORES.with_borrow_mut(|scores| {
                let stride = rows.next_multiple_of(PANEL);
                scores.resize(scores.len().max(queries * stride), 0.0);
                let scores = &mut scores[..queries * stride];
                for (i, panel) in keys.chunks_exact(d * PANEL).enumerate() {
                    let product = Product {
                        x: third(0, first),
                        stride: 3 * width,
                        rows: queries,
                        panel,
                        columns: PANEL,
                        out: Output::new(scores),
                        at: i * PANEL,
                        out_stride: stride,
                    };
                    // SAFETY: the scores are this thread's own.
                    unsafe { product.run() };
                }
                vectorised(
                    #[inline(always)]
                    || softmax(scores, stride, rows, 1.0 / (d as f32).sqrt()),
                );
                for (i, panel) in values.chunks_exact(rows * PANEL).enumerate() {
                    let product = Product {
                        x: scores,
                        stride,
                        rows: queries,
                        panel,
                        columns: PANEL.min(d - i * PANEL),
                        out,
                        at: (slot * rows + first) * width + head * d + i * PANEL,
                        out_stride: width,
                    };
                    // SAFETY: tasks write different samples, heads or rows.
                    unsafe { product.run() };
                }
            });
        });
    });
}

/// Softmax of the first `len` values of each row, times `scale` before.
#[inline(always)]
fn softmax(scores: &mut [f32], stride: usize, len: usize, scale: f32) {
    for row in scores.chunks_exact_mut(stride) {
        let row = &mut row[..len];
        let largest = max(row) * scale;
        row.iter_mut().for_each(|s| *s = exp(*s * scale - largest));
        let inverse = 1.0
            / sum(
                row,
                #[inline(always)]
                |p| p,
            );
        row.iter_mut().for_each(|p| *p *= inverse);
    }
}
