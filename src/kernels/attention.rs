use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, Packed, pack, shader};

/// Attention without a mask: for each head `softmax_k(q·k / sqrt(d)) v`, heads concatenated in order.
#[derive(Debug, Clone)]
pub struct Attention {
    /// Queries, keys and values `[T, 3D]`; head `n` owns channels `[n·d, (n+1)·d)` of each third.
    pub qkv: TensorId,
    /// Output `[T, D]`.
    pub y: TensorId,
    /// Positions `T`.
    pub rows: usize,
    /// Heads `N`.
    pub heads: usize,
    /// Width of a head `d`.
    pub head_dim: usize,
}

impl Attention {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("attention"),
            constants: self.constants(),
            bindings: vec![Binding::Live, Binding::Tensor(self.qkv), Binding::Tensor(self.y)],
            grid: self.grid(),
            flop: self.flop(),
        }
    }

    /// For software adapters.
    pub(super) fn dispatch_register(&self) -> Vec<Dispatch> {
        let mut constants = self.constants();
        constants.push(("STRIDE", self.packed().stride as f64));
        let attention = Dispatch {
            shader: shader!("attention_register"),
            constants,
            bindings: vec![Binding::Live, Binding::Packed, Binding::Tensor(self.y)],
            grid: self.grid(),
            flop: self.flop(),
        };
        vec![pack(self.qkv, [self.rows, 0, self.rows], self.packed()), attention]
    }

    /// Samples begin at whole tiles of 16 keys, so that no key of another sample is in a tile.
    pub(super) fn packed(&self) -> Packed {
        Packed {
            stride: self.rows.next_multiple_of(16),
            columns: 3 * self.heads * self.head_dim,
        }
    }

    fn constants(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("ROWS", self.rows as f64),
            ("HEADS", self.heads as f64),
            ("HEAD_DIM", self.head_dim as f64),
        ]
    }

    /// A workgroup takes 32 queries and 64 channels of a head.
    fn grid(&self) -> Grid {
        Grid::elements(self.heads * self.head_dim.div_ceil(64) * self.rows.div_ceil(32), 1)
    }

    fn flop(&self) -> u64 {
        4 * (self.rows * self.rows) as u64 * (self.heads * self.head_dim) as u64
    }
}
