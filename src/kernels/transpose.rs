use super::TensorId;
use super::dispatch::{Binding, Dispatch, Grid, shader};
use super::images::{Images, Packed};

/// Transpose of a sample: `y[j, i] = x[i, j]`. The token-mixing MLP works on channels as rows.
#[derive(Debug, Clone)]
pub struct Transpose {
    /// Input `[rows, columns]`.
    pub x: TensorId,
    /// Output `[columns, rows]`.
    pub y: TensorId,
    /// Rows of the input.
    pub rows: usize,
    /// Columns of the input.
    pub columns: usize,
}

impl Transpose {
    pub(super) fn dispatch(&self) -> Dispatch {
        Dispatch {
            shader: shader!("transpose"),
            constants: vec![("ROWS", self.rows as f64), ("COLUMNS", self.columns as f64)],
            bindings: vec![Binding::Live, Binding::Tensor(self.x), Binding::Tensor(self.y)],
            grid: Grid::elements(self.rows * self.columns, 256),
            flop: 0,
        }
    }

    /// For software adapters.
    pub(super) fn dispatch_register(&self, images: &mut Images) {
        let [rows, columns] = [self.rows, self.columns];
        let packed = Packed {
            rows: columns,
            columns: rows,
        };
        let from = Packed { rows, columns };
        let bindings = vec![
            Binding::Live,
            images.read(self.x, from),
            images.write(self.y, packed, 0),
            Binding::sizes(&[from.texel_rows(), columns, packed.texel_rows(), rows]),
        ];
        images.push(Dispatch {
            shader: shader!("transpose_register"),
            constants: Vec::new(),
            bindings,
            grid: packed.grid(),
            flop: 0,
        });
    }
}
