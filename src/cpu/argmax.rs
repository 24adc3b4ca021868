use super::parallel::for_live_rows;
use crate::kernels::Argmax;

/// Rows per task.
const BLOCK: usize = 128;

/// Runs the kernel `argmax` on the CPU.
pub(super) fn argmax(k: &Argmax, x: &[f32], y: &mut [u32], live: &[usize]) {
    for_live_rows(y, live, k.rows, 1, BLOCK, |slot, first, block| {
        let rows = x[(slot * k.rows + first) * k.width..].chunks_exact(k.width);
        for (y, row) in block.iter_mut().zip(rows) {
            let mut best = 0;
            for (i, v) in row.iter().enumerate() {
                if *v > row[best] {
                    best = i;
                }
            }
            *y = best as u32;
        }
    });
}
