use super::parallel::for_live_rows;
use crate::kernels::Inject;

/// Elements per task.
const BLOCK: usize = 16 * 1024;

/// Runs the kernel `inject` on the CPU.
pub(super) fn inject(k: &Inject, a: &[f32], b: Option<&[f32]>, state: &mut [f32], live: &[usize]) {
    for_live_rows(
        state,
        live,
        k.elements(),
        1,
        BLOCK,
        #[inline(always)]
        |slot, first, s| {
            let range = slot * k.elements() + first..slot * k.elements() + first + s.len();
            add(&a[range.clone()], b.map(|b| &b[range]), s);
        },
    );
}

/// Computes `s ← s + a`, or `s ← s + (a + b)`.
#[inline(always)]
pub(super) fn add(a: &[f32], b: Option<&[f32]>, s: &mut [f32]) {
    match b {
        Some(b) => s.iter_mut().zip(a).zip(b).for_each(|((s, a), b)| *s += a + b),
        None => s.iter_mut().zip(a).for_each(|(s, a)| *s += a),
    }
}
