use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// How much a segment changed the outputs: `δ = mean over rows of ‖logits − previous‖₂`, and whether they stand still
/// (specification, section 5).
///
/// A segment changes nothing if the prediction is that of the segment before it and `δ` is at most [`Change::LEAST`] of
/// the mean of `‖logits‖₂`. After `patience` of them in a row, the sample stands still.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Logits `[S, V]`.
    pub logits: TensorId,
    /// Input and output: logits of the previous segment `[S, V]`.
    pub previous: TensorId,
    /// Predictions, ids `[S]`.
    pub preds: TensorId,
    /// Predictions of the previous segment, ids `[S]`, which `Halting` keeps.
    pub before: TensorId,
    /// The sample's [`State`](super::State), ids `[3]`, of the previous segment.
    pub state: TensorId,
    /// Input and output `[4]`: `δ` of the last three segments, the latest first; segments in a row that changed nothing.
    pub change: TensorId,
    /// Output: whether the sample stands still, ids `[1]`: 0 or 1.
    pub still: TensorId,
    /// Rows per sample `S`.
    pub rows: usize,
    /// Vocabulary `V`.
    pub width: usize,
    /// Segments in a row that must change nothing.
    pub patience: usize,
}

impl Change {
    /// Values in [`Change::change`].
    pub(crate) const LEN: usize = 4;
    /// Segments over which a sample's score is taken.
    pub(crate) const SEGMENTS: usize = 3;
    /// Part of the logits' size by which they may change in a segment that changes nothing. Solved Sudokus soon fall
    /// below it; what is not solved stays above, or changes its prediction.
    pub(crate) const LEAST: f32 = 0.01;

    /// Returns the mean of `δ` over the last segments, of which the sample has run `segments` in all; 0 where the first
    /// was the last. None before the first.
    pub(crate) fn score(change: &[f32], segments: u32) -> Option<f32> {
        let known = (segments as usize).checked_sub(1)?.min(Change::SEGMENTS);
        let sum: f32 = change.get(..known)?.iter().sum();
        Some(sum / known.max(1) as f32)
    }
}

impl Kernel for Change {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("change"),
            constants: vec![
                ("ROWS", self.rows as f64),
                ("WIDTH", self.width as f64),
                ("PATIENCE", self.patience as f64),
                ("LEAST", f64::from(Change::LEAST)),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.logits),
                Binding::Tensor(self.previous),
                Binding::Tensor(self.preds),
                Binding::Tensor(self.before),
                Binding::Tensor(self.state),
                Binding::Tensor(self.change),
                Binding::Tensor(self.still),
            ],
            grid: Grid::samples(),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}

#[cfg(test)]
mod tests {
    use super::Change;

    #[test]
    fn a_score_is_the_mean_of_what_is_known() {
        let of = |segments| Change::score(&[3.0, 1.0, 8.0, 0.0], segments);
        assert_eq!([of(0), of(1), of(2)], [None, Some(0.0), Some(3.0)]);
        assert_eq!([of(3), of(4), of(9)], [Some(2.0), Some(4.0), Some(4.0)]);
    }
}
