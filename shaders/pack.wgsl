// Rows of the live samples as an image, for the kernels that work on register tiles: four rows to a texel,
// packed[r, c] = (x[4r, c], x[4r + 1, c], x[4r + 2, c], x[4r + 3, c]); a sample takes stride rows, zero past its end.
// Lane: one texel. Workgroup: 64 columns.

// Not constants: one compiled shader serves all layers.
struct Sizes {
    x_rows: u32, // rows of x that a sample has
    first_row: u32, // first of them that is read
    rows: u32, // rows that are read
    stride: u32, // rows that a sample takes in the image
    columns: u32,
}

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, x_rows, columns]
@group(0) @binding(2) var packed: texture_storage_2d<rgba32float, write>; // [columns][live·stride / 4]
@group(0) @binding(3) var<uniform> sizes: Sizes; // [5]

fn value(row: u32, column: u32) -> f32 {
    let sample = row / sizes.stride;
    let r = row % sizes.stride;
    if sample >= live[0] || r >= sizes.rows {
        return 0.0;
    }
    return x[(live[1u + sample] * sizes.x_rows + sizes.first_row + r) * sizes.columns + column];
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = group.y * groups.x + group.x;
    let columns = (sizes.columns + 63u) / 64u;
    let row = item / columns * 4u;
    let column = item % columns * 64u + lane;
    if row >= live[0] * sizes.stride || column >= sizes.columns {
        return;
    }
    let texel = vec4<f32>(
        value(row, column), value(row + 1u, column), value(row + 2u, column), value(row + 3u, column),
    );
    textureStore(packed, vec2<u32>(row / 4u, column), texel);
}
