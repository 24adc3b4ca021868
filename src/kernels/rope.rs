/// Returns the table of rotary positions `[rows, head_dim]` for [`Epilogue::Rope`](super::Epilogue::Rope): cos θ for
/// the d/2 pairs, then sin θ. Angles `p · theta^(−2i/d)` are computed in f32, as in the official code.
pub(crate) fn rope_angles(rows: usize, head_dim: usize, theta: f64) -> Vec<f32> {
    let half = head_dim / 2;
    let frequencies: Vec<f32> = (0..half)
        .map(|i| 1.0 / (theta as f32).powf((2 * i) as f32 / head_dim as f32))
        .collect();
    (0..rows)
        .flat_map(|p| {
            let angles = frequencies.iter().map(move |f| p as f32 * f);
            angles
                .clone()
                .map(f32::cos)
                .chain(angles.map(f32::sin))
                .collect::<Vec<_>>()
        })
        .collect()
}
