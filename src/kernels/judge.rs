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
    /// Output: 1 if the rules are kept and 0 if not, ids `[1]`.
    pub valid: TensorId,
    /// Number of tokens `S`, one per cell.
    pub seq_len: usize,
    /// The rule kernel of the task.
    pub rules: &'static RuleKernel,
}

/// A task's rules as a kernel. It lives in the folder of its task, the only place that knows what the ids mean.
#[derive(Debug)]
pub struct RuleKernel {
    /// The shader, which runs one workgroup per live sample with the bindings of `Judge`: the list of live slots,
    /// then `tokens` and `preds` `[slots, S]` to read and `valid` `[slots]` to write. The workgroup `(x, y)` judges the
    /// live sample `65535 y + x`, if there is one.
    pub shader: Shader,
    /// Returns names and values of the shader's `override` constants for a board with this many cells; `None` if the
    /// rules have no such board.
    pub constants: fn(cells: usize) -> Option<Constants>,
    /// The twin on the CPU: returns whether a prediction `[S]` answers a question `[S]`.
    pub twin: fn(question: &[u32], prediction: &[u32]) -> bool,
}

/// Names and values of a shader's `override` constants.
pub(crate) type Constants = Vec<(&'static str, f64)>;

impl RuleKernel {
    /// Returns whether the rules can judge boards with this many cells.
    pub(crate) fn takes(&self, cells: usize) -> bool {
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
