// Transpose of each live sample: y[j, i] = x[i, j].
// For software adapters: reads and writes images, four rows to a texel; rows past the end of a sample are zero.
// Invocation: a texel of 16 columns of y. Workgroup: 8 invocations.

// Not constants: one compiled shader serves both directions.
struct Sizes {
    x_texels: u32, // what a sample takes in x
    rows: u32, // rows of y, columns of x
    texels: u32, // what a sample takes in y
    columns: u32, // columns of y, rows of x
}

#include "live.wgsl"
#include "packed.wgsl"
@group(0) @binding(1) var x: texture_storage_2d<rgba32float, read>; // [rows][live·x_texels]
@group(0) @binding(2) var y: texture_storage_2d<rgba32float, write>; // [columns][live·texels]
@group(0) @binding(3) var<uniform> sizes: Sizes; // [4]

/// Returns element (row, c) of y.
fn element(first: u32, row: u32, c: u32) -> f32 {
    return select(0.0, textureLoad(x, vec2<u32>(first + c / 4u, min(row, sizes.rows - 1u)))[c % 4u], row < sizes.rows);
}

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
    let first = texel / sizes.texels * sizes.x_texels;
    let row = texel % sizes.texels * 4u;
    for (var c = part.first; c < part.end; c++) {
        let four = vec4<f32>(
            element(first, row, c),
            element(first, row + 1u, c),
            element(first, row + 2u, c),
            element(first, row + 3u, c),
        );
        textureStore(y, vec2<u32>(texel, c), four);
    }
}
