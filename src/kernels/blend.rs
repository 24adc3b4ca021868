use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{Kernel, TensorId};

/// Blend: `y ← keep · y + weight · x`, element by element. Without `keep` a plain write: what was there before may be
/// NaN.
#[derive(Debug, Clone)]
pub(crate) struct Blend {
    /// Input `[T, D]`.
    pub x: TensorId,
    /// Output `[T, D]`, read only with `keep`.
    pub y: TensorId,
    /// Positions `T`.
    pub rows: usize,
    /// Channels `D`.
    pub width: usize,
    /// Factor of what `y` was, if that matters.
    pub keep: Option<f32>,
    /// Factor of `x`.
    pub weight: f32,
}

uniforms! {
    /// Mirrors `Sizes` in `blend_register.wgsl`.
    BlendSizes { texels: u32, columns: u32, keep: f32, weight: f32 }
}

impl Blend {
    /// Returns the number of elements per sample.
    pub(crate) fn elements(&self) -> usize {
        self.rows * self.width
    }
}

impl Kernel for Blend {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("blend"),
            constants: vec![
                ("LEN", self.elements() as f64),
                ("KEEPS", f64::from(self.keep.is_some())),
                ("KEEP", f64::from(self.keep.unwrap_or(0.0))),
                ("WEIGHT", f64::from(self.weight)),
            ],
            bindings: vec![Binding::Live, Binding::Tensor(self.x), Binding::Tensor(self.y)],
            grid: Grid::elements(self.elements(), 256),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let packed = PackedShape {
            rows: self.rows,
            columns: self.width,
        };
        let sizes = BlendSizes {
            texels: word(packed.texel_rows()),
            columns: word(packed.columns),
            keep: self.keep.unwrap_or(0.0),
            weight: self.weight,
        };
        let x = layout.read(self.x, packed);
        let [old, new] = match self.keep {
            Some(_) => layout.rewrite(self.y, packed),
            None => [Binding::NoImage, layout.write(self.y, packed, 0)],
        };
        layout.push(Dispatch {
            shader: shader!("blend_register"),
            constants: vec![("KEEPS", f64::from(self.keep.is_some()))],
            bindings: vec![Binding::Live, x, old, new, Binding::uniforms(&sizes)],
            grid: packed.grid(),
            flop: 0,
        });
    }
}
