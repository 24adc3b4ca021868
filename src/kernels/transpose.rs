use super::TensorId;

/// Transpose of a sample: `y[j, i] = x[i, j]`. The token-mixing MLP works on channels as rows.
#[derive(Debug, Clone)]
pub struct Transpose {
    /// Input `[rows, columns]`.
    pub x: TensorId,
    /// Output `[columns, rows]`.
    pub y: TensorId,
    /// Rows of the input.
    pub rows: usize,
    /// Columns of the input.
    pub columns: usize,
}
