//! Software adapters work on images: an activation has four rows of a sample to a texel of its columns, and goes from
//! kernel to kernel so. What is still in buffers is packed before it is read, and what is wanted of the images is
//! unpacked at the end.

use std::collections::BTreeMap;

use super::dispatch::{Binding, Dispatch, Grid, Target, shader};
use super::{PlanIo, Step, TensorId};

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
            samples.saturating_mul(self.texel_rows()),
            self.columns.next_multiple_of(2),
        ]
    }

    /// Texels that a sample takes in a row of the image: none holds rows of two samples.
    pub(super) fn texel_rows(&self) -> usize {
        self.rows.div_ceil(4)
    }

    /// Workgroups of the kernels that go from element to element: each takes 8 texels of 16 columns.
    pub(super) fn grid(&self) -> Grid {
        Grid::tiles(self.texel_rows(), self.columns, [8, 16])
    }
}

/// A tensor has two images at most: what changes it reads one and writes the other.
pub type Turn = usize;

/// The value of a tensor that an image holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    turn: Turn,
    packed: Packed,
    /// Rows of the image before the tensor's first.
    skipped: usize,
    /// Whether the buffer holds it, too.
    in_buffer: bool,
}

/// Where the values of tensors are while steps are turned into dispatches, in order.
#[derive(Debug, Default)]
pub(super) struct Images {
    held: BTreeMap<TensorId, Held>,
    /// Every image that is bound.
    used: BTreeMap<(TensorId, Turn), Packed>,
    dispatches: Vec<Dispatch>,
}

/// A list of dispatches, and the images that they bind.
pub type Imaged = (Vec<Dispatch>, BTreeMap<(TensorId, Turn), Packed>);

impl Images {
    /// The dispatches of the steps; at their end the buffers of what others read hold its values.
    pub(super) fn list(steps: &[Step], target: &Target, io: &PlanIo) -> Imaged {
        let mut images = Images::default();
        for step in steps {
            match step {
                Step::Linear(k) => k.dispatch_register(&mut images, target),
                Step::Attention(k) => k.dispatch_register(&mut images),
                Step::Inject(k) => k.dispatch_register(&mut images),
                Step::RmsNorm(k) => k.dispatch_register(&mut images),
                Step::Transpose(k) => k.dispatch_register(&mut images),
                other => images.on_buffers(other.dispatch(target)),
            }
        }
        for id in [io.z_h, io.z_l, io.logits, io.q] {
            images.unpack(id);
        }
        (images.dispatches, images.used)
    }

    pub(super) fn push(&mut self, dispatch: Dispatch) {
        self.dispatches.push(dispatch);
    }

    /// A shader that reads and writes buffers.
    fn on_buffers(&mut self, dispatch: Dispatch) {
        for id in dispatch.bindings.iter().filter_map(Binding::tensor) {
            self.unpack(id);
            self.held.remove(&id);
        }
        self.push(dispatch);
    }

    /// The image that holds a tensor, after packing where there is none.
    pub(super) fn read(&mut self, id: TensorId, packed: Packed) -> Binding {
        if let Some(held) = self.held.get(&id) {
            return Binding::Image(id, held.turn);
        }
        let into = self.write(id, packed, 0);
        if let Some(held) = self.held.get_mut(&id) {
            held.in_buffer = true;
        }
        let Packed { rows, columns } = packed;
        self.push(Dispatch {
            shader: shader!("pack"),
            constants: Vec::new(),
            bindings: vec![
                Binding::Live,
                Binding::Tensor(id),
                into,
                Binding::sizes(&[rows, packed.texel_rows(), columns]),
            ],
            grid: packed.grid(),
            flop: 0,
        });
        into
    }

    /// The image into which a tensor is written, `skipped` rows before its first.
    pub(super) fn write(&mut self, id: TensorId, packed: Packed, skipped: usize) -> Binding {
        self.hold(id, 0, packed, skipped)
    }

    /// The image that holds a tensor, and the one into which it is written with its new value.
    pub(super) fn rewrite(&mut self, id: TensorId, packed: Packed) -> [Binding; 2] {
        let old = self.read(id, packed);
        let turn = self.held.get(&id).map_or(0, |held| held.turn);
        [old, self.hold(id, 1 - turn, packed, 0)]
    }

    /// A table, the same for all samples.
    pub(super) fn table(&mut self, id: TensorId, packed: Packed) -> Binding {
        self.used.insert((id, 0), packed);
        Binding::Image(id, 0)
    }

    fn hold(&mut self, id: TensorId, turn: Turn, packed: Packed, skipped: usize) -> Binding {
        let held = Held {
            turn,
            packed,
            skipped,
            in_buffer: false,
        };
        self.held.insert(id, held);
        self.used.insert((id, turn), packed);
        Binding::Image(id, turn)
    }

    /// Sees to it that a tensor's buffer holds its value.
    fn unpack(&mut self, id: TensorId) {
        let Some(held) = self.held.get_mut(&id).filter(|held| !held.in_buffer) else {
            return;
        };
        held.in_buffer = true;
        let Held {
            turn, packed, skipped, ..
        } = *held;
        self.push(Dispatch {
            shader: shader!("unpack"),
            constants: Vec::new(),
            bindings: vec![
                Binding::Live,
                Binding::Image(id, turn),
                Binding::Tensor(id),
                Binding::sizes(&[packed.rows - skipped, packed.texel_rows(), packed.columns, skipped]),
            ],
            grid: packed.grid(),
            flop: 0,
        });
    }
}
