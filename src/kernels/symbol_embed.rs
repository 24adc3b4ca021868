use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Input embedding with a symbol axis (specification, section 16.4), for the cells `s` of each symbol `v`:
/// `x[v, s] = (v = token s) · scale · e_v (+ position_s) (+ u[D + v] + u[0..D])`.
#[derive(Debug, Clone)]
pub(crate) struct SymbolEmbed {
    /// Token ids `[S]`.
    pub tokens: TensorId,
    /// Puzzle row `u`, `[D + V]`, if the model has one.
    pub puzzle: Option<TensorId>,
    /// The vectors of symbols 0 and 1, `[2, D]`; None where `common` has one for every symbol.
    pub special: Option<TensorId>,
    /// The vector of all other symbols `[D]`, or that of every symbol `[V, D]`.
    pub common: TensorId,
    /// Learned positions `[S, D]`, if the model has them.
    pub positions: Option<TensorId>,
    /// Output `[V, T, D]`, of which this writes the first `S` positions.
    pub x: TensorId,
    /// Number of tokens `S`.
    pub seq_len: usize,
    /// Positions `T`.
    pub positions_len: usize,
    /// Symbols `V`.
    pub symbols: usize,
    /// Width `D`.
    pub width: usize,
    /// `sqrt(V)`, in the precision of training.
    pub scale: f32,
}

impl Kernel for SymbolEmbed {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("symbol_embed"),
            constants: vec![
                ("SEQ_LEN", self.seq_len as f64),
                ("POSITIONS", self.positions_len as f64),
                ("SYMBOLS", self.symbols as f64),
                ("WIDTH", self.width as f64),
                ("SCALE", f64::from(self.scale)),
                ("HAS_SPECIAL", f64::from(self.special.is_some())),
                ("HAS_POSITIONS", f64::from(self.positions.is_some())),
                ("HAS_PUZZLE", f64::from(self.puzzle.is_some())),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.tokens),
                Binding::optional(self.puzzle),
                Binding::optional(self.special),
                Binding::Tensor(self.common),
                Binding::optional(self.positions),
                Binding::Tensor(self.x),
            ],
            grid: Grid::elements(self.symbols * self.seq_len * self.width, 256),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
