use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

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

impl Inject {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("inject"),
            constants: vec![("LEN", self.len as f64), ("HAS_B", f64::from(self.b.is_some()))],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.state),
                Binding::Tensor(self.a),
                Binding::optional(self.b),
            ],
            grid: Grid::elements(self.len, 256),
            flop: 0,
        }
    }
}
