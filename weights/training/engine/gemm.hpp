// Products of bf16 matrices with f32 accumulation, and the packed layouts that they read.
#pragma once
#include "simd.hpp"

// Rows of A (lda pairs of bf16 each, along k) times NR vectors of B ([pair][ldb]) over K2 pairs, a multiple of 16: `epi(m, acc[NR])`
// receives each row.
#ifdef HRM_AMX
// Of the processor's tiles 0 to 3 are sums of so many rows by 16 columns, 4 holds rows of A, 5 to 7 pairs of B.
static inline void tile_shape(int rows) {
    struct { uint8_t palette, start, zero[14]; u16 bytes[16]; uint8_t rows[16]; } shape{};
    shape.palette = 1;
    for (int t = 0; t < 8; t++) shape.bytes[t] = 64, shape.rows[t] = t < 5 ? rows : 16;
    asm volatile("ldtilecfg %0" ::"m"(shape));
}
template <int TILE>
INLINE void tile_zero() { asm volatile("tilezero %%tmm%c0" ::"i"(TILE)); }
template <int TILE>
INLINE void tile_load(const void* p, size_t ld) { asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(p), "r"(4 * ld), "i"(TILE) : "memory"); }
template <int TILE>
INLINE void tile_store(void* p, size_t ld) { asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(p), "r"(4 * ld), "i"(TILE) : "memory"); }
template <int SUMS, int B>
INLINE void tile_dot() { asm volatile("tdpbf16ps %%tmm%c1, %%tmm4, %%tmm%c0" ::"i"(SUMS), "i"(B)); }

template <int NR, class Epi>
INLINE void rows(int M, const u32* A, size_t lda, const u32* B, size_t ldb, int K2, Epi&& epi) {
    static_assert(NR <= 4);
    alignas(64) V acc[16][NR];
    [&]<int... I>(std::integer_sequence<int, I...>) FORCE {
        tile_shape(16);
        for (int m = 0; m < M; m += 16, A += 16 * lda) {
            const int count = M - m < 16 ? M - m : 16;
            if (count < 16) tile_shape(count);
            (tile_zero<I>(), ...);
            for (int k = 0; k < K2; k += 16) {
                tile_load<4>(A + k, lda);
                ((tile_load<5 + I % 3>(B + k * ldb + LANES * I, ldb), tile_dot<I, 5 + I % 3>()), ...);
            }
            (tile_store<I>(&acc[0][I], LANES * NR), ...);
            for (int r = 0; r < count; r++) epi(m + r, acc[r]);
        }
    }(std::make_integer_sequence<int, NR>());
}
constexpr int WIDEST = 4;  // vectors of B at a time
#else
// MR rows in registers.
#if !defined(HRM_AVX512_BF16) && defined(__AVX2__) && defined(__FMA__)
// R rows of a tile by one vector, in 2 R of the 16 registers; inlined, it would have fewer. `wide`: [K2][2][MR], the pairs
// of A as floats.
using Half = float __attribute__((vector_size(32), may_alias));
using HalfWords = u32 __attribute__((vector_size(32), may_alias));
template <int R, int MR>
static __attribute__((noinline)) void strip(const float* wide, const u32* B, size_t ldb, int K2, V* out, size_t ld_out) {
    Half c[R][2];
    UNROLL for (int m = 0; m < R; m++) UNROLL for (int i = 0; i < 2; i++) c[m][i] = read<Half>((const float*)(out + m * ld_out) + 8 * i);
    for (int k = 0; k < K2; k++, wide += 2 * MR, B += ldb) {
        UNROLL for (int odd = 0; odd < 2; odd++) {
            Half b[2];
            UNROLL for (int i = 0; i < 2; i++) {
                HalfWords w = read<HalfWords>(B + 8 * i);
                b[i] = (Half)(odd ? w & 0xffff0000u : w << 16);
            }
            UNROLL for (int m = 0; m < R; m++) {
                const float a = wide[odd * MR + m];
                UNROLL for (int i = 0; i < 2; i++) c[m][i] += a * b[i];
            }
        }
    }
    UNROLL for (int m = 0; m < R; m++) UNROLL for (int i = 0; i < 2; i++) write((float*)(out + m * ld_out) + 8 * i, c[m][i]);
}
template <int MR, int NR, class Epi>
INLINE void tile(const u32* A, size_t lda, const u32* B, size_t ldb, int K2, int m0, Epi&& epi) {
    constexpr int DEPTH = 64, WHOLE = MR / 6 * 6;
    float wide[DEPTH * 2 * MR];
    V acc[MR][NR];
    UNROLL for (int m = 0; m < MR; m++) UNROLL for (int n = 0; n < NR; n++) acc[m][n] = V{};
    for (int k0 = 0; k0 < K2; k0 += DEPTH) {
        const int depth = K2 - k0 < DEPTH ? K2 - k0 : DEPTH;
        for (int k = 0; k < depth; k++)
            UNROLL for (int m = 0; m < MR; m++) {
                const u32 pair = A[m * lda + k0 + k], low = pair << 16, high = pair & 0xffff0000u;
                wide[2 * k * MR + m] = read<float>(&low), wide[(2 * k + 1) * MR + m] = read<float>(&high);
            }
        for (int n = 0; n < NR; n++) {
            const u32* b = B + k0 * ldb + LANES * n;
            for (int m = 0; m < WHOLE; m += 6) strip<6, MR>(wide + m, b, ldb, depth, &acc[m][n], NR);
            if constexpr (MR > WHOLE) strip<MR - WHOLE, MR>(wide + WHOLE, b, ldb, depth, &acc[WHOLE][n], NR);
        }
    }
    UNROLL for (int m = 0; m < MR; m++) epi(m0 + m, acc[m]);
}
#else
template <int MR, int NR, class Epi>
INLINE void tile(const u32* A, size_t lda, const u32* B, size_t ldb, int K2, int m0, Epi&& epi) {
    V acc[MR][NR];
    UNROLL for (int m = 0; m < MR; m++) UNROLL for (int n = 0; n < NR; n++) acc[m][n] = V{};
    for (int k = 0; k < K2; k++) {
        U b[NR];
        UNROLL for (int n = 0; n < NR; n++) b[n] = read<U>(B + k * ldb + LANES * n);
        UNROLL for (int m = 0; m < MR; m++) {
            U a = U{} + A[m * lda + k];
            UNROLL for (int n = 0; n < NR; n++) acc[m][n] = dot(acc[m][n], a, b[n]);
        }
    }
    UNROLL for (int m = 0; m < MR; m++) epi(m0 + m, acc[m]);
}
#endif
template <int NR, class Epi>
INLINE void rows(int M, const u32* A, size_t lda, const u32* B, size_t ldb, int K2, Epi&& epi) {
    constexpr int MR = 24 / NR;
    int m = 0;
    for (; m + MR <= M; m += MR) tile<MR, NR>(A + m * lda, lda, B, ldb, K2, m, epi);
    for (; m + 2 <= M; m += 2) tile<2, NR>(A + m * lda, lda, B, ldb, K2, m, epi);
    for (; m < M; m++) tile<1, NR>(A + m * lda, lda, B, ldb, K2, m, epi);
}
constexpr int WIDEST = 6;
#endif
// C[M, N] = A[M, K] B, A row-major bf16 (lda elements), B in panels of 64 columns. epi(row, first column, acc[4]).
template <class Epi>
INLINE void gemm(int M, int N, int K, const u16* A, size_t lda, const u32* B, Epi&& epi) {
    for (int n = 0; n < N; n += 64)
        rows<4>(M, (const u32*)A, lda / 2, B + (size_t)n * (K / 2), 64, K / 2, [&](int m, V* acc) FORCE { epi(m, n, acc); });
}

