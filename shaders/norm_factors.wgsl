// RMSNorm factors of the rows of an image, 1 / sqrt(mean(x²) + eps), for the kernel that reads the rows next.
// Invocation: a texel, four rows. Workgroup: 8 invocations.

// Not constants: one compiled shader serves all sizes.
struct Sizes {
    rows: u32, // rows that a sample has
    texels: u32, // what a sample takes in an image
    columns: u32, // elements that the mean runs over
    eps: f32,
}

#include "live.wgsl"
@group(0) @binding(1) var x: texture_storage_2d<rgba32float, read>; // [columns][live·texels]
@group(0) @binding(2) var<storage, read_write> factors: array<f32>; // [live, rows]
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
        let v = textureLoad(x, vec2<u32>(texel, c));
        squares = fma(v, v, squares);
    }
    let four = vec4<f32>(1.0) / sqrt(squares / f32(sizes.columns) + sizes.eps);
    let row = texel % sizes.texels * 4u;
    let first = texel / sizes.texels * sizes.rows + row;
    for (var i = 0u; i < min(4u, sizes.rows - row); i++) {
        factors[first + i] = four[i];
    }
}
