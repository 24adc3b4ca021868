//! Layout of activations on software adapters: packed into images.
//!
//! Each texel of an activation holds one column of four rows of a sample, and kernels pass activations on in that form.
//! A tensor that is still in a buffer is packed before it is read; an output that is in an image is unpacked at the
//! end.

use std::collections::BTreeMap;

use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{PlanIo, Step, TensorId};

/// Shape of a sample's image, with four rows per texel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackedShape {
    /// Rows per sample.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
}

impl PackedShape {
    /// Returns the texels `[width, height]` for a number of samples; readers take two columns at a time.
    pub(crate) fn texels(&self, samples: usize) -> [usize; 2] {
        [
            samples.saturating_mul(self.texel_rows()),
            self.columns.next_multiple_of(2),
        ]
    }

    /// Returns the texels that a sample takes in a row of the image. No texel holds rows of two samples.
    pub(super) fn texel_rows(&self) -> usize {
        self.rows.div_ceil(4)
    }

    /// Returns the workgroups of an element-wise kernel: each takes 8 texels of 16 columns.
    pub(super) fn grid(&self) -> Grid {
        Grid::tiles(self.texel_rows(), self.columns, [8, 16])
    }
}

/// Number of a tensor's image: a kernel that updates a tensor reads one image and writes the other.
pub(crate) type ImageIndex = usize;

/// Shapes of images by tensor and index.
pub(crate) type PackedShapes = BTreeMap<(TensorId, ImageIndex), PackedShape>;

/// The image that holds a tensor's current value.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: ImageIndex,
    shape: PackedShape,
    /// Rows of the image before the tensor's first row.
    skipped: usize,
    /// Whether the buffer holds the current value as well.
    in_buffer: bool,
}

/// Where tensors have their current values, tracked while steps become dispatches.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    packed: BTreeMap<TensorId, Place>,
    /// Every image bound so far.
    bound: PackedShapes,
    dispatches: Vec<Dispatch>,
}

uniforms! {
    /// Mirrors `Sizes` in `pack.wgsl`.
    PackSizes { rows: u32, texels: u32, columns: u32 }
}

uniforms! {
    /// Mirrors `Sizes` in `unpack.wgsl`.
    UnpackSizes { rows: u32, texels: u32, columns: u32, skipped: u32 }
}

impl Layout {
    /// Returns the dispatches for the steps; at the end the buffers of the tensors that others read hold their values.
    pub(super) fn list(steps: &[Step], target: &Target, io: &PlanIo) -> (Vec<Dispatch>, PackedShapes) {
        let mut layout = Layout::default();
        for step in steps {
            step.kernel().dispatch_packed(&mut layout, target);
        }
        for id in io.carry().chain([io.logits, io.q]) {
            layout.unpack(id);
        }
        (layout.dispatches, layout.bound)
    }

    pub(super) fn push(&mut self, dispatch: Dispatch) {
        self.dispatches.push(dispatch);
    }

    /// Adds a dispatch that reads and writes buffers.
    pub(super) fn on_buffers(&mut self, dispatch: Dispatch) {
        for id in dispatch.bindings.iter().filter_map(Binding::tensor) {
            self.unpack(id);
            self.packed.remove(&id);
        }
        self.push(dispatch);
    }

    /// Returns the image that holds a tensor, packing the tensor first if there is none.
    pub(super) fn read(&mut self, id: TensorId, shape: PackedShape) -> Binding {
        if let Some(place) = self.packed.get(&id) {
            return Binding::Image(id, place.index);
        }
        let into = self.write(id, shape, 0);
        if let Some(place) = self.packed.get_mut(&id) {
            place.in_buffer = true;
        }
        let sizes = PackSizes {
            rows: word(shape.rows),
            texels: word(shape.texel_rows()),
            columns: word(shape.columns),
        };
        self.push(Dispatch {
            shader: shader!("pack"),
            constants: Vec::new(),
            bindings: vec![Binding::Live, Binding::Tensor(id), into, Binding::uniforms(&sizes)],
            grid: shape.grid(),
            flop: 0,
        });
        into
    }

    /// Returns the image to write a tensor to, with `skipped` rows before its first row.
    pub(super) fn write(&mut self, id: TensorId, shape: PackedShape, skipped: usize) -> Binding {
        self.place(id, 0, shape, skipped)
    }

    /// Returns the image that holds a tensor and the one that receives its new value.
    pub(super) fn rewrite(&mut self, id: TensorId, shape: PackedShape) -> [Binding; 2] {
        let old = self.read(id, shape);
        let index = self.packed.get(&id).map_or(0, |place| place.index);
        [old, self.place(id, 1 - index, shape, 0)]
    }

    /// Returns the image of a table that all samples share.
    pub(super) fn table(&mut self, id: TensorId, shape: PackedShape) -> Binding {
        self.bound.insert((id, 0), shape);
        Binding::Image(id, 0)
    }

    fn place(&mut self, id: TensorId, index: ImageIndex, shape: PackedShape, skipped: usize) -> Binding {
        let place = Place {
            index,
            shape,
            skipped,
            in_buffer: false,
        };
        self.packed.insert(id, place);
        self.bound.insert((id, index), shape);
        Binding::Image(id, index)
    }

    /// Makes sure that a tensor's buffer holds its current value.
    fn unpack(&mut self, id: TensorId) {
        let Some(place) = self.packed.get_mut(&id).filter(|place| !place.in_buffer) else {
            return;
        };
        place.in_buffer = true;
        let Place {
            index, shape, skipped, ..
        } = *place;
        let sizes = UnpackSizes {
            rows: word(shape.rows - skipped),
            texels: word(shape.texel_rows()),
            columns: word(shape.columns),
            skipped: word(skipped),
        };
        let bindings = vec![
            Binding::Live,
            Binding::Image(id, index),
            Binding::Tensor(id),
            Binding::uniforms(&sizes),
        ];
        self.push(Dispatch {
            shader: shader!("unpack"),
            constants: Vec::new(),
            bindings,
            grid: shape.grid(),
            flop: 0,
        });
    }
}
