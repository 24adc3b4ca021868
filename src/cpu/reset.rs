use super::parallel::for_live_rows;
use crate::kernels::Reset;

/// Runs the kernel `reset` on the CPU.
pub(super) fn reset(k: &Reset, init: &[f32], z: &mut [f32], live: &[usize]) {
    for_live_rows(z, live, k.rows * k.width, k.width, 1, |_, _, row| {
        row.copy_from_slice(init)
    });
}
