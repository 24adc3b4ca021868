//! Dividing a kernel's output among threads.

use rayon::prelude::*;

/// Calls `kernel(slot, first row, rows of the output)` for the live samples of `out`, in blocks of `block` rows of
/// `width`, where a sample has `len` elements.
pub(super) fn for_live_rows<T: Send>(
    out: &mut [T],
    live: &[usize],
    len: usize,
    width: usize,
    block: usize,
    kernel: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    if len == 0 || width == 0 {
        return;
    }
    let samples = out
        .par_chunks_mut(len)
        .enumerate()
        .filter(|(slot, _)| live.binary_search(slot).is_ok());
    samples.for_each(|(slot, sample)| {
        let blocks = sample.par_chunks_mut(block * width).enumerate();
        blocks.for_each(|(i, rows)| kernel(slot, i * block, rows));
    });
}
