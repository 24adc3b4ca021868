use super::TensorId;

/// SwiGLU's product: `y = silu(gate) ⊙ up`, gate the first half of each row and up the second;
/// `silu(g) = g / (1 + e^(−g))`.
#[derive(Debug, Clone)]
pub struct Swiglu {
    /// Gate and up `[rows, 2·width]`.
    pub gate_up: TensorId,
    /// Output `[rows, width]`.
    pub y: TensorId,
    /// Rows of a sample.
    pub rows: usize,
    /// Inner size `I`.
    pub width: usize,
}
