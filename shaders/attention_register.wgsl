// Unmasked attention: softmax_k(q·k / sqrt(d)) v for each head, online: no score is stored outside a tile.
// For software adapters: reads and writes images, keeps tiles in registers, needs no barriers.
// Heads wider than 64 are computed 64 output channels at a time.
// Invocation: 4 queries × 64 channels, 16 keys at a time. Workgroup: 8 invocations, whatever their head or sample.

override ROWS: u32; // T
override GROUPS: u32; // groups of T rows that a sample has, each of which attends to itself
override HEADS: u32; // N
override HEAD_DIM: u32; // d

#include "scalar"
#include "matrix.wgsl"
#include "live.wgsl"
@group(0) @binding(1) var qkv: texture_storage_2d<rgba32float, read>; // [3·N·d][live·GROUPS·T / 4], four rows to a texel
@group(0) @binding(2) var y: texture_storage_2d<rgba32float, write>; // [N·d][live·GROUPS·T / 4]

/// Returns the texels that a sample takes in an image.
fn stride() -> u32 {
    return (GROUPS * ROWS + 3u) / 4u;
}

/// One vector over four queries for each of 16 keys: scores, then softmax weights.
struct Keys {
    k0: mat4x4<f32>,
    k1: mat4x4<f32>,
    k2: mat4x4<f32>,
    k3: mat4x4<f32>,
}

/// Returns for each query whether a key is one of its group, which begins at `start`.
fn is_own(key: u32, start: vec4<u32>) -> vec4<bool> {
    if GROUPS == 1u {
        return vec4<bool>(key < ROWS);
    }
    // A key before the start wraps around.
    return vec4<u32>(key) - start < vec4<u32>(ROWS);
}

/// Scales scores by 1/sqrt(d) and masks keys of other groups and past the end.
fn masked(scores: mat4x4<f32>, key: u32, start: vec4<u32>) -> mat4x4<f32> {
    let scale = 1.0 / sqrt(f32(HEAD_DIM));
    let none = vec4<f32>(-1e30);
    return mat4x4<f32>(
        select(none, scores[0] * scale, is_own(key, start)),
        select(none, scores[1] * scale, is_own(key + 1u, start)),
        select(none, scores[2] * scale, is_own(key + 2u, start)),
        select(none, scores[3] * scale, is_own(key + 3u, start)),
    );
}

fn largest_of(m: mat4x4<f32>) -> vec4<f32> {
    return max(max(m[0], m[1]), max(m[2], m[3]));
}

fn exp_columns(m: mat4x4<f32>, largest: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(
        exp_negative(m[0] - largest),
        exp_negative(m[1] - largest),
        exp_negative(m[2] - largest),
        exp_negative(m[3] - largest),
    );
}

fn sum_of(m: mat4x4<f32>) -> vec4<f32> {
    return m[0] + m[1] + m[2] + m[3];
}

/// Returns the weights of keys 4·i .. 4·i + 4.
fn four_of(weights: Keys, i: u32) -> mat4x4<f32> {
    if i == 0u {
        return weights.k0;
    } else if i == 1u {
        return weights.k1;
    } else if i == 2u {
        return weights.k2;
    }
    return weights.k3;
}

