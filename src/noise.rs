//! Noise on a sample's initial carry.

/// Perturbs the initial carry of a sample: every value of `z_H` and `z_L` is the model's initial one plus `strength`
/// times noise of mean 0 and variance 1 (the initial vectors have variance 1, too).
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

    #[test]
    fn strength_0_changes_nothing() {
        let noise = Noise { seed: 1, strength: 0.0 };
        assert_eq!(
            noise.carry(&[vec![0.5, -1.0], vec![2.0]], 2),
            [vec![0.5, -1.0, 0.5, -1.0], vec![2.0; 2]]
        );
    }
}
