use super::math::silu;
use super::parallel::for_live_rows;
use crate::kernels::Swiglu;

/// Rows that a task takes.
const BLOCK: usize = 4;

/// Twin of `swiglu`.
pub(super) fn swiglu(k: &Swiglu, gate_up: &[f32], y: &mut [f32], live: &[usize]) {
    let width = k.width;
    for_live_rows(y, live, k.rows * width, width, BLOCK, |slot, first, block| {
        let rows = gate_up[(slot * k.rows + first) * 2 * width..].chunks_exact(2 * width);
        for (y, row) in block.chunks_exact_mut(width).zip(rows) {
            let (gate, up) = row.split_at(width);
            y.iter_mut().zip(gate).zip(up).for_each(|((y, &g), u)| *y = silu(g) * u);
        }
    });
}
