use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Resets a carry: every position gets the model's initial vector (specification, section 5).
#[derive(Debug, Clone)]
pub(crate) struct Reset {
    /// Initial vector `[D]`.
    pub init: TensorId,
    /// Output: the carry `[T, D]`.
    pub z: TensorId,
    /// Positions `T`.
    pub rows: usize,
    /// Width `D`.
    pub width: usize,
}

impl Kernel for Reset {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("reset"),
            constants: vec![("LEN", (self.rows * self.width) as f64), ("WIDTH", self.width as f64)],
            bindings: vec![Binding::Live, Binding::Tensor(self.init), Binding::Tensor(self.z)],
            grid: Grid::elements(self.rows * self.width, 256),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
