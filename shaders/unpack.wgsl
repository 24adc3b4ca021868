// Inverse of `pack`: y[4r + i − skipped, c] = packed[r, c][i], for the rows of the live samples.
// Invocation: a texel of 16 columns. Workgroup: 8 invocations.

// Not constants: one compiled shader serves all tensors.
struct Sizes {
    rows: u32, // rows that a sample has
    texels: u32, // what a sample takes in the image
    columns: u32,
    skipped: u32, // rows of the image before the first
}

#include "live.wgsl"
#include "packed.wgsl"
@group(0) @binding(1) var packed: texture_storage_2d<rgba32float, read>; // [columns][live·texels]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [slots, rows, columns]
@group(0) @binding(3) var<uniform> sizes: Sizes; // [4]

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
    let first = live[1u + texel / sizes.texels] * sizes.rows;
    let row = texel % sizes.texels * 4u;
    for (var c = part.first; c < part.end; c++) {
        let v = textureLoad(packed, vec2<u32>(texel, c));
        for (var i = 0u; i < 4u; i++) {
            if row + i >= sizes.skipped && row + i < sizes.skipped + sizes.rows {
                y[(first + row + i - sizes.skipped) * sizes.columns + c] = v[i];
            }
        }
    }
}
