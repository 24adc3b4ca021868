// LayerNorm: y = (x − mean(x)) / sqrt(var(x) + eps) ⊙ weight + bias, over the last axis.
// For software adapters: reads and writes images, four rows to a texel.
// Invocation: a texel, four rows. Workgroup: 8 invocations.

// Not constants: one compiled shader serves all sizes.
struct Sizes {
    texels: u32, // what a sample takes in an image
    columns: u32, // elements of a row
    eps: f32,
}

#include "live.wgsl"
@group(0) @binding(1) var x: texture_storage_2d<rgba32float, read>; // [columns][live·texels]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [columns]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [columns]
@group(0) @binding(4) var y: texture_storage_2d<rgba32float, write>; // [columns][live·texels]
@group(0) @binding(5) var<uniform> sizes: Sizes; // [3]

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let texel = workgroup_of(group) * 8u + invocation;
    if texel >= live[0] * sizes.texels {
        return;
    }
    var sum = vec4<f32>();
    for (var c = 0u; c < sizes.columns; c++) {
        sum += textureLoad(x, vec2<u32>(texel, c));
    }
    let mean = sum / f32(sizes.columns);
    var squares = vec4<f32>();
    for (var c = 0u; c < sizes.columns; c++) {
        let from_mean = textureLoad(x, vec2<u32>(texel, c)) - mean;
        squares = fma(from_mean, from_mean, squares);
    }
    let factor = vec4<f32>(1.0) / sqrt(squares / f32(sizes.columns) + sizes.eps);
    for (var c = 0u; c < sizes.columns; c++) {
        let at = vec2<u32>(texel, c);
        textureStore(y, at, (textureLoad(x, at) - mean) * factor * weight[c] + bias[c]);
    }
}