/// Returns Σ weight · value over four keys, for four channels.
fn weighted_values(weights: mat4x4<f32>, key: u32, channel: u32) -> mat4x4<f32> {
    return mat4x4<f32>(
        weights * textureLoad(qkv, vec2<u32>(key, channel)),
        weights * textureLoad(qkv, vec2<u32>(key, channel + 1u)),
        weights * textureLoad(qkv, vec2<u32>(key, channel + 2u)),
        weights * textureLoad(qkv, vec2<u32>(key, channel + 3u)),
    );
}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let chunks = (HEAD_DIM + 63u) / 64u;
    let item = workgroup_of(group) * 8u + invocation;
    let sample = item / (stride() * chunks * HEADS);
    if sample >= live[0] {
        return;
    }
    let head = item / (stride() * chunks) % HEADS;
    let chunk = item / stride() % chunks * 64u;
    let first = sample * stride();
    let end = first + stride() - 1u;
    let texel = first + item % stride();
    let queries = head * HEAD_DIM;
    let keys = queries + HEADS * HEAD_DIM;
    let values = keys + HEADS * HEAD_DIM + chunk;
    // The groups of the four queries, which may be different ones: their first rows, and the row behind the last.
    var start = vec4<u32>();
    var behind = ROWS;
    if GROUPS > 1u {
        let rows = item % stride() * 4u + vec4<u32>(0u, 1u, 2u, 3u);
        start = min(rows / ROWS, vec4<u32>(GROUPS - 1u)) * ROWS;
        behind = start.w + ROWS;
    }

    var largest = vec4<f32>(-1e30); // by query
    var total = vec4<f32>();
    // Sums of four channels each, [channel][query].
    var o0 = mat4x4<f32>();
    var o1 = mat4x4<f32>();
    var o2 = mat4x4<f32>();
    var o3 = mat4x4<f32>();
    var o4 = mat4x4<f32>();
    var o5 = mat4x4<f32>();
    var o6 = mat4x4<f32>();
    var o7 = mat4x4<f32>();
    var o8 = mat4x4<f32>();
    var o9 = mat4x4<f32>();
    var o10 = mat4x4<f32>();
    var o11 = mat4x4<f32>();
    var o12 = mat4x4<f32>();
    var o13 = mat4x4<f32>();
    var o14 = mat4x4<f32>();
    var o15 = mat4x4<f32>();
    for (var key = start.x / 4u * 4u; key < behind; key += 16u) {
        // Keys past the end are masked, so the last texel can stand in for them.
        let t0 = first + key / 4u;
        let t1 = min(t0 + 1u, end);
        let t2 = min(t0 + 2u, end);
        let t3 = min(t0 + 3u, end);
        var s = Keys();
        for (var i = 0u; i < HEAD_DIM; i++) {
            let q = textureLoad(qkv, vec2<u32>(texel, queries + i));
            s.k0 = add_outer(s.k0, textureLoad(qkv, vec2<u32>(t0, keys + i)), q);
            s.k1 = add_outer(s.k1, textureLoad(qkv, vec2<u32>(t1, keys + i)), q);
            s.k2 = add_outer(s.k2, textureLoad(qkv, vec2<u32>(t2, keys + i)), q);
            s.k3 = add_outer(s.k3, textureLoad(qkv, vec2<u32>(t3, keys + i)), q);
        }
        s = Keys(
            masked(s.k0, key, start), masked(s.k1, key + 4u, start), masked(s.k2, key + 8u, start),
            masked(s.k3, key + 12u, start),
        );
        let tile_largest = max(max(largest_of(s.k0), largest_of(s.k1)), max(largest_of(s.k2), largest_of(s.k3)));
        let new_largest = max(largest, tile_largest);
        let rescale = exp_negative(largest - new_largest);
        largest = new_largest;
        let w = Keys(
            exp_columns(s.k0, largest), exp_columns(s.k1, largest), exp_columns(s.k2, largest),
            exp_columns(s.k3, largest),
        );
        total = total * rescale + sum_of(w.k0) + sum_of(w.k1) + sum_of(w.k2) + sum_of(w.k3);
        // A loop over fours of keys rather than all 16 at once: a quarter of the code, which drivers take seconds to
        // compile.
        for (var i = 0u; i < 4u; i++) {
            let four = four_of(w, i);
            let at = min(t0 + i, end);
            let keep = select(vec4<f32>(1.0), rescale, i == 0u);
            // Narrow heads skip the later channels.
            o0 = scaled(o0, keep) + weighted_values(four, at, values);
            o1 = scaled(o1, keep) + weighted_values(four, at, values + 4u);
            o2 = scaled(o2, keep) + weighted_values(four, at, values + 8u);
            o3 = scaled(o3, keep) + weighted_values(four, at, values + 12u);
            if HEAD_DIM > 16u {
                o4 = scaled(o4, keep) + weighted_values(four, at, values + 16u);
                o5 = scaled(o5, keep) + weighted_values(four, at, values + 20u);
                o6 = scaled(o6, keep) + weighted_values(four, at, values + 24u);
                o7 = scaled(o7, keep) + weighted_values(four, at, values + 28u);
            }
            if HEAD_DIM > 32u {
                o8 = scaled(o8, keep) + weighted_values(four, at, values + 32u);
                o9 = scaled(o9, keep) + weighted_values(four, at, values + 36u);
                o10 = scaled(o10, keep) + weighted_values(four, at, values + 40u);
                o11 = scaled(o11, keep) + weighted_values(four, at, values + 44u);
            }
            if HEAD_DIM > 48u {
                o12 = scaled(o12, keep) + weighted_values(four, at, values + 48u);
                o13 = scaled(o13, keep) + weighted_values(four, at, values + 52u);
                o14 = scaled(o14, keep) + weighted_values(four, at, values + 56u);
                o15 = scaled(o15, keep) + weighted_values(four, at, values + 60u);
            }
        }
    }
    let inverse = 1.0 / total;
    // A loop: unrolled stores take drivers seconds to compile.
    var sums = array<mat4x4<f32>, 16>(o0, o1, o2, o3, o4, o5, o6, o7, o8, o9, o10, o11, o12, o13, o14, o15);
    for (var i = 0u; i < min(64u, HEAD_DIM - chunk); i++) {
        let column = head * HEAD_DIM + chunk + i;
        textureStore(y, vec2<u32>(texel, column), sums[i / 4u][i % 4u] * inverse);
    }
}
