//! Matrix products: the only place that knows the processor's vector registers.
//!
//! The right-hand side is laid out in panels once, and each panel is multiplied by blocks of rows whose sums stay in
//! registers. Every element is summed over k one term at a time, in order, so its bits depend neither on the size of
//! the product nor on how it is divided. What a term is, is the matter of [`Multiply`]: here f32, elsewhere narrower
//! numbers, several to a word.

use pulp::{Simd, WithSimd};

use super::panels::{PANEL, SLIVER};
use super::parallel::Output;

/// How words of the rows and of the panel are multiplied, some columns at a time.
pub(super) trait Multiply: Copy {
    /// What rows and panels consist of, 4 bytes each.
    type Word: Copy;
    /// A word of a row for all columns of a register.
    type Row: Copy;
    /// Words of the panel, a register of them.
    type Columns: Copy;
    /// A register of sums.
    type Sums: Copy;
    /// Columns of a register: a part of a sliver.
    const LANES: usize;
    /// Words of a row for each word of the panel.
    const WIDTH: usize = 1;

    /// Returns what is summed up from, for the columns of the panel from `column` on.
    fn start(self, column: usize) -> Self::Sums;
    /// Repeats the words of a row, which are [`Multiply::WIDTH`].
    fn repeat(self, words: &[Self::Word]) -> Self::Row;
    /// Reads a register of words.
    fn load(self, words: &[Self::Word]) -> Self::Columns;
    /// Adds the products.
    fn add(self, x: Self::Row, w: Self::Columns, sums: Self::Sums) -> Self::Sums;
    /// Writes the sums of a row and the columns from `column` on, as many as `out` has.
    fn store(self, sums: Self::Sums, row: usize, column: usize, out: &mut [f32]);
}

/// f32: one input a word.
#[derive(Clone, Copy)]
struct Floats<S>(S);

impl<S: Simd> Multiply for Floats<S> {
    type Word = f32;
    type Row = S::f32s;
    type Columns = S::f32s;
    type Sums = S::f32s;
    const LANES: usize = S::F32_LANES;

    #[inline(always)]
    fn start(self, _column: usize) -> S::f32s {
        self.0.splat_f32s(0.0)
    }

    #[inline(always)]
    fn repeat(self, words: &[f32]) -> S::f32s {
        self.0.splat_f32s(words[0])
    }

    #[inline(always)]
    fn load(self, words: &[f32]) -> S::f32s {
        S::as_simd_f32s(words).0[0]
    }

    #[inline(always)]
    fn add(self, x: S::f32s, w: S::f32s, sums: S::f32s) -> S::f32s {
        self.0.mul_add_e_f32s(x, w, sums)
    }

    #[inline(always)]
    fn store(self, sums: S::f32s, _row: usize, _column: usize, out: &mut [f32]) {
        store(self.0, sums, out);
    }
}

/// Writes as many elements of a register as `out` has.
#[inline(always)]
pub(super) fn store<S: Simd>(simd: S, values: S::f32s, out: &mut [f32]) {
    let (whole, rest) = S::as_mut_simd_f32s(out);
    match whole.first_mut() {
        Some(whole) => *whole = values,
        None => simd.partial_store_f32s(rest, values),
    }
}

/// The product of `rows` rows of `x` with a panel.
#[derive(Clone, Copy)]
pub(super) struct Product<'a, T = f32> {
    /// The rows: element (i, k) is `x[i · stride + k]`.
    pub x: &'a [T],
    pub stride: usize,
    pub rows: usize,
    /// The panel, whose length gives the number of inputs.
    pub panel: &'a [T],
    /// Number of its columns that are wanted.
    pub columns: usize,
    /// The panel needed next, or this one: it is prefetched in the meantime.
    pub ahead: &'a [T],
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
        self.check(1);
        pulp::Arch::new().dispatch(self);
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    /// Uses tiles as large as the registers allow: with 16 or 8 lanes the sums of two vectors per row, plus a register
    /// for each of these vectors of the panel and one for an element of x.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let m = Floats(simd);
        match (S::F32_LANES, S::REGISTER_COUNT) {
            (16, _) => self.tiles::<_, 14, 13, 7, 4, 2>(m),
            (8, _) => self.tiles::<_, 6, 5, 3, 2, 2>(m),
            // Browsers keep few sums in registers, however many the processor has.
            (4, _) if cfg!(target_arch = "wasm32") => self.tiles::<_, 2, 1, 1, 1, 4>(m),
            (4, 32) => self.tiles::<_, 6, 5, 3, 2, 4>(m),
            (4, _) => self.tiles::<_, 6, 5, 3, 2, 2>(m),
            _ => self.tiles::<_, 2, 1, 1, 1, 16>(m),
        }
    }
}

