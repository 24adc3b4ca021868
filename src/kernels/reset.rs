use super::TensorId;

/// Reset of a carry: every position gets the model's initial vector (specification, section 5).
#[derive(Debug, Clone)]
pub struct Reset {
    /// Initial vector `[D]`.
    pub init: TensorId,
    /// Output: the carry `[T, D]`.
    pub z: TensorId,
    /// Positions `T`.
    pub rows: usize,
    /// Width `D`.
    pub width: usize,
}
