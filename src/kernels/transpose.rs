use super::dispatch::{Binding, Dispatch, Grid, Target};
use super::layout::{Layout, PackedShape};
use super::shader::shader;
use super::uniforms::{uniforms, word};
use super::{Kernel, TensorId};

/// Transpose of a sample: `y[j, i] = x[i, j]`. The token-mixing MLP treats channels as rows.
#[derive(Debug, Clone)]
pub(crate) struct Transpose {
    /// Input `[rows, columns]`.
    pub x: TensorId,
    /// Output `[columns, rows]`.
    pub y: TensorId,
    /// Rows of the input.
    pub rows: usize,
    /// Columns of the input.
    pub columns: usize,
}

uniforms! {
    /// Mirrors `Sizes` in `transpose_register.wgsl`.
    TransposeSizes { x_texels: u32, rows: u32, texels: u32, columns: u32 }
}

impl Kernel for Transpose {
    fn dispatch(&self, _: &Target) -> Dispatch {
        Dispatch {
            shader: shader!("transpose"),
            constants: vec![("ROWS", self.rows as f64), ("COLUMNS", self.columns as f64)],
            bindings: vec![Binding::Live, Binding::Tensor(self.x), Binding::Tensor(self.y)],
            grid: Grid::elements(self.rows * self.columns, 256),
            flop: 0,
        }
    }

    fn dispatch_packed(&self, layout: &mut Layout, _: &Target) {
        let [rows, columns] = [self.rows, self.columns];
        let packed = PackedShape {
            rows: columns,
            columns: rows,
        };
        let from = PackedShape { rows, columns };
        let sizes = TransposeSizes {
            x_texels: word(from.texel_rows()),
            rows: word(columns),
            texels: word(packed.texel_rows()),
            columns: word(rows),
        };
        let bindings = vec![
            Binding::Live,
            layout.read(self.x, from),
            layout.write(self.y, packed, 0),
            Binding::uniforms(&sizes),
        ];
        layout.push(Dispatch {
            shader: shader!("transpose_register"),
            constants: Vec::new(),
            bindings,
            grid: packed.grid(),
            flop: 0,
        });
    }
}
