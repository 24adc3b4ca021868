// The recurrence, the heads and the C interface of the engine.
#include "engine.hpp"
#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#ifdef HRM_AMX
#include <cstdio>
#include <sys/syscall.h>
#include <unistd.h>
#endif

static void module_forward(Engine& e, Worker& w, std::vector<Weights>& W, float* h, Saved* s, int G) {
    const size_t count = (size_t)G * e.c.positions * e.c.hidden;
    u16* in = s ? s->x.p : w.hb.p;
    for (size_t j = 0; j < count; j += LANES) narrow(in + j, load(h + j));
    for (size_t i = 0; i < W.size(); i++) {
        u16* out = s ? s[i].out.p : w.hb.p;
        block_forward(e, w, W[i], h, in, out, s ? s + i : nullptr, G);
        in = out;
    }
}

// Segments in a row: as many as it takes to hold the L steps that are differentiated.
static int segments_of(const Config& c, const Batch& b) {
    const int steps = c.h_cycles * c.l_cycles;
    return b.train ? (c.grad_l + steps - 1) / steps : 1;
}

// Heads: loss, predictions and (training) the gradient of z_H in w.d.
static void heads(Engine& e, Worker& w, const Batch& b, int first, int G) {
    const int T = e.c.positions, S = T - 1, D = e.c.hidden, N = e.c.vocab;
    const float scale = b.scale / segments_of(e.c, b);
    const float *lm = e.params + e.off_lm, *qw = e.params + e.off_q, *qb = e.params + e.off_qb;
    for (int g = 0; g < G; g++) {
        const int sample = first + g;
        const float* z = b.zh + (size_t)sample * T * D;
        float* d = w.d + (size_t)g * T * D;
        const int* labels = b.labels ? b.labels + (size_t)sample * S : nullptr;
        float loss = 0;
        bool exact = true;
        for (int r = 1; r < T; r++) {
            const float* p = z + (size_t)r * D;
            alignas(64) float logit[LANES] = {};
            for (int v = 0; v < N; v++) {
                V s = V{};
                for (int j = 0; j < D; j += LANES) s = fma(load(p + j), load(lm + v * D + j), s);
                logit[v] = sum(s);
            }
            int best = 0;
            for (int v = 1; v < N; v++)
                if (logit[v] > logit[best]) best = v;
            b.pred[(size_t)sample * S + r - 1] = best;
            if (b.logits) std::memcpy(b.logits + ((size_t)sample * S + r - 1) * N, logit, N * sizeof(float));
            if (!labels) continue;
            const int label = labels[r - 1];
            exact &= best == label;
            V x = only(tail(N), exp(load(logit) - logit[best]));
            const float total = sum(x);
            loss += std::log(total) - (logit[label] - logit[best]);
            if (!b.train) continue;
            alignas(64) float dl[LANES];
            store(dl, x * (scale / S / total));
            dl[label] -= scale / S;
            float *dp = d + (size_t)r * D, *glm = w.grad + e.off_lm;
            for (int j = 0; j < D; j += LANES) {
                V s = V{}, zj = load(p + j);
                for (int v = 0; v < N; v++) {
                    s = fma(set(dl[v]), load(lm + v * D + j), s);
                    store(glm + v * D + j, fma(set(dl[v]), zj, load(glm + v * D + j)));
                }
                store(dp + j, s);
            }
        }
        float q[2];
        for (int k = 0; k < 2; k++) {
            q[k] = qb[k];
            for (int j = 0; j < D; j++) q[k] += z[j] * qw[k * D + j];
            b.q[2 * sample + k] = q[k];
        }
        if (labels) b.loss[sample] = loss / S;
        if (b.train) {
            const float dq = (1.f / (1.f + std::exp(-q[0])) - exact) * b.q_weight * scale;
            for (int j = 0; j < D; j++) d[j] = dq * qw[j], w.grad[e.off_q + j] += dq * z[j];
            w.grad[e.off_qb] += dq;
        }
    }
}

