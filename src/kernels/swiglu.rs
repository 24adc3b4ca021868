use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

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

impl Swiglu {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("swiglu"),
            constants: vec![("ROWS", self.rows as f64), ("WIDTH", self.width as f64)],
            bindings: vec![Binding::Live, Binding::Tensor(self.gate_up), Binding::Tensor(self.y)],
            grid: Grid::elements(self.rows * self.width, 256),
            flop: 0,
        }
    }
}
