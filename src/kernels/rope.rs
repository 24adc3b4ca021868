/// Rotary positions for [`Epilogue::Rope`](super::Epilogue::Rope): which channels are turned together, and by what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rotary {
    /// `[rows, head_dim]`, for each group of a head: cos θ of its pairs, then sin θ.
    pub angles: Vec<f32>,
    /// Width of a group, the halves of which are turned with each other.
    pub pair: usize,
}

impl Rotary {
    /// Makes the table from `angle(position, i)` of the `i`-th of the `head_dim / 2` pairs of a head.
    pub(crate) fn new([rows, head_dim]: [usize; 2], pair: usize, angle: impl Fn(usize, usize) -> f32) -> Rotary {
        let half = pair / 2;
        let groups = (0..rows).flat_map(|p| (0..head_dim / pair.max(1)).map(move |group| (p, group * half)));
        let angles = groups.flat_map(|(p, first)| {
            let angles: Vec<f32> = (first..first + half).map(|i| angle(p, i)).collect();
            let (cos, sin) = (angles.iter().map(|a| a.cos()), angles.iter().map(|a| a.sin()));
            cos.chain(sin).collect::<Vec<_>>()
        });
        Rotary {
            angles: angles.collect(),
            pair,
        }
    }

    /// Makes rotary positions along a sequence, each head split in two halves (specification, section 3). Angles `p ·
    /// theta^(−2i/d)` are computed in f32, as in the official code.
    pub(crate) fn along([rows, head_dim]: [usize; 2], theta: f64) -> Rotary {
        let frequencies = frequencies(head_dim, theta);
        Rotary::new([rows, head_dim], head_dim, |p, i| p as f32 * frequencies[i])
    }
}

/// Returns the frequencies `theta^(−2i/width)` of `width / 2` pairs, in f32.
pub(crate) fn frequencies(width: usize, theta: f64) -> Vec<f32> {
    let frequency = |i: usize| 1.0 / (theta as f32).powf((2 * i) as f32 / width as f32);
    (0..width / 2).map(frequency).collect()
}
