//! Vectorised functions, and sums in a fixed order.

use pulp::Simd;

/// Computes e^x to about one unit in the last place (Cephes' expf); x is clamped to the range of normal f32.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    /// Adding 1.5 · 2²³ rounds to an integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let splat = |v| simd.splat_f32s(v);
    let x = larger(simd, splat(-87.0), smaller(simd, splat(88.0), x));
    let shifted = simd.mul_add_e_f32s(x, splat(std::f32::consts::LOG2_E), splat(ROUND));
    let n = simd.sub_f32s(shifted, splat(ROUND));
    // x − n·ln 2 in two steps, ln 2 split so that the first product is exact.
    let r = simd.mul_add_e_f32s(n, splat(-0.693_359_4), x);
    let r = simd.mul_add_e_f32s(n, splat(2.121_944_4e-4), r);
    let mut p = splat(1.987_569_1e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = simd.mul_add_e_f32s(p, r, splat(c));
    }
    let e = simd.add_f32s(simd.mul_add_e_f32s(simd.mul_f32s(p, r), r, r), splat(1.0));
    simd.mul_f32s(e, power_of_two(simd, shifted))
}

/// Returns the power of two whose exponent is in the low bits.
#[inline(always)]
fn power_of_two<S: Simd>(simd: S, exponent: S::f32s) -> S::f32s {
    let bits = shift_left(simd, simd.transmute_u32s_f32s(exponent), 23);
    simd.transmute_f32s_u32s(simd.add_u32s(bits, simd.splat_u32s(0x3f80_0000)))
}

/// Shifts each lane to the left by the same number of bits.
#[inline(always)]
pub(super) fn shift_left<S: Simd>(simd: S, mut bits: S::u32s, by: u32) -> S::u32s {
    if cfg!(target_arch = "wasm32") {
        // Its instruction shifts all lanes by the same amount, for which pulp has no function.
        bytemuck::cast_slice_mut::<_, u32>(std::slice::from_mut(&mut bits))
            .iter_mut()
            .for_each(|bits| *bits <<= by);
        bits
    } else {
        simd.wrapping_dyn_shl_u32s(bits, simd.splat_u32s(by))
    }
}

/// Returns the larger of each pair of lanes; `b` if one is NaN. Uses a comparison on wasm, where the instruction for it
/// takes many of the processor's.
#[inline(always)]
pub(super) fn larger<S: Simd>(simd: S, a: S::f32s, b: S::f32s) -> S::f32s {
    if cfg!(target_arch = "wasm32") || S::IS_SCALAR {
        simd.select_f32s(simd.greater_than_f32s(a, b), a, b)
    } else {
        simd.max_f32s(a, b)
    }
}

/// Returns the smaller of each pair of lanes, with NaN handled as in [`larger`].
#[inline(always)]
fn smaller<S: Simd>(simd: S, a: S::f32s, b: S::f32s) -> S::f32s {
    if cfg!(target_arch = "wasm32") || S::IS_SCALAR {
        simd.select_f32s(simd.less_than_f32s(a, b), a, b)
    } else {
        simd.min_f32s(a, b)
    }
}

/// Computes g / (1 + e^(−g)).
#[inline(always)]
pub(super) fn silu<S: Simd>(simd: S, g: S::f32s) -> S::f32s {
    let e = exp(simd, simd.neg_f32s(g));
    simd.div_f32s(g, simd.add_f32s(simd.splat_f32s(1.0), e))
}

/// Replaces each element of `y` by `f` of it and the matching elements of `x`.
#[inline(always)]
pub(super) fn map<S: Simd, const N: usize>(
    simd: S,
    y: &mut [f32],
    x: [&[f32]; N],
    f: impl Fn(S::f32s, [S::f32s; N]) -> S::f32s,
) {
    let x = x.map(
        #[inline(always)]
        |x| S::as_simd_f32s(&x[..y.len()]),
    );
    let (whole, rest) = S::as_mut_simd_f32s(y);
    for (i, y) in whole.iter_mut().enumerate() {
        let x = x.map(
            #[inline(always)]
            |(whole, _)| whole[i],
        );
        *y = f(*y, x);
    }
    if !rest.is_empty() {
        let x = x.map(
            #[inline(always)]
            |(_, rest)| simd.partial_load_f32s(rest),
        );
        let y = f(simd.partial_load_f32s(rest), x);
        simd.partial_store_f32s(rest, y);
    }
}

/// Returns the inner product of two vectors of one length.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
    let mut sum = simd.splat_f32s(0.0);
    for (a, b) in a.iter().zip(b) {
        sum = simd.mul_add_e_f32s(*a, *b, sum);
    }
    if !a_rest.is_empty() {
        let (a, b) = (simd.partial_load_f32s(a_rest), simd.partial_load_f32s(b_rest));
        sum = simd.mul_add_e_f32s(a, b, sum);
    }
    simd.reduce_sum_f32s(sum)
}

/// Lanes of a sum: fixed, so that the order of summation is the same on every machine.
const LANES: usize = 16;

/// Sums the values, in the order of [`sum_of`].
#[inline(always)]
pub(super) fn sum(values: &[f32]) -> f32 {
    sum_of(
        values,
        #[inline(always)]
        |v| v,
    )
}

/// Sums the squares, in the order of [`sum_of`].
#[inline(always)]
pub(super) fn sum_of_squares(values: &[f32]) -> f32 {
    sum_of(
        values,
        #[inline(always)]
        |v| v * v,
    )
}

/// Sums what `term` makes of the values: each lane in order, then the lanes by halves.
#[inline(always)]
fn sum_of(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane += term(v);
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane += term(v);
    }
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            lanes[i] += lanes[i + n];
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd;

    /// Replaces each value x by e^x.
    struct Exp<'a>(&'a mut [f32]);
    impl WithSimd for Exp<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            map(simd, self.0, [], |x, []| exp(simd, x));
        }
    }

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        let x: Vec<f32> = (-860_000..870_001).map(|i| i as f32 * 1e-4).collect();
        let mut y = x.clone();
        pulp::Arch::new().dispatch(Exp(&mut y));
        for (x, y) in x.into_iter().zip(y) {
            let exact = f64::from(x).exp();
            assert!(((f64::from(y) - exact) / exact).abs() < 2.4e-7, "exp({x})");
        }
        let mut ends = [f32::NEG_INFINITY, f32::NAN];
        pulp::Arch::new().dispatch(Exp(&mut ends));
        assert!(ends[0] < 1e-37 && ends[1].is_nan());
    }

    #[test]
    fn sums_of_every_length() {
        for n in 0..70 {
            let values: Vec<f32> = (0..n).map(|i| (i * 7 % 13) as f32 - 6.0).collect();
            assert_eq!(sum_of_squares(&values), values.iter().map(|v| v * v).sum::<f32>());
            assert_eq!(sum(&values), values.iter().sum::<f32>());
        }
    }
}
