use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::{Kernel, Shader, TensorId};

/// Judges a prediction by the rules of its task.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    /// The question, ids `[S]`.
    pub tokens: TensorId,
    /// Predictions, ids `[S]`.
    pub preds: TensorId,
    /// Output: 1 where the rules are kept and 0 where they are not, ids `[1]`.
    pub valid: TensorId,
    /// Tokens `S`, one a cell.
    pub seq_len: usize,
    /// The rules.
    pub rules: &'static RuleKernel,
}

/// The rules of a task as a kernel. It lies in the folder of its task, which alone knows what the ids mean.
#[derive(Debug)]
pub struct RuleKernel {
    /// The shader: a workgroup for each live sample, with the bindings of [`Judge`]: the list of live slots, then
    /// `tokens` and `preds` `[slots, S]` to be read and `valid` `[slots]` to be written.
    pub shader: Shader,
    /// Values of the shader's `override` constants for a board of so many cells; `None` where the rules know no such
    /// board.
    pub constants: fn(cells: usize) -> Option<Constants>,
    /// The twin on the CPU: whether a prediction `[S]` answers a question `[S]`.
    pub twin: fn(question: &[u32], prediction: &[u32]) -> bool,
}

/// Names and values of a shader's `override` constants.
pub type Constants = Vec<(&'static str, f64)>;

impl RuleKernel {
    /// Whether the rules can judge boards of so many cells.
    pub fn takes(&self, cells: usize) -> bool {
        (self.constants)(cells).is_some()
    }
}

impl Kernel for Judge {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: &self.rules.shader,
            constants: (self.rules.constants)(self.seq_len).unwrap_or_default(),
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

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
