use super::parallel::for_live_rows;
use crate::kernels::Confidence;

/// Runs the kernel `confidence` on the CPU.
pub(super) fn confidence(k: &Confidence, x: &[f32], given: Option<&[u32]>, q: &mut [f32], live: &[usize]) {
    let len = k.rows * k.width;
    for_live_rows(q, live, 2, 2, 1, |slot, _, q| {
        let cells = x[slot * len..][..len].chunks_exact(k.width).enumerate();
        let counts = |cell: usize| given.is_none_or(|given| given[slot * k.rows + cell] == 0);
        let probability = |(_, cell): (usize, &[f32])| {
            let largest = cell.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            1.0 / cell.iter().map(|logit| (logit - largest).exp()).sum::<f32>()
        };
        q.copy_from_slice(&[
            cells.filter(|(i, _)| counts(*i)).map(probability).fold(1.0, f32::min),
            0.0,
        ]);
    });
}
