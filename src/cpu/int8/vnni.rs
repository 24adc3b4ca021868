//! Four pairs at a time by VNNI, in registers of AVX-512 and of AVX.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_cvtepi32_ps, _mm256_dpbusd_avx_epi32, _mm256_loadu_ps, _mm256_mul_ps, _mm256_set1_ps,
    _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_loadu_ps, _mm512_mul_ps, _mm512_set1_ps,
};

use super::super::gemm::Multiply;
use super::super::x86::{load256, load512, repeat256, repeat512, store256, store512};
use super::{Product, Scaled};

/// # Safety
/// The processor must have AVX-512 VNNI; further as for [`Product::run`] of f32.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn wide(product: Product<'_, u32>, scaled: Scaled<'_>) {
    product.tiles::<_, 14, 13, 7, 4, 2>(Wide(scaled));
}

/// # Safety
/// The processor must have AVX2 and AVX-VNNI; further as for [`Product::run`] of f32.
#[target_feature(enable = "avx2,avxvnni")]
pub(super) unsafe fn narrow(product: Product<'_, u32>, scaled: Scaled<'_>) {
    product.tiles::<_, 6, 5, 3, 2, 2>(Narrow(scaled));
}

by_registers!(
    Wide,
    16,
    __m512i,
    load512,
    repeat512,
    store512,
    _mm512_dpbusd_epi32,
    _mm512_cvtepi32_ps,
    _mm512_mul_ps,
    _mm512_loadu_ps,
    _mm512_set1_ps
);
by_registers!(
    Narrow,
    8,
    __m256i,
    load256,
    repeat256,
    store256,
    _mm256_dpbusd_avx_epi32,
    _mm256_cvtepi32_ps,
    _mm256_mul_ps,
    _mm256_loadu_ps,
    _mm256_set1_ps
);
