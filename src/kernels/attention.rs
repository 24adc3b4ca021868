use super::TensorId;

/// Attention without a mask: for each head `softmax_k(q·k / sqrt(d)) v`, heads concatenated in order.
#[derive(Debug, Clone)]
pub struct Attention {
    /// Queries, keys and values `[T, 3D]`; head `n` owns channels `[n·d, (n+1)·d)` of each third.
    pub qkv: TensorId,
    /// Output `[T, D]`.
    pub y: TensorId,
    /// Positions `T`.
    pub rows: usize,
    /// Heads `N`.
    pub heads: usize,
    /// Width of a head `d`.
    pub head_dim: usize,
}