static inline size_t pairs_of(size_t R) { return (R / 2 + 15) / 16 * 16; }  // pairs of R rows, as many as `rows` takes
// Row-major bf16 [R, C] (C a multiple of `panel`, itself of 16) -> pairs of rows in panels: [C / panel][pairs_of(R)][panel], the last zero.
static inline void pair_rows(const u16* src, size_t ld, int R, int C, u32* dst, int panel = 64) {
    const size_t rest = (pairs_of(R) - R / 2) * panel;
    for (int c = 0; c < C; c += panel) {
        for (int r = 0; r < R; r += 2, dst += panel)
            for (int j = 0; j < panel; j += LANES) write(dst + j, words(src + r * ld + c + j) | words(src + (r + 1) * ld + c + j) << 16);
        std::memset(dst, 0, rest * sizeof *dst), dst += rest;
    }
}
// dst[m][pair] = src[pair][m] for M columns, both numbers multiples of 16.
static inline const u32* transpose(const u32* src, size_t ld, int M, int pairs, u32* dst) {
    for (int m = 0; m < M; m += 16)
        for (int k = 0; k < pairs; k += 16) transpose16(src + k * ld + m, ld, dst + (size_t)m * pairs + k, pairs);
    return dst;
}
// dW[M, N] += Aᵀ B over R rows, both in the layout of pair_rows.
static inline void weight_grad(int M, int N, int R, const u32* A, const u32* B, float* dW, u32* scratch) {
    const size_t K2 = pairs_of(R);
    for (int p = 0; p < M; p += 64) {
        const u32* a = transpose(A + p * K2, 64, 64, K2, scratch);
        gemm(64, N, 2 * K2, (const u16*)a, 2 * K2, B, [&](int m, int n, V* acc) FORCE {
            float* c = dW + (size_t)(p + m) * N + n;
            UNROLL for (int j = 0; j < 4; j++) store(c + LANES * j, load(c + LANES * j) + acc[j]);
        });
    }
}
// A matrix given by element(k, n) -> panels [N / 64][K / 2][64].
template <class F>
static inline void pack(u32* dst, int K, int N, F element) {
    for (int n0 = 0; n0 < N; n0 += 64)
        for (int k = 0; k < K; k += 2)
            for (int n = n0; n < n0 + 64; n++) *dst++ = pack2(element(k, n), element(k + 1, n));
}
