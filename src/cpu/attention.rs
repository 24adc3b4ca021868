use rayon::prelude::*;

use super::gemm::{Matrix, Output, gemm};
use super::math::{exp, max, sum};
use crate::kernels::Attention;

/// Queries that a task takes at once: its scores stay in the cache.
const BLOCK: usize = 64;

/// Twin of `attention`.
pub(super) fn attention(k: &Attention, qkv: &[f32], y: &mut [f32], live: &[usize]) {
    let (rows, d, width) = (k.rows, k.head_dim, k.heads * k.head_dim);
    let scale = 1.0 / (d as f32).sqrt();
    let out = Output::new(y);
    let blocks = rows.div_ceil(BLOCK);
    (0..live.len() * k.heads * blocks).into_par_iter().for_each(|task| {
        let (slot, head, first) = (
            live[task / (k.heads * blocks)],
            task / blocks % k.heads,
            task % blocks * BLOCK,
        );
        let queries = BLOCK.min(rows - first);
        let third = |i: usize, row: usize| &qkv[(slot * rows + row) * 3 * width + i * width + head * d..];
        let stride = 3 * width;
        let mut scores = vec![0.0; queries * rows];
        let (q, keys, values) = (third(0, first), third(1, 0), third(2, 0));
        // SAFETY: the scores are this task's own.
        unsafe {
            let (q, keys) = (
                Matrix {
                    data: q,
                    strides: (stride, 1),
                },
                Matrix {
                    data: keys,
                    strides: (1, stride),
                },
            );
            gemm((queries, d, rows), scale, q, keys, Output::new(&mut scores), 0, rows);
        }
        for row in scores.chunks_exact_mut(rows) {
            let largest = max(row);
            row.iter_mut().for_each(|s| *s = exp(*s - largest));
            let inverse = 1.0 / sum(row, |p| p);
            row.iter_mut().for_each(|p| *p *= inverse);
        }
        let (p, v) = (
            Matrix {
                data: &scores,
                strides: (rows, 1),
            },
            Matrix {
                data: values,
                strides: (stride, 1),
            },
        );
        // SAFETY: tasks write different rows or heads.
        unsafe {
            gemm(
                (queries, rows, d),
                1.0,
                p,
                v,
                out,
                (slot * rows + first) * width + head * d,
                width,
            )
        };
    });
}
