// Logits from a state with a symbol axis: y[s, v] = z[v, s] · w, or with MIXED y[s, v] = Σ_u z[u, s] · W[v, u].
// Invocation: one logit of the live samples. Workgroup: 64.

override SEQ_LEN: u32; // S
override POSITIONS: u32; // T
override SYMBOLS: u32; // V
override WIDTH: u32; // D
override MIXED: bool;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> z: array<f32>; // [slots, V, T, D]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [1, D], or [V, V·D] with MIXED
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [slots, S, V]

/// Returns the product of a row of z with the weights from `at` on.
fn product(row: u32, at: u32) -> f32 {
    var sum = 0.0;
    for (var c = 0u; c < WIDTH; c++) {
        sum = fma(z[row * WIDTH + c], weight[at + c], sum);
    }
    return sum;
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let len = SEQ_LEN * SYMBOLS;
    let item = workgroup_of(group) * 64u + invocation;
    if item >= live[0] * len {
        return;
    }
    let slot = live[1u + item / len];
    let v = item % SYMBOLS;
    let first = slot * SYMBOLS * POSITIONS + item / SYMBOLS % SEQ_LEN;
    var logit = 0.0;
    if MIXED {
        for (var u = 0u; u < SYMBOLS; u++) {
            logit += product(first + u * POSITIONS, (v * SYMBOLS + u) * WIDTH);
        }
    } else {
        logit = product(first + v * POSITIONS, 0u);
    }
    y[slot * len + item % len] = logit;
}
