use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::Layout;
use super::shader::shader;
use super::{Kernel, TensorId};

/// Logits from a state with a symbol axis (specification, section 16.5): `y[s, v] = z[v, s] · w`, the same for every
/// symbol, or `y[s, v] = Σ_u z[u, s] · W[v, u]`, which mixes them.
#[derive(Debug, Clone)]
pub(crate) struct SymbolHead {
    /// State `[V, T, D]`.
    pub z: TensorId,
    /// Weight `[1, D]`, or `[V, V·D]` where symbols mix.
    pub weight: TensorId,
    /// Output: logits `[S, V]`.
    pub y: TensorId,
    /// Number of tokens `S`.
    pub seq_len: usize,
    /// Positions `T`.
    pub positions: usize,
    /// Symbols `V`.
    pub symbols: usize,
    /// Width `D`.
    pub width: usize,
    /// Whether symbols mix.
    pub mixed: bool,
}

impl Kernel for SymbolHead {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("symbol_head"),
            constants: vec![
                ("SEQ_LEN", self.seq_len as f64),
                ("POSITIONS", self.positions as f64),
                ("SYMBOLS", self.symbols as f64),
                ("WIDTH", self.width as f64),
                ("MIXED", f64::from(self.mixed)),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.z),
                Binding::Tensor(self.weight),
                Binding::Tensor(self.y),
            ],
            grid: Grid::elements(self.seq_len * self.symbols, 64),
            flop: self.flop(),
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        layout.on_buffers(self.dispatch(target));
    }
}

impl SymbolHead {
    /// Returns the number of operations for one sample.
    pub(crate) fn flop(&self) -> u64 {
        let mixed = if self.mixed { self.symbols } else { 1 };
        2 * (self.seq_len * self.symbols * self.width) as u64 * mixed as u64
    }
}
