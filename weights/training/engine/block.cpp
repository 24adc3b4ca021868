// One transformer block: attention, then SwiGLU, each with a residual sum and an RMS norm after it.
#include "engine.hpp"
#include <algorithm>

static void norm(float* h, u16* hb, float* rstd, int R, int D) {
    for (int r = 0; r < R; r++) {
        float* p = h + (size_t)r * D;
        V s = V{};
        for (int j = 0; j < D; j += LANES) s = fma(load(p + j), load(p + j), s);
        float f = 1.f / std::sqrt(sum(s) / D + 1e-5f);
        for (int j = 0; j < D; j += LANES) {
            V v = load(p + j) * f;
            store(p + j, v), narrow(hb + (size_t)r * D + j, v);
        }
        if (rstd) rstd[r] = f;
    }
}
// d <- gradient before the norm, given the gradient after it and the (normalised) output y
static void norm_back(float* d, u16* db, const u16* y, const float* rstd, int R, int D) {
    for (int r = 0; r < R; r++) {
        float* p = d + (size_t)r * D;
        const u16* q = y + (size_t)r * D;
        V s = V{};
        for (int j = 0; j < D; j += LANES) s = fma(load(p + j), widen(q + j), s);
        float m = sum(s) / D, f = rstd[r];
        for (int j = 0; j < D; j += LANES) {
            V v = f * (load(p + j) - m * widen(q + j));
            store(p + j, v), narrow(db + (size_t)r * D + j, v);
        }
    }
}

// Queries whose scores are computed at a time, so that these stay in the cache on large boards.
constexpr int STRIP = 48;

// out[r][key] = row r of `a` times column `key` of `b` [HEAD / 2][keys]: some queries times keys.
static void scores(const Engine& e, const u16* a, size_t ld, const u32* b, float* out, int count) {
    const int K = e.keys;
    auto some = [&]<int NR>(int from) FORCE {
        rows<NR>(count, (const u32*)a, ld / 2, b + from, K, HEAD / 2, [&](int r, V* s) FORCE {
            UNROLL for (int j = 0; j < NR; j++) store(out + (size_t)r * K + from + LANES * j, s[j]);
        });
    };
    int from = 0;
    for (; from + LANES * WIDEST <= K; from += LANES * WIDEST) some.template operator()<WIDEST>(from);
    for (; from < K; from += 32) some.template operator()<2>(from);
}

// Attention of one head of one sample. q: first row of its queries in the qkv buffer; prob: [pairs][keys] if it is kept; ctx:
// stride D.
static void attend(const Engine& e, Worker& w, const u16* q, u16* prob, bool keep, u16* ctx) {
    const int T = e.c.positions, K = e.keys, D = e.c.hidden, ld = 3 * D;
    for (int j = 0; j < K; j += LANES) transpose16((const u32*)(q + D + (size_t)j * ld), ld / 2, w.kt + j, K);
    pair_rows(q + 2 * D, ld, e.pairs, HEAD, w.vil, HEAD);
    const float scale = 1.f / std::sqrt((float)HEAD);
    for (int first = 0; first < T; first += STRIP) {
        const int count = std::min(STRIP, T - first);
        u16* strip = prob + (keep ? (size_t)first * K : 0);
        scores(e, q + (size_t)first * ld, ld, w.kt, w.score, count);
        for (int r = 0; r < count; r++) {
            float* s = w.score + (size_t)r * K;
            for (int j = T; j < K; j++) s[j] = -1e30f;
            V m = load(s), t = V{};
            for (int j = LANES; j < K; j += LANES) m = max(m, load(s + j));
            const float top = highest(m);
            for (int j = 0; j < K; j += LANES) {
                V p = only(tail(T - j), exp((load(s + j) - top) * scale));
                store(s + j, p), t += p;
            }
            const float f = 1.f / sum(t);
            for (int j = 0; j < K; j += 2 * LANES) narrow2(strip + (size_t)r * K + j, load(s + j) * f, load(s + j + LANES) * f);
        }
        rows<2>(count, (const u32*)strip, K / 2, w.vil, HEAD, K / 2, [&](int r, V* s) FORCE { narrow2(ctx + (size_t)(first + r) * D, s[0], s[1]); });
    }
}

