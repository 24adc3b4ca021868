use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

/// Whether a prediction is a way through the maze.
///
/// Walls, start and goal stand where they were, what was free is free or path, and the path's cells form one chain from
/// the start to the goal: both ends touch one cell of it, all others two, and none lies apart.
#[derive(Debug, Clone)]
pub struct ValidMaze {
    /// The question, ids `[side · side]`.
    pub tokens: TensorId,
    /// Predictions, ids `[side · side]`.
    pub preds: TensorId,
    /// Output: 1 or 0, ids `[1]`.
    pub valid: TensorId,
    /// Rows, and columns.
    pub side: usize,
}

impl ValidMaze {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("valid_maze"),
            constants: vec![("SIDE", self.side as f64)],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.tokens),
                Binding::Tensor(self.preds),
                Binding::Tensor(self.valid),
            ],
            grid: Grid::samples(),
            flop: 0,
        }
    }
}
