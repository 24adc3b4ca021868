use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Ids of a network as those of its task: `y = max(x − by, 0)`.
#[derive(Debug, Clone)]
pub(crate) struct Shift {
    /// Input ids `[S]`.
    pub x: TensorId,
    /// Output ids `[S]`.
    pub y: TensorId,
    /// Ids per sample.
    pub len: usize,
    /// What an id of the network exceeds the task's by.
    pub by: isize,
}

impl Kernel for Shift {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("shift"),
            constants: vec![("LEN", self.len as f64), ("BY", self.by as f64)],
            bindings: vec![Binding::Live, Binding::Tensor(self.x), Binding::Tensor(self.y)],
            grid: Grid::elements(self.len, 64),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
