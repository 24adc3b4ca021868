use super::parallel::for_live_rows;
use crate::kernels::Rope;

/// Twin of `rope`.
pub(super) fn rope(k: &Rope, table: &[f32], qkv: &mut [f32], live: &[usize]) {
    let (d, half) = (k.head_dim, k.head_dim / 2);
    let width = 3 * k.heads * d;
    for_live_rows(qkv, live, k.rows * width, width, 1, |_, position, row| {
        let (cos, sin) = table[position * d..][..d].split_at(half);
        // Queries and keys are the first two thirds.
        for head in row.chunks_exact_mut(d).take(2 * k.heads) {
            let (a, b) = head.split_at_mut(half);
            for (((a, b), c), s) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
            }
        }
    });
}
