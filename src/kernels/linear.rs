use super::dispatch::{Binding, Dispatch, Grid, Order, Rounded, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{Constants, Gemm, Kernel, Scalar, TensorId, rms_norm};

/// Linear layer with its epilogue: `y = epilogue(norm(x) Wᵀ (+ b))` over `rows` rows, accumulated in f32.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// Input `[x_rows, inputs]`.
    pub x: TensorId,
    /// Weight `[outputs, inputs]`.
    pub weight: TensorId,
    /// Bias `[outputs]`, added to the product before the epilogue.
    pub bias: Option<TensorId>,
    /// Output; its shape depends on the epilogue.
    pub y: TensorId,
    /// Rows of `x` per sample.
    pub x_rows: usize,
    /// First row of `x` to read: the heads skip the prefix.
    pub first_row: usize,
    /// Rows to compute.
    pub rows: usize,
    /// Input features.
    pub inputs: usize,
    /// Output features.
    pub outputs: usize,
    /// RMSNorm of the input rows, if they are to be normalised first.
    pub norm: Option<Norm>,
    /// The epilogue of the product.
    pub epilogue: Epilogue,
}

/// RMSNorm without a weight, on the input of a linear layer. It is one factor per row, `1/sqrt(mean(x²) + eps)`, so it
/// can be applied to the product instead: `rms(x) Wᵀ = (x Wᵀ) · scale`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Norm {
    /// Epsilon, inside the root.
    pub eps: f32,
    /// Output: the factors `[rows]`, for the residual sum that follows.
    pub scale: TensorId,
}

/// What a linear layer does with its product `p`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Epilogue {
    /// `y = p`.
    Store,
    /// Rotary positions on queries and keys, the first two thirds of `p` (specification, section 3). Within each group
    /// of `pair` outputs, with `a = p[i]`, `b = p[i + pair/2]`, `a' = a cos θ − b sin θ` and `b' = b cos θ + a sin θ`.
    Rope {
        /// `[T, d]`, for each group of a head: cos θ of its pairs, then sin θ; see [`Rotary`](super::Rotary).
        table: TensorId,
        /// Head width `d`.
        head_dim: usize,
        /// Width of a group, the halves of which are turned with each other: `d` where a head is split in two.
        pair: usize,
    },
    /// SwiGLU: `y = silu(gate) ⊙ up` `[rows, outputs / 2]`, where gate is the first half of each row of `p` and up the
    /// second; `silu(g) = g / (1 + e^(−g))`.
    Swiglu,
    /// ReLU: `y = max(p, 0)`.
    Relu,
    /// Residual sum: `y ← y · scale + p`.
    Residual {
        /// The factors `[rows]` of an RMSNorm that has not been applied to `y` yet, if any.
        scale: Option<TensorId>,
    },
}

/// Epilogue codes, with the names of their constants in the shaders.
const STORE: (&str, u32) = ("STORE", 0);
const ROPE: (&str, u32) = ("ROPE", 1);
const SWIGLU: (&str, u32) = ("SWIGLU", 2);
const RESIDUAL: (&str, u32) = ("RESIDUAL", 3);
const RELU: (&str, u32) = ("RELU", 4);

/// Returns the epilogue codes as WGSL constants.
pub(super) fn epilogue_codes() -> String {
    let codes = [STORE, ROPE, SWIGLU, RESIDUAL, RELU].map(|(name, code)| format!("const {name} = {code}u;"));
    codes.join("\n")
}

impl Epilogue {
    /// Returns the code by which shaders know this epilogue.
    fn code(self) -> u32 {
        let (_, code) = match self {
            Epilogue::Store => STORE,
            Epilogue::Rope { .. } => ROPE,
            Epilogue::Swiglu => SWIGLU,
            Epilogue::Residual { .. } => RESIDUAL,
            Epilogue::Relu => RELU,
        };
        code
    }
}

/// Tile of a workgroup on software adapters: texels of rows, outputs.
const REGISTER_TILE: [usize; 2] = [3, 128];

