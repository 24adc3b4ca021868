use super::parallel::for_live_rows;
use crate::kernels::Shift;

/// Ids per task.
const BLOCK: usize = 4096;

/// Runs the kernel `shift` on the CPU.
pub(super) fn shift(k: &Shift, x: &[u32], y: &mut [u32], live: &[usize]) {
    let by = i32::try_from(k.by).unwrap_or(i32::MAX);
    for_live_rows(y, live, k.len, 1, BLOCK, |slot, first, y| {
        let x = &x[slot * k.len + first..][..y.len()];
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x.saturating_add_signed(-by));
    });
}
