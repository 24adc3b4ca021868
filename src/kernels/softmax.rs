use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Softmax of each row: `y[i] = e^(x[i] − max(x)) / Σ e^(x − max(x))`.
#[derive(Debug, Clone)]
pub(crate) struct Softmax {
    /// Input `[rows, width]`.
    pub x: TensorId,
    /// Output `[rows, width]`.
    pub y: TensorId,
    /// Rows per sample.
    pub rows: usize,
    /// Elements per row, few of them.
    pub width: usize,
}

impl Kernel for Softmax {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("softmax"),
            constants: vec![("ROWS", self.rows as f64), ("WIDTH", self.width as f64)],
            bindings: vec![Binding::Live, Binding::Tensor(self.x), Binding::Tensor(self.y)],
            grid: Grid::elements(self.rows, 64),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
