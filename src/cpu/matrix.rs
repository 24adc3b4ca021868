//! The matrix of a linear layer in the number format of its products.

use super::bf16::{Bf16, Way};
use super::gemm::Product;
use super::panels::Panels;
use super::parallel::{Output, for_live_rows};
use crate::kernels::Linear;
use crate::model::Dtype;

/// Rows per task of rounding.
const BLOCK: usize = 8;

/// A matrix, laid out for products in its format. To add a format, add a variant: its rows are words of 4 bytes.
#[derive(Debug)]
pub(super) enum Matrix {
    F32(Panels),
    Bf16(Bf16),
}

/// The rows that a matrix multiplies, in words, and where their product goes.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Rows in the matrix's format, [`Matrix::stride`] words each.
    pub x: &'a [u32],
    pub rows: usize,
    /// Where the product goes: element (i, j) is `out[at + i · stride + j]`.
    pub out: Output<'a, f32>,
    pub at: usize,
    pub stride: usize,
}

impl Matrix {
    /// Lays out a weight `[outputs, inputs]` for products in this format, or in f32 if it is none of the CPU's.
    pub(super) fn new(weight: &[f32], inputs: usize, outputs: usize, products: Dtype) -> Matrix {
        match products {
            Dtype::BF16 => Matrix::Bf16(Bf16::new(weight, inputs, outputs, Way::best())),
            Dtype::F32 | Dtype::F16 => Matrix::F32(Panels::new(weight, inputs, outputs)),
        }
    }

    /// Returns the number of panels.
    pub(super) fn count(&self) -> usize {
        match self {
            Matrix::F32(panels) => panels.count(),
            Matrix::Bf16(matrix) => matrix.panels.count(),
        }
    }

    /// Returns the number of words.
    pub(super) fn words(&self) -> usize {
        match self {
            Matrix::F32(panels) => panels.inputs * panels.outputs,
            Matrix::Bf16(matrix) => matrix.panels.inputs * matrix.panels.outputs,
        }
    }

    /// Returns the words of a rounded row; None where rows stay as they are, in f32.
    pub(super) fn rounded(&self) -> Option<usize> {
        match self {
            Matrix::F32(_) => None,
            Matrix::Bf16(matrix) => Some(matrix.stride()),
        }
    }

    /// Returns the words of a row.
    pub(super) fn stride(&self) -> usize {
        match self {
            Matrix::F32(panels) => panels.inputs,
            Matrix::Bf16(matrix) => matrix.stride(),
        }
    }

    /// Rounds rows of `inputs` elements.
    #[inline(always)]
    pub(super) fn round(&self, inputs: usize, x: &[f32], words: &mut [u32]) {
        let rows = x.chunks_exact(inputs).zip(words.chunks_exact_mut(self.stride()));
        match self {
            Matrix::F32(_) => {}
            Matrix::Bf16(matrix) => rows.for_each(|(row, words)| matrix.round(row, words)),
        }
    }

    /// Returns the input of a layer for the live samples in words: as it is, or rounded in `scratch`.
    pub(super) fn rows<'a>(&self, k: &Linear, x: &'a [f32], scratch: &'a mut [u32], live: &[usize]) -> &'a [u32] {
        let Some(stride) = self.rounded() else {
            return bytemuck::cast_slice(x);
        };
        for_live_rows(
            scratch,
            live,
            k.x_rows * stride,
            stride,
            BLOCK,
            #[inline(always)]
            |slot, first, words| self.round(k.inputs, &x[(slot * k.x_rows + first) * k.inputs..], words),
        );
        scratch
    }

    /// Computes the product with a panel, while `next` is prefetched, and returns the number of its columns.
    ///
    /// # Safety
    /// No other thread may access the elements of the output that this writes.
    pub(super) unsafe fn multiply(&self, panel: usize, next: usize, place: Place<'_>) -> usize {
        // SAFETY: promised by the caller.
        unsafe {
            match self {
                Matrix::F32(panels) => {
                    let product = place.product(panels, (panel, next), bytemuck::cast_slice(place.x), self.stride());
                    product.run();
                    product.columns
                }
                Matrix::Bf16(matrix) => {
                    let product = place.product(&matrix.panels, (panel, next), place.x, self.stride());
                    matrix.run(product);
                    product.columns
                }
            }
        }
    }
}

