//! Kernels as a GPU sees them: shader, constants, bindings and number of workgroups, as plain data.

use super::layout::{ImageIndex, Layout, PackedShapes};
use super::uniforms::{Fields, Uniforms};
use super::{Constants, Gemm, Kernel, Linear, PlanIo, Scalar, Shader, Step, TensorId};

/// Which set of shaders serves a device best. The sets agree up to rounding; within one set, results are
/// bit-identical whatever else is in the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShaderSet {
    /// Tiles in workgroup memory, for GPUs.
    Workgroup,
    /// Tiles in registers, read from images, without barriers, for software adapters.
    Register,
}

/// The resource bound to a shader's binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Binding {
    /// The list of live slots: their count, then the slots.
    Live,
    /// A tensor, always f32, whatever precision the model is stored in.
    Tensor(TensorId),
    /// A weight matrix, f32 or f16, in blocks of four outputs by four inputs, with the outputs in the given order. See
    /// `include/floats.wgsl`.
    Weight(TensorId, Order),
    /// A weight matrix in int8, four inputs to a word, in blocks of four outputs by four words with the scales of its outputs
    /// behind them. See `include/words.wgsl`.
    Words(TensorId, Order),
    /// Rows that a layer multiplies in int8, in blocks like those of its weight, from its rounding until its product.
    Rounded(Rounded),
    /// A transposed weight matrix as an image of 128-bit texels, each holding 4 f32 or 8 f16 of one row, with the
    /// outputs in the given order.
    WeightImage(TensorId, Order),
    /// A tensor packed into an image, four rows of a sample per texel. A tensor has up to two such images.
    Image(TensorId, ImageIndex),
    /// A uniform buffer.
    Uniforms(Uniforms),
    /// The [`Grid`]s of the dispatches that follow.
    Grids,
    /// The buffer of workgroup counts, written by a device that decides for itself which samples go on.
    Workgroups,
    /// A placeholder buffer of zeros for an input that the shader does not use.
    Nothing,
    /// A placeholder buffer for an output that the shader does not use.
    Discard,
    /// A placeholder image of one texel for an input that the shader does not use.
    NoImage,
}

/// Rows of a linear layer, rounded to int8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rounded {
    /// Rows per sample.
    pub rows: usize,
    /// Inputs per row.
    pub inputs: usize,
}

/// The order in which a linear layer computes its outputs. Within each group of `width` among the first `paired`
/// outputs, each output of the first half is followed by its partner from the second half.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    /// How many outputs are paired.
    pub paired: usize,
    /// Outputs per group; its two halves are paired with each other.
    pub width: usize,
}

impl Order {
    /// Returns the output at a place in the order. Twin of what the shaders do.
    pub(crate) fn output(&self, place: usize) -> usize {
        if place >= self.paired {
            return place;
        }
        let within = place % self.width;
        place - within + within / 2 + within % 2 * (self.width / 2)
    }
}

impl Binding {
    /// Returns the plan's tensor behind this binding, in whatever form it is bound.
    pub(crate) fn tensor(&self) -> Option<TensorId> {
        match *self {
            Binding::Tensor(id)
            | Binding::Weight(id, _)
            | Binding::Words(id, _)
            | Binding::WeightImage(id, _)
            | Binding::Image(id, _) => Some(id),
            _ => None,
        }
    }

    /// Binds the tensor, or a placeholder if there is none.
    pub(super) fn optional(tensor: Option<TensorId>) -> Binding {
        tensor.map_or(Binding::Nothing, Binding::Tensor)
    }

    pub(super) fn uniforms<T: Fields>(fields: &T) -> Binding {
        Binding::Uniforms(Uniforms::new(fields))
    }
}

/// Most workgroups per dimension that every device accepts.
pub(crate) const MOST_WORKGROUPS: usize = 65_535;

/// The number of workgroups of a dispatch: `columns` for every `tile` rows of the live samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Grid {
    /// Rows per sample.
    pub rows: usize,
    /// Rows per workgroup, which may span two samples.
    pub tile: usize,
    /// Workgroups side by side.
    pub columns: usize,
}

