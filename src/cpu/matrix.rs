//! The matrix of a linear layer in the number format of its products.

use super::bf16::{self, Bf16};
use super::gemm::Product;
use super::int8::{self, Int8};
use super::panels::Panels;
use super::parallel::{Output, for_live_rows};
use crate::error::Result;
use crate::kernels::Linear;
use crate::model::{Dtype, Tensor};

/// Rows per task of rounding.
const BLOCK: usize = 8;

/// A matrix, laid out for products in its format. To add a format, add a variant: its rows are words of 4 bytes.
#[derive(Debug)]
pub(super) enum Matrix {
    F32(Panels),
    Bf16(Bf16),
    Int8(Int8),
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
    /// Lays out a weight `[outputs, inputs]` for products in this format, or in f32 if this processor has no instruction
    /// for it.
    pub(super) fn new(weight: &Tensor, inputs: usize, outputs: usize, products: Dtype) -> Result<Matrix> {
        let bf16 = bf16::Way::best().filter(|_| products == Dtype::BF16);
        let int8 = int8::Way::best().filter(|_| products == Dtype::I8);
        Ok(match (bf16, int8) {
            (Some(way), _) => Matrix::Bf16(Bf16::new(&weight.f32s()?, inputs, outputs, way)),
            (_, Some(way)) => Matrix::Int8(Int8::new(weight, inputs, outputs, way)?),
            (None, None) => Matrix::F32(Panels::of(weight, inputs, outputs)?),
        })
    }

    /// Returns the number of panels.
    pub(super) fn count(&self) -> usize {
        match self {
            Matrix::F32(panels) => panels.count(),
            Matrix::Bf16(Bf16 { panels, .. }) | Matrix::Int8(Int8 { panels, .. }) => panels.count(),
        }
    }

    /// Returns the number of words.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn words(&self) -> usize {
        match self {
            Matrix::F32(panels) => panels.inputs * panels.outputs,
            Matrix::Bf16(Bf16 { panels, .. }) | Matrix::Int8(Int8 { panels, .. }) => panels.inputs * panels.outputs,
        }
    }

    /// Returns the words of a rounded row; None where rows stay as they are, in f32.
    pub(super) fn rounded(&self) -> Option<usize> {
        match self {
            Matrix::F32(_) => None,
            Matrix::Bf16(_) | Matrix::Int8(_) => Some(self.stride()),
        }
    }

    /// Returns the words of a row.
    pub(super) fn stride(&self) -> usize {
        match self {
            Matrix::F32(panels) => panels.inputs,
            Matrix::Bf16(matrix) => matrix.stride(),
            Matrix::Int8(matrix) => matrix.stride(),
        }
    }

    /// Rounds rows of `inputs` elements.
    #[inline(always)]
    pub(super) fn round(&self, inputs: usize, x: &[f32], words: &mut [u32]) {
        // Loops, since what `for_each` calls is a function of its own, without the instructions of its caller.
        for (row, words) in x.chunks_exact(inputs).zip(words.chunks_exact_mut(self.stride())) {
            match self {
                Matrix::F32(_) => {}
                Matrix::Bf16(matrix) => matrix.round(row, words),
                Matrix::Int8(_) => Int8::round(row, words),
            }
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
                Matrix::Int8(matrix) => {
                    let rows = place.x.get(1..).unwrap_or_default();
                    let product = place.product(&matrix.panels, (panel, next), rows, self.stride());
                    matrix.run(panel, place.x, product);
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

    /// Returns a matrix in every format, by every way that this processor has, with its format and the order in which it adds.
    fn formats(w: &[f32], inputs: usize, outputs: usize) -> Vec<(Matrix, Dtype, Order)> {
        let weight = tensor(w, inputs, Dtype::F32);
        let f32 = Matrix::new(&weight, inputs, outputs, Dtype::F32).unwrap();
        let bf16 = bf16::Way::all().into_iter().map(|way| {
            let order = match way {
                #[cfg(target_arch = "x86_64")]
                bf16::Way::Tiles => Order::OfTiles,
                _ => Order::AsWritten,
            };
            (Matrix::Bf16(Bf16::new(w, inputs, outputs, way)), Dtype::BF16, order)
        });
        let int8 = int8::Way::all().into_iter().map(|way| {
            let matrix = Int8::new(&weight, inputs, outputs, way).unwrap();
            (Matrix::Int8(matrix), Dtype::I8, Order::AsWritten)
        });
        std::iter::once((f32, Dtype::F32, Order::AsWritten))
            .chain(bf16)
            .chain(int8)
            .collect()
    }

    /// The order in which terms of a product are added.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Order {
        AsWritten,
        /// Of the AMX instructions for bf16.
        #[cfg(target_arch = "x86_64")]
        OfTiles,
    }

    /// Rows of `inputs` elements, rounded.
    fn tensor(values: &[f32], inputs: usize, dtype: Dtype) -> Tensor {
        Tensor::from_f32([values.len() / inputs, inputs], values.to_vec())
            .unwrap()
            .to_dtype(dtype)
            .unwrap()
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

    /// What is not finite stays so, and zeros stay zeros.
    #[test]
    fn numbers_at_the_ends_stay_there() {
        for (matrix, dtype, _) in formats(&[1.0, 2.0, 3.0, 0.0, 0.0, 0.0], 3, 2) {
            for end in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let y = product(&matrix, 3, 2, &[0.5, end, 0.5]);
                assert!(!y[0].is_finite(), "{dtype}: {end} became {}", y[0]);
            }
            assert_eq!(product(&matrix, 3, 2, &[0.0; 3]), [0.0; 2], "{dtype}");
            assert_eq!(product(&matrix, 3, 2, &[1e-38; 3])[1], 0.0, "{dtype}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// Part of a product has the same bits as in the whole product and by each way that adds in the same order, and the
        /// value of the plain formula.
        #[test]
        fn parts_equal_the_whole(m in 1usize..40, k in 1usize..300, n in 1usize..70, seed in any::<u64>()) {
            let value = |i: usize| {
                let h = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((h >> 40) as f32 / (1u64 << 23) as f32) - 1.0
            };
            let x: Vec<f32> = (0..m * k).map(value).collect();
            let w: Vec<f32> = (0..n * k).map(|i| value(i + 1_000_000)).collect();
            let mut known: Vec<((Dtype, Order), Vec<f32>)> = Vec::new();
            for (matrix, dtype, order) in formats(&w, k, n) {
                let rounded = |values: &[f32]| tensor(values, k, dtype).f32s().unwrap().into_owned();
                let (x_rounded, w_rounded) = (rounded(&x), rounded(&w));
                let row = seed as usize % m;
                let (whole, part) = (product(&matrix, k, n, &x), product(&matrix, k, n, &x[row * k..]));
                for i in 0..m * n {
                    if i >= row * n {
                        prop_assert_eq!(whole[i].to_bits(), part[i - row * n].to_bits());
                    }
                    let (r, c) = (i / n, i % n);
                    let term = |l: usize| f64::from(x_rounded[r * k + l]) * f64::from(w_rounded[c * k + l]);
                    let exact: f64 = (0..k).map(term).sum();
                    prop_assert!((f64::from(whole[i]) - exact).abs() < 1e-6 * k as f64);
                }
                if let Some((_, other)) = known.iter().find(|(other, _)| *other == (dtype, order)) {
                    prop_assert_eq!(&whole, other);
                }
                known.push(((dtype, order), whole));
            }
        }
    }
}
