//! Products of bf16, two inputs a word, with sums in f32.

use pulp::{Simd, WithSimd};

#[cfg(target_arch = "x86_64")]
use super::amx;
use super::gemm::{Multiply, Product, store};
use super::math::shift_left;
use super::panels::{Panels, padded};

/// How pairs are multiplied. Each product of two bf16 is exact in f32. [`Way::Pairs`] and [`Way::Widened`] add the second of a
/// pair first, then the first: their bits are the same (but for numbers below 2⁻¹²⁶, which the instruction takes for zero).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By the tiles of AMX, which add in an order of their own.
    #[cfg(target_arch = "x86_64")]
    Tiles,
    /// By the instruction for it, AVX-512 BF16.
    #[cfg(target_arch = "x86_64")]
    Pairs,
    /// In f32: weights are widened in registers, rows are rounded and stay f32.
    #[cfg(not(target_arch = "wasm32"))]
    Widened,
}

impl Way {
    /// Returns the fastest way on this processor; None in a page, which multiplies in f32. Intel's `vdpbf16ps` does half as
    /// many products as its f32 unit (Xeons of the fourth and fifth generation, measured), AMD's twice as many.
    pub(super) fn best() -> Option<Way> {
        #[cfg(target_arch = "x86_64")]
        if amx::has(amx::Words::Bf16) {
            return Some(Way::Tiles);
        } else if Way::all().contains(&Way::Pairs) && !is_intel() {
            return Some(Way::Pairs);
        }
        #[cfg(not(target_arch = "wasm32"))]
        let everywhere = Some(Way::Widened);
        #[cfg(target_arch = "wasm32")]
        let everywhere = None;
        everywhere
    }

    /// Whether this is an instruction for bf16.
    pub(super) fn is_native(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Way::Tiles | Way::Pairs => true,
            #[cfg(not(target_arch = "wasm32"))]
            Way::Widened => false,
        }
    }

    /// Returns what the words of a row are a multiple of.
    fn depth(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Way::Tiles => amx::DEPTH,
            #[cfg(target_arch = "x86_64")]
            Way::Pairs => 1,
            #[cfg(not(target_arch = "wasm32"))]
            Way::Widened => 1,
        }
    }

    /// Returns the ways that this processor has.
    #[cfg(any(test, target_arch = "x86_64"))]
    pub(super) fn all() -> Vec<Way> {
        let mut all = vec![Way::Widened];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16") {
            all.push(Way::Pairs);
        }
        #[cfg(target_arch = "x86_64")]
        if amx::has(amx::Words::Bf16) {
            all.push(Way::Tiles);
        }
        all
    }
}

#[cfg(target_arch = "x86_64")]
fn is_intel() -> bool {
    let id = std::arch::x86_64::__cpuid(0);
    let name = [id.ebx, id.edx, id.ecx].map(u32::to_le_bytes);
    name.as_flattened() == b"GenuineIntel"
}

/// The matrix of a layer.
#[derive(Debug)]
pub(super) struct Bf16 {
    pub panels: Panels<u32>,
    way: Way,
}

impl Bf16 {
    /// Lays out a weight `[outputs, inputs]`, rounded to bf16.
    pub(super) fn new(weight: &[f32], inputs: usize, outputs: usize, way: Way) -> Bf16 {
        let width = inputs.div_ceil(2).next_multiple_of(way.depth());
        let words = weight.chunks(inputs).flat_map(|row| padded(pairs(row), width));
        let panels = Panels::new(&words.collect::<Vec<_>>(), width, outputs);
        Bf16 { panels, way }
    }

    /// Returns the words of a rounded row.
    pub(super) fn stride(&self) -> usize {
        match self.way {
            #[cfg(target_arch = "x86_64")]
            Way::Tiles | Way::Pairs => self.panels.inputs,
            #[cfg(not(target_arch = "wasm32"))]
            Way::Widened => 2 * self.panels.inputs,
        }
    }

    /// Rounds a row.
    #[inline(always)]
    pub(super) fn round(&self, row: &[f32], words: &mut [u32]) {
        match self.way {
            #[cfg(target_arch = "x86_64")]
            Way::Tiles | Way::Pairs => join_all(row, words),
            #[cfg(not(target_arch = "wasm32"))]
            Way::Widened => {
                for (word, &v) in words.iter_mut().zip(row) {
                    *word = nearest(v);
                }
                words[row.len()..].fill(0);
            }
        }
    }

    /// Computes a product.
    ///
    /// # Safety
    /// As for [`Product::run`] of f32.
    pub(super) unsafe fn run(&self, product: Product<'_, u32>) {
        match self.way {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this way is only chosen where there are tiles; further promised by the caller.
            Way::Tiles => unsafe { by_tiles(product) },
            #[cfg(target_arch = "x86_64")]
            Way::Pairs => {
                product.check(1);
                // SAFETY: this way is only chosen where the processor has the instruction.
                unsafe { by_pairs(product) };
            }
            #[cfg(not(target_arch = "wasm32"))]
            Way::Widened => {
                product.check(2);
                pulp::Arch::new().dispatch(ByWidening(product));
            }
        }
    }
}

/// Returns the inputs of an output two by two, the first in the lower half of a word.
fn pairs(row: &[f32]) -> impl Iterator<Item = u32> {
    row.chunks(2)
        .map(|pair| join([pair[0], pair.get(1).copied().unwrap_or(0.0)]))
}

/// Joins the elements of a row two by two; words beyond them become zeros.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn join_all(row: &[f32], words: &mut [u32]) {
    let (whole, rest) = row.as_chunks::<2>();
    for (word, &pair) in words.iter_mut().zip(whole) {
        *word = join(pair);
    }
    words[whole.len()..].fill(0);
    if let [last] = *rest {
        words[whole.len()] = join([last, 0.0]);
    }
}

