use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// The positions that follow the cells of every symbol (specification, section 16.4): learned vectors, as they are.
#[derive(Debug, Clone)]
pub(crate) struct SymbolAppend {
    /// The vectors of symbols 0 and 1, `[2, A, D]`; None where `common` has some for every symbol.
    pub special: Option<TensorId>,
    /// The vectors of all other symbols `[A, D]`, or those of every symbol `[V, A, D]`.
    pub common: TensorId,
    /// Output `[V, T, D]`, of which this writes the positions from `S` on.
    pub x: TensorId,
    /// Number of tokens `S`.
    pub seq_len: usize,
    /// Positions that are appended, `A`.
    pub added: usize,
    /// Symbols `V`.
    pub symbols: usize,
    /// Width `D`.
    pub width: usize,
}

impl Kernel for SymbolAppend {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("symbol_append"),
            constants: vec![
                ("SEQ_LEN", self.seq_len as f64),
                ("ADDED", self.added as f64),
                ("SYMBOLS", self.symbols as f64),
                ("WIDTH", self.width as f64),
                ("HAS_SPECIAL", f64::from(self.special.is_some())),
            ],
            bindings: vec![
                Binding::Live,
                Binding::optional(self.special),
                Binding::Tensor(self.common),
                Binding::Tensor(self.x),
            ],
            grid: Grid::elements(self.symbols * self.added * self.width, 256),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}
