use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, MOST_WORKGROUPS, shader};

/// The list of live slots: those whose [`State`](super::State) is running, ascending. On a device also the workgroups
/// that they need in each grid, for indirect dispatches.
#[derive(Debug, Clone)]
pub struct Compact {
    /// The samples' states, ids `[3]`.
    pub state: TensorId,
}

impl Compact {
    pub(super) fn dispatch(&self) -> Dispatch {
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
}