uniforms! {
    /// Mirrors `Sizes` in `include/rows.wgsl`.
    LinearSizes {
        x_rows: u32,
        first_row: u32,
        rows: u32,
        inputs: u32,
        outputs: u32,
        epilogue: u32,
        has_bias: u32,
        has_factors: u32,
        paired: u32,
        width: u32,
        has_norm: u32,
        eps: f32,
        angles: u32,
    }
}

uniforms! {
    /// Mirrors `Sizes` in `linear_register.wgsl`.
    PackedLinearSizes {
        x_texels: u32,
        texels: u32,
        rows: u32,
        inputs: u32,
        outputs: u32,
        paired: u32,
        width: u32,
        has_factors: u32,
        has_bias: u32,
        angles: u32,
    }
}

impl Kernel for Linear {
    fn dispatch(&self, target: &Target) -> Dispatch {
        let gemm = Gemm::chosen(self, target);
        let (constants, x, weight) = match gemm.scalar {
            Scalar::I8 => (
                Vec::new(),
                Binding::Rounded(self.rounded()),
                Binding::Words(self.weight, self.order()),
            ),
            Scalar::F32 | Scalar::F16 => (
                [vec![("HALF", self.half(target))], self.shape_of_x()].concat(),
                Binding::Tensor(self.x),
                Binding::Weight(self.weight, self.order()),
            ),
        };
        Dispatch {
            shader: gemm.shader(),
            constants,
            bindings: vec![
                Binding::Live,
                x,
                weight,
                Binding::optional(self.bias),
                Binding::optional(self.extra()),
                self.factors(),
                Binding::Tensor(self.y),
                Binding::uniforms(&self.sizes()),
            ],
            grid: gemm.grid(self),
            flop: self.flop(),
        }
    }

    /// Rounds the rows of a product in int8, once for all its tiles.
    fn before(&self, target: &Target) -> Option<Dispatch> {
        (Gemm::chosen(self, target).scalar == Scalar::I8).then(|| Dispatch {
            shader: shader!("round"),
            constants: self.shape_of_x(),
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.x),
                Binding::Rounded(self.rounded()),
                self.factors(),
                Binding::uniforms(&self.sizes()),
            ],
            grid: Grid::elements(self.rows, 4),
            flop: 0,
        })
    }

    fn dispatch_packed(&self, layout: &mut Layout, target: &Target) {
        // Rows before `first_row` are computed as well: the rows of a texel start at a multiple of four.
        let computed = self.first_row + self.rows;
        let rows = |rows, columns| PackedShape { rows, columns };
        let from = rows(self.x_rows, self.inputs);
        let x = layout.read(self.x, from);
        if let Some(norm) = self.norm {
            layout.push(rms_norm::factors(x, from, norm));
        }
        let (mut beside, mut factors) = (Binding::NoImage, self.norm.map(|norm| norm.scale));
        let y = match self.epilogue {
            Epilogue::Residual { scale } => {
                factors = scale;
                let [old, new] = layout.rewrite(self.y, rows(self.rows, self.outputs));
                beside = old;
                new
            }
            Epilogue::Rope { table, head_dim, .. } => {
                beside = layout.table(table, rows(self.rows, head_dim));
                layout.write(self.y, rows(computed, self.outputs), self.first_row)
            }
            Epilogue::Swiglu => layout.write(self.y, rows(computed, self.outputs / 2), self.first_row),
            Epilogue::Store | Epilogue::Relu => layout.write(self.y, rows(computed, self.outputs), self.first_row),
        };
        let (texels, Order { paired, width }) = (computed.div_ceil(4), self.order());
        let sizes = PackedLinearSizes {
            x_texels: word(from.texel_rows()),
            texels: word(texels),
            rows: word(self.x_rows),
            inputs: word(self.inputs),
            outputs: word(self.outputs),
            paired: word(paired),
            width: word(width),
            has_factors: u32::from(factors.is_some()),
            has_bias: u32::from(self.bias.is_some()),
            angles: word(self.angles()),
        };
        layout.push(Dispatch {
            shader: shader!("linear_register"),
            constants: vec![
                ("HALF", self.half(target)),
                ("EPILOGUE", f64::from(self.epilogue.code())),
                (
                    "BIASED",
                    f64::from(self.bias.is_some() || self.epilogue.code() == STORE.1),
                ),
            ],
            bindings: vec![
                Binding::Live,
                x,
                Binding::WeightImage(self.weight, self.order()),
                beside,
                Binding::optional(factors),
                Binding::optional(self.bias),
                y,
                Binding::uniforms(&sizes),
            ],
            grid: Grid::tiles(texels, self.outputs, REGISTER_TILE),
            flop: self.flop(),
        });
    }
}

