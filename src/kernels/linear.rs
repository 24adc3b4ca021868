use serde::{Deserialize, Serialize};

use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, Order, Real, Target, shader};
use super::images::{Images, Packed};
use super::rms_norm;

/// Linear layer and what becomes of its product: `y = join(norm(x) Wᵀ (+ b))` over `rows` rows, accumulated in f32.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Input `[x_rows, inputs]`.
    pub x: TensorId,
    /// Weight `[outputs, inputs]`.
    pub weight: TensorId,
    /// Bias `[outputs]`; with [`Join::Store`] alone.
    pub bias: Option<TensorId>,
    /// Output: its shape is the join's.
    pub y: TensorId,
    /// Rows of `x` that a sample has.
    pub x_rows: usize,
    /// First row of `x` that is read: the heads skip the prefix.
    pub first_row: usize,
    /// Rows that are computed.
    pub rows: usize,
    /// Input features.
    pub inputs: usize,
    /// Output features.
    pub outputs: usize,
    /// Of all rows of `x`, where it is to be normed first.
    pub norm: Option<Norm>,
    /// What becomes of the product.
    pub join: Join,
}

/// RMSNorm without a weight of what a linear layer reads. It is a factor a row, `1/sqrt(mean(x²) + eps)`, and may be
/// applied to the product instead: `rms(x) Wᵀ = (x Wᵀ) · scale`.
#[derive(Debug, Clone, Copy)]
pub struct Norm {
    /// Epsilon, inside the root.
    pub eps: f32,
    /// Output: the factors `[rows]`, for the residual sum that follows.
    pub scale: TensorId,
}

/// What becomes of a linear layer's product `p`.
#[derive(Debug, Clone, Copy)]
pub enum Join {
    /// `y = p`.
    Store,
    /// Rotary positions on queries and keys, the first two thirds of `p` (specification, section 3). Half-split
    /// layout: with `a = p[i]`, `b = p[i + d/2]`, `a' = a cos θ − b sin θ` and `b' = b cos θ + a sin θ`.
    Rope {
        /// `[T, d]`: cos θ for the d/2 pairs, then sin θ; see [`rope_angles`](super::rope_angles).
        table: TensorId,
        /// Width of a head `d`.
        head_dim: usize,
    },
    /// SwiGLU's product: `y = silu(gate) ⊙ up` `[rows, outputs / 2]`, gate the first half of each row of `p` and up
    /// the second; `silu(g) = g / (1 + e^(−g))`.
    Swiglu,
    /// Residual sum: `y ← y · scale + p`.
    Residual {
        /// The factors `[rows]` that RMSNorm still owes `y`, where it does.
        scale: Option<TensorId>,
    },
}

/// Tile of a workgroup on a GPU. The larger one reads less; the smaller one gives small batches enough workgroups. Both
/// sum in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tile {
    /// 32 by 32.
    Small,
    /// 64 by 64.
    Large,
}

impl Tile {
    /// All that there are.
    pub const ALL: [Tile; 2] = [Tile::Small, Tile::Large];

    /// Rows and outputs of it.
    pub fn side(self) -> usize {
        match self {
            Tile::Small => 32,
            Tile::Large => 64,
        }
    }
}

/// Large tiles of a batch from which on they keep a GPU busy.
const ENOUGH_TILES: usize = 256;

/// Texels of rows and outputs of a workgroup's tile on software adapters.
const REGISTER_TILE: [usize; 2] = [3, 128];

impl Linear {
    /// The tile that should serve for that many samples, by the rule.
    pub fn tile(&self, samples: usize) -> Tile {
        match self.grid(Tile::Large).workgroups(samples) {
            ENOUGH_TILES.. => Tile::Large,
            _ => Tile::Small,
        }
    }

    fn grid(&self, tile: Tile) -> Grid {
        Grid::tiles(self.rows, self.outputs, [tile.side(); 2])
    }

