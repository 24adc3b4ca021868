//! Products of int8, four inputs a word, with sums in i32, which are exact: every way has the same bits.
//!
//! The weights of an output share a scale, and so do the elements of a row, which is rounded when it is multiplied. The
//! instructions of x86 take one side as unsigned: rows are stored with 128 added, and sums begin with what that adds,
//! negated.

#[cfg(target_arch = "x86_64")]
use super::amx;
use super::gemm::Product;
use super::panels::{PANEL, Panels, padded};
use crate::error::Result;
use crate::model::{Tensor, int8_scale, int8_words};

/// What is added to the elements of a row: NEON takes both sides as signed.
const OFFSET: u8 = if cfg!(target_arch = "aarch64") { 0 } else { 128 };

/// Instructions that multiply and add four pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The tiles of AMX.
    #[cfg(target_arch = "x86_64")]
    Tiles,
    /// AVX-512 VNNI.
    #[cfg(target_arch = "x86_64")]
    Wide,
    /// AVX-VNNI: registers half as wide.
    #[cfg(target_arch = "x86_64")]
    Narrow,
    /// NEON's dot products.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// None of them: slower than f32, but the plainest description, with which GPUs are compared.
    #[cfg(any(test, feature = "gpu"))]
    Portable,
}

impl Way {
    /// Returns the fastest way of this processor; None where it has no such instruction.
    pub(super) fn best() -> Option<Way> {
        #[cfg(target_arch = "x86_64")]
        if amx::has(amx::Words::Int8) {
            return Some(Way::Tiles);
        } else if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
            return Some(Way::Wide);
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni") {
            return Some(Way::Narrow);
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("dotprod") {
            return Some(Way::Neon);
        }
        None
    }

    /// Returns what the words of a row are a multiple of.
    fn depth(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Way::Tiles => amx::DEPTH,
            #[cfg(target_arch = "x86_64")]
            Way::Wide | Way::Narrow => 1,
            #[cfg(target_arch = "aarch64")]
            Way::Neon => 1,
            #[cfg(any(test, feature = "gpu"))]
            Way::Portable => 1,
        }
    }

    /// Returns the ways that this processor has.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Way> {
        let mut all = vec![Way::Portable];
        all.extend(Way::best());
        #[cfg(target_arch = "x86_64")]
        {
            let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni");
            let narrow = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("avxvnni");
            all.extend(wide.then_some(Way::Wide));
            all.extend(narrow.then_some(Way::Narrow));
        }
        all
    }
}

/// The matrix of a layer.
#[derive(Debug)]
pub(super) struct Int8 {
    pub panels: Panels<u32>,
    /// Scales of the outputs, padded like panels.
    scales: Vec<f32>,
    /// What the sums of the outputs begin with, padded like panels.
    starts: Vec<i32>,
    way: Way,
}

impl Int8 {
    /// Lays out a weight `[outputs, inputs]`, rounded to int8.
    pub(super) fn new(weight: &Tensor, inputs: usize, outputs: usize, way: Way) -> Result<Int8> {
        let weight = weight.to_dtype(crate::model::Dtype::I8)?;
        let bytes = weight.bytes()?;
        let rows = bytes.chunks(inputs.max(1));
        let width = inputs.div_ceil(4).next_multiple_of(way.depth());
        let words = rows.clone().flat_map(|row| padded(int8_words(row), width));
        let panels = Panels::new(&words.collect::<Vec<_>>(), width, outputs);
        let starts = rows.map(|row| -i32::from(OFFSET) * row.iter().map(|&q| i32::from(q.cast_signed())).sum::<i32>());
        let columns = outputs.next_multiple_of(PANEL);
        let (mut starts, mut scales) = (starts.collect::<Vec<_>>(), weight.scales().to_vec());
        starts.resize(columns, 0);
        scales.resize(columns, 0.0);
        Ok(Int8 {
            panels,
            scales,
            starts,
            way,
        })
    }

    /// Returns the words of a rounded row, the first of which is its scale.
    pub(super) fn stride(&self) -> usize {
        1 + self.panels.inputs
    }

