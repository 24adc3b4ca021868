use pulp::{Simd, WithSimd};

use super::math::dot;
use super::parallel::for_live_rows;
use crate::kernels::SymbolHead;

/// Cells per task.
const BLOCK: usize = 8;

/// Runs the kernel `symbol_head` on the CPU.
pub(super) fn symbol_head(k: &SymbolHead, z: &[f32], weight: &[f32], y: &mut [f32], live: &[usize]) {
    let len = k.symbols * k.positions * k.width;
    for_live_rows(y, live, k.seq_len * k.symbols, k.symbols, BLOCK, |slot, first, y| {
        let z = &z[slot * len..][..len];
        pulp::Arch::new().dispatch(Cells { k, z, weight, first, y });
    });
}

/// The logits of some cells of a sample, from `first` on.
struct Cells<'a> {
    k: &'a SymbolHead,
    z: &'a [f32],
    weight: &'a [f32],
    first: usize,
    y: &'a mut [f32],
}

impl WithSimd for Cells<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Cells { k, z, weight, first, y } = self;
        let d = k.width;
        for (s, y) in (first..).zip(y.chunks_exact_mut(k.symbols)) {
            let state = |u: usize| &z[(u * k.positions + s) * d..][..d];
            for (v, y) in y.iter_mut().enumerate() {
                *y = match k.mixed {
                    false => dot(simd, state(v), &weight[..d]),
                    true => {
                        let weights = weight[v * k.symbols * d..].chunks_exact(d).take(k.symbols);
                        weights.enumerate().map(|(u, w)| dot(simd, state(u), w)).sum()
                    }
                };
            }
        }
    }
}
