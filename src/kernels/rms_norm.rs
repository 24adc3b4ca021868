use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{Kernel, Norm, TensorId};

/// RMSNorm over the last axis, without a weight: `h ← h · 1/sqrt(mean(h²) + eps)`.
#[derive(Debug, Clone)]
pub(crate) struct RmsNorm {
    /// Residual stream `[rows, width]`, read and written.
    pub h: TensorId,
    /// Rows per sample.
    pub rows: usize,
    /// Elements per row, over which the mean is taken.
    pub width: usize,
    /// Epsilon, inside the root.
    pub eps: f32,
}

uniforms! {
    /// Mirrors `Sizes` in `rms_norm_register.wgsl` and `norm_factors.wgsl`.
    NormSizes { rows: u32, texels: u32, columns: u32, eps: f32 }
}

impl Kernel for RmsNorm {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("rms_norm"),
            constants: vec![
                ("ROWS", self.rows as f64),
                ("WIDTH", self.width as f64),
                ("EPS", f64::from(self.eps)),
            ],
            bindings: vec![Binding::Live, Binding::Tensor(self.h)],
            grid: Grid::elements(self.rows, 1),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let packed = PackedShape {
            rows: self.rows,
            columns: self.width,
        };
        let [old, new] = layout.rewrite(self.h, packed);
        layout.push(Dispatch {
            shader: shader!("rms_norm_register"),
            constants: Vec::new(),
            bindings: vec![Binding::Live, old, new, norm_sizes(packed, self.eps)],
            grid: Grid::elements(packed.texel_rows(), 8),
            flop: 0,
        });
    }
}

/// Returns the dispatch that computes only the RMSNorm factors of a packed tensor, for its readers on software
/// adapters.
pub(super) fn factors(x: Binding, packed: PackedShape, norm: Norm) -> Dispatch {
    Dispatch {
        shader: shader!("norm_factors"),
        constants: Vec::new(),
        bindings: vec![
            Binding::Live,
            x,
            Binding::Tensor(norm.scale),
            norm_sizes(packed, norm.eps),
        ],
        grid: Grid::elements(packed.texel_rows(), 8),
        flop: 0,
    }
}

fn norm_sizes(packed: PackedShape, eps: f32) -> Binding {
    Binding::uniforms(&NormSizes {
        rows: word(packed.rows),
        texels: word(packed.texel_rows()),
        columns: word(packed.columns),
        eps,
    })
}