impl<T: Copy> Product<'_, T> {
    /// Checks that the rows are there, with `width` words for each of the panel.
    pub(super) fn check(&self, width: usize) {
        let inputs = self.panel.len() / PANEL * width;
        let last = self.rows.saturating_sub(1) * self.stride;
        assert!(
            self.rows == 0 || last + inputs <= self.x.len(),
            "product: x is too short"
        );
        assert!(self.columns <= PANEL, "product: more columns than a panel has");
    }

    /// Divides the rows into tiles of `ROWS` rows and some of `FEWER`, one less, so that none are left over; if that
    /// does not work out, into tiles of `HALF`. In that case the last tile starts early instead of being smaller, and
    /// recomputes some rows. Fewer rows than `HALF` are computed `FEW` at a time, and the remainder one by one.
    ///
    /// [`Product::check`] has looked at the sizes, and the caller keeps other threads away, as for [`Product::run`].
    #[inline(always)]
    pub(super) fn tiles<
        M: Multiply<Word = T>,
        const ROWS: usize,
        const FEWER: usize,
        const HALF: usize,
        const FEW: usize,
        const VECTORS: usize,
    >(
        self,
        m: M,
    ) {
        let tiles = self.rows.div_ceil(ROWS);
        let missing = tiles * ROWS - self.rows;
        let even = missing <= tiles;
        for column in (0..self.columns).step_by(VECTORS * M::LANES) {
            let mut row = 0;
            while row < self.rows {
                let left = self.rows - row;
                if even && row < missing * FEWER {
                    self.tile::<M, FEWER, VECTORS>(m, row, column);
                    row += FEWER;
                } else if left >= ROWS || left > HALF && self.rows >= ROWS {
                    self.tile::<M, ROWS, VECTORS>(m, row.min(self.rows - ROWS), column);
                    row += ROWS;
                } else if self.rows >= HALF {
                    self.tile::<M, HALF, VECTORS>(m, row.min(self.rows - HALF), column);
                    row += HALF;
                } else if left >= FEW {
                    self.tile::<M, FEW, VECTORS>(m, row, column);
                    row += FEW;
                } else {
                    self.tile::<M, 1, VECTORS>(m, row, column);
                    row += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn tile<M: Multiply<Word = T>, const ROWS: usize, const VECTORS: usize>(self, m: M, row: usize, column: usize) {
        let inputs = self.panel.len() / PANEL;
        let x: [&[T]; ROWS] = std::array::from_fn(|i| &self.x[(row + i) * self.stride..][..inputs * M::WIDTH]);
        let zero: [M::Sums; VECTORS] = std::array::from_fn(|j| m.start(column + j * M::LANES));
        let mut sums = [zero; ROWS];
        // Offset in the panel ahead, in bytes, that corresponds to this tile's place in its own panel.
        let width = VECTORS * M::LANES;
        let start = size_of::<T>() * inputs * (column * self.rows + row * width) / self.rows;
        let step = (size_of::<T>() * ROWS * width).div_ceil(self.rows);
        let mut ahead = self.ahead.as_ptr().cast::<u8>().wrapping_add(start);
        let columns: [&[T]; VECTORS] = std::array::from_fn(|j| {
            let column = column + j * M::LANES;
            &self.panel[column / SLIVER * inputs * SLIVER + column % SLIVER..]
        });
        for k in 0..inputs {
            prefetch(ahead);
            ahead = ahead.wrapping_add(step);
            // SAFETY: a sliver has `SLIVER` elements for each input, and k counts the inputs.
            let w: [M::Columns; VECTORS] =
                std::array::from_fn(|j| unsafe { m.load(columns[j].get_unchecked(k * SLIVER..k * SLIVER + M::LANES)) });
            for i in 0..ROWS {
                // SAFETY: k counts the inputs, and each row of x was cut to that length.
                let x = m.repeat(unsafe { x[i].get_unchecked(k * M::WIDTH..(k + 1) * M::WIDTH) });
                for j in 0..VECTORS {
                    sums[i][j] = m.add(x, w[j], sums[i][j]);
                }
            }
        }
        let wanted = (self.columns - column).min(width);
        for (i, sums) in sums.into_iter().enumerate() {
            // SAFETY: the caller of `run` keeps other threads away.
            let out = unsafe { self.out.part(self.at + (row + i) * self.out_stride + column, wanted) };
            for (j, sums) in sums.into_iter().enumerate() {
                let (first, last) = (j * M::LANES, ((j + 1) * M::LANES).min(wanted));
                if first < last {
                    m.store(sums, row + i, column + first, &mut out[first..last]);
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
