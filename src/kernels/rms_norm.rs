use super::TensorId;

/// Residual sum and RMSNorm: `h ← r · 1/sqrt(mean(r²) + eps)` with `r = h + y`, over the last axis, without a weight.
#[derive(Debug, Clone)]
pub struct RmsNorm {
    /// Residual stream, read and written `[rows, width]`.
    pub h: TensorId,
    /// What is added to it `[rows, width]`.
    pub y: TensorId,
    /// Rows of a sample.
    pub rows: usize,
    /// Elements that the mean runs over.
    pub width: usize,
    /// Epsilon, inside the root.
    pub eps: f32,
}
