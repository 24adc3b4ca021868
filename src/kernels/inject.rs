use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};
use super::images::{Images, Packed};

/// Injection: `s ← s + a`, or `s ← s + (a + b)`, element by element.
#[derive(Debug, Clone)]
pub struct Inject {
    /// State, read and written `[T, D]`.
    pub state: TensorId,
    /// First summand `[T, D]`.
    pub a: TensorId,
    /// Second summand `[T, D]`.
    pub b: Option<TensorId>,
    /// Positions `T`.
    pub rows: usize,
    /// Channels `D`.
    pub width: usize,
}

impl Inject {
    /// Elements of a sample.
    pub fn elements(&self) -> usize {
        self.rows * self.width
    }

    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("inject"),
            constants: vec![("LEN", self.elements() as f64), ("HAS_B", f64::from(self.b.is_some()))],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.state),
                Binding::Tensor(self.a),
                Binding::optional(self.b),
            ],
            grid: Grid::elements(self.elements(), 256),
            flop: 0,
        }
    }

    /// For software adapters.
    pub(super) fn dispatch_register(&self, images: &mut Images) {
        let packed = Packed {
            rows: self.rows,
            columns: self.width,
        };
        let a = images.read(self.a, packed);
        let b = self.b.map_or(Binding::NoImage, |b| images.read(b, packed));
        let [old, new] = images.rewrite(self.state, packed);
        images.push(Dispatch {
            shader: shader!("inject_register"),
            constants: vec![("HAS_B", f64::from(self.b.is_some()))],
            bindings: vec![
                Binding::Live,
                old,
                a,
                b,
                new,
                Binding::sizes(&[packed.texel_rows(), packed.columns]),
            ],
            grid: packed.grid(),
            flop: 0,
        });
    }
}
