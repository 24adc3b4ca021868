use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// How sure a network without a halting head is (specification, section 16.5): the probability of the prediction in the
/// least certain cell, `q[0] = min_s max_v softmax_v(x[s])`, of cells that are not given where these are told. There is no logit for going on: `q[1] = 0`.
#[derive(Debug, Clone)]
pub(crate) struct Confidence {
    /// Logits `[rows, width]`.
    pub x: TensorId,
    /// Ids `[rows]` of the cells, 0 for those that count; all count without.
    pub given: Option<TensorId>,
    /// Output `[2]`.
    pub q: TensorId,
    /// Cells `S`.
    pub rows: usize,
    /// Vocabulary `V`.
    pub width: usize,
}

impl Kernel for Confidence {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("confidence"),
            constants: vec![
                ("ROWS", self.rows as f64),
                ("WIDTH", self.width as f64),
                ("SKIPS", f64::from(self.given.is_some())),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.x),
                Binding::optional(self.given),
                Binding::Tensor(self.q),
            ],
            grid: Grid::samples(),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
