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

/// Returns the table of rotary positions on a square board `[cells, head_dim]`, laid out as by [`rope_angles`]: of the
/// d/2 pairs, the first half is turned by the row of a cell, the other half by its column (specification, section 16.3).
pub(crate) fn rope2d_angles(cells: usize, head_dim: usize, theta: f64) -> Vec<f32> {
    let (side, quarter) = (cells.isqrt().max(1), head_dim / 4);
    let frequency = |j: usize| 1.0 / (theta as f32).powf((4 * j) as f32 / head_dim as f32);
    let angles = |cell: usize| -> Vec<f32> {
        let of = |position: usize| (0..quarter).map(move |j| position as f32 * frequency(j));
        of(cell / side).chain(of(cell % side)).collect()
    };
    let row = |cell: usize| {
        let angles = angles(cell);
        let (cos, sin) = (angles.iter().map(|a| a.cos()), angles.iter().map(|a| a.sin()));
        cos.chain(sin).collect::<Vec<_>>()
    };
    (0..cells).flat_map(row).collect()
}

/// Returns a table `[rows, head_dim]` that turns nothing.
pub(crate) fn unturned(rows: usize, head_dim: usize) -> Vec<f32> {
    let row = (0..head_dim).map(|i| if i < head_dim / 2 { 1.0 } else { 0.0 });
    row.cycle().take(rows * head_dim).collect()
}
