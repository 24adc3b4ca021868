//! Registers of x86-64 for products that `pulp` does not know. Every function needs the instructions that its name says.

use std::arch::x86_64::{
    __m256, __m256i, __m512, __m512i, _mm256_loadu_si256, _mm256_set1_epi32, _mm256_storeu_ps, _mm512_loadu_si512,
    _mm512_mask_storeu_ps, _mm512_set1_epi32, _mm512_storeu_ps,
};

/// Repeats a word.
///
/// # Safety
/// The processor must have AVX-512F.
#[inline(always)]
pub(super) unsafe fn repeat512(word: u32) -> __m512i {
    // SAFETY: promised by the caller.
    unsafe { _mm512_set1_epi32(word.cast_signed()) }
}

/// Reads 16 words.
///
/// # Safety
/// The processor must have AVX-512F.
#[inline(always)]
pub(super) unsafe fn load512(words: &[u32]) -> __m512i {
    debug_assert!(words.len() >= 16);
    // SAFETY: promised by the caller, and the words are there.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

/// Writes as many elements as `out` has, at most 16.
///
/// # Safety
/// The processor must have AVX-512F.
#[inline(always)]
pub(super) unsafe fn store512(values: __m512, out: &mut [f32]) {
    // SAFETY: promised by the caller; no more elements are written than there are.
    unsafe {
        if out.len() >= 16 {
            _mm512_storeu_ps(out.as_mut_ptr(), values);
        } else {
            _mm512_mask_storeu_ps(out.as_mut_ptr(), (1 << out.len()) - 1, values);
        }
    }
}

/// Repeats a word.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
pub(super) unsafe fn repeat256(word: u32) -> __m256i {
    // SAFETY: promised by the caller.
    unsafe { _mm256_set1_epi32(word.cast_signed()) }
}

/// Reads 8 words.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
pub(super) unsafe fn load256(words: &[u32]) -> __m256i {
    debug_assert!(words.len() >= 8);
    // SAFETY: promised by the caller, and the words are there.
    unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
}

/// Writes as many elements as `out` has, at most 8.
///
/// # Safety
/// The processor must have AVX2.
#[inline(always)]
pub(super) unsafe fn store256(values: __m256, out: &mut [f32]) {
    // SAFETY: promised by the caller.
    unsafe {
        if out.len() >= 8 {
            _mm256_storeu_ps(out.as_mut_ptr(), values);
        } else {
            let mut all = [0.0; 8];
            _mm256_storeu_ps(all.as_mut_ptr(), values);
            out.copy_from_slice(&all[..out.len()]);
        }
    }
}
