use super::dispatch::{Binding, Dispatch, Grid, MOST_WORKGROUPS, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Lists the live slots, in ascending order: those whose [`State`](super::State) is running. On a device it also
/// computes the workgroup counts of every grid, for indirect dispatch.
#[derive(Debug, Clone)]
pub(crate) struct Compact {
    /// The samples' states, ids `[3]` per sample.
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
