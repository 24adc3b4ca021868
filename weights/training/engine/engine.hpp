// CPU training engine for a small HRM: one segment or several in a row, forward and backward, for a batch of live carries. Products in bf16
// with f32 accumulation; residual stream, carries, gradients and master weights are f32.
// Limits: head width 32, hidden and inner size multiples of 64, a vocabulary of at most 16; where the number of positions
// is odd, a training batch needs an even number of samples.
#pragma once
#include "gemm.hpp"
#include <vector>

constexpr int HEAD = 32;  // head width

struct Config {
    int hidden, inner, positions, vocab, h_layers, l_layers, h_cycles, l_cycles;
    int puzzles;         // rows of the puzzle embedding
    int rope, learned;   // position encodings: one of them
    int grad_l;          // how many of the last L steps are differentiated (1: as HRM), and with them the H steps that follow; where a
                         // segment has fewer, training runs several in a row, with a loss at the end of each
    int group, threads;  // samples that are processed together (even); worker threads
};
struct Weights {  // packed bf16 copies of one block
    Array<u32> qkv, o, gu, down;          // forward
    Array<u32> qkv_t, o_t, gu_t, down_t;  // backward (input gradients)
};
struct Saved {  // what the backward pass of one block needs
    Array<u16> x, qkv, prob, ctx, mid, gu, act, out;
    Array<float> rstd1, rstd2;
};
struct Worker {
    Array<u16> hb, qkv, prob, ctx, act;  // forward scratch
    Array<float> score;                  // [positions][keys], forward and backward
    std::vector<Saved> saved;
    Array<float> d, dh, dl, ends, grad;  // gradients: residual stream; z_H, z_L at the start of a cycle; by the heads, z_H at the end of each
                                         // segment but the last; all parameters
    Array<u16> db, dgu, dctx, dqkv, ds;
    Array<u32> il_a, il_b, flat, kt, vt, kil, vil, qil, oil, pil, sil;
};
struct Engine {
    Config c;
    int heads;
    int keys, pairs;  // positions rounded up to vectors of keys, and to pairs
    size_t off_tok, off_lm, off_q, off_puzzle, off_pos, off_h, off_l, block, off_qb, total;
    std::vector<Weights> h, l;
    Array<float> cos, sin, tok, pos, puzzle;  // rotary tables; input embedding by its parts, scaled
    const float* params = nullptr;
    std::vector<Worker> workers;
    std::vector<int> row_pos;
    std::vector<u16> mask;  // [kind][position][keys / 16]: the keys that a head of this kind is drawn to; kind 0: none
};
struct Batch {
    int n;
    const int* tokens;   // [n, positions - 1]
    const int* labels;   // same; may be null without training
    const int* ids;      // [n] rows of the puzzle embedding; null: the first
    float *zh, *zl;      // carries [n, positions, hidden], updated in place
    int train;
    float scale;         // weight of one sample in the loss, which is the mean over its segments (1 / n)
    float q_weight;      // weight of the halting loss
    float aux;           // weight of the auxiliary attention loss
    const int* aux_kind; // [h_layers + l_layers][heads]: 0 none, otherwise a kind of engine_masks
    float *loss, *q;     // out, per sample: mean cell cross entropy; q_halt, q_continue
    uint8_t* pred;       // out [n, positions - 1]
    float *aux_loss, *logits;  // out, per sample: mean of -log(attention mass); [n, positions - 1, vocab] or null
};

// One block on the residual stream h [G · positions, hidden], in place; `in` and `out` are its bf16 copies.
void block_forward(Engine& e, Worker& w, const Weights& W, float* h, const u16* in, u16* out, Saved* s, int G);
// Its gradient: w.d holds d(output) and receives d(input); `grad` the block's parameters.
void block_backward(Engine& e, Worker& w, const Weights& W, const u16* in, Saved& s, float* grad, const int* aux_kind, float aux, float* aux_loss, int G);

INLINE void rotate(V& a, V& b, V c, V s) {
    V t = a * c - b * s;
    b = b * c + a * s, a = t;
}
INLINE u16 tail(int n) { return n >= LANES ? 0xffff : n <= 0 ? 0 : (u16)((1u << n) - 1); }  // mask of the first n lanes