static void group(Engine& e, Worker& w, const Batch& b, int first, int G) {
    const Config& c = e.c;
    const int T = c.positions, D = c.hidden, R = G * T;
    float *zh = b.zh + (size_t)first * T * D, *zl = b.zl + (size_t)first * T * D;
    // Of a row its token, or where it is a prefix its puzzle.
    auto token = [&](int r) { return (size_t)b.tokens[(first + r / T) * (size_t)(T - 1) + r % T - 1]; };
    auto id = [&](int r) { return (size_t)(b.ids ? b.ids[first + r / T] : 0); };
    // Differentiated steps by their places in w.saved; an H step is one if the L step before it is.
    const int cycles = segments_of(c, b) * c.h_cycles;
    const int constant = cycles * c.l_cycles - c.grad_l;  // L steps at the start that are not differentiated
    auto saved_l = [&](int hc, int lc) { const int at = hc * c.l_cycles + lc - constant; return b.train && at >= 0 ? &w.saved[at * c.l_layers] : nullptr; };
    auto saved_h = [&](int hc) { return saved_l(hc, c.l_cycles - 1) ? &w.saved[c.grad_l * c.l_layers + (cycles - 1 - hc) * c.h_layers] : nullptr; };
    const size_t count = (size_t)R * D;
    auto earlier = [&](int hc) { return hc < cycles - 1 && (hc + 1) % c.h_cycles == 0; };  // ends a segment that another follows
    for (int hc = 0; hc < cycles; hc++) {
        for (int lc = 0; lc < c.l_cycles; lc++) {
            for (int r = 0; r < R; r++) {
                const int p = e.row_pos[r];
                const float *x = e.pos + (size_t)p * D, *t = p ? e.tok + token(r) * D : e.puzzle + id(r) * D;
                float *l = zl + (size_t)r * D, *h = zh + (size_t)r * D;
                for (int j = 0; j < D; j += LANES) {
                    store(l + j, load(l + j) + load(h + j) + load(x + j) + load(t + j));
                }
            }
            module_forward(e, w, e.l, zl, saved_l(hc, lc), G);
        }
        for (size_t j = 0; j < count; j += LANES) store(zh + j, load(zh + j) + load(zl + j));
        module_forward(e, w, e.h, zh, saved_h(hc), G);
        if (earlier(hc)) {
            heads(e, w, b, first, G);
            std::memcpy(w.ends + hc / c.h_cycles * count, w.d, count * sizeof(float));
        }
    }
    heads(e, w, b, first, G);
    if (!b.train) return;
    const float aux = b.aux * b.scale / (T - 1);
    float* aux_loss = b.aux_loss ? b.aux_loss + first : nullptr;
    auto module = [&](std::vector<Weights>& W, Saved* s, size_t off, const int* kinds) {
        for (int i = (int)W.size() - 1; i >= 0; i--)
            block_backward(e, w, W[i], i ? s[i - 1].out.p : s->x.p, s[i], w.grad + off + i * e.block, kinds + i * e.heads, aux, aux_loss, G);
    };
    const float scale = std::sqrt((float)D) * (c.learned ? 0.707106781f : 1.f);
    auto embeddings = [&] {
        for (int r = 0; r < R; r++) {
            const int p = e.row_pos[r];
            const float* d = w.d + (size_t)r * D;
            float* t = w.grad + (p ? e.off_tok + token(r) * D : e.off_puzzle + id(r) * D);
            float* x = c.learned ? w.grad + e.off_pos + (size_t)p * D : nullptr;
            for (int j = 0; j < D; j += LANES) {
                V v = load(d + j) * scale;
                store(t + j, load(t + j) + v);
                if (x) store(x + j, load(x + j) + v);
            }
        }
    };
    auto add = [&](float* to, const float* d) {
        for (size_t j = 0; j < count; j += LANES) store(to + j, load(to + j) + load(d + j));
    };
    for (int hc = cycles - 1; hc >= 0 && saved_h(hc); hc--) {  // w.d is the gradient of this cycle's z_H
        if (earlier(hc)) add(w.d, w.ends + hc / c.h_cycles * count);
        module(e.h, saved_h(hc), e.off_h, b.aux_kind);
        std::memcpy(w.dh, w.d, count * sizeof(float));
        if (hc < cycles - 1) add(w.d, w.dl);
        for (int lc = c.l_cycles - 1; lc >= 0 && saved_l(hc, lc); lc--) {
            module(e.l, saved_l(hc, lc), e.off_l, b.aux_kind + c.h_layers * e.heads);
            embeddings();
            add(w.dh, w.d);
        }
        std::swap(w.dl.p, w.d.p), std::swap(w.d.p, w.dh.p);
    }
}

