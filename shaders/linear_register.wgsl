// Linear layer: y = x Wᵀ (+ bias), accumulated in f32, for software adapters: images read, registers filled,
// no barriers (on lavapipe several times faster than workgroup memory). Reads what `pack` wrote.
// Lane: 16 rows × 8 outputs. Workgroup: 8 lanes, 16 rows × 64 outputs.

override HALF: bool; // weights are f16: 8 to a texel instead of 4
override HAS_BIAS: bool;

// Not constants: one compiled shader serves all layers. The first two are for `pack`.
struct Sizes {
    x_rows: u32, // rows of x that a sample has
    first_row: u32, // first of them that is read
    rows: u32, // rows of y that a sample has
    inputs: u32, // K
    outputs: u32, // N
}

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var x: texture_storage_2d<rgba32float, read>; // [K][live·rows / 4], four rows to a texel
@group(0) @binding(2) var weight: texture_storage_2d<rgba32uint, read>; // [K][N / 4 or N / 8], bits of Wᵀ
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [N], unused without HAS_BIAS
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [slots, rows, N]
@group(0) @binding(5) var<uniform> sizes: Sizes; // [5]

/// a and b's outer product: column i is a[i]·b.
fn outer(a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(a.x * b, a.y * b, a.z * b, a.w * b);
}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = group.y * groups.x + group.x;
    let columns = (sizes.outputs + 63u) / 64u;
    let row = tile / columns * 16u;
    let output = tile % columns * 64u + lane * 8u;
    if row >= live[0] * sizes.rows {
        return;
    }
    let r = row / 4u;
    // Sums of rows 0–3, 4–7, 8–11, 12–15, with the first and the last four outputs.
    var s00 = mat4x4<f32>();
    var s01 = mat4x4<f32>();
    var s10 = mat4x4<f32>();
    var s11 = mat4x4<f32>();
    var s20 = mat4x4<f32>();
    var s21 = mat4x4<f32>();
    var s30 = mat4x4<f32>();
    var s31 = mat4x4<f32>();
    for (var k = 0u; k < sizes.inputs; k++) {
        var w0: vec4<f32>;
        var w1: vec4<f32>;
        if HALF {
            let w = textureLoad(weight, vec2<u32>(output / 8u, k));
            w0 = vec4<f32>(unpack2x16float(w.x), unpack2x16float(w.y));
            w1 = vec4<f32>(unpack2x16float(w.z), unpack2x16float(w.w));
        } else {
            w0 = bitcast<vec4<f32>>(textureLoad(weight, vec2<u32>(output / 4u, k)));
            w1 = bitcast<vec4<f32>>(textureLoad(weight, vec2<u32>(output / 4u + 1u, k)));
        }
        let x0 = textureLoad(x, vec2<u32>(r, k));
        let x1 = textureLoad(x, vec2<u32>(r + 1u, k));
        let x2 = textureLoad(x, vec2<u32>(r + 2u, k));
        let x3 = textureLoad(x, vec2<u32>(r + 3u, k));
        s00 += outer(x0, w0);
        s10 += outer(x1, w0);
        s20 += outer(x2, w0);
        s30 += outer(x3, w0);
        s01 += outer(x0, w1);
        s11 += outer(x1, w1);
        s21 += outer(x2, w1);
        s31 += outer(x3, w1);
    }
    // A loop whose length only the device knows: unrolled stores take drivers seconds to compile.
    var left = array<mat4x4<f32>, 4>(s00, s10, s20, s30);
    var right = array<mat4x4<f32>, 4>(s01, s11, s21, s31);
    let rows = min(16u, live[0] * sizes.rows - row);
    for (var i = 0u; i < rows; i++) {
        let sums = array<vec4<f32>, 2>(left[i / 4u][i % 4u], right[i / 4u][i % 4u]);
        let at = (live[1u + (row + i) / sizes.rows] * sizes.rows + (row + i) % sizes.rows) * sizes.outputs;
        for (var j = 0u; j < 8u; j++) {
            let n = output + j;
            if n < sizes.outputs {
                var sum = sums[j / 4u][j % 4u];
                if HAS_BIAS {
                    sum += bias[n];
                }
                y[at + n] = sum;
            }
        }
    }
}
