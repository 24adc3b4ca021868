//! Kernels as a GPU sees them: shader, constants, bindings and number of workgroups, as plain data.

use super::{Step, TensorId};

/// A file in `shaders/`.
#[derive(Debug)]
pub struct Shader {
    /// Its name without ending.
    pub name: &'static str,
    /// Its text.
    pub source: &'static str,
}

/// The shader of that name.
macro_rules! shader {
    ($name:literal) => {
        &$crate::kernels::Shader {
            name: $name,
            source: include_str!(concat!("../../shaders/", $name, ".wgsl")),
        }
    };
}
pub(super) use shader;

/// Which shaders a device is served best by. Results agree to rounding; within one variant they are the same to the
/// last bit whatever else is in the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Tiles in workgroup memory: what GPUs want.
    Workgroup,
    /// Tiles in registers, fed from images, without barriers: what software adapters want.
    Register,
}

/// What a shader's binding is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Binding {
    /// The list of live slots: how many, then the slots.
    Live,
    /// A tensor; f32, whatever the model stores.
    Tensor(TensorId),
    /// A weight matrix as it is stored: f32, or f16 packed two to a word.
    Weight(TensorId),
    /// The transpose of a weight matrix as an image of 128-bit texels, each of them 4 f32 or 8 f16 of one row.
    WeightImage(TensorId),
    /// The image through which `pack` hands rows to the next shader.
    Packed,
    /// A uniform buffer of sizes, where compiling the shader anew for each layer's sizes would take too long.
    Sizes([u32; 5]),
    /// The [`Grid`]s of the dispatches that follow.
    Grids,
    /// Where a device that decides by itself who goes on writes their workgroups.
    Workgroups,
    /// A few zeros, where a shader has no use for the binding.
    Nothing,
}

impl Binding {
    /// The tensor of the plan that is bound, in whatever form.
    #[cfg(feature = "gpu")]
    pub(crate) fn tensor(&self) -> Option<TensorId> {
        match *self {
            Binding::Tensor(id) | Binding::Weight(id) | Binding::WeightImage(id) => Some(id),
            _ => None,
        }
    }

    /// The tensor, or nothing.
    pub(super) fn optional(tensor: Option<TensorId>) -> Binding {
        tensor.map_or(Binding::Nothing, Binding::Tensor)
    }

    /// Sizes beyond u32 have no place in any buffer, and are refused with it.
    pub(super) fn sizes(sizes: [usize; 5]) -> Binding {
        Binding::Sizes(sizes.map(|size| u32::try_from(size).unwrap_or(u32::MAX)))
    }
}

/// Workgroups that every device takes in a dimension.
pub const MOST_WORKGROUPS: usize = 65_535;

/// How many workgroups there are: `columns` for every `tile` rows of the live samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Rows that a sample has.
    pub rows: usize,
    /// Rows that a workgroup takes. It may take them from two samples.
    pub tile: usize,
    /// Workgroups side by side.
    pub columns: usize,
}

impl Grid {
    /// A lane for each element of a sample.
    pub(super) fn elements(len: usize, workgroup: usize) -> Grid {
        Grid {
            rows: len,
            tile: workgroup,
            columns: 1,
        }
    }

    /// A workgroup for each sample.
    pub(super) fn samples() -> Grid {
        Grid {
            rows: 1,
            tile: 1,
            columns: 1,
        }
    }

    /// One workgroup for all.
    pub(super) fn single() -> Grid {
        Grid {
            rows: 1,
            tile: u32::MAX as usize,
            columns: 1,
        }
    }

    /// Workgroups for that many live samples.
    pub fn workgroups(&self, live: usize) -> usize {
        (live * self.rows).div_ceil(self.tile) * self.columns
    }

    /// The same in two dimensions, each within [`MOST_WORKGROUPS`]. The twin of what `compact` does on the device.
    pub fn folded(&self, live: usize) -> [u32; 2] {
        let count = self.workgroups(live);
        let y = count.div_ceil(MOST_WORKGROUPS).max(1);
        [count.div_ceil(y) as u32, y as u32]
    }

    /// As `compact` reads it.
    pub fn words(&self) -> [u32; 3] {
        [self.rows, self.tile, self.columns].map(|size| u32::try_from(size).unwrap_or(u32::MAX))
    }
}

/// One shader, ready to be recorded.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// The shader.
    pub shader: &'static Shader,
    /// Values of its `override` constants.
    pub constants: Vec<(&'static str, f64)>,
    /// What is bound, in the order of `@binding`.
    pub bindings: Vec<Binding>,
    /// Its workgroups.
    pub grid: Grid,
    /// Floating-point operations for one sample, counted as in the specification's section 10.
    pub flop: u64,
}

/// What the image of [`Binding::Packed`] must hold for a dispatch: rows of a sample, and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Rows that a sample takes.
    pub stride: usize,
    /// Columns.
    pub columns: usize,
}

impl Step {
    /// The shaders that carry the step out, in order; `half` tells which weights are stored as f16.
    pub fn dispatches(&self, variant: Variant, half: &dyn Fn(TensorId) -> bool) -> Vec<Dispatch> {
        match (self, variant) {
            (Step::Embed(k), _) => vec![k.dispatch()],
            (Step::Reset(k), _) => vec![k.dispatch()],
            (Step::Inject(k), _) => vec![k.dispatch()],
            (Step::Rope(k), _) => vec![k.dispatch()],
            (Step::RmsNorm(k), _) => vec![k.dispatch()],
            (Step::Swiglu(k), _) => vec![k.dispatch()],
            (Step::Transpose(k), _) => vec![k.dispatch()],
            (Step::Argmax(k), _) => vec![k.dispatch()],
            (Step::ValidSudoku(k), _) => vec![k.dispatch()],
            (Step::ValidMaze(k), _) => vec![k.dispatch()],
            (Step::Halting(k), _) => vec![k.dispatch()],
            (Step::Compact(k), _) => vec![k.dispatch()],
            (Step::Linear(k), Variant::Workgroup) => vec![k.dispatch(half(k.weight))],
            (Step::Linear(k), Variant::Register) => k.dispatch_register(half(k.weight)),
            (Step::Attention(k), Variant::Workgroup) => vec![k.dispatch()],
            (Step::Attention(k), Variant::Register) => k.dispatch_register(),
        }
    }

    /// What the step's shaders pack, where they do.
    pub fn packed(&self, variant: Variant) -> Option<Packed> {
        match (self, variant) {
            (Step::Linear(k), Variant::Register) => Some(k.packed()),
            (Step::Attention(k), Variant::Register) => Some(k.packed()),
            _ => None,
        }
    }
}

/// Rows that the shader `pack` hands on: `rows` of the `x_rows` rows of each sample's `x`, from `first_row`.
pub(super) fn pack(x: TensorId, [x_rows, first_row, rows]: [usize; 3], into: Packed) -> Dispatch {
    Dispatch {
        shader: shader!("pack"),
        constants: Vec::new(),
        bindings: vec![
            Binding::Live,
            Binding::Tensor(x),
            Binding::Packed,
            Binding::sizes([x_rows, first_row, rows, into.stride, into.columns]),
        ],
        grid: Grid {
            rows: into.stride,
            tile: 4,
            columns: into.columns.div_ceil(64),
        },
        flop: 0,
    }
}
