use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

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

impl Reset {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("reset"),
            constants: vec![("LEN", (self.rows * self.width) as f64), ("WIDTH", self.width as f64)],
            bindings: vec![Binding::Live, Binding::Tensor(self.init), Binding::Tensor(self.z)],
            grid: Grid::elements(self.rows * self.width, 256),
            flop: 0,
        }
    }
}
