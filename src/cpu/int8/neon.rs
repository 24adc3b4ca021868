//! Four pairs at a time by NEON's dot products.

use std::arch::aarch64::{
    float32x4_t, int32x4_t, vcvtq_f32_s32, vdupq_n_f32, vdupq_n_s32, vld1q_f32, vld1q_s32, vmulq_f32, vst1q_f32,
};
use std::arch::asm;

use super::super::gemm::Multiply;
use super::{Product, Scaled};

/// # Safety
/// The processor must have NEON's dot products; further as for [`Product::run`] of f32.
pub(super) unsafe fn dot(product: Product<'_, u32>, scaled: Scaled<'_>) {
    product.tiles::<_, 6, 5, 3, 2, 4>(Dot(scaled));
}

by_registers!(
    Dot,
    4,
    int32x4_t,
    load,
    repeat,
    store,
    add,
    vcvtq_f32_s32,
    vmulq_f32,
    vld1q_f32,
    vdupq_n_f32
);

#[inline(always)]
unsafe fn load(words: &[u32]) -> int32x4_t {
    debug_assert!(words.len() >= 4);
    // SAFETY: the words are there.
    unsafe { vld1q_s32(words.as_ptr().cast()) }
}

#[inline(always)]
unsafe fn repeat(word: u32) -> int32x4_t {
    // SAFETY: every processor of this kind has NEON.
    unsafe { vdupq_n_s32(word.cast_signed()) }
}

/// The function for it is not stable.
///
/// # Safety
/// The processor must have NEON's dot products.
#[inline(always)]
unsafe fn add(mut sums: int32x4_t, x: int32x4_t, w: int32x4_t) -> int32x4_t {
    // SAFETY: promised by the caller; registers alone are touched.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {sums:v}.4s, {x:v}.16b, {w:v}.16b",
            sums = inout(vreg) sums,
            x = in(vreg) x,
            w = in(vreg) w,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// Writes as many elements as `out` has, at most 4.
#[inline(always)]
unsafe fn store(values: float32x4_t, out: &mut [f32]) {
    let mut all = [0.0; 4];
    // SAFETY: there is room for all.
    unsafe { vst1q_f32(all.as_mut_ptr(), values) };
    let len = out.len().min(4);
    out[..len].copy_from_slice(&all[..len]);
}
