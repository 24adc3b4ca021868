use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{Kernel, TensorId};

/// LayerNorm over the last axis (specification, section 14.3): `y = (x − mean(x)) / sqrt(var(x) + eps) ⊙ weight + bias`,
/// where the variance is that of all elements of the row.
#[derive(Debug, Clone)]
pub(crate) struct LayerNorm {
    /// Input `[rows, width]`.
    pub x: TensorId,
    /// Weight `[width]`.
    pub weight: TensorId,
    /// Bias `[width]`.
    pub bias: TensorId,
    /// Output `[rows, width]`.
    pub y: TensorId,
    /// Rows per sample.
    pub rows: usize,
    /// Elements per row.
    pub width: usize,
    /// Epsilon, inside the root.
    pub eps: f32,
}

uniforms! {
    /// Mirrors `Sizes` in `layer_norm_register.wgsl`.
    LayerNormSizes { texels: u32, columns: u32, eps: f32 }
}

impl Kernel for LayerNorm {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("layer_norm"),
            constants: vec![
                ("ROWS", self.rows as f64),
                ("WIDTH", self.width as f64),
                ("EPS", f64::from(self.eps)),
            ],
            bindings: self.bindings(Binding::Tensor(self.x), Binding::Tensor(self.y)),
            grid: Grid::elements(self.rows, 1),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let packed = PackedShape {
            rows: self.rows,
            columns: self.width,
        };
        let sizes = LayerNormSizes {
            texels: word(packed.texel_rows()),
            columns: word(packed.columns),
            eps: self.eps,
        };
        let (x, y) = (layout.read(self.x, packed), layout.write(self.y, packed, 0));
        let mut bindings = self.bindings(x, y);
        bindings.push(Binding::uniforms(&sizes));
        layout.push(Dispatch {
            shader: shader!("layer_norm_register"),
            constants: Vec::new(),
            bindings,
            grid: Grid::elements(packed.texel_rows(), 8),
            flop: 0,
        });
    }
}

impl LayerNorm {
    fn bindings(&self, x: Binding, y: Binding) -> Vec<Binding> {
        let (weight, bias) = (Binding::Tensor(self.weight), Binding::Tensor(self.bias));
        vec![Binding::Live, x, weight, bias, y]
    }
}
