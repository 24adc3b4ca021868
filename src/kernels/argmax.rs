use super::TensorId;

/// Prediction: index of the largest logit of each row, the lowest on ties.
#[derive(Debug, Clone)]
pub struct Argmax {
    /// Logits `[rows, width]`.
    pub x: TensorId,
    /// Output ids `[rows]`.
    pub y: TensorId,
    /// Rows of a sample.
    pub rows: usize,
    /// Vocabulary `V`.
    pub width: usize,
}
