use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Prediction: the index of the largest logit in each row; on ties, the lowest. Where cells that are given keep their id,
/// id 0 means an empty one and has no logit, so that the first is that of id 1.
#[derive(Debug, Clone)]
pub(crate) struct Argmax {
    /// Input logits `[rows, width]`.
    pub x: TensorId,
    /// Ids `[rows]` of the cells, if given ones are kept.
    pub given: Option<TensorId>,
    /// Output ids `[rows]`.
    pub y: TensorId,
    /// Rows per sample.
    pub rows: usize,
    /// Vocabulary `V`.
    pub width: usize,
}

impl Kernel for Argmax {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("argmax"),
            constants: vec![
                ("ROWS", self.rows as f64),
                ("WIDTH", self.width as f64),
                ("KEEPS", f64::from(self.given.is_some())),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.x),
                Binding::optional(self.given),
                Binding::Tensor(self.y),
            ],
            grid: Grid::elements(self.rows, 64),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
