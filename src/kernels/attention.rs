use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::{Constants, Kernel, TensorId};

/// Unmasked attention: `softmax_k(q·k / sqrt(d)) v` for each head, heads concatenated in order. The rows of a sample may
/// be several groups, each of which attends to itself.
#[derive(Debug, Clone)]
pub(crate) struct Attention {
    /// Queries, keys and values `[groups · T, 3D]`; head `n` owns channels `[n·d, (n+1)·d)` of each third.
    pub qkv: TensorId,
    /// Output `[groups · T, D]`.
    pub y: TensorId,
    /// Positions `T` of a group.
    pub rows: usize,
    /// Groups of rows; mostly one.
    pub groups: usize,
    /// Number of heads `N`.
    pub heads: usize,
    /// Head width `d`.
    pub head_dim: usize,
}

/// Tile of one invocation on software adapters: queries, channels.
const REGISTER_TILE: [usize; 2] = [4, 64];

impl Kernel for Attention {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("attention"),
            constants: self.constants(),
            bindings: vec![Binding::Live, Binding::Tensor(self.qkv), Binding::Tensor(self.y)],
            grid: self.grid(),
            flop: self.flop(),
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let width = self.heads * self.head_dim;
        let rows = |columns| PackedShape {
            rows: self.groups * self.rows,
            columns,
        };
        let bindings = vec![
            Binding::Live,
            layout.read(self.qkv, rows(3 * width)),
            layout.write(self.y, rows(width), 0),
        ];
        let [queries, channels] = REGISTER_TILE;
        let texels = (self.groups * self.rows).div_ceil(queries);
        let invocations = self.heads * self.head_dim.div_ceil(channels) * texels;
        layout.push(Dispatch {
            shader: shader!("attention_register"),
            constants: self.constants(),
            bindings,
            grid: Grid::elements(invocations, 8),
            flop: self.flop(),
        });
    }
}

impl Attention {
    fn constants(&self) -> Constants {
        vec![
            ("ROWS", self.rows as f64),
            ("GROUPS", self.groups as f64),
            ("HEADS", self.heads as f64),
            ("HEAD_DIM", self.head_dim as f64),
        ]
    }

    /// Each workgroup takes 32 queries and 64 channels of a head.
    fn grid(&self) -> Grid {
        let blocks = self.groups * self.rows.div_ceil(32);
        Grid::elements(self.heads * self.head_dim.div_ceil(64) * blocks, 1)
    }

    /// Returns the number of operations for one sample.
    pub(crate) fn flop(&self) -> u64 {
        4 * (self.groups * self.rows * self.rows) as u64 * (self.heads * self.head_dim) as u64
    }
}
