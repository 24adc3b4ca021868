// Vectors of 16 floats and products of bf16 pairs: AMX or AVX512-BF16 where the processor has it, portable code elsewhere.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512BF16__)
#include <immintrin.h>
#define HRM_AVX512_BF16 1
#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__linux__)
#include <utility>
#define HRM_AMX 1
#endif
#endif
#ifdef __linux__
#include <sys/mman.h>
#endif

using u16 = uint16_t;
using u32 = uint32_t;
using V = float __attribute__((vector_size(64), may_alias));  // 16 floats
using U = u32 __attribute__((vector_size(64), may_alias));    // 16 words; one holds a pair of bf16, the first in the low half
using H = u16 __attribute__((vector_size(32), may_alias));    // 16 bf16
#define UNROLL _Pragma("GCC unroll 32")
#define FORCE __attribute__((always_inline))
#define INLINE FORCE inline

constexpr int LANES = 16;

template <class E>
struct Array {  // 64-byte aligned, zeroed
    E* p = nullptr;
    Array() = default;
    Array(Array&& o) noexcept : p(o.p) { o.p = nullptr; }
    Array(const Array&) = delete;
    ~Array() { std::free(p); }
    void reset(size_t count) {
        std::free(p);
        size_t bytes = (count * sizeof(E) + 128 + 63) / 64 * 64;  // slack: block copies may read past the end
        const size_t page = size_t(2) << 20, align = bytes > page / 8 ? page : 64;
        bytes = (bytes + align - 1) / align * align;
        p = static_cast<E*>(std::aligned_alloc(align, bytes));
        if (!p) std::abort();
#ifdef MADV_HUGEPAGE
        if (align == page) madvise(p, bytes, MADV_HUGEPAGE);
#endif
        std::memset(static_cast<void*>(p), 0, bytes);
    }
    operator E*() const { return p; }
};

template <class T>
INLINE T read(const void* p) {
    T v;
    std::memcpy(&v, p, sizeof v);
    return v;
}
template <class T>
INLINE void write(void* p, T v) { std::memcpy(p, &v, sizeof v); }

INLINE V load(const float* p) { return read<V>(p); }
INLINE void store(float* p, V v) { write(p, v); }
INLINE V set(float x) { return V{} + x; }
INLINE V fma(V a, V b, V c) { return a * b + c; }
INLINE U words(const u16* p) { return __builtin_convertvector(read<H>(p), U); }
INLINE V widen(const u16* p) { return (V)(words(p) << 16); }

#ifdef HRM_AVX512_BF16
INLINE void narrow(u16* p, V v) { _mm256_storeu_si256((__m256i*)p, (__m256i)_mm512_cvtneps_pbh((__m512)v)); }
INLINE void narrow2(u16* p, V a, V b) { _mm512_storeu_si512(p, (__m512i)_mm512_cvtne2ps_pbh((__m512)b, (__m512)a)); }
INLINE V dot(V acc, U a, U b) { return (V)_mm512_dpbf16_ps((__m512)acc, (__m512bh)a, (__m512bh)b); }
INLINE float sum(V v) { return _mm512_reduce_add_ps((__m512)v); }
INLINE float highest(V v) { return _mm512_reduce_max_ps((__m512)v); }
INLINE V max(V a, V b) { return (V)_mm512_max_ps((__m512)a, (__m512)b); }
INLINE V round(V x) { return (V)_mm512_roundscale_ps((__m512)x, 0); }
INLINE V scale2(V p, V n) { return (V)_mm512_scalef_ps((__m512)p, (__m512)n); }
INLINE V only(u16 mask, V v) { return (V)_mm512_maskz_mov_ps(mask, (__m512)v); }
#else
INLINE void narrow(u16* p, V v) {  // to the nearest, ties to even
    U u = (U)v;
    write(p, __builtin_convertvector((u + 0x7fff + (u >> 16 & 1)) >> 16, H));
}
INLINE void narrow2(u16* p, V a, V b) { narrow(p, a), narrow(p + LANES, b); }
INLINE V dot(V acc, U a, U b) { return acc + (V)(a << 16) * (V)(b << 16) + (V)(a & 0xffff0000u) * (V)(b & 0xffff0000u); }
template <class F>
INLINE float fold(V v, F f) {  // in halves, which compilers turn into vectors
    float s[LANES];
    write(s, v);
    UNROLL for (int half = LANES / 2; half; half /= 2) UNROLL for (int i = 0; i < half; i++) s[i] = f(s[i], s[i + half]);
    return s[0];
}
INLINE float sum(V v) { return fold(v, [](float a, float b) { return a + b; }); }
INLINE float highest(V v) { return fold(v, [](float a, float b) { return a > b ? a : b; }); }
INLINE V max(V a, V b) { return a > b ? a : b; }
INLINE V round(V x) { return (x + 12582912.f) - 12582912.f; }  // 1.5 · 2²³: for |x| < 2²²
INLINE V scale2(V p, V n) {                                    // p · 2ⁿ
    using I = int32_t __attribute__((vector_size(64)));
    return p * (V)((__builtin_convertvector(n, I) + 127) << 23);
}
INLINE V only(u16 mask, V v) {
    const U bit = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
    return (V)((U)v & (U)((bit & mask) != 0));
}
#endif

INLINE V exp(V x) {  // relative error below 2e-5
    x = max(x, set(-87.f));
    V t = x * 1.44269504f, n = round(t), f = t - n;
    V p = fma(f, set(9.6732e-3f), set(5.5857e-2f));
    p = fma(p, f, set(2.402212e-1f)), p = fma(p, f, set(6.931370e-1f)), p = fma(p, f, set(1.f));
    return scale2(p, n);
}
INLINE V sigmoid(V g) { return 1.f / (1.f + exp(-g)); }

INLINE u32 pack2(float a, float b) {
    auto r = [](float x) { u32 u = read<u32>(&x); return (u + 0x7fff + (u >> 16 & 1)) >> 16; };
    return r(a) | r(b) << 16;
}

// dst[j][i] = src[i][j] for a block of 16 × 16 words.
static inline void transpose16(const u32* src, size_t ld, u32* dst, size_t ldd) {
#ifdef HRM_AVX512_BF16
    __m512i r[16], t[16];
    UNROLL for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_si512(src + i * ld);
    UNROLL for (int i = 0; i < 8; i++) t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]), t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    UNROLL for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]), r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]), r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    UNROLL for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88), t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88), t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    UNROLL for (int i = 0; i < 8; i++) {
        _mm512_storeu_si512(dst + i * ldd, _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88));
        _mm512_storeu_si512(dst + (i + 8) * ldd, _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd));
    }
#else
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 16; j++) dst[j * ldd + i] = src[i * ld + j];
#endif
}
