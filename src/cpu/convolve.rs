use pulp::{Simd, WithSimd};

use super::math::{map, silu};
use super::parallel::for_live_rows;
use crate::kernels::Convolve;

/// Rows per task.
const BLOCK: usize = 8;

/// Runs the kernel `convolve` on the CPU.
pub(super) fn convolve(k: &Convolve, x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32], live: &[usize]) {
    for_live_rows(y, live, k.rows * k.width, k.width, BLOCK, |slot, first, y| {
        let at = (slot * k.rows + first) * k.width;
        let before = (first > 0).then(|| &x[at - k.width..at]);
        let x = &x[at..at + y.len()];
        Rows {
            weight,
            bias,
            before,
            x,
            y,
        }
        .run();
    });
}

/// Neighbouring rows of a sample.
pub(super) struct Rows<'a> {
    pub weight: &'a [f32],
    pub bias: &'a [f32],
    /// The row before the first, if there is one.
    pub before: Option<&'a [f32]>,
    pub x: &'a [f32],
    pub y: &'a mut [f32],
}

impl Rows<'_> {
    /// Convolves the rows.
    pub(super) fn run(self) {
        pulp::Arch::new().dispatch(self);
    }
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (width, taps) = (self.bias.len(), self.weight.as_chunks::<2>().0);
        let mut before = self.before;
        for (x, y) in self.x.chunks_exact(width).zip(self.y.chunks_exact_mut(width)) {
            let own = y.iter_mut().zip(x).zip(taps.iter().zip(self.bias));
            own.for_each(|((y, x), ([_, here], bias))| *y = here * x + bias);
            if let Some(before) = before {
                let other = y.iter_mut().zip(before).zip(taps);
                other.for_each(|((y, x), [there, _])| *y += there * x);
            }
            map(
                simd,
                y,
                [],
                #[inline(always)]
                |y, []| silu(simd, y),
            );
            before = Some(x);
        }
    }
}
