use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

/// The list of live slots: those whose [`State`](super::State) is running, ascending.
#[derive(Debug, Clone)]
pub struct Compact {
    /// The samples' states, ids `[3]`.
    pub state: TensorId,
}

impl Compact {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("compact"),
            constants: Vec::new(),
            bindings: vec![Binding::Live, Binding::Tensor(self.state)],
            grid: Grid::single(),
            flop: 0,
        }
    }
}