void block_forward(Engine& e, Worker& w, const Weights& W, float* h, const u16* in, u16* out, Saved* s, int G) {
    const int T = e.c.positions, D = e.c.hidden, I = e.c.inner, R = G * T;
    u16 *qkv = s ? s->qkv : w.qkv, *ctx = s ? s->ctx : w.ctx, *mid = s ? s->mid : w.hb, *act = s ? s->act : w.act;
    gemm(R, 3 * D, D, in, D, W.qkv, [&](int r, int n, V* a) FORCE {
        if (n < 2 * D && e.c.rope) {
            V c = load(e.cos + e.row_pos[r] * 16), d = load(e.sin + e.row_pos[r] * 16);
            rotate(a[0], a[1], c, d), rotate(a[2], a[3], c, d);
        }
        u16* p = qkv + (size_t)r * 3 * D + n;
        narrow2(p, a[0], a[1]), narrow2(p + 32, a[2], a[3]);
    });
    for (int g = 0; g < G; g++)
        for (int n = 0; n < e.heads; n++)
            attend(e, w, qkv + (size_t)g * T * 3 * D + n * HEAD, s ? s->prob + (size_t)(g * e.heads + n) * e.pairs * e.keys : w.prob.p, s, ctx + (size_t)g * T * D + n * HEAD);
    auto residual = [&](int r, int n, V* a) FORCE {
        float* p = h + (size_t)r * D + n;
        UNROLL for (int j = 0; j < 4; j++) store(p + 16 * j, load(p + 16 * j) + a[j]);
    };
    gemm(R, D, D, ctx, D, W.o, residual);
    norm(h, mid, s ? s->rstd1.p : nullptr, R, D);
    gemm(R, 2 * I, D, mid, D, W.gu, [&](int r, int n, V* a) FORCE {  // panel: 32 gates, 32 ups
        if (s) {
            u16* p = s->gu + (size_t)r * 2 * I + n;
            narrow2(p, a[0], a[1]), narrow2(p + 32, a[2], a[3]);
        }
        narrow2(act + (size_t)r * I + n / 2, a[0] * sigmoid(a[0]) * a[2], a[1] * sigmoid(a[1]) * a[3]);
    });
    gemm(R, D, I, act, I, W.down, residual);
    norm(h, out, s ? s->rstd2.p : nullptr, R, D);
}

// Gradient of `attend` for head n of sample g: from w.dctx to w.dqkv.
static void attend_back(Engine& e, Worker& w, const Saved& s, int g, int n, int kind, float aux, float* aux_loss) {
    const int T = e.c.positions, K = e.keys, D = e.c.hidden, N = e.heads;
    const float scale = 1.f / std::sqrt((float)HEAD);
    const size_t ld = 3 * D, row = (size_t)g * T;
    const u16 *q = s.qkv + row * ld + n * HEAD, *dctx = w.dctx + row * D + n * HEAD, *prob = s.prob + (size_t)(g * N + n) * e.pairs * K;
    u16* dq = w.dqkv + row * ld + n * HEAD;
    const u16* mask = e.mask.data() + (size_t)kind * T * (K / LANES);
    float mass_loss = 0;
    for (int j = 0; j < K; j += LANES) transpose16((const u32*)(q + 2 * D + (size_t)j * ld), ld / 2, w.vt + j, K);
    pair_rows(q, ld, e.pairs, HEAD, w.qil, HEAD), pair_rows(q + D, ld, e.pairs, HEAD, w.kil, HEAD), pair_rows(dctx, D, e.pairs, HEAD, w.oil, HEAD);
    pair_rows(prob, K, e.pairs, K, w.pil, K);
    for (int r = 0; r < T; r++) {
        if (r % STRIP == 0) scores(e, dctx + (size_t)r * D, D, w.vt, w.score, std::min(STRIP, T - r));  // gradient of the probabilities
        float* a = w.score + (size_t)(r % STRIP) * K;
        const u16 *p = prob + (size_t)r * K, *drawn = mask + r * (K / LANES);
        V t = V{}, m = V{};
        for (int j = 0; j < K; j += LANES) t = fma(widen(p + j), load(a + j), t);
        const float mean = sum(t);
        float pull = 0, share = 1;  // 1 / mass, if the auxiliary loss acts here; the part of the mass that it sees
        if (kind && r) {
            for (int j = 0; j < K; j += LANES) m += only(drawn[j / LANES], widen(p + j));
            const float found = sum(m), mass = std::max(found, 1e-4f);
            mass_loss -= std::log(mass), pull = 1 / mass;
            if (found < mass) share = found * pull;
        }
        for (int j = 0; j < K; j += LANES) {
            V v = load(a + j) - mean;
            if (pull) v += aux * (share - only(drawn[j / LANES], set(pull)));
            store(a + j, widen(p + j) * v * scale);
        }
        for (int j = 0; j < K; j += 2 * LANES) narrow2(w.ds + (size_t)r * K + j, load(a + j), load(a + j + LANES));
    }
    if (aux_loss) aux_loss[g] += mass_loss / (T - 1);
    pair_rows(w.ds, K, e.pairs, K, w.sil, K);
    auto unrotate = [&](u16* to) FORCE {
        return [&e, to, ld](int r, V* a) FORCE {
            if (e.c.rope) rotate(a[0], a[1], load(e.cos + r * 16), -load(e.sin + r * 16));
            narrow2(to + r * ld, a[0], a[1]);
        };
    };
    rows<2>(T, (const u32*)w.ds.p, K / 2, w.kil, HEAD, K / 2, unrotate(dq));
    rows<2>(T, transpose(w.sil, K, K, K / 2, w.flat), K / 2, w.qil, HEAD, K / 2, unrotate(dq + D));
    rows<2>(T, transpose(w.pil, K, K, K / 2, w.flat), K / 2, w.oil, HEAD, K / 2, [&](int r, V* a) FORCE { narrow2(dq + 2 * D + r * ld, a[0], a[1]); });
}

