use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{Kernel, TensorId};

/// Injection: `s ← s + a`, or `s ← s + (a + b)`, element by element.
#[derive(Debug, Clone)]
pub(crate) struct Inject {
    /// State `[T, D]`, read and written.
    pub state: TensorId,
    /// First summand `[T, D]`.
    pub a: TensorId,
    /// Optional second summand `[T, D]`.
    pub b: Option<TensorId>,
    /// Positions `T`.
    pub rows: usize,
    /// Channels `D`.
    pub width: usize,
}

uniforms! {
    /// Mirrors `Sizes` in `inject_register.wgsl`.
    InjectSizes { texels: u32, columns: u32 }
}

impl Inject {
    /// Returns the number of elements per sample.
    pub(crate) fn elements(&self) -> usize {
        self.rows * self.width
    }
}

impl Kernel for Inject {
    fn dispatch(&self, _: &Target) -> Dispatch {
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

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let packed = PackedShape {
            rows: self.rows,
            columns: self.width,
        };
        let sizes = InjectSizes {
            texels: word(packed.texel_rows()),
            columns: word(packed.columns),
        };
        let a = layout.read(self.a, packed);
        let b = self.b.map_or(Binding::NoImage, |b| layout.read(b, packed));
        let [old, new] = layout.rewrite(self.state, packed);
        layout.push(Dispatch {
            shader: shader!("inject_register"),
            constants: vec![("HAS_B", f64::from(self.b.is_some()))],
            bindings: vec![Binding::Live, old, a, b, new, Binding::uniforms(&sizes)],
            grid: packed.grid(),
            flop: 0,
        });
    }
}
