use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{Kernel, TensorId};

/// Convolution over two neighbouring positions, each channel by itself, and SiLU (specification, section 15.3):
/// `y[t] = silu(w₀ ⊙ x[t−1] + w₁ ⊙ x[t] + b)` with `x[−1] = 0` and `silu(c) = c / (1 + e^(−c))`.
#[derive(Debug, Clone)]
pub(crate) struct Convolve {
    /// Input `[T, I]`.
    pub x: TensorId,
    /// Weight `[I, 1, 2]`: that of the previous position, then that of the position itself.
    pub weight: TensorId,
    /// Bias `[I]`.
    pub bias: TensorId,
    /// Output `[T, I]`.
    pub y: TensorId,
    /// Positions `T`.
    pub rows: usize,
    /// Channels `I`.
    pub width: usize,
}

uniforms! {
    /// Mirrors `Sizes` in `convolve_register.wgsl`.
    ConvolveSizes { texels: u32, columns: u32 }
}

impl Kernel for Convolve {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("convolve"),
            constants: vec![("LEN", (self.rows * self.width) as f64), ("WIDTH", self.width as f64)],
            bindings: vec![
                Binding::Live,
                Binding::Tensor(self.x),
                Binding::Tensor(self.weight),
                Binding::Tensor(self.bias),
                Binding::Tensor(self.y),
            ],
            grid: Grid::elements(self.rows * self.width, 256),
            flop: self.flop(),
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let packed = PackedShape {
            rows: self.rows,
            columns: self.width,
        };
        let sizes = ConvolveSizes {
            texels: word(packed.texel_rows()),
            columns: word(packed.columns),
        };
        let bindings = vec![
            Binding::Live,
            layout.read(self.x, packed),
            Binding::Tensor(self.weight),
            Binding::Tensor(self.bias),
            layout.write(self.y, packed, 0),
            Binding::uniforms(&sizes),
        ];
        layout.push(Dispatch {
            shader: shader!("convolve_register"),
            constants: Vec::new(),
            bindings,
            grid: packed.grid(),
            flop: self.flop(),
        });
    }
}

impl Convolve {
    /// Returns the number of operations for one sample.
    pub(crate) fn flop(&self) -> u64 {
        4 * (self.rows * self.width) as u64
    }
}