void block_backward(Engine& e, Worker& w, const Weights& W, const u16* in, Saved& s, float* grad, const int* aux_kind, float aux, float* aux_loss, int G) {
    const int T = e.c.positions, D = e.c.hidden, I = e.c.inner, R = G * T;
    float *gqkv = grad, *go = gqkv + 3 * D * D, *ggu = go + D * D, *gdown = ggu + 2 * I * D;
    float* d = w.d;
    auto add = [&](int r, int n, V* a) FORCE {
        float* p = d + (size_t)r * D + n;
        UNROLL for (int j = 0; j < 4; j++) store(p + 16 * j, load(p + 16 * j) + a[j]);
    };
    // MLP
    norm_back(d, w.db, s.out, s.rstd2, R, D);
    pair_rows(w.db, D, R, D, w.il_a), pair_rows(s.act, I, R, I, w.il_b);
    weight_grad(D, I, R, w.il_a, w.il_b, gdown, w.flat);
    gemm(R, I, D, w.db, D, W.down_t, [&](int r, int n, V* a) FORCE {
        const u16* gu = s.gu + (size_t)r * 2 * I + 2 * n;
        V dg[4], du[4];
        UNROLL for (int j = 0; j < 4; j++) {
            V g = widen(gu + j / 2 * 64 + j % 2 * 16), u = widen(gu + j / 2 * 64 + j % 2 * 16 + 32), t = sigmoid(g), y = g * t;
            du[j] = a[j] * y;
            dg[j] = a[j] * u * (y * (1.f - t) + t);
        }
        u16* p = w.dgu + (size_t)r * 2 * I + n;
        narrow2(p, dg[0], dg[1]), narrow2(p + 32, dg[2], dg[3]), narrow2(p + I, du[0], du[1]), narrow2(p + I + 32, du[2], du[3]);
    });
    pair_rows(w.dgu, 2 * I, R, 2 * I, w.il_a), pair_rows(s.mid, D, R, D, w.il_b);
    weight_grad(2 * I, D, R, w.il_a, w.il_b, ggu, w.flat);
    gemm(R, D, 2 * I, w.dgu, 2 * I, W.gu_t, add);
    // attention
    norm_back(d, w.db, s.mid, s.rstd1, R, D);
    pair_rows(w.db, D, R, D, w.il_a), pair_rows(s.ctx, D, R, D, w.il_b);
    weight_grad(D, D, R, w.il_a, w.il_b, go, w.flat);
    gemm(R, D, D, w.db, D, W.o_t, [&](int r, int n, V* a) FORCE {
        u16* p = w.dctx + (size_t)r * D + n;
        narrow2(p, a[0], a[1]), narrow2(p + 32, a[2], a[3]);
    });
    for (int g = 0; g < G; g++)
        for (int n = 0; n < e.heads; n++) attend_back(e, w, s, g, n, aux > 0 ? aux_kind[n] : 0, aux, aux_loss);
    pair_rows(w.dqkv, 3 * D, R, 3 * D, w.il_a), pair_rows(in, D, R, D, w.il_b);
    weight_grad(3 * D, D, R, w.il_a, w.il_b, gqkv, w.flat);
    gemm(R, D, 3 * D, w.dqkv, 3 * D, W.qkv_t, add);
}
