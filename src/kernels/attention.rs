use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};
use super::images::{Images, Packed};

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

/// Queries and channels of a lane on software adapters.
const REGISTER_TILE: [usize; 2] = [4, 64];

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
    pub(super) fn dispatch_register(&self, images: &mut Images) {
        let width = self.heads * self.head_dim;
        let rows = |columns| Packed {
            rows: self.rows,
            columns,
        };
        let bindings = vec![
            Binding::Live,
            images.read(self.qkv, rows(3 * width)),
            images.write(self.y, rows(width), 0),
        ];
        let [queries, channels] = REGISTER_TILE;
        let lanes = self.heads * self.head_dim.div_ceil(channels) * self.rows.div_ceil(queries);
        images.push(Dispatch {
            shader: shader!("attention_register"),
            constants: self.constants(),
            bindings,
            grid: Grid::elements(lanes, 8),
            flop: self.flop(),
        });
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