    pub(crate) fn dispatch(&self, target: &Target) -> Dispatch {
        let tile = (target.tile)(self).unwrap_or_else(|| self.tile(target.samples));
        let real = self.real(target);
        Dispatch {
            shader: match real {
                Real::F32 => shader!("linear"),
                Real::F16 => shader!("linear", f16),
            },
            constants: vec![
                ("REAL_IS_F16", f64::from(real == Real::F16)),
                ("HALF", f64::from((target.half)(self.weight))),
                ("VECTORS", f64::from(self.inputs.is_multiple_of(4))),
                ("LARGE", f64::from(tile == Tile::Large)),
            ],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.x),
                Binding::Weight(self.weight),
                Binding::optional(self.extra()),
                self.norm.map_or(Binding::Discard, |norm| Binding::Tensor(norm.scale)),
                Binding::Tensor(self.y),
                self.sizes(),
            ],
            grid: self.grid(tile),
            flop: self.flop(),
        }
    }

    /// What it multiplies. The heads, whose results are looked at, stay f32: they cost nothing.
    pub(crate) fn real(&self, target: &Target) -> Real {
        match self.join {
            Join::Store => Real::F32,
            _ if (target.half)(self.weight) => target.real,
            _ => Real::F32,
        }
    }

    /// For software adapters.
    pub(super) fn dispatch_register(&self, images: &mut Images, target: &Target) {
        // The rows before the first are computed, too: a texel holds rows whose numbers begin at a multiple of four.
        let computed = self.first_row + self.rows;
        let rows = |rows, columns| Packed { rows, columns };
        let from = rows(self.x_rows, self.inputs);
        let x = images.read(self.x, from);
        if let Some(norm) = self.norm {
            images.push(rms_norm::factors(x, from, norm));
        }
        let (mut beside, mut factors) = (Binding::NoImage, self.norm.map(|norm| norm.scale));
        let y = match self.join {
            Join::Residual { scale } => {
                factors = scale;
                let [old, new] = images.rewrite(self.y, rows(self.rows, self.outputs));
                beside = old;
                new
            }
            Join::Rope { table, head_dim } => {
                beside = images.table(table, rows(self.rows, head_dim));
                images.write(self.y, rows(computed, self.outputs), self.first_row)
            }
            Join::Swiglu => images.write(self.y, rows(computed, self.outputs / 2), self.first_row),
            Join::Store => images.write(self.y, rows(computed, self.outputs), self.first_row),
        };
        let (texels, Order { paired, width }) = (computed.div_ceil(4), self.order());
        images.push(Dispatch {
            shader: shader!("linear_register"),
            constants: vec![
                ("HALF", f64::from((target.half)(self.weight))),
                ("JOIN", f64::from(self.join_word())),
            ],
            bindings: vec![
                Binding::Live,
                x,
                Binding::WeightImage(self.weight, self.order()),
                beside,
                Binding::optional(factors),
                Binding::optional(self.bias),
                y,
                Binding::sizes(&[
                    from.texel_rows(),
                    texels,
                    self.x_rows,
                    self.inputs,
                    self.outputs,
                    paired,
                    width,
                    usize::from(factors.is_some()),
                    usize::from(self.bias.is_some()),
                ]),
            ],
            grid: Grid::tiles(texels, self.outputs, REGISTER_TILE),
            flop: self.flop(),
        });
    }

    /// RMSNorm's factors, which belong to the product, or with [`Join::Residual`] to what it is added to.
    pub(crate) fn scale(&self) -> Option<TensorId> {
        match self.join {
            Join::Residual { scale } => scale,
            _ => self.norm.map(|norm| norm.scale),
        }
    }

    /// The angles of [`Join::Rope`].
    pub(crate) fn table(&self) -> Option<TensorId> {
        match self.join {
            Join::Rope { table, .. } => Some(table),
            _ => None,
        }
    }

    /// What the join reads besides the product.
    fn extra(&self) -> Option<TensorId> {
        match self.join {
            Join::Store => self.bias,
            Join::Rope { table, .. } => Some(table),
            Join::Swiglu => None,
            Join::Residual { scale } => scale,
        }
    }

    /// What a join needs of an output's partner: the two are computed side by side.
    fn order(&self) -> Order {
        match self.join {
            Join::Store | Join::Residual { .. } => Order::default(),
            Join::Rope { head_dim, .. } => Order {
                paired: self.outputs / 3 * 2,
                width: head_dim,
            },
            Join::Swiglu => Order {
                paired: self.outputs,
                width: self.outputs,
            },
        }
    }

    /// As the shaders know the join.
    fn join_word(&self) -> u8 {
        match self.join {
            Join::Store => 0,
            Join::Rope { .. } => 1,
            Join::Swiglu => 2,
            Join::Residual { .. } => 3,
        }
    }

    fn sizes(&self) -> Binding {
        let Order { paired, width } = self.order();
        Binding::sizes(&[
            self.x_rows,
            self.first_row,
            self.rows,
            self.inputs,
            self.outputs,
            usize::from(self.join_word()),
            usize::from(self.extra().is_some()),
            paired,
            width,
            usize::from(self.norm.is_some()),
            self.norm.map_or(0, |norm| norm.eps.to_bits() as usize),
        ])
    }

    /// Operations for one sample.
    pub(crate) fn flop(&self) -> u64 {
        2 * self.rows as u64 * self.inputs as u64 * self.outputs as u64
    }
}
