use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};

/// Whether a prediction keeps the rules of Sudoku and the givens.
///
/// Every row, column and box holds each digit once, and every given stands where it was (specification, section 7).
#[derive(Debug, Clone)]
pub struct ValidSudoku {
    /// The question, ids `[81]`.
    pub tokens: TensorId,
    /// Predictions, ids `[81]`.
    pub preds: TensorId,
    /// Output: 1 or 0, ids `[1]`.
    pub valid: TensorId,
}

impl ValidSudoku {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("valid_sudoku"),
            constants: Vec::new(),
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
