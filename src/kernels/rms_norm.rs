use super::dispatch::{Binding, Dispatch, Grid, shader};
use super::images::{Images, Packed};
use super::{Norm, TensorId};

/// RMSNorm: `h ← h · 1/sqrt(mean(h²) + eps)`, over the last axis, without a weight.
#[derive(Debug, Clone)]
pub struct RmsNorm {
    /// Residual stream, read and written `[rows, width]`.
    pub h: TensorId,
    /// Rows of a sample.
    pub rows: usize,
    /// Elements that the mean runs over.
    pub width: usize,
    /// Epsilon, inside the root.
    pub eps: f32,
}

impl RmsNorm {
    pub(super) fn dispatch(&self) -> Dispatch {
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

    /// For software adapters.
    pub(super) fn dispatch_register(&self, images: &mut Images) {
        let packed = Packed {
            rows: self.rows,
            columns: self.width,
        };
        let [old, new] = images.rewrite(self.h, packed);
        images.push(Dispatch {
            shader: shader!("rms_norm_register"),
            constants: Vec::new(),
            bindings: vec![Binding::Live, old, new, norm_sizes(packed, self.eps)],
            grid: Grid::elements(packed.texel_rows(), 8),
            flop: 0,
        });
    }
}

/// RMSNorm's factors alone, of what an image holds, for who reads it on software adapters.
pub(super) fn factors(x: Binding, packed: Packed, norm: Norm) -> Dispatch {
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

fn norm_sizes(packed: Packed, eps: f32) -> Binding {
    Binding::sizes(&[packed.rows, packed.texel_rows(), packed.columns, eps.to_bits() as usize])
}
