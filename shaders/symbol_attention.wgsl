// Attention over the symbols of a position: softmax_u(q[v, t]·k[u, t] / sqrt(d)) v[u, t] for each head, online. There are few
// keys, a stride of T rows apart, so that tiles would gain nothing.
// Invocation: 16 channels of a head in a row of the live samples. Workgroup: 64.

override SYMBOLS: u32; // V
override POSITIONS: u32; // T
override HEADS: u32; // N
override HEAD_DIM: u32; // d

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> qkv: array<f32>; // [slots, V, T, 3·N·d]: queries, keys, values
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [slots, V, T, N·d]

/// Returns four values from `at` on, of which `count` exist.
fn four_of(at: u32, count: u32) -> vec4<f32> {
    var four = vec4<f32>();
    for (var i = 0u; i < min(count, 4u); i++) {
        four[i] = qkv[at + i];
    }
    return four;
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let chunks = (HEAD_DIM + 15u) / 16u;
    let rows = SYMBOLS * POSITIONS;
    let item = workgroup_of(group) * 64u + invocation;
    if item >= live[0] * rows * HEADS * chunks {
        return;
    }
    let chunk = item % chunks * 16u;
    let head = item / chunks % HEADS * HEAD_DIM;
    let number = item / chunks / HEADS;
    let first = live[1u + number / rows] * rows;
    let row = number % rows;
    let width = HEADS * HEAD_DIM;
    let query = (first + row) * 3u * width + head;
    let scale = 1.0 / sqrt(f32(HEAD_DIM));
    let left = HEAD_DIM - chunk;

    var largest = -1e30;
    var total = 0.0;
    var s0 = vec4<f32>();
    var s1 = vec4<f32>();
    var s2 = vec4<f32>();
    var s3 = vec4<f32>();
    for (var u = 0u; u < SYMBOLS; u++) {
        let key = (first + u * POSITIONS + row % POSITIONS) * 3u * width + width + head;
        var score = 0.0;
        for (var c = 0u; c < HEAD_DIM; c++) {
            score = fma(qkv[query + c], qkv[key + c], score);
        }
        score *= scale;
        let new_largest = max(largest, score);
        // Clamped so that every driver returns a finite number.
        let rescale = exp(max(largest - new_largest, -80.0));
        let weight = exp(max(score - new_largest, -80.0));
        largest = new_largest;
        total = fma(total, rescale, weight);
        let value = key + width + chunk;
        s0 = s0 * rescale + weight * four_of(value, left);
        s1 = s1 * rescale + weight * four_of(value + 4u, max(left, 4u) - 4u);
        s2 = s2 * rescale + weight * four_of(value + 8u, max(left, 8u) - 8u);
        s3 = s3 * rescale + weight * four_of(value + 12u, max(left, 12u) - 12u);
    }
    let at = (first + row) * width + head + chunk;
    var sums = array<vec4<f32>, 4>(s0, s1, s2, s3);
    for (var i = 0u; i < min(left, 16u); i++) {
        y[at + i] = sums[i / 4u][i % 4u] / total;
    }
}
