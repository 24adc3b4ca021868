//! Kernels as a GPU sees them: shader, constants, bindings and number of workgroups, as plain data.

use std::collections::BTreeSet;

use super::{Norm, Step, TensorId};

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
    /// The transpose of a weight matrix as an image of 128-bit texels, each of them 4 f32 or 8 f16 of one row, its
    /// outputs in that order.
    WeightImage(TensorId, Order),
    /// The image through which `pack` hands rows to the next shader.
    Packed,
    /// A tensor that one step hands on to the next as such an image.
    Image(TensorId),
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
    /// The same of an image that a shader could write.
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
            Binding::Tensor(id) | Binding::Weight(id) | Binding::WeightImage(id, _) | Binding::Image(id) => Some(id),
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

/// What an image of a sample's rows holds, four of them to a texel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Rows of a sample.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
}

impl Packed {
    /// Texels `[width, height]` of that many samples; who reads takes two columns at a time.
    pub fn texels(&self, samples: usize) -> [usize; 2] {
        [
            samples.saturating_mul(row_stride(self.rows)) / 4,
            self.columns.next_multiple_of(2),
        ]
    }
}

/// Rows that a sample takes in an image: no texel holds rows of two samples.
pub(super) fn row_stride(rows: usize) -> usize {
    rows.next_multiple_of(4)
}

/// What dispatches are made for.
pub struct Target<'a> {
    /// Which shaders.
    pub variant: Variant,
    /// Which weights are stored as f16.
    pub half: &'a dyn Fn(TensorId) -> bool,
    /// Samples of the batch.
    pub samples: usize,
    /// Tensors that one step hands on to the next as an image: no buffer holds them.
    pub handed: BTreeSet<TensorId>,
}

impl<'a> Target<'a> {
    /// For those steps, which are all that there are.
    pub fn new<'s>(
        variant: Variant,
        half: &'a dyn Fn(TensorId) -> bool,
        samples: usize,
        steps: impl IntoIterator<Item = &'s Step>,
    ) -> Self {
        let mut target = Target {
            variant: Variant::Workgroup,
            half,
            samples,
            handed: BTreeSet::new(),
        };
        if variant == Variant::Register {
            let (mut taken, mut handed, mut others) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            for step in steps {
                let [takes, hands] = step.images();
                taken.extend(takes);
                handed.extend(hands);
                let bound = step.dispatches(&target).into_iter().flat_map(|d| d.bindings);
                let other = |id: &TensorId| ![takes, hands].contains(&Some(*id));
                others.extend(bound.filter_map(|b| b.tensor()).filter(other));
            }
            let both = taken.intersection(&handed).copied();
            target.handed = both.filter(|id| !others.contains(id)).collect();
            target.variant = variant;
        }
        target
    }
}

impl Step {
    /// The shaders that carry the step out, in order.
    pub fn dispatches(&self, target: &Target) -> Vec<Dispatch> {
        match (self, target.variant) {
            (Step::Embed(k), _) => vec![k.dispatch()],
            (Step::Reset(k), _) => vec![k.dispatch()],
            (Step::Inject(k), _) => vec![k.dispatch()],
            (Step::RmsNorm(k), _) => vec![k.dispatch()],
            (Step::Transpose(k), _) => vec![k.dispatch()],
            (Step::Argmax(k), _) => vec![k.dispatch()],
            (Step::ValidSudoku(k), _) => vec![k.dispatch()],
            (Step::ValidMaze(k), _) => vec![k.dispatch()],
            (Step::Halting(k), _) => vec![k.dispatch()],
            (Step::Compact(k), _) => vec![k.dispatch()],
            (Step::Linear(k), Variant::Workgroup) => vec![k.dispatch(target)],
            (Step::Linear(k), Variant::Register) => k.dispatch_register(target),
            (Step::Attention(k), Variant::Workgroup) => vec![k.dispatch()],
            (Step::Attention(k), Variant::Register) => k.dispatch_register(target),
        }
    }

    /// What the step's shaders read as an image, where they do.
    pub fn packed(&self, variant: Variant) -> Option<Packed> {
        match (self, variant) {
            (Step::Linear(k), Variant::Register) => Some(k.packed()),
            (Step::Attention(k), Variant::Register) => Some(k.packed()),
            _ => None,
        }
    }

    /// The tensor that the step takes as an image where the step before hands it on so, and the one that it can hand on.
    fn images(&self) -> [Option<TensorId>; 2] {
        match self {
            Step::Linear(k) => k.images(),
            Step::Attention(k) => [Some(k.qkv), Some(k.y)],
            _ => [None, None],
        }
    }
}

/// The shader `pack`: rows from `first_row` on of the `x_rows` rows of each sample's `x`, as the image
/// [`Binding::Packed`], normed where asked.
pub(super) struct Pack {
    pub x: TensorId,
    pub x_rows: usize,
    pub first_row: usize,
    pub norm: Option<Norm>,
    pub into: Packed,
}

impl Pack {
    /// What reads the rows, after packing unless it takes them as an image already.
    pub(super) fn before(&self, taken: bool, reader: Dispatch) -> Vec<Dispatch> {
        let pack = (!taken).then(|| self.dispatch());
        pack.into_iter().chain([reader]).collect()
    }

    fn dispatch(&self) -> Dispatch {
        let Packed { rows, columns } = self.into;
        Dispatch {
            shader: shader!("pack"),
            constants: Vec::new(),
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.x),
                self.norm.map_or(Binding::Discard, |norm| Binding::Tensor(norm.scale)),
                Binding::Packed,
                Binding::sizes(&[
                    self.x_rows,
                    self.first_row,
                    rows,
                    row_stride(rows),
                    columns,
                    usize::from(self.norm.is_some()),
                    self.norm.map_or(0, |norm| norm.eps.to_bits() as usize),
                ]),
            ],
            grid: Grid::elements(row_stride(rows), 32),
            flop: 0,
        }
    }
}
