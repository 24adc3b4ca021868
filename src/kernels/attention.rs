use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, Pack, Packed, Target, shader};

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
    pub(super) fn dispatch_register(&self, target: &Target) -> Vec<Dispatch> {
        let (taken, handed) = (target.handed.contains(&self.qkv), target.handed.contains(&self.y));
        let mut constants = self.constants();
        constants.push(("HANDED", f64::from(handed)));
        let attention = Dispatch {
            shader: shader!("attention_register"),
            constants,
            bindings: vec![
                Binding::Live,
                if taken {
                    Binding::Image(self.qkv)
                } else {
                    Binding::Packed
                },
                if handed {
                    Binding::Discard
                } else {
                    Binding::Tensor(self.y)
                },
                if handed {
                    Binding::Image(self.y)
                } else {
                    Binding::NoImage
                },
            ],
            grid: self.grid(),
            flop: self.flop(),
        };
        let pack = Pack {
            x: self.qkv,
            x_rows: self.rows,
            first_row: 0,
            norm: None,
            into: self.packed(),
        };
        pack.before(taken, attention)
    }

    pub(super) fn packed(&self) -> Packed {
        Packed {
            rows: self.rows,
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
