use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Input embedding (specification, section 4).
///
/// Position `t < P` takes channels `[t·D, (t+1)·D)` of the puzzle row, zero past its end; position `P + i` takes the row
/// of token `i`. Then `x_t = scale · e_t`, or `scale · (0.707106781 · (e_t + position_t))` where positions are learned. A
/// linear layer of one-hot tokens gives the token's column of its weight, plus its bias.
#[derive(Debug, Clone)]
pub(crate) struct Embed {
    /// Token ids `[S]`.
    pub tokens: TensorId,
    /// Puzzle row `[E]`, if the model has one.
    pub puzzle: Option<TensorId>,
    /// Token table `[V, D]`, or the weight of a layer `[D, V]`.
    pub table: TensorId,
    /// The layer, if tokens are embedded by one.
    pub layer: Option<OneHot>,
    /// Learned positions `[T, D]`, if the model has them.
    pub positions: Option<TensorId>,
    /// Output `[T, D]`.
    pub x: TensorId,
    /// Number of tokens `S`.
    pub seq_len: usize,
    /// Width of the puzzle row `E`.
    pub puzzle_width: usize,
    /// Prefix length `P`.
    pub prefix: usize,
    /// Width `D`.
    pub width: usize,
    /// `sqrt(D)`.
    pub scale: f32,
}

/// A linear layer that reads tokens as one-hot vectors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneHot {
    /// Bias `[D]`.
    pub bias: TensorId,
    /// Vocabulary `V`.
    pub vocab: usize,
}

/// Weight of the sum of token and learned position, as in the official code.
pub(crate) const POSITION_SCALE: f32 = 0.707_106_77;

impl Kernel for Embed {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("embed"),
            constants: vec![
                ("SEQ_LEN", self.seq_len as f64),
                ("PUZZLE_WIDTH", self.puzzle_width as f64),
                ("PREFIX", self.prefix as f64),
                ("WIDTH", self.width as f64),
                ("SCALE", f64::from(self.scale)),
                ("HAS_POSITIONS", f64::from(self.positions.is_some())),
                ("COLUMNS", self.layer.map_or(0, |layer| layer.vocab) as f64),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.tokens),
                Binding::optional(self.puzzle),
                Binding::Tensor(self.table),
                Binding::optional(self.layer.map(|layer| layer.bias).or(self.positions)),
                Binding::Tensor(self.x),
            ],
            grid: Grid::elements((self.prefix + self.seq_len) * self.width, 256),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
