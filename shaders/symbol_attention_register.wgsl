// Attention over the symbols of a position: softmax_u(q[v, t]·k[u, t] / sqrt(d)) v[u, t] for each head, online.
// For software adapters: reads and writes images, four rows to a texel, needs no barriers.
// Invocation: 16 channels of a head in the four rows of a texel. Workgroup: 8 invocations.

override SYMBOLS: u32; // V
override POSITIONS: u32; // T
override HEADS: u32; // N
override HEAD_DIM: u32; // d

#include "live.wgsl"
@group(0) @binding(1) var qkv: texture_storage_2d<rgba32float, read>; // [3·N·d][live·V·T / 4], four rows to a texel
@group(0) @binding(2) var y: texture_storage_2d<rgba32float, write>; // [N·d][live·V·T / 4]

/// Returns column `c` of four rows, counted from the sample's first texel.
fn four_of(first: u32, rows: vec4<u32>, c: u32) -> vec4<f32> {
    // Then the four rows are those of one texel.
    if POSITIONS % 4u == 0u {
        return textureLoad(qkv, vec2<u32>(first + rows.x / 4u, c));
    }
    return vec4<f32>(
        textureLoad(qkv, vec2<u32>(first + rows.x / 4u, c))[rows.x % 4u],
        textureLoad(qkv, vec2<u32>(first + rows.y / 4u, c))[rows.y % 4u],
        textureLoad(qkv, vec2<u32>(first + rows.z / 4u, c))[rows.z % 4u],
        textureLoad(qkv, vec2<u32>(first + rows.w / 4u, c))[rows.w % 4u],
    );
}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let chunks = (HEAD_DIM + 15u) / 16u;
    let rows = SYMBOLS * POSITIONS;
    let texels = (rows + 3u) / 4u;
    let item = workgroup_of(group) * 8u + invocation;
    if item >= live[0] * texels * HEADS * chunks {
        return;
    }
    let chunk = item % chunks * 16u;
    let head = item / chunks % HEADS * HEAD_DIM;
    let texel = item / chunks / HEADS;
    let first = texel / texels * texels;
    let width = HEADS * HEAD_DIM;
    // Rows past the end repeat the last one.
    let own = min((texel - first) * 4u + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(rows - 1u));
    let scale = 1.0 / sqrt(f32(HEAD_DIM));

    var largest = vec4<f32>(-1e30);
    var total = vec4<f32>();
    var sums = array<vec4<f32>, 16>();
    for (var u = 0u; u < SYMBOLS; u++) {
        let keys = own % POSITIONS + u * POSITIONS;
        var score = vec4<f32>();
        for (var c = 0u; c < HEAD_DIM; c++) {
            let q = textureLoad(qkv, vec2<u32>(texel, head + c));
            score = fma(q, four_of(first, keys, width + head + c), score);
        }
        score *= scale;
        let new_largest = max(largest, score);
        // Clamped so that every driver returns a finite number.
        let rescale = exp(max(largest - new_largest, vec4<f32>(-80.0)));
        let weight = exp(max(score - new_largest, vec4<f32>(-80.0)));
        largest = new_largest;
        total = fma(total, rescale, weight);
        for (var i = 0u; i < min(16u, HEAD_DIM - chunk); i++) {
            sums[i] = sums[i] * rescale + weight * four_of(first, keys, 2u * width + head + chunk + i);
        }
    }
    for (var i = 0u; i < min(16u, HEAD_DIM - chunk); i++) {
        textureStore(y, vec2<u32>(texel, head + chunk + i), sums[i] / total);
    }
}
