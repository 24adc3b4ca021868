// Products of bf16 matrices with f32 accumulation, and the packed layouts that they read.
#pragma once
#include "simd.hpp"

// A: pairs of bf16 along k, element (m, k pair) at A[m * sam + kp * sak]. B: [k pair][ldb] of pairs.
// Computes MR rows by NR vectors in registers; `epi(m, acc[NR])` receives each row.
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
INLINE void tile(const u32* A, size_t sam, size_t sak, const u32* B, size_t ldb, int K2, int m0, Epi&& epi) {
    constexpr int DEPTH = 64, WHOLE = MR / 6 * 6;
    float wide[DEPTH * 2 * MR];
    V acc[MR][NR];
    UNROLL for (int m = 0; m < MR; m++) UNROLL for (int n = 0; n < NR; n++) acc[m][n] = V{};
    for (int k0 = 0; k0 < K2; k0 += DEPTH) {
        const int depth = K2 - k0 < DEPTH ? K2 - k0 : DEPTH;
        for (int k = 0; k < depth; k++)
            UNROLL for (int m = 0; m < MR; m++) {
                const u32 pair = A[m * sam + (k0 + k) * sak], low = pair << 16, high = pair & 0xffff0000u;
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
INLINE void tile(const u32* A, size_t sam, size_t sak, const u32* B, size_t ldb, int K2, int m0, Epi&& epi) {
    V acc[MR][NR];
    UNROLL for (int m = 0; m < MR; m++) UNROLL for (int n = 0; n < NR; n++) acc[m][n] = V{};
    for (int k = 0; k < K2; k++) {
        U b[NR];
        UNROLL for (int n = 0; n < NR; n++) b[n] = read<U>(B + k * ldb + LANES * n);
        UNROLL for (int m = 0; m < MR; m++) {
            U a = U{} + A[m * sam + k * sak];
            UNROLL for (int n = 0; n < NR; n++) acc[m][n] = dot(acc[m][n], a, b[n]);
        }
    }
    UNROLL for (int m = 0; m < MR; m++) epi(m0 + m, acc[m]);
}
#endif
template <int MR, int NR, class Epi>
INLINE void rows(int M, const u32* A, size_t sam, size_t sak, const u32* B, size_t ldb, int K2, Epi&& epi) {
    int m = 0;
    for (; m + MR <= M; m += MR) tile<MR, NR>(A + m * sam, sam, sak, B, ldb, K2, m, epi);
    if constexpr (MR > 2)
        for (; m + 2 <= M; m += 2) tile<2, NR>(A + m * sam, sam, sak, B, ldb, K2, m, epi);
    for (; m < M; m++) tile<1, NR>(A + m * sam, sam, sak, B, ldb, K2, m, epi);
}
// C[M, N] = A[M, K] B, A row-major bf16 (lda elements), B in panels of 64 columns. epi(row, first column, acc[4]).
template <class Epi>
INLINE void gemm(int M, int N, int K, const u16* A, size_t lda, const u32* B, Epi&& epi) {
    for (int n = 0; n < N; n += 64)
        rows<6, 4>(M, (const u32*)A, lda / 2, 1, B + (size_t)n * (K / 2), 64, K / 2, [&](int m, V* acc) FORCE { epi(m, n, acc); });
}

// Row-major bf16 [R, C] (C a multiple of `panel`, itself of 16) -> pairs of rows in panels: [C / panel][R / 2][panel].
static inline void pair_rows(const u16* src, size_t ld, int R, int C, u32* dst, int panel = 64) {
    for (int c = 0; c < C; c += panel)
        for (int r = 0; r < R; r += 2, dst += panel)
            for (int j = 0; j < panel; j += LANES) write(dst + j, words(src + r * ld + c + j) | words(src + (r + 1) * ld + c + j) << 16);
}
// dW[M, N] += Aᵀ B over R rows, both in the layout of pair_rows.
static inline void weight_grad(int M, int N, int R, const u32* A, const u32* B, float* dW, u32* scratch) {
    int K2 = R / 2;
    for (int p = 0; p < M; p += 64)
        for (int q = 0; q < 64; q += 6) {
            const u32* a = A + (size_t)p * K2 + q;
            for (int k = 0; k < K2; k++) std::memcpy(scratch + 6 * k, a + 64 * k, 32);  // 6 of 8 words: the next copy overwrites the rest
            for (int n = 0; n < N; n += 64) {
                float* c = dW + (size_t)(p + q) * N + n;
                auto epi = [&](int m, V* acc) FORCE {
                    UNROLL for (int j = 0; j < 4; j++) store(c + (size_t)m * N + LANES * j, load(c + (size_t)m * N + LANES * j) + acc[j]);
                };
                const u32* b = B + (size_t)n * K2;
                if (q < 60) tile<6, 4>(scratch, 1, 6, b, 64, K2, 0, epi);
                else tile<4, 4>(scratch, 1, 6, b, 64, K2, 0, epi);
            }
        }
}
// A matrix given by element(k, n) -> panels [N / 64][K / 2][64].
template <class F>
static inline void pack(u32* dst, int K, int N, F element) {
    for (int n0 = 0; n0 < N; n0 += 64)
        for (int k = 0; k < K; k += 2)
            for (int n = n0; n < n0 + 64; n++) *dst++ = pack2(element(k, n), element(k + 1, n));
}
