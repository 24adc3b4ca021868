use super::TensorId;

/// Injection: `s ← s + a`, or `s ← s + (a + b)`, element by element.
#[derive(Debug, Clone)]
pub struct Inject {
    /// State, read and written `[T, D]`.
    pub state: TensorId,
    /// First summand `[T, D]`.
    pub a: TensorId,
    /// Second summand `[T, D]`.
    pub b: Option<TensorId>,
    /// Elements of a sample, `T·D`.
    pub len: usize,
}