static void in_threads(int threads, const std::function<void(int)>& work) {
    std::vector<std::thread> others;
    for (int t = 1; t < threads; t++) others.emplace_back(work, t);
    work(0);
    for (auto& t : others) t.join();
}

static void scratch(const Engine& e, Worker& w) {
    const Config& c = e.c;
    const size_t D = c.hidden, I = c.inner, T = c.positions, R = c.group * T, K = e.keys, P = e.pairs;
    const size_t slack = 32 * 3 * D;  // rows of keys past the last position are read and then masked
    w.hb.reset(R * D), w.qkv.reset(R * 3 * D + slack), w.prob.reset(P * K), w.ctx.reset(R * D), w.act.reset(R * I), w.score.reset(T * K);
    w.d.reset(R * D), w.dh.reset(R * D), w.dl.reset(R * D), w.ends.reset((c.grad_l - 1) / (c.h_cycles * c.l_cycles) * R * D), w.grad.reset(e.total), w.db.reset(R * D), w.dgu.reset(R * 2 * I), w.dctx.reset(R * D + D);
    w.dqkv.reset(R * 3 * D), w.ds.reset(P * K);
    const size_t widest = std::max(3 * D, 2 * I);
    w.il_a.reset(pairs_of(R) * widest), w.il_b.reset(pairs_of(R) * widest), w.flat.reset(std::max(pairs_of(R) * 64, K * K / 2));
    w.kt.reset(HEAD / 2 * K), w.vt.reset(HEAD / 2 * K), w.pil.reset(K / 2 * K), w.sil.reset(K / 2 * K);
    for (auto* a : {&w.kil, &w.vil, &w.qil, &w.oil}) a->reset(K / 2 * HEAD);
    w.saved = std::vector<Saved>(c.grad_l * c.l_layers + (c.grad_l + c.l_cycles - 1) / c.l_cycles * c.h_layers);
    for (Saved& s : w.saved) {
        s.x.reset(R * D), s.qkv.reset(R * 3 * D + slack), s.prob.reset(c.group * e.heads * P * K), s.ctx.reset(R * D), s.mid.reset(R * D);
        s.gu.reset(R * 2 * I), s.act.reset(R * I), s.out.reset(R * D), s.rstd1.reset(R), s.rstd2.reset(R);
    }
}

