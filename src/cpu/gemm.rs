//! Matrix products: the only place that knows the processor's vector registers.
//!
//! The right-hand side is laid out in panels once, and each panel is multiplied by blocks of rows whose sums stay in
//! registers. Every element is summed over k one term at a time, in order, so its bits depend neither on the size of
//! the product nor on how it is divided.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::parallel::{Output, vectorised};

/// Columns per panel.
pub(super) const PANEL: usize = 32;

/// Columns per sliver, one cache line wide. A whole number of vectors on every processor.
const SLIVER: usize = 16;

/// The right-hand side of a product, `inputs × outputs`, as panels of [`PANEL`] columns. A panel is a sequence of
/// slivers of [`SLIVER`] columns, so that a reader of a single sliver reads memory in order. A sliver stores the
/// columns of one input side by side, one input after another. The last panel is padded with zeros.
#[derive(Debug)]
pub(super) struct Panels {
    data: Vec<f32>,
    /// Rows of the right-hand side.
    pub inputs: usize,
    /// Columns of the right-hand side.
    pub outputs: usize,
}

impl Panels {
    /// Lays out a weight `[outputs, inputs]`, as a linear layer stores it.
    pub(super) fn new(weight: &[f32], inputs: usize, outputs: usize) -> Panels {
        let mut data = vec![0.0; panel_len(inputs, outputs)];
        // SAFETY: nothing else refers to these panels.
        unsafe { fill_transposed(Output::new(&mut data), 0, weight, inputs, inputs, 0..outputs) };
        Panels { data, inputs, outputs }
    }

    pub(super) fn count(&self) -> usize {
        self.outputs.div_ceil(PANEL)
    }

    /// Returns a panel and the number of its columns that are not padding.
    pub(super) fn get(&self, panel: usize) -> (&[f32], usize) {
        let len = self.inputs * PANEL;
        (
            &self.data[panel * len..][..len],
            PANEL.min(self.outputs - panel * PANEL),
        )
    }
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
pub(super) unsafe fn fill_transposed(
    panels: Output<f32>,
    at: usize,
    rows: &[f32],
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
fn transpose(rows: &[f32], stride: usize, to: &mut [f32]) {
    let mut square = [[0.0; SLIVER]; SLIVER];
    for (i, values) in square.iter_mut().enumerate() {
        values.copy_from_slice(&rows[i * stride..][..SLIVER]);
    }
    let mut other = [[0.0; SLIVER]; SLIVER];
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
fn interleave(from: &[[f32; SLIVER]; SLIVER], to: &mut [[f32; SLIVER]; SLIVER]) {
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
    for (input, row) in inputs.zip(rows.chunks(stride)) {
        for (sliver, values) in row[..outputs].chunks(SLIVER).enumerate() {
            // SAFETY: promised by the caller.
            unsafe { panels.part(at + (sliver * all + input) * SLIVER, values.len()) }.copy_from_slice(values);
        }
    }
}

/// The product of `rows` rows of `x` with a panel.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    /// The rows: element (i, k) is `x[i · stride + k]`.
    pub x: &'a [f32],
    pub stride: usize,
    pub rows: usize,
    /// The panel, whose length gives the number of inputs.
    pub panel: &'a [f32],
    /// Number of its columns that are wanted.
    pub columns: usize,
    /// The panel needed next, or this one: it is prefetched in the meantime.
    pub ahead: &'a [f32],
    /// Where the product goes: element (i, j) is `out[at + i · out_stride + j]`.
    pub out: Output<'a, f32>,
    pub at: usize,
    pub out_stride: usize,
}

impl Product<'_> {
    /// Computes the product.
    ///
    /// # Safety
    /// No other thread may access the elements of `out` that this writes.
    pub(super) unsafe fn run(self) {
        let inputs = self.panel.len() / PANEL;
        let last = self.rows.saturating_sub(1) * self.stride;
        assert!(
            self.rows == 0 || last + inputs <= self.x.len(),
            "product: x is too short"
        );
        assert!(self.columns <= PANEL, "product: more columns than a panel has");
        pulp::Arch::new().dispatch(self);
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    /// Uses tiles as large as the registers allow: with 16 or 8 lanes the sums of two vectors per row, plus a register
    /// for each of these vectors of the panel and one for an element of x.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (S::F32_LANES, S::REGISTER_COUNT) {
            (16, _) => self.tiles::<S, 14, 13, 7, 4, 2>(simd),
            (8, _) => self.tiles::<S, 6, 5, 3, 2, 2>(simd),
            // Browsers keep few sums in registers, however many the processor has.
            (4, _) if cfg!(target_arch = "wasm32") => self.tiles::<S, 2, 1, 1, 1, 4>(simd),
            (4, 32) => self.tiles::<S, 6, 5, 3, 2, 4>(simd),
            (4, _) => self.tiles::<S, 6, 5, 3, 2, 2>(simd),
            _ => self.tiles::<S, 2, 1, 1, 1, 16>(simd),
        }
    }
}

