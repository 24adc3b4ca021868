// Rows of the live samples as an image, for the kernels that work on register tiles: four rows to a texel,
// packed[r, c] = (x[4r, c], x[4r + 1, c], x[4r + 2, c], x[4r + 3, c]); rows past the end of a sample are zero.
// Invocation: a texel of 16 columns. Workgroup: 8 invocations.

// Not constants: one compiled shader serves all tensors.
struct Sizes {
    rows: u32, // rows that a sample has
    texels: u32, // rows / 4, rounded up: what a sample takes in the image
    columns: u32,
}

#include "live.wgsl"
#include "packed.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, rows, columns]
@group(0) @binding(2) var packed: texture_storage_2d<rgba32float, write>; // [columns][live·texels]
@group(0) @binding(3) var<uniform> sizes: Sizes; // [3]

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
    let rows = vec4<u32>(row, row + 1u, row + 2u, row + 3u);
    let at = (first + min(rows, vec4<u32>(sizes.rows - 1u))) * sizes.columns;
    for (var c = part.first; c < part.end; c++) {
        let v = vec4<f32>(x[at.x + c], x[at.y + c], x[at.z + c], x[at.w + c]);
        textureStore(packed, vec2<u32>(texel, c), select(vec4<f32>(), v, rows < vec4<u32>(sizes.rows)));
    }
}
