//! Scalar functions that the compiler can vectorise.

/// e^x to about one unit in the last place (Cephes' expf); x is held within the range of normal f32.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Adding 1.5 · 2²³ rounds to an integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // x − n·ln 2 in two steps, ln 2 split so that the first product is exact.
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + c;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    (p * r * r + r + 1.0) * power
}

/// g / (1 + e^(−g)).
#[inline(always)]
pub(super) fn silu(g: f32) -> f32 {
    g / (1.0 + exp(-g))
}

/// Lanes of a sum: fixed, so that a sum has one order on every machine.
const LANES: usize = 16;

/// Folds values by `f`, from `start`: each lane in order, then the lanes by halves.
#[inline(always)]
fn fold(values: &[f32], start: f32, f: impl Fn(f32, f32) -> f32, join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [start; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = f(*lane, v);
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane = f(*lane, v);
    }
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            lanes[i] = join(lanes[i], lanes[i + n]);
        }
    }
    lanes[0]
}

/// Sum of `f(value)`.
#[inline(always)]
pub(super) fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    fold(values, 0.0, |sum, v| sum + f(v), |a, b| a + b)
}

/// The largest value, NaN passed over; −∞ of none.
#[inline(always)]
pub(super) fn max(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    fold(values, f32::NEG_INFINITY, larger, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        for i in -860_000..870_000 {
            let x = i as f32 * 1e-4;
            let exact = f64::from(x).exp();
            assert!(((f64::from(exp(x)) - exact) / exact).abs() < 2.4e-7, "exp({x})");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::NAN).is_nan());
        assert!(silu(f32::NAN).is_nan());
    }

    #[test]
    fn sums_and_maxima_of_every_length() {
        for n in 0..70 {
            let values: Vec<f32> = (0..n).map(|i| (i * 7 % 13) as f32 - 6.0).collect();
            assert_eq!(sum(&values, |v| v * v), values.iter().map(|v| v * v).sum::<f32>());
            assert_eq!(max(&values), values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