impl Grid {
    /// Makes a grid of one workgroup for each tile `[rows, columns]`.
    pub(super) fn tiles(rows: usize, columns: usize, [tile_rows, tile_columns]: [usize; 2]) -> Grid {
        Grid {
            rows,
            tile: tile_rows,
            columns: columns.div_ceil(tile_columns),
        }
    }

    /// Makes a grid of one invocation for each element of a sample.
    pub(super) fn elements(len: usize, workgroup: usize) -> Grid {
        Grid {
            rows: len,
            tile: workgroup,
            columns: 1,
        }
    }

    /// Makes a grid of one workgroup for each sample.
    pub(super) fn samples() -> Grid {
        Grid {
            rows: 1,
            tile: 1,
            columns: 1,
        }
    }

    /// Makes a grid of a single workgroup for the whole batch.
    pub(super) fn single() -> Grid {
        Grid {
            rows: 1,
            tile: u32::MAX as usize,
            columns: 1,
        }
    }

    /// Returns the number of workgroups for `live` samples.
    pub(crate) fn workgroups(&self, live: usize) -> usize {
        (live * self.rows).div_ceil(self.tile) * self.columns
    }

    /// Returns the workgroups for `live` samples folded into rows of [`MOST_WORKGROUPS`], in which shaders count them
    /// (`include/live.wgsl`); those past the last have nothing to do. Twin of what `compact` does on the device.
    pub(crate) fn folded(&self, live: usize) -> [u32; 2] {
        let count = self.workgroups(live);
        let rows = count.div_ceil(MOST_WORKGROUPS).max(1);
        [count.min(MOST_WORKGROUPS) as u32, rows as u32]
    }

    /// Returns the grid as the words that `compact` reads.
    pub(crate) fn words(&self) -> [u32; 3] {
        [self.rows, self.tile, self.columns].map(|size| u32::try_from(size).unwrap_or(u32::MAX))
    }
}

/// One shader launch, ready to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Dispatch {
    /// The shader to launch.
    pub shader: &'static Shader,
    /// Values of the shader's `override` constants.
    pub constants: Constants,
    /// The bound resources, in the order of `@binding`.
    pub bindings: Vec<Binding>,
    /// The workgroups to launch.
    pub grid: Grid,
    /// Floating-point operations for one sample, counted as in section 10 of the specification.
    pub flop: u64,
}

/// The device and batch that dispatches are made for.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// Which set of shaders to use.
    pub shader_set: ShaderSet,
    /// Tells the number type that a weight is stored in.
    pub stored: &'a (dyn Fn(TensorId) -> Scalar + Sync),
    /// The number type of products, in layers that it suits.
    pub scalar: Scalar,
    /// Number of samples in a dispatch.
    pub samples: usize,
    /// Whether registers hold the small tile only, and no sums of f16 besides those of f32.
    pub few_registers: bool,
    /// The [`Gemm`] for a linear layer, if one is known to be faster than that of [`Gemm::by_rule`].
    pub gemm: &'a (dyn Fn(&Linear) -> Option<Gemm> + Sync),
}

impl<'a> Target<'a> {
    /// Returns a target with many registers whose products are chosen by [`Gemm::by_rule`].
    pub(crate) fn new(shader_set: ShaderSet, samples: usize, stored: &'a (dyn Fn(TensorId) -> Scalar + Sync)) -> Self {
        Target {
            shader_set,
            stored,
            scalar: Scalar::F32,
            samples,
            few_registers: false,
            gemm: &|_| None,
        }
    }

    /// Returns the dispatches that carry out `steps`, in order, and the shapes of the images that they bind. After the
    /// last dispatch, the buffers of the tensors in `io` hold their values.
    pub(crate) fn list(&self, steps: &[Step], io: &PlanIo) -> (Vec<Dispatch>, PackedShapes) {
        match self.shader_set {
            ShaderSet::Workgroup => {
                let dispatches = steps.iter().flat_map(|step| self.dispatches(step.kernel()));
                (dispatches.collect(), PackedShapes::new())
            }
            ShaderSet::Register => Layout::list(steps, self, io),
        }
    }

    /// Returns the dispatches that run a kernel on buffers.
    pub(crate) fn dispatches(&self, kernel: &dyn Kernel) -> impl Iterator<Item = Dispatch> + use<> {
        let before = kernel.before(self);
        before.into_iter().chain([kernel.dispatch(self)])
    }
}