impl Product<'_> {
    /// Divides the rows into tiles of `ROWS` rows and some of `FEWER`, one less, so that none are left over; if that
    /// does not work out, into tiles of `HALF`. In that case the last tile starts early instead of being smaller, and
    /// recomputes some rows. Fewer rows than `HALF` are computed `FEW` at a time, and the remainder one by one.
    #[inline(always)]
    fn tiles<
        S: Simd,
        const ROWS: usize,
        const FEWER: usize,
        const HALF: usize,
        const FEW: usize,
        const VECTORS: usize,
    >(
        self,
        simd: S,
    ) {
        let tiles = self.rows.div_ceil(ROWS);
        let missing = tiles * ROWS - self.rows;
        let even = missing <= tiles;
        for column in (0..self.columns).step_by(VECTORS * S::F32_LANES) {
            let mut row = 0;
            while row < self.rows {
                let left = self.rows - row;
                if even && row < missing * FEWER {
                    self.tile::<S, FEWER, VECTORS>(simd, row, column);
                    row += FEWER;
                } else if left >= ROWS || left > HALF && self.rows >= ROWS {
                    self.tile::<S, ROWS, VECTORS>(simd, row.min(self.rows - ROWS), column);
                    row += ROWS;
                } else if self.rows >= HALF {
                    self.tile::<S, HALF, VECTORS>(simd, row.min(self.rows - HALF), column);
                    row += HALF;
                } else if left >= FEW {
                    self.tile::<S, FEW, VECTORS>(simd, row, column);
                    row += FEW;
                } else {
                    self.tile::<S, 1, VECTORS>(simd, row, column);
                    row += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S, row: usize, column: usize) {
        let inputs = self.panel.len() / PANEL;
        let x: [&[f32]; ROWS] = std::array::from_fn(|i| &self.x[(row + i) * self.stride..][..inputs]);
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        // Offset in the panel ahead, in bytes, that corresponds to this tile's place in its own panel.
        let width = VECTORS * S::F32_LANES;
        let start = size_of::<f32>() * inputs * (column * self.rows + row * width) / self.rows;
        let step = (size_of::<f32>() * ROWS * width).div_ceil(self.rows);
        let mut ahead = self.ahead.as_ptr().cast::<u8>().wrapping_add(start);
        let columns: [&[f32]; VECTORS] = std::array::from_fn(|j| {
            let column = column + j * S::F32_LANES;
            &self.panel[column / SLIVER * inputs * SLIVER + column % SLIVER..]
        });
        for k in 0..inputs {
            prefetch(ahead);
            ahead = ahead.wrapping_add(step);
            // SAFETY: a sliver has `SLIVER` elements for each input, and k counts the inputs.
            let w: [S::f32s; VECTORS] = std::array::from_fn(|j| unsafe {
                S::as_simd_f32s(columns[j].get_unchecked(k * SLIVER..k * SLIVER + S::F32_LANES)).0[0]
            });
            for i in 0..ROWS {
                // SAFETY: k counts the inputs, and each row of x was cut to that length.
                let x = simd.splat_f32s(unsafe { *x[i].get_unchecked(k) });
                for j in 0..VECTORS {
                    sums[i][j] = simd.mul_add_e_f32s(x, w[j], sums[i][j]);
                }
            }
        }
        let wanted = (self.columns - column).min(width);
        for (i, sums) in sums.into_iter().enumerate() {
            // SAFETY: the caller of `run` keeps other threads away.
            let out = unsafe { self.out.part(self.at + (row + i) * self.out_stride + column, wanted) };
            let (whole, rest) = S::as_mut_simd_f32s(out);
            for j in 0..VECTORS {
                if j < whole.len() {
                    whole[j] = sums[j];
                } else if j == whole.len() {
                    simd.partial_store_f32s(rest, sums[j]);
                }
            }
        }
    }
}

/// Prefetches an address into the second-level cache, on targets that can.
#[inline(always)]
fn prefetch(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch is only a hint, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T1>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// Part of a product has the same bits as in the whole product, and the value of the plain formula.
        #[test]
        fn parts_equal_the_whole(m in 1usize..40, k in 1usize..700, n in 1usize..70, seed in any::<u64>()) {
            let value = |i: usize| {
                let h = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((h >> 40) as f32 / (1u64 << 23) as f32) - 1.0
            };
            let x: Vec<f32> = (0..m * k).map(value).collect();
            let w: Vec<f32> = (0..n * k).map(|i| value(i + 1_000_000)).collect();
            let panels = Panels::new(&w, k, n);
            let product = |first: usize, rows: usize| {
                let mut y = vec![f32::NAN; rows * n];
                for p in 0..panels.count() {
                    let (panel, columns) = panels.get(p);
                    let (x, out) = (&x[first * k..], Output::new(&mut y));
                    let product = Product { x, stride: k, rows, panel, columns, ahead: panel, out, at: p * PANEL, out_stride: n };
                    // SAFETY: one thread, its own output.
                    unsafe { product.run() };
                }
                y
            };
            let (whole, row) = (product(0, m), seed as usize % m);
            let part = product(row, m - row);
            for i in 0..m * n {
                if i >= row * n {
                    prop_assert_eq!(whole[i].to_bits(), part[i - row * n].to_bits());
                }
                let (r, c) = (i / n, i % n);
                let exact: f64 = (0..k).map(|l| f64::from(x[r * k + l]) * f64::from(w[c * k + l])).sum();
                prop_assert!((f64::from(whole[i]) - exact).abs() < 1e-6 * k as f64);
            }
        }
    }
}
