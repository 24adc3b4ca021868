use super::TensorId;

/// Linear layer: `y = x Wᵀ (+ b)` over `rows` rows, accumulated in f32.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Input `[x_rows, inputs]`.
    pub x: TensorId,
    /// Weight `[outputs, inputs]`.
    pub weight: TensorId,
    /// Bias `[outputs]`.
    pub bias: Option<TensorId>,
    /// Output `[rows, outputs]`.
    pub y: TensorId,
    /// Rows of `x` that a sample has.
    pub x_rows: usize,
    /// First row of `x` that is read: the heads skip the prefix.
    pub first_row: usize,
    /// Rows that are computed.
    pub rows: usize,
    /// Input features.
    pub inputs: usize,
    /// Output features.
    pub outputs: usize,
}
