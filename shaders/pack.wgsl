// Rows of the live samples as an image, for the kernels that work on register tiles: four rows to a texel,
// packed[r, c] = (x[4r, c], x[4r + 1, c], x[4r + 2, c], x[4r + 3, c]); a sample takes stride rows,
// zero past its end, and columns are padded with zeros to an even number.
// Where asked the rows are normed: RMSNorm's factors 1 / sqrt(mean(x²) + eps) are kept for the residual sum to come.
// Lane: four rows. Workgroup: 8 lanes.

// Not constants: one compiled shader serves all layers.
struct Sizes {
    x_rows: u32, // rows of x that a sample has
    first_row: u32, // first of them that is read
    rows: u32, // rows that are read
    stride: u32, // rows that a sample takes in the image
    columns: u32,
    norm: u32, // whether rows are normed
    eps: u32, // bits of f32
}

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, x_rows, columns]
@group(0) @binding(2) var<storage, read_write> scale: array<f32>; // [slots, rows], unused without the norm
@group(0) @binding(3) var packed: texture_storage_2d<rgba32float, write>; // [columns][live·stride / 4]
@group(0) @binding(4) var<uniform> sizes: Sizes; // [7]

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let texel = (group.y * groups.x + group.x) * 8u + lane;
    let sample = texel * 4u / sizes.stride;
    if sample >= live[0] {
        return;
    }
    let slot = live[1u + sample];
    let row = texel * 4u % sizes.stride;
    // Rows past the end read the last one, and count for nothing.
    let last = sizes.rows - 1u;
    let here = vec4<u32>(row, min(row + 1u, last), min(row + 2u, last), min(row + 3u, last));
    let at = (vec4<u32>(slot * sizes.x_rows + sizes.first_row) + here) * sizes.columns;
    let rows = vec4<u32>(row, row + 1u, row + 2u, row + 3u);
    var factor = select(vec4<f32>(), vec4<f32>(1.0), rows < vec4<u32>(sizes.rows));
    if sizes.norm != 0u {
        var squares = vec4<f32>();
        for (var c = 0u; c < sizes.columns; c++) {
            let v = vec4<f32>(x[at.x + c], x[at.y + c], x[at.z + c], x[at.w + c]);
            squares += v * v;
        }
        factor /= sqrt(squares / f32(sizes.columns) + bitcast<f32>(sizes.eps));
        for (var i = 0u; i < min(4u, sizes.rows - row); i++) {
            scale[slot * sizes.rows + row + i] = factor[i];
        }
    }
    for (var c = 0u; c < sizes.columns; c++) {
        let v = vec4<f32>(x[at.x + c], x[at.y + c], x[at.z + c], x[at.w + c]);
        textureStore(packed, vec2<u32>(texel, c), v * factor);
    }
    // Who reads takes two columns at a time.
    if sizes.columns % 2u == 1u {
        textureStore(packed, vec2<u32>(texel, sizes.columns), vec4<f32>());
    }
}
