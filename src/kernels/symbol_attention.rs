use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::{Constants, Kernel, TensorId};

/// Attention over the symbols of a position, each position by itself (specification, section 16.3):
/// `softmax_u(q[v, t]·k[u, t] / sqrt(d)) v[u, t]` for each head, heads concatenated in order.
#[derive(Debug, Clone)]
pub(crate) struct SymbolAttention {
    /// Queries, keys and values `[V, T, 3Nd]`; head `n` owns channels `[n·d, (n+1)·d)` of each third.
    pub qkv: TensorId,
    /// Output `[V, T, Nd]`.
    pub y: TensorId,
    /// Symbols `V`.
    pub symbols: usize,
    /// Positions `T`.
    pub positions: usize,
    /// Number of heads `N`.
    pub heads: usize,
    /// Head width `d`.
    pub head_dim: usize,
}

/// Channels of an invocation.
const CHANNELS: usize = 16;

impl Kernel for SymbolAttention {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("symbol_attention"),
            constants: self.constants(),
            bindings: vec![Binding::Live, Binding::Tensor(self.qkv), Binding::Tensor(self.y)],
            grid: Grid::elements(self.rows() * self.parts(), 64),
            flop: self.flop(),
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let width = self.heads * self.head_dim;
        let packed = |columns| PackedShape {
            rows: self.rows(),
            columns,
        };
        let bindings = vec![
            Binding::Live,
            layout.read(self.qkv, packed(3 * width)),
            layout.write(self.y, packed(width), 0),
        ];
        layout.push(Dispatch {
            shader: shader!("symbol_attention_register"),
            constants: self.constants(),
            bindings,
            grid: Grid::elements(packed(width).texel_rows() * self.parts(), 8),
            flop: self.flop(),
        });
    }
}

impl SymbolAttention {
    /// Returns the rows of a sample.
    pub(crate) fn rows(&self) -> usize {
        self.symbols * self.positions
    }

    /// Returns the number of operations for one sample.
    pub(crate) fn flop(&self) -> u64 {
        4 * (self.rows() * self.symbols) as u64 * (self.heads * self.head_dim) as u64
    }

    /// Returns the invocations for a row.
    fn parts(&self) -> usize {
        self.heads * self.head_dim.div_ceil(CHANNELS)
    }

    fn constants(&self) -> Constants {
        vec![
            ("SYMBOLS", self.symbols as f64),
            ("POSITIONS", self.positions as f64),
            ("HEADS", self.heads as f64),
            ("HEAD_DIM", self.head_dim as f64),
        ]
    }
}