extern "C" {
Engine* engine_new(const Config* config) {
#ifdef HRM_AMX
    const int request = 0x1023, tiles = 18;  // ARCH_REQ_XCOMP_PERM: the kernel lends the registers to whoever asks
    if (syscall(SYS_arch_prctl, request, tiles)) std::fputs("this system does not lend AMX's tiles: build with CXX='g++ -mno-amx-tile'\n", stderr), std::abort();
#endif
    auto* e = new Engine;
    e->c = *config;
    const Config& c = e->c;
    const size_t D = c.hidden, I = c.inner, T = c.positions;
    e->heads = D / HEAD, e->keys = (T + 31) / 32 * 32, e->pairs = (T + 1) / 2 * 2;
    e->block = 4 * D * D + 3 * D * I;
    size_t at = 0;
    auto take = [&](size_t n) { size_t o = at; at += n; return o; };
    e->off_tok = take(c.vocab * D), e->off_lm = take(c.vocab * D), e->off_q = take(2 * D), e->off_puzzle = take(c.puzzles * D);
    e->off_pos = take(c.learned ? T * D : 0), e->off_h = take(c.h_layers * e->block), e->off_l = take(c.l_layers * e->block);
    e->off_qb = take(2);
    e->total = at;
    for (auto* list : {&e->h, &e->l})
        for (int i = 0; i < (list == &e->h ? c.h_layers : c.l_layers); i++) {
            list->emplace_back();
            Weights& w = list->back();
            for (auto* a : {&w.qkv, &w.qkv_t}) a->reset(3 * D * D / 2);
            for (auto* a : {&w.o, &w.o_t}) a->reset(D * D / 2);
            for (auto* a : {&w.gu, &w.gu_t}) a->reset(2 * I * D / 2);
            for (auto* a : {&w.down, &w.down_t}) a->reset(D * I / 2);
        }
    e->cos.reset(T * 16), e->sin.reset(T * 16), e->tok.reset(c.vocab * D), e->pos.reset(T * D), e->puzzle.reset(c.puzzles * D);
    for (size_t p = 0; p < T; p++)
        for (int i = 0; i < 16; i++) {
            float inv = 1.f / std::pow(10000.f, 2.f * i / HEAD), angle = p * inv;
            e->cos[p * 16 + i] = std::cos(angle), e->sin[p * 16 + i] = std::sin(angle);
        }
    for (size_t r = 0; r < c.group * T; r++) e->row_pos.push_back(r % T);
    for (int t = 0; t < c.threads; t++) scratch(*e, e->workers.emplace_back());
    return e;
}
void engine_free(Engine* e) { delete e; }
size_t engine_params(const Engine* e) { return e->total; }

// Kinds of attention that the auxiliary loss can draw a head to: masks [kinds][positions][positions] of 0 and 1.
void engine_masks(Engine* e, int kinds, const uint8_t* masks) {
    const size_t T = e->c.positions, V16 = e->keys / LANES;
    e->mask.assign((kinds + 1) * T * V16, 0);
    for (size_t i = 0; i < kinds * T * T; i++)
        if (masks[i]) e->mask[(T + i / T) * V16 + i % T / LANES] |= 1u << (i % T % LANES);
}

// Adopt parameters (kept by the caller) and rebuild the bf16 copies.
void engine_load(Engine* e, const float* params) {
    e->params = params;
    const Config& c = e->c;
    const int D = c.hidden, I = c.inner, T = c.positions;
    const float scale = std::sqrt((float)D) * (c.learned ? 0.707106781f : 1.f);
    for (int j = 0; j < c.vocab * D; j++) e->tok[j] = scale * params[e->off_tok + j];
    for (int j = 0; j < c.puzzles * D; j++) e->puzzle[j] = scale * params[e->off_puzzle + j];
    for (int j = 0; j < T * D; j++) e->pos[j] = c.learned ? scale * params[e->off_pos + j] : 0.f;
    std::atomic<int> next{0};
    in_threads(c.threads, [&](int) {
        for (int k; (k = next++) < c.h_layers + c.l_layers;) {
            const bool high = k < c.h_layers;
            const float* p = params + (high ? e->off_h + k * e->block : e->off_l + (k - c.h_layers) * e->block);
            Weights& w = high ? e->h[k] : e->l[k - c.h_layers];
            const float *qkv = p, *o = qkv + 3 * D * D, *gu = o + D * D, *down = gu + 2 * I * D;
            pack(w.qkv, D, 3 * D, [&](int a, int n) { return qkv[n * D + a]; });
            pack(w.o, D, D, [&](int a, int n) { return o[n * D + a]; });
            pack(w.gu, D, 2 * I, [&](int a, int n) { return gu[(n / 64 * 32 + n % 32 + (n % 64 < 32 ? 0 : I)) * D + a]; });
            pack(w.down, I, D, [&](int a, int n) { return down[n * I + a]; });
            pack(w.qkv_t, 3 * D, D, [&](int a, int n) { return qkv[a * D + n]; });
            pack(w.o_t, D, D, [&](int a, int n) { return o[a * D + n]; });
            pack(w.gu_t, 2 * I, D, [&](int a, int n) { return gu[a * D + n]; });
            pack(w.down_t, D, I, [&](int a, int n) { return down[a * I + n]; });
        }
    });
}

// One segment for a batch, or where training asks for it several in a row; `grad` (all parameters, may be null without training) is overwritten.
void engine_segment(Engine* e, const Batch* batch, float* grad) {
    const Batch& b = *batch;
    const int G = e->c.group;
    std::atomic<int> next{0};
    in_threads(e->c.threads, [&](int t) {
        Worker& w = e->workers[t];
        if (b.train) std::memset(w.grad, 0, e->total * sizeof(float));
        for (int k; (k = next++) * G < b.n;) group(*e, w, b, k * G, std::min(G, b.n - k * G));
    });
    if (b.train && grad)
        for (size_t j = 0; j < e->total; j++) {
            float s = 0;
            for (auto& w : e->workers) s += w.grad[j];
            grad[j] = s;
        }
}
}
