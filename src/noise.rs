//! Noise on a sample's initial carry.

/// Perturbs the initial carry of a sample: every value of `z_H` and `z_L` is the model's initial one plus `strength`
/// times noise of mean 0 and variance 1 (the initial vectors have variance 1, too).
///
/// A model whose initial carry is random (EqR) takes another one instead: that of the seed, `strength` times as wide.
///
/// The host makes the noise from the seed, so that all devices see the same bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// Seed of the noise.
    pub seed: u64,
    /// Standard deviation of the noise.
    pub strength: f32,
}

impl Noise {
    /// What a random initial carry begins with where none is asked for.
    pub(crate) const FIRST: Noise = Noise { seed: 0, strength: 1.0 };

    /// Returns a random `z_H` and `z_L` of `len` values each: normal numbers of these standard deviations, cut off at two
    /// of them before they are widened to have it (specification, section 12).
    pub(crate) fn drawn(self, std: [f64; 2], len: usize) -> [Vec<f32>; 2] {
        /// What restores the standard deviation of a normal distribution that ends at two of them.
        const WIDENED: f64 = 1.136_847_234_338_557_2;
        /// Half of the probability between the ends.
        const SHARE: f64 = 0.477_249_868_051_820_8;
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut value = || quantile(SHARE * (2.0 * random.f64() - 1.0)).clamp(-2.0, 2.0);
        std.map(|std| {
            let factor = WIDENED * std * f64::from(self.strength);
            (0..len).map(|_| (factor * value()) as f32).collect()
        })
    }

    /// Returns the perturbed states, each `[rows, D]`, from their initial vectors `[D]`.
    pub(crate) fn carry(self, inits: &[impl AsRef<[f32]>], rows: usize) -> Vec<Vec<f32>> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        // A sum of three uniform values is bell-shaped enough, and exact: no logarithm that differs between machines.
        let mut value = || (0..3).map(|_| 2.0 * random.f32() - 1.0).sum::<f32>();
        let mut state = |init: &[f32]| {
            let row = init.iter().cycle().take(rows * init.len());
            row.map(|init| init + self.strength * value()).collect()
        };
        inits.iter().map(|init| state(init.as_ref())).collect()
    }
}

/// Returns where the normal distribution has probability 1/2 + `q`, for |q| below 0.48: a rational function of P. J.
/// Acklam's, plain arithmetic, so that no machine draws other numbers.
fn quantile(q: f64) -> f64 {
    const ABOVE: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const BELOW: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    let r = q * q;
    let at = |polynomial: [f64; 6]| polynomial.into_iter().fold(0.0, |sum, c| sum * r + c);
    q * at(ABOVE) / at(BELOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_0_and_the_strength_that_was_asked_for() {
        let noise = Noise { seed: 7, strength: 0.5 };
        let carry = noise.carry(&[[0.0; 100], [3.0; 100]], 50);
        assert_eq!(carry.len(), 2);
        for (values, mean) in carry.iter().zip([0.0, 3.0]) {
            let n = values.len() as f32;
            let found = values.iter().sum::<f32>() / n;
            let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt();
            assert!((found - mean).abs() < 0.03 && (deviation - 0.5).abs() < 0.02);
        }
        assert_eq!(noise.carry(&[[0.0; 100], [3.0; 100]], 50), carry);
    }

    /// Moments and ends of the drawn carry, of one try and of another.
    #[test]
    fn drawn_carries_have_the_deviation_that_was_asked_for() {
        let [h, l] = Noise::FIRST.drawn([1.0, 0.25], 100_000);
        for (values, std) in [(&h, 1.0f64), (&l, 0.25)] {
            let n = values.len() as f64;
            let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
            let deviation = (values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt();
            let most = values.iter().fold(0.0, |most, v| v.abs().max(most));
            assert!(
                mean.abs() < 0.01 * std && (deviation / std - 1.0).abs() < 0.01,
                "{mean} {deviation}"
            );
            assert!(f64::from(most) / std > 2.2 && f64::from(most) / std < 2.273_7, "{most}");
        }
        let inside = h.iter().filter(|v| v.abs() < 1.136_847).count() as f64 / 1e5;
        assert!((inside - 0.682_69 / 0.954_50).abs() < 0.005, "{inside}");
        assert_ne!(
            Noise {
                seed: 1,
                ..Noise::FIRST
            }
            .drawn([1.0, 1.0], 8)[0],
            h[..8]
        );
        assert_eq!(
            Noise { seed: 5, strength: 0.0 }.drawn([1.0, 1.0], 3),
            [vec![0.0; 3], vec![0.0; 3]]
        );
    }

    #[test]
    fn strength_0_changes_nothing() {
        let noise = Noise { seed: 1, strength: 0.0 };
        assert_eq!(
            noise.carry(&[vec![0.5, -1.0], vec![2.0]], 2),
            [vec![0.5, -1.0, 0.5, -1.0], vec![2.0; 2]]
        );
    }
}
