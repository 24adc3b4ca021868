use super::dispatch::{Binding, Dispatch, Grid, MOST_WORKGROUPS, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// The list of live slots: those whose [`State`](super::State) is running, ascending. On a device also the workgroups
/// that they need in each grid, for indirect dispatches.
#[derive(Debug, Clone)]
pub(crate) struct Compact {
    /// The samples' states, ids `[3]`.
    pub state: TensorId,
}

impl Kernel for Compact {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("compact"),
            constants: vec![("MOST", MOST_WORKGROUPS as f64)],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.state),
                Binding::Grids,
                Binding::Workgroups,
            ],
            grid: Grid::single(),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