    /// Rounds a row. One with an element that is not finite has such a scale, and so products that are not.
    #[inline(always)]
    pub(super) fn round(row: &[f32], words: &mut [u32]) {
        /// Adding 1.5 · 2²³ rounds to an integer, ties to even, and leaves it in the low bits.
        const ROUND: f32 = 12_582_912.0;
        let largest = row.iter().fold(0, |most, v| most.max(v.to_bits() & 0x7fff_ffff));
        let [scale, factor] = int8_scale(f32::from_bits(largest));
        words[0] = scale.to_bits();
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words[1..]);
        for (byte, v) in bytes.iter_mut().zip(row) {
            // The lowest 8 bits of the sum.
            *byte = (v * factor + ROUND).to_bits().to_le_bytes()[0].wrapping_add(OFFSET);
        }
        bytes[row.len()..].fill(0);
    }

    /// Computes the product with panel number `panel`; `rows` begin with their scales.
    ///
    /// # Safety
    /// As for [`Product::run`] of f32.
    pub(super) unsafe fn run(&self, panel: usize, rows: &[u32], product: Product<'_, u32>) {
        product.check(1);
        let scaled = Scaled {
            rows,
            stride: product.stride,
            scales: &self.scales[panel * PANEL..][..PANEL],
            starts: &self.starts[panel * PANEL..][..PANEL],
        };
        match self.way {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this way is only chosen where there are tiles.
            Way::Tiles => unsafe { by_tiles(product, scaled) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this way is only chosen where the processor has the instruction.
            Way::Wide => unsafe { vnni::wide(product, scaled) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Way::Narrow => unsafe { vnni::narrow(product, scaled) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            Way::Neon => unsafe { neon::dot(product, scaled) },
            #[cfg(any(test, feature = "gpu"))]
            Way::Portable => product.tiles::<_, 2, 1, 1, 1, 2>(portable::Portable(scaled)),
        }
    }
}

/// What makes sums of integers a product again.
#[derive(Clone, Copy)]
struct Scaled<'a> {
    /// Rows, each of which begins with its scale.
    rows: &'a [u32],
    stride: usize,
    /// Scales of the panel's columns.
    scales: &'a [f32],
    /// What the sums of the panel's columns begin with.
    starts: &'a [i32],
}

impl Scaled<'_> {
    #[inline(always)]
    fn of_row(&self, row: usize) -> f32 {
        f32::from_bits(self.rows[row * self.stride])
    }
}

/// # Safety
/// There must be tiles for int8; further as for [`Product::run`] of f32.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn by_tiles(product: Product<'_, u32>, scaled: Scaled<'_>) {
    // SAFETY: promised by the caller.
    unsafe {
        amx::multiply(product, amx::Words::Int8, |row, sums, out| {
            let of_row = scaled.of_row(row);
            let of_columns = sums.iter().zip(scaled.starts).zip(scaled.scales);
            for (out, ((&sum, &start), &scale)) in out.iter_mut().zip(of_columns) {
                *out = sum.cast_signed().wrapping_add(start) as f32 * of_row * scale;
            }
        });
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
/// Defines how words are multiplied in registers of a width. Exists within functions whose processor has the
/// instructions only.
macro_rules! by_registers {
    ($name:ident, $lanes:literal, $register:ty, $load:ident, $repeat:ident, $store:ident, $dot:ident,
     $floats:ident, $times:ident, $read:ident, $splat:ident) => {
        #[derive(Clone, Copy)]
        struct $name<'a>(Scaled<'a>);

        impl Multiply for $name<'_> {
            type Word = u32;
            type Row = $register;
            type Columns = $register;
            type Sums = $register;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn start(self, column: usize) -> $register {
                // SAFETY: the processor has the instructions.
                unsafe { $load(bytemuck::cast_slice(&self.0.starts[column..column + $lanes])) }
            }

            #[inline(always)]
            fn repeat(self, words: &[u32]) -> $register {
                // SAFETY: as above.
                unsafe { $repeat(words[0]) }
            }

            #[inline(always)]
            fn load(self, words: &[u32]) -> $register {
                // SAFETY: as above.
                unsafe { $load(words) }
            }

            #[inline(always)]
            fn add(self, x: $register, w: $register, sums: $register) -> $register {
                // SAFETY: as above.
                unsafe { $dot(sums, x, w) }
            }

            #[inline(always)]
            fn store(self, sums: $register, row: usize, column: usize, out: &mut [f32]) {
                let scales = &self.0.scales[column..column + $lanes];
                // SAFETY: as above, and the scales are there.
                unsafe {
                    let product = $times($floats(sums), $splat(self.0.of_row(row)));
                    $store($times(product, $read(scales.as_ptr())), out);
                }
            }
        }
    };
}

// After the macro, which they use.
#[cfg(target_arch = "x86_64")]
mod vnni;

#[cfg(target_arch = "aarch64")]
mod neon;

#[cfg(any(test, feature = "gpu"))]
mod portable;
