//! Kernels as a GPU sees them: shader, constants, bindings and number of workgroups, as plain data.

use super::layout::{ImageIndex, Layout, PackedShapes};
use super::uniforms::{Fields, Uniforms};
use super::{Constants, Gemm, Linear, PlanIo, Shader, Step, TensorId};

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
pub(crate) enum Binding {
    /// The list of live slots: how many, then the slots.
    Live,
    /// A tensor; f32, whatever the model stores.
    Tensor(TensorId),
    /// A weight matrix as it is stored: f32, or f16 packed two to a word.
    Weight(TensorId),
    /// The transpose of a weight matrix as an image of 128-bit texels, each of them 4 f32 or 8 f16 of one row, its
    /// outputs in that order.
    WeightImage(TensorId, Order),
    /// A tensor packed into an image, four rows of a sample to a texel: one of the two that it may have.
    Image(TensorId, ImageIndex),
    /// A uniform buffer.
    Uniforms(Uniforms),
    /// The [`Grid`]s of the dispatches that follow.
    Grids,
    /// Where a device that decides by itself who goes on writes their workgroups.
    Workgroups,
    /// A buffer of a few zeros, where a shader has no use for what it could read.
    Nothing,
    /// A buffer of a few words, where a shader has no use for what it could write.
    Discard,
    /// An image of one texel, where a shader has no use for what it could read.
    NoImage,
}

/// In which order a linear layer computes its outputs: within each `width` of the first `paired`, an output of the first
/// half and its partner of the second half are neighbours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    /// Outputs that are paired.
    pub paired: usize,
    /// Outputs, two halves, within which they are.
    pub width: usize,
}

impl Order {
    /// The output in a place of the order. The twin of what the shaders do.
    pub(crate) fn output(&self, place: usize) -> usize {
        if place >= self.paired {
            return place;
        }
        let within = place % self.width;
        place - within + within / 2 + within % 2 * (self.width / 2)
    }
}

impl Binding {
    /// The tensor of the plan that is bound, in whatever form.
    pub(crate) fn tensor(&self) -> Option<TensorId> {
        match *self {
            Binding::Tensor(id) | Binding::Weight(id) | Binding::WeightImage(id, _) | Binding::Image(id, _) => Some(id),
            _ => None,
        }
    }

    /// The tensor, or nothing.
    pub(super) fn optional(tensor: Option<TensorId>) -> Binding {
        tensor.map_or(Binding::Nothing, Binding::Tensor)
    }

    pub(super) fn uniforms<T: Fields>(fields: &T) -> Binding {
        Binding::Uniforms(Uniforms::new(fields))
    }
}

/// Workgroups that every device takes in a dimension.
pub(crate) const MOST_WORKGROUPS: usize = 65_535;

/// How many workgroups there are: `columns` for every `tile` rows of the live samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Grid {
    /// Rows that a sample has.
    pub rows: usize,
    /// Rows that a workgroup takes. It may take them from two samples.
    pub tile: usize,
    /// Workgroups side by side.
    pub columns: usize,
}

impl Grid {
    /// A workgroup for each tile `[rows, columns]`.
    pub(super) fn tiles(rows: usize, columns: usize, [tile_rows, tile_columns]: [usize; 2]) -> Grid {
        Grid {
            rows,
            tile: tile_rows,
            columns: columns.div_ceil(tile_columns),
        }
    }

    /// An invocation for each element of a sample.
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
    pub(crate) fn workgroups(&self, live: usize) -> usize {
        (live * self.rows).div_ceil(self.tile) * self.columns
    }

    /// Workgroups for that many live samples in two dimensions, each within [`MOST_WORKGROUPS`]. The twin of what `compact` does on the device.
    pub(crate) fn folded(&self, live: usize) -> [u32; 2] {
        let count = self.workgroups(live);
        let y = count.div_ceil(MOST_WORKGROUPS).max(1);
        [count.div_ceil(y) as u32, y as u32]
    }

    /// As `compact` reads it.
    pub(crate) fn words(&self) -> [u32; 3] {
        [self.rows, self.tile, self.columns].map(|size| u32::try_from(size).unwrap_or(u32::MAX))
    }
}

/// One shader, ready to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Dispatch {
    /// The shader.
    pub shader: &'static Shader,
    /// Values of its `override` constants.
    pub constants: Constants,
    /// What is bound, in the order of `@binding`.
    pub bindings: Vec<Binding>,
    /// Its workgroups.
    pub grid: Grid,
    /// Floating-point operations for one sample, counted as in the specification's section 10.
    pub flop: u64,
}

/// What dispatches are made for.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    /// Which shaders.
    pub variant: Variant,
    /// Which weights are stored as f16.
    pub half: &'a (dyn Fn(TensorId) -> bool + Sync),
    /// Samples that a dispatch is for.
    pub samples: usize,
    /// How a linear layer is multiplied, where one way is known to be faster than that of [`Gemm::by_rule`].
    pub gemm: &'a (dyn Fn(&Linear) -> Option<Gemm> + Sync),
}

impl<'a> Target<'a> {
    /// With products by the rule.
    pub(crate) fn new(variant: Variant, samples: usize, half: &'a (dyn Fn(TensorId) -> bool + Sync)) -> Self {
        Target {
            variant,
            half,
            samples,
            gemm: &|_| None,
        }
    }

    /// The shaders that carry the steps out, in order, and the images that they bind. At the end the buffers of what
    /// `io` names hold its values.
    pub(crate) fn list(&self, steps: &[Step], io: &PlanIo) -> (Vec<Dispatch>, PackedShapes) {
        match self.variant {
            Variant::Workgroup => {
                let dispatches = steps.iter().map(|step| step.kernel().dispatch(self));
                (dispatches.collect(), PackedShapes::new())
            }
            Variant::Register => Layout::list(steps, self, io),
        }
    }
}
