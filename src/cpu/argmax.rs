use super::parallel::for_live_rows;
use crate::kernels::Argmax;

/// Rows per task.
const BLOCK: usize = 128;

/// Runs the kernel `argmax` on the CPU.
pub(super) fn argmax(k: &Argmax, x: &[f32], given: Option<&[u32]>, y: &mut [u32], live: &[usize]) {
    for_live_rows(y, live, k.rows, 1, BLOCK, |slot, first, block| {
        let rows = x[(slot * k.rows + first) * k.width..].chunks_exact(k.width);
        for (i, (y, row)) in block.iter_mut().zip(rows).enumerate() {
            let mut best = 0;
            for (id, v) in row.iter().enumerate() {
                if *v > row[best] {
                    best = id;
                }
            }
            *y = match given.map(|given| given[slot * k.rows + first + i]) {
                None => best as u32,
                Some(0) => best as u32 + 1,
                Some(id) => id,
            };
        }
    });
}
