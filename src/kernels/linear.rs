use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, Packed, pack, shader};

/// Linear layer: `y = x Wᵀ (+ b)` over `rows` rows, accumulated in f32.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Input `[x_rows, inputs]`.
    pub x: TensorId,
    /// Weight `[outputs, inputs]`.
    pub weight: TensorId,
    /// Bias `[outputs]`.
    pub bias: Option<TensorId>,
    /// Output `[rows, outputs]`.
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
}

impl Linear {
    /// `half`: the weight is stored as f16.
    pub(super) fn dispatch(&self, half: bool) -> Dispatch {
        Dispatch {
            shader: shader!("linear"),
            constants: self.constants(half),
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.x),
                Binding::Weight(self.weight),
                Binding::optional(self.bias),
                Binding::Tensor(self.y),
                self.sizes(),
            ],
            grid: Grid {
                rows: self.rows,
                tile: 64,
                columns: self.outputs.div_ceil(64),
            },
            flop: self.flop(),
        }
    }

    /// For software adapters.
    pub(super) fn dispatch_register(&self, half: bool) -> Vec<Dispatch> {
        let linear = Dispatch {
            shader: shader!("linear_register"),
            constants: self.constants(half),
            bindings: vec![
                Binding::Live,
                Binding::Packed,
                Binding::WeightImage(self.weight),
                Binding::optional(self.bias),
                Binding::Tensor(self.y),
                self.sizes(),
            ],
            grid: Grid {
                rows: self.rows,
                tile: 16,
                columns: self.outputs.div_ceil(64),
            },
            flop: self.flop(),
        };
        vec![
            pack(self.x, [self.x_rows, self.first_row, self.rows], self.packed()),
            linear,
        ]
    }

    pub(super) fn packed(&self) -> Packed {
        Packed {
            stride: self.rows,
            columns: self.inputs,
        }
    }

    fn constants(&self, half: bool) -> Vec<(&'static str, f64)> {
        vec![("HALF", f64::from(half)), ("HAS_BIAS", f64::from(self.bias.is_some()))]
    }

    fn sizes(&self) -> Binding {
        Binding::sizes([self.x_rows, self.first_row, self.rows, self.inputs, self.outputs])
    }

    fn flop(&self) -> u64 {
        2 * self.rows as u64 * self.inputs as u64 * self.outputs as u64
    }
}
