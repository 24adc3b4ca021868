//! Kernels as a GPU sees them: shader, constants, bindings and number of workgroups, as plain data.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::images::{Imaged, Images, Turn};
use super::{Linear, PlanIo, Step, TensorId, Tile};

/// A file in `shaders/`.
#[derive(Debug)]
pub struct Shader {
    /// Its name without ending, and `f16` behind it where that is what it multiplies.
    pub name: &'static str,
    /// Its text.
    pub source: &'static str,
    /// What its `Real` is.
    pub real: Real,
}

impl Shader {
    /// A shader in f32.
    pub const fn new(name: &'static str, source: &'static str) -> Shader {
        let real = Real::F32;
        Shader { name, source, real }
    }

    /// The text as a device gets it. WGSL has no constants that choose a type, so this is the one thing that is chosen
    /// by changing the text.
    pub fn text(&self) -> Cow<'static, str> {
        match self.real {
            Real::F32 => self.source.into(),
            Real::F16 => {
                let changed = self.source.replacen("alias Real = f32;", "alias Real = f16;", 1);
                format!("enable f16;\n{changed}").into()
            }
        }
    }
}

/// The shader of that name, in f32 or f16.
macro_rules! shader {
    ($name:literal) => {
        &$crate::kernels::Shader {
            name: $name,
            source: include_str!(concat!("../../shaders/", $name, ".wgsl")),
            real: $crate::kernels::Real::F32,
        }
    };
    ($name:literal, f16) => {
        &$crate::kernels::Shader {
            name: concat!($name, " f16"),
            source: include_str!(concat!("../../shaders/", $name, ".wgsl")),
            real: $crate::kernels::Real::F16,
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

/// What a shader multiplies. Sums of many products are f32 in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Real {
    /// Single precision.
    #[default]
    F32,
    /// Half precision, which some GPUs multiply twice as fast: an optional feature of WebGPU.
    F16,
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
    /// The transpose of a weight matrix as an image of 128-bit texels, each of them 4 f32 or 8 f16 of one row, its
    /// outputs in that order.
    WeightImage(TensorId, Order),
    /// A tensor as an image, four rows of a sample to a texel: one of the two that it may have.
    Image(TensorId, Turn),
    /// A uniform buffer of sizes, where compiling the shader anew for each layer's sizes would take too long.
    Sizes([u32; SIZES]),
    /// The [`Grid`]s of the dispatches that follow.
    Grids,
    /// Where a device that decides by itself who goes on writes their workgroups.
    Workgroups,
    /// A few zeros, where a shader has no use for the binding.
    Nothing,
    /// The same where a shader could write.
    Discard,
    /// The same of an image that a shader could read.
    NoImage,
}

/// Words of [`Binding::Sizes`].
pub const SIZES: usize = 12;

/// In which order a linear layer computes its outputs: within each `width` of the first `paired`, an output of the first
/// half and its partner of the second half are neighbours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Order {
    /// Outputs that are paired.
    pub paired: usize,
    /// Outputs, two halves, within which they are.
    pub width: usize,
}

impl Order {
    /// The output in a place of the order. The twin of what the shaders do.
    pub fn output(&self, place: usize) -> usize {
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

    /// Sizes beyond u32 have no place in any buffer, and are refused with it.
    pub(super) fn sizes(sizes: &[usize]) -> Binding {
        let mut words = [0; SIZES];
        let sizes = sizes.iter().map(|&size| u32::try_from(size).unwrap_or(u32::MAX));
        words.iter_mut().zip(sizes).for_each(|(word, size)| *word = size);
        Binding::Sizes(words)
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
    /// A workgroup for each tile `[rows, columns]`.
    pub(super) fn tiles(rows: usize, columns: usize, [tile_rows, tile_columns]: [usize; 2]) -> Grid {
        Grid {
            rows,
            tile: tile_rows,
            columns: columns.div_ceil(tile_columns),
        }
    }

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

/// What dispatches are made for.
pub struct Target<'a> {
    /// Which shaders.
    pub variant: Variant,
    /// Which weights are stored as f16.
    pub half: &'a (dyn Fn(TensorId) -> bool + Sync),
    /// Samples that a dispatch is for.
    pub samples: usize,
    /// The tile of a linear layer's workgroups, where one is known to be faster than that of [`Linear::tile`].
    pub tile: &'a (dyn Fn(&Linear) -> Option<Tile> + Sync),
    /// What linear layers multiply, where their weights are f16.
    pub real: Real,
}

impl<'a> Target<'a> {
    /// With tiles by the rule.
    pub fn new(variant: Variant, samples: usize, half: &'a (dyn Fn(TensorId) -> bool + Sync)) -> Self {
        Target {
            variant,
            half,
            samples,
            tile: &|_| None,
            real: Real::F32,
        }
    }

    /// The shaders that carry the steps out, in order, and the images that they bind. At the end the buffers of what
    /// `io` names hold its values.
    pub fn list(&self, steps: &[Step], io: &PlanIo) -> Imaged {
        match self.variant {
            Variant::Workgroup => (steps.iter().map(|step| step.dispatch(self)).collect(), BTreeMap::new()),
            Variant::Register => Images::list(steps, self, io),
        }
    }
}

impl Step {
    /// The shader that carries the step out on buffers.
    pub(super) fn dispatch(&self, target: &Target) -> Dispatch {
        match self {
            Step::Embed(k) => k.dispatch(),
            Step::Reset(k) => k.dispatch(),
            Step::Inject(k) => k.dispatch(),
            Step::RmsNorm(k) => k.dispatch(),
            Step::Transpose(k) => k.dispatch(),
            Step::Argmax(k) => k.dispatch(),
            Step::Judge(k) => k.dispatch(),
            Step::Halting(k) => k.dispatch(),
            Step::Compact(k) => k.dispatch(),
            Step::Linear(k) => k.dispatch(target),
            Step::Attention(k) => k.dispatch(),
        }
    }
}
