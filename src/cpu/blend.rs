use super::parallel::for_live_rows;
use crate::kernels::Blend;

/// Elements per task.
const BLOCK: usize = 16 * 1024;

/// Runs the kernel `blend` on the CPU.
pub(super) fn blend(k: &Blend, x: &[f32], y: &mut [f32], live: &[usize]) {
    for_live_rows(
        y,
        live,
        k.elements(),
        1,
        BLOCK,
        #[inline(always)]
        |slot, first, y| mix(k, &x[slot * k.elements() + first..][..y.len()], y),
    );
}

/// Computes `y ← keep · y + weight · x`.
#[inline(always)]
pub(super) fn mix(k: &Blend, x: &[f32], y: &mut [f32]) {
    match k.keep {
        Some(keep) => y.iter_mut().zip(x).for_each(|(y, x)| *y = keep * *y + k.weight * x),
        None => y.iter_mut().zip(x).for_each(|(y, x)| *y = k.weight * x),
    }
}