impl<'a> Place<'a> {
    #[inline(always)]
    fn product<T: Copy + Default>(
        self,
        panels: &'a Panels<T>,
        (panel, next): (usize, usize),
        x: &'a [T],
        stride: usize,
    ) -> Product<'a, T> {
        let (panel, columns) = panels.get(panel);
        Product {
            x,
            stride,
            rows: self.rows,
            panel,
            columns,
            ahead: panels.get(next.min(panels.count() - 1)).0,
            out: self.out,
            at: self.at,
            out_stride: self.stride,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns a matrix in every format, by every way that this processor has, with what becomes of an element in it.
    fn formats(w: &[f32], inputs: usize, outputs: usize) -> Vec<(Matrix, fn(f32) -> f32)> {
        let bf16 = Way::all().into_iter().map(|way| {
            let round: fn(f32) -> f32 = |v| half::bf16::from_f32(v).to_f32();
            (Matrix::Bf16(Bf16::new(w, inputs, outputs, way)), round)
        });
        let f32 = Matrix::new(w, inputs, outputs, Dtype::F32);
        std::iter::once((f32, (|v| v) as fn(f32) -> f32)).chain(bf16).collect()
    }

    /// The product of some rows by all panels.
    fn product(matrix: &Matrix, inputs: usize, outputs: usize, x: &[f32]) -> Vec<f32> {
        let rows = x.len() / inputs;
        let mut words = vec![u32::MAX; rows * matrix.stride()];
        let x = match matrix.rounded() {
            None => bytemuck::cast_slice(x),
            Some(_) => {
                matrix.round(inputs, x, &mut words);
                &words
            }
        };
        let mut y = vec![f32::NAN; rows * outputs];
        let mut at = 0;
        for panel in 0..matrix.count() {
            let out = Output::new(&mut y);
            let place = Place {
                x,
                rows,
                out,
                at,
                stride: outputs,
            };
            // SAFETY: one thread, its own output.
            at += unsafe { matrix.multiply(panel, panel + 1, place) };
        }
        y
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// Part of a product has the same bits as in the whole product, whatever the way, and the value of the plain formula.
        #[test]
        fn parts_equal_the_whole(m in 1usize..40, k in 1usize..300, n in 1usize..70, seed in any::<u64>()) {
            let value = |i: usize| {
                let h = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((h >> 40) as f32 / (1u64 << 23) as f32) - 1.0
            };
            let x: Vec<f32> = (0..m * k).map(value).collect();
            let w: Vec<f32> = (0..n * k).map(|i| value(i + 1_000_000)).collect();
            let mut known: Vec<(std::mem::Discriminant<Matrix>, Vec<f32>)> = Vec::new();
            for (matrix, round) in formats(&w, k, n) {
                let row = seed as usize % m;
                let (whole, part) = (product(&matrix, k, n, &x), product(&matrix, k, n, &x[row * k..]));
                for i in 0..m * n {
                    if i >= row * n {
                        prop_assert_eq!(whole[i].to_bits(), part[i - row * n].to_bits());
                    }
                    let (r, c) = (i / n, i % n);
                    let term = |l: usize| f64::from(round(x[r * k + l])) * f64::from(round(w[c * k + l]));
                    let exact: f64 = (0..k).map(term).sum();
                    prop_assert!((f64::from(whole[i]) - exact).abs() < 1e-6 * k as f64);
                }
                let kind = std::mem::discriminant(&matrix);
                if let Some((_, other)) = known.iter().find(|(other, _)| *other == kind) {
                    prop_assert_eq!(&whole, other);
                }
                known.push((kind, whole));
            }
        }
    }
}
