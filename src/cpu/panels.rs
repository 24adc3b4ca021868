//! The layout of a product's right-hand side: panels, which are read in order.

use std::ops::Range;

use super::parallel::{Output, vectorised};
use crate::error::Result;
use crate::model::Tensor;

/// Columns per panel.
pub(super) const PANEL: usize = 32;

/// Columns per sliver, one cache line wide. A whole number of vectors on every processor.
pub(super) const SLIVER: usize = 16;

/// The right-hand side of a product, `inputs × outputs`, as panels of [`PANEL`] columns. A panel is a sequence of
/// slivers of [`SLIVER`] columns, so that a reader of a single sliver reads memory in order. A sliver stores the
/// columns of one input side by side, one input after another. The last panel is padded with zeros. An input may also
/// be a word of several.
#[derive(Debug)]
pub(super) struct Panels<T = f32> {
    data: Vec<T>,
    /// Rows of the right-hand side.
    pub inputs: usize,
    /// Columns of the right-hand side.
    pub outputs: usize,
}

impl Panels {
    /// Lays out a weight `[outputs, inputs]`. Of one that is not in memory as f32, a panel's rows are read at a time: they
    /// stay in a cache.
    ///
    /// # Errors
    /// As [`Tensor::bytes`].
    pub(super) fn of(weight: &Tensor, inputs: usize, outputs: usize) -> Result<Panels> {
        if let Some(weight) = weight.as_f32() {
            return Ok(Panels::new(weight, inputs, outputs));
        }
        let mut data = vec![0.0; panel_len(inputs, outputs)];
        let mut rows = Vec::new();
        for first in (0..outputs).step_by(PANEL) {
            let panel = first..(first + PANEL).min(outputs);
            weight.read_f32s(panel.start * inputs..panel.end * inputs, &mut rows)?;
            // SAFETY: nothing else refers to these panels.
            unsafe { fill_transposed(Output::new(&mut data), 0, &rows, inputs, inputs, panel) };
        }
        Ok(Panels { data, inputs, outputs })
    }
}

impl<T: Copy + Default> Panels<T> {
    /// Lays out a weight `[outputs, inputs]`, as a linear layer stores it.
    pub(super) fn new(weight: &[T], inputs: usize, outputs: usize) -> Panels<T> {
        let mut data = vec![T::default(); panel_len(inputs, outputs)];
        // SAFETY: nothing else refers to these panels.
        unsafe { fill_transposed(Output::new(&mut data), 0, weight, inputs, inputs, 0..outputs) };
        Panels { data, inputs, outputs }
    }

    pub(super) fn count(&self) -> usize {
        self.outputs.div_ceil(PANEL)
    }

    /// Returns a panel and the number of its columns that are not padding.
    pub(super) fn get(&self, panel: usize) -> (&[T], usize) {
        let len = self.inputs * PANEL;
        (
            &self.data[panel * len..][..len],
            PANEL.min(self.outputs - panel * PANEL),
        )
    }
}

/// Follows the words of an output by zeros, up to `width`.
pub(super) fn padded(words: impl Iterator<Item = u32>, width: usize) -> impl Iterator<Item = u32> {
    words.chain(std::iter::repeat(0)).take(width)
}

/// Returns the number of elements in the panels of an `inputs × outputs` matrix.
pub(super) fn panel_len(inputs: usize, outputs: usize) -> usize {
    inputs * outputs.next_multiple_of(PANEL)
}

/// Lays out the given `outputs` of a matrix in the panels that begin at `at`. Each row of `rows` holds the inputs of
/// one output; rows are `stride` apart.
///
/// # Safety
/// No other thread may access the elements that belong to these outputs.
pub(super) unsafe fn fill_transposed<T: Copy + Default>(
    panels: Output<T>,
    at: usize,
    rows: &[T],
    stride: usize,
    inputs: usize,
    outputs: Range<usize>,
) {
    vectorised(
        #[inline(always)]
        || {
            let mut output = outputs.start;
            while output < outputs.end {
                let row = output - outputs.start;
                let first = at + output / SLIVER * inputs * SLIVER + output % SLIVER;
                let count = (SLIVER - output % SLIVER).min(outputs.end - output);
                let whole = if count == SLIVER { inputs - inputs % SLIVER } else { 0 };
                for input in (0..whole).step_by(SLIVER) {
                    // SAFETY: promised by the caller.
                    let to = unsafe { panels.part(first + input * SLIVER, SLIVER * SLIVER) };
                    transpose(&rows[row * stride + input..], stride, to);
                }
                if whole < inputs {
                    for i in 0..count {
                        let rest = &rows[(row + i) * stride + whole..][..inputs - whole];
                        // SAFETY: promised by the caller.
                        unsafe { panels.put(first + whole * SLIVER + i, SLIVER, rest) };
                    }
                }
                output += count;
            }
        },
    );
}

/// Transposes the first [`SLIVER`] columns of as many rows, `stride` apart, into `to`, by repeatedly interleaving the
/// first half of the rows with the second.
#[inline(always)]
fn transpose<T: Copy + Default>(rows: &[T], stride: usize, to: &mut [T]) {
    let mut square = [[T::default(); SLIVER]; SLIVER];
    for (i, values) in square.iter_mut().enumerate() {
        values.copy_from_slice(&rows[i * stride..][..SLIVER]);
    }
    let mut other = [[T::default(); SLIVER]; SLIVER];
    for _ in 0..2 {
        interleave(&square, &mut other);
        interleave(&other, &mut square);
    }
    // Copies row by row: a single copy would go through memory twice.
    for (to, values) in to.as_chunks_mut().0.iter_mut().zip(square) {
        *to = values;
    }
}

#[inline(always)]
fn interleave<T: Copy>(from: &[[T; SLIVER]; SLIVER], to: &mut [[T; SLIVER]; SLIVER]) {
    for row in 0..SLIVER / 2 {
        for half in 0..2 {
            for i in 0..SLIVER / 2 {
                to[2 * row + half][2 * i] = from[row][half * SLIVER / 2 + i];
                to[2 * row + half][2 * i + 1] = from[row + SLIVER / 2][half * SLIVER / 2 + i];
            }
        }
    }
}

/// Lays out some of the `all` inputs of a matrix of `outputs`, one per row of `rows`, `stride` apart.
///
/// # Safety
/// No other thread may access the elements that belong to these inputs.
pub(super) unsafe fn fill(
    panels: Output<f32>,
    at: usize,
    rows: &[f32],
    stride: usize,
    (inputs, all): (Range<usize>, usize),
    outputs: usize,
) {
    vectorised(
        #[inline(always)]
        || {
            for (input, row) in inputs.zip(rows.chunks(stride)) {
                // Whole slivers apart: their length is known, and copying them is an instruction or two.
                let (whole, rest) = row[..outputs].as_chunks::<SLIVER>();
                let first = |sliver: usize| at + (sliver * all + input) * SLIVER;
                // SAFETY: promised by the caller.
                unsafe {
                    for (sliver, values) in whole.iter().enumerate() {
                        panels.part(first(sliver), SLIVER).copy_from_slice(values);
                    }
                    if !rest.is_empty() {
                        panels.part(first(whole.len()), rest.len()).copy_from_slice(rest);
                    }
                }
            }
        },
    );
}