#[inline(always)]
fn join([first, second]: [f32; 2]) -> u32 {
    nearest(first) >> 16 | nearest(second)
}

/// Rounds to bf16: to nearest, ties to even. Returns the bits of the f32 of that value.
#[inline(always)]
fn nearest(value: f32) -> u32 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    (if value.is_nan() { bits | 0x40_0000 } else { rounded }) & 0xffff_0000
}

/// # Safety
/// There must be tiles for bf16; further as for [`Product::run`] of f32.
#[cfg(target_arch = "x86_64")]
unsafe fn by_tiles(product: Product<'_, u32>) {
    // SAFETY: promised by the caller.
    unsafe {
        amx::multiply(product, amx::Words::Bf16, |_, sums, out| {
            out.copy_from_slice(bytemuck::cast_slice(&sums[..out.len()]));
        });
    }
}

/// The product in f32.
struct ByWidening<'a>(Product<'a, u32>);

impl WithSimd for ByWidening<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let m = Widened(simd);
        // A vector of words takes two registers.
        match (S::F32_LANES, S::REGISTER_COUNT) {
            (16, _) => self.0.tiles::<_, 12, 11, 6, 3, 2>(m),
            (4, 32) => self.0.tiles::<_, 6, 5, 3, 2, 2>(m),
            (8 | 4, _) => self.0.tiles::<_, 4, 3, 2, 1, 2>(m),
            _ => self.0.tiles::<_, 2, 1, 1, 1, 16>(m),
        }
    }
}

#[derive(Clone, Copy)]
struct Widened<S>(S);

impl<S: Simd> Multiply for Widened<S> {
    type Word = u32;
    type Row = [S::f32s; 2];
    type Columns = [S::f32s; 2];
    type Sums = S::f32s;
    const LANES: usize = S::F32_LANES;
    const WIDTH: usize = 2;

    #[inline(always)]
    fn start(self, _column: usize) -> S::f32s {
        self.0.splat_f32s(0.0)
    }

    #[inline(always)]
    fn repeat(self, words: &[u32]) -> [S::f32s; 2] {
        let [first, second] = [words[0], words[1]];
        [
            self.0.splat_f32s(f32::from_bits(first)),
            self.0.splat_f32s(f32::from_bits(second)),
        ]
    }

    #[inline(always)]
    fn load(self, words: &[u32]) -> [S::f32s; 2] {
        let words = S::as_simd_u32s(words).0[0];
        let (first, second) = (
            shift_left(self.0, words, 16),
            self.0.and_u32s(words, self.0.splat_u32s(0xffff_0000)),
        );
        [self.0.transmute_f32s_u32s(first), self.0.transmute_f32s_u32s(second)]
    }

    #[inline(always)]
    fn add(self, x: [S::f32s; 2], w: [S::f32s; 2], sums: S::f32s) -> S::f32s {
        let sums = self.0.mul_add_e_f32s(x[1], w[1], sums);
        self.0.mul_add_e_f32s(x[0], w[0], sums)
    }

    #[inline(always)]
    fn store(self, sums: S::f32s, _row: usize, _column: usize, out: &mut [f32]) {
        store(self.0, sums, out);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86_pairs {
    use std::arch::x86_64::{__m512, __m512bh, _mm512_dpbf16_ps, _mm512_setzero_ps};

    use super::super::x86::{load512, repeat512, store512};
    use super::{Multiply, Product};

    /// # Safety
    /// The processor must have AVX-512 BF16; further as for [`Product::run`] of f32.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) unsafe fn by_pairs(product: Product<'_, u32>) {
        product.tiles::<_, 14, 13, 7, 4, 2>(Pairs);
    }

    /// Exists within [`by_pairs`] only.
    #[derive(Clone, Copy)]
    struct Pairs;

    impl Multiply for Pairs {
        type Word = u32;
        type Row = __m512bh;
        type Columns = __m512bh;
        type Sums = __m512;
        const LANES: usize = 16;

        #[inline(always)]
        fn start(self, _column: usize) -> __m512 {
            // SAFETY: the processor has the instructions.
            unsafe { _mm512_setzero_ps() }
        }

        #[inline(always)]
        fn repeat(self, words: &[u32]) -> __m512bh {
            // SAFETY: as above; both are 512 bits.
            unsafe { std::mem::transmute(repeat512(words[0])) }
        }

        #[inline(always)]
        fn load(self, words: &[u32]) -> __m512bh {
            // SAFETY: as above; both are 512 bits.
            unsafe { std::mem::transmute(load512(words)) }
        }

        #[inline(always)]
        fn add(self, x: __m512bh, w: __m512bh, sums: __m512) -> __m512 {
            // SAFETY: as above.
            unsafe { _mm512_dpbf16_ps(sums, x, w) }
        }

        #[inline(always)]
        fn store(self, sums: __m512, _row: usize, _column: usize, out: &mut [f32]) {
            // SAFETY: as above.
            unsafe { store512(sums, out) };
        }
    }
}
#[cfg(target_arch = "x86_64")]
use x86_pairs::by_pairs;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn values_are_rounded_as_everywhere() {
        let bits = (0..=u16::MAX)
            .flat_map(|high| [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff].map(|low| u32::from(high) << 16 | low));
        for value in bits.map(f32::from_bits) {
            let (ours, expected) = (nearest(value), u32::from(half::bf16::from_f32(value).to_bits()) << 16);
            assert_eq!(ours, expected, "{value:e}");
        }
    }
}
