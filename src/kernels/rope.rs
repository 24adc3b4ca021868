use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

/// Rotary positions, in place on the query and key thirds of `qkv` (specification, section 3).
///
/// Half-split layout: with `a = v[i]`, `b = v[i + d/2]`, `a' = a cos θ − b sin θ` and `b' = b cos θ + a sin θ`.
#[derive(Debug, Clone)]
pub struct Rope {
    /// Queries, keys and values, read and written `[T, 3D]`.
    pub qkv: TensorId,
    /// `[T, d]`: cos θ for the d/2 pairs, then sin θ.
    pub table: TensorId,
    /// Positions `T`.
    pub rows: usize,
    /// Heads `N`.
    pub heads: usize,
    /// Width of a head `d`.
    pub head_dim: usize,
}

impl Rope {
    /// The table for `rows` positions: angles `p · theta^(−2i/d)` are formed in f32, as the official code does.
    pub fn angles(rows: usize, head_dim: usize, theta: f64) -> Vec<f32> {
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

    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("rope"),
            constants: vec![
                ("ROWS", self.rows as f64),
                ("HEADS", self.heads as f64),
                ("HEAD_DIM", self.head_dim as f64),
            ],
            bindings: vec![Binding::Live, Binding::Tensor(self.table), Binding::Tensor(self.qkv)],
            grid: Grid::elements(self.rows * 2 * self.heads * (self.head_dim / 2), 256),
            flop: 0,
        }
    }
}
