use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

/// RMSNorm: `h ← h · 1/sqrt(mean(h²) + eps)`, over the last axis, without a weight.
#[derive(Debug, Clone)]
pub struct RmsNorm {
    /// Residual stream, read and written `[rows, width]`.
    pub h: TensorId,
    /// Rows of a sample.
    pub rows: usize,
    /// Elements that the mean runs over.
    pub width: usize,
    /// Epsilon, inside the root.
    pub eps: f32,
}

impl RmsNorm {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("rms_norm"),
            constants: vec![
                ("ROWS", self.rows as f64),
                ("WIDTH", self.width as f64),
                ("EPS", f64::from(self.eps)),
            ],
            bindings: vec![Binding::Live, Binding::Tensor(self.h)],
            grid: Grid::elements(self.rows, 1),
            flop: 0,
        }
    }
}
