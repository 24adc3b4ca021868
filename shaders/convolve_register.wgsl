// Convolution over two neighbouring positions, each channel by itself, and SiLU:
// y[t] = silu(w₀ ⊙ x[t−1] + w₁ ⊙ x[t] + b), x[−1] = 0, silu(c) = c / (1 + e^(−c)).
// For software adapters: reads and writes images, four rows to a texel.
// Invocation: a texel of 16 columns. Workgroup: 8 invocations.

// Not constants: one compiled shader serves all sizes.
struct Sizes {
    texels: u32, // what a sample takes in an image
    columns: u32, // I
}

#include "live.wgsl"
#include "packed.wgsl"
@group(0) @binding(1) var x: texture_storage_2d<rgba32float, read>; // [I][live·texels]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [I, 2]: of the previous position, of the position itself
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [I]
@group(0) @binding(4) var y: texture_storage_2d<rgba32float, write>; // [I][live·texels]
@group(0) @binding(5) var<uniform> sizes: Sizes; // [2]

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let part = part_of(workgroup_of(group), invocation, sizes.columns);
    let texel = part.texel;
    if texel >= live[0] * sizes.texels {
        return;
    }
    let is_first = texel % sizes.texels == 0u;
    for (var c = part.first; c < part.end; c++) {
        let here = textureLoad(x, vec2<u32>(texel, c));
        let above = select(textureLoad(x, vec2<u32>(max(texel, 1u) - 1u, c)).w, 0.0, is_first);
        let there = vec4<f32>(above, here.xyz);
        let sum = weight[2u * c] * there + (weight[2u * c + 1u] * here + bias[c]);
        // Clamped to keep e^(−c) finite: beyond that, silu is zero in f32 anyway.
        textureStore(y, vec2<u32>(texel, c), sum / (1.0 + exp(min(-sum, vec4<f32>(80.0)))));
    }
}
