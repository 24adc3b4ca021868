use std::cell::RefCell;

use super::gemm::{PANEL, Product, fill, fill_transposed, panel_len};
use super::math::{exp, max, sum};
use super::parallel::{Output, for_each, vectorised};
use crate::kernels::Attention;

/// Queries that a task takes at once: their scores stay in the cache.
const BLOCK: usize = 128;

/// Operations that laying out an element of keys and values takes, roughly.
const LAYING: usize = 4;

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
    let own = panels_len(k) / k.heads;
    let third =
        |slot: usize, head: usize, i: usize, row: usize| &qkv[((slot * rows + row) * 3 + i) * width + head * d..];
    let (laid, out, pairs) = (Output::new(panels), Output::new(y), live.len() * k.heads);
    let pair_of = |pair: usize| (live[pair / k.heads], pair % k.heads);
    let lay = |pair: usize| {
        let (slot, head) = pair_of(pair);
        // SAFETY: each sample's head has its own panels.
        let (keys, values) = unsafe { laid.part(pair * own, own) }.split_at_mut(panel_len(d, rows));
        fill_transposed(keys, third(slot, head, 1, 0), 3 * width, d, rows);
        fill(values, third(slot, head, 2, 0), 3 * width, rows, d);
    };
    let blocks = rows.div_ceil(BLOCK);
    // One block lays its panels out itself, while they are in the cache.
    if blocks > 1 {
        for_each(pairs, pairs * rows * d * LAYING, lay);
    }
    for_each(pairs * blocks, pairs * 4 * rows * rows * d, |task| {
        let (pair, first) = (task / blocks, task % blocks * BLOCK);
        if blocks == 1 {
            lay(pair);
        }
        let (slot, head) = pair_of(pair);
        // SAFETY: who has written the panels is done, see above.
        let (keys, values) = unsafe { laid.written(pair * own, own) }.split_at(panel_len(d, rows));
        let queries = BLOCK.min(rows - first);
        SCORES.with_borrow_mut(|scores| {
            let stride = rows.next_multiple_of(PANEL);
            scores.resize(scores.len().max(queries * stride), 0.0);
            let scores = &mut scores[..queries * stride];
            for (i, panel) in keys.chunks_exact(d * PANEL).enumerate() {
                let product = Product {
                    x: third(slot, head, 0, first),
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
}

/// Softmax of the first `len` values of each row, times `scale` before. The rest, up to `stride`, has no weight; it goes
/// along so that rows are whole vectors.
#[inline(always)]
fn softmax(scores: &mut [f32], stride: usize, len: usize, scale: f32) {
    for row in scores.chunks_exact_mut(stride) {
        row[len..].fill(f32::NEG_INFINITY);
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