impl Linear {
    /// Returns the RMSNorm factors: of the product, or with [`Epilogue::Residual`] of the tensor that it is added to.
    pub(crate) fn scale(&self) -> Option<TensorId> {
        match self.epilogue {
            Epilogue::Residual { scale } => scale,
            _ => self.norm.map(|norm| norm.scale),
        }
    }

    /// Returns the table of angles of [`Epilogue::Rope`].
    pub(crate) fn table(&self) -> Option<TensorId> {
        match self.epilogue {
            Epilogue::Rope { table, .. } => Some(table),
            _ => None,
        }
    }

    /// Returns the width of the table of angles.
    fn angles(&self) -> usize {
        match self.epilogue {
            Epilogue::Rope { head_dim, .. } => head_dim,
            _ => 0,
        }
    }

    /// Returns the tensor that the epilogue reads besides the product and the bias.
    fn extra(&self) -> Option<TensorId> {
        match self.epilogue {
            Epilogue::Store | Epilogue::Swiglu | Epilogue::Relu => None,
            Epilogue::Rope { table, .. } => Some(table),
            Epilogue::Residual { scale } => scale,
        }
    }

    /// Returns whether the weight is stored as f16, as a constant.
    fn half(&self, target: &Target) -> f64 {
        f64::from((target.stored)(self.weight) == Scalar::F16)
    }

    /// Returns what shaders that read the input must know of its rows.
    fn shape_of_x(&self) -> Constants {
        vec![
            ("VECTORS", f64::from(self.inputs.is_multiple_of(4))),
            ("WHOLE", f64::from(self.inputs.is_multiple_of(32))),
        ]
    }

    fn rounded(&self) -> Rounded {
        let Linear { rows, inputs, .. } = *self;
        Rounded { rows, inputs }
    }

    /// Binds the factors of the norm.
    fn factors(&self) -> Binding {
        self.norm.map_or(Binding::Discard, |norm| Binding::Tensor(norm.scale))
    }

    /// Returns an order in which an output and the partner that its epilogue needs are computed side by side.
    fn order(&self) -> Order {
        match self.epilogue {
            Epilogue::Store | Epilogue::Relu | Epilogue::Residual { .. } => Order::default(),
            Epilogue::Rope { pair, .. } => Order {
                paired: self.outputs / 3 * 2,
                width: pair,
            },
            Epilogue::Swiglu => Order {
                paired: self.outputs,
                width: self.outputs,
            },
        }
    }

    fn sizes(&self) -> LinearSizes {
        let Order { paired, width } = self.order();
        LinearSizes {
            x_rows: word(self.x_rows),
            first_row: word(self.first_row),
            rows: word(self.rows),
            inputs: word(self.inputs),
            outputs: word(self.outputs),
            epilogue: self.epilogue.code(),
            has_bias: u32::from(self.bias.is_some()),
            has_factors: u32::from(matches!(self.epilogue, Epilogue::Residual { scale: Some(_) })),
            paired: word(paired),
            width: word(width),
            has_norm: u32::from(self.norm.is_some()),
            eps: self.norm.map_or(0.0, |norm| norm.eps),
            angles: word(self.angles()),
        }
    }

    /// Returns the number of operations for one sample.
    pub(crate) fn flop(&self) -> u64 {
        2 * self.rows as u64 * self.inputs as u64 * self.outputs as u64
    }
}
