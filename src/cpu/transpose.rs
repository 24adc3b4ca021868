use super::parallel::for_live_rows;
use crate::kernels::Transpose;

/// Output rows per task.
const BLOCK: usize = 16;

/// Runs the kernel `transpose` on the CPU.
pub(super) fn transpose(k: &Transpose, x: &[f32], y: &mut [f32], live: &[usize]) {
    let len = k.rows * k.columns;
    for_live_rows(y, live, len, k.rows, BLOCK, |slot, first, block| {
        let x = &x[slot * len..][..len];
        for (j, row) in block.chunks_exact_mut(k.rows).enumerate() {
            row.iter_mut()
                .enumerate()
                .for_each(|(i, y)| *y = x[i * k.columns + first + j]);
        }
    });
}
