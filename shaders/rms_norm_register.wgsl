// RMSNorm: h ← h / sqrt(mean(h²) + eps), over the last axis, without a weight.
// For software adapters: reads and writes images, four rows to a texel.
// Invocation: a texel, four rows. Workgroup: 8 invocations.

// Not constants: one compiled shader serves all sizes.
struct Sizes {
    rows: u32, // for `norm_factors`
    texels: u32, // what a sample takes in an image
    columns: u32, // elements that the mean runs over
    eps: f32,
}

#include "live.wgsl"
@group(0) @binding(1) var h: texture_storage_2d<rgba32float, read>; // [columns][live·texels]
@group(0) @binding(2) var normed: texture_storage_2d<rgba32float, write>; // [columns][live·texels]
@group(0) @binding(3) var<uniform> sizes: Sizes; // [4]

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let texel = workgroup_of(group) * 8u + invocation;
    if texel >= live[0] * sizes.texels {
        return;
    }
    var squares = vec4<f32>();
    for (var c = 0u; c < sizes.columns; c++) {
        let v = textureLoad(h, vec2<u32>(texel, c));
        squares = fma(v, v, squares);
    }
    let factor = vec4<f32>(1.0) / sqrt(squares / f32(sizes.columns) + sizes.eps);
    for (var c = 0u; c < sizes.columns; c++) {
        let at = vec2<u32>(texel, c);
        textureStore(normed, at, textureLoad(h, at) * factor);
    }
}
