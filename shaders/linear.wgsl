// Linear layer: y = x Wᵀ (+ bias), accumulated in f32, for devices with fast workgroup memory.
// The rows of all live samples count as one range, so that tiles are full whatever a sample's length.
// Workgroup: 16×16 lanes, a tile of 64 rows × 64 outputs, 16 inputs at a time. Lane: 4 rows × 4 outputs.

override HALF: bool; // weights are f16, two to a word
override HAS_BIAS: bool;

// Not constants: one compiled shader serves all layers.
struct Sizes {
    x_rows: u32, // rows of x that a sample has
    first_row: u32, // first of them that is read
    rows: u32, // rows of y that a sample has
    inputs: u32, // K
    outputs: u32, // N
}

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, x_rows, K]
@group(0) @binding(2) var<storage, read> weight: array<u32>; // [N, K] as f32 bits, or f16 packed in pairs
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [N], unused without HAS_BIAS
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [slots, rows, N]
@group(0) @binding(5) var<uniform> sizes: Sizes; // [5]

var<workgroup> x_tile: array<array<vec4<f32>, 16>, 16>; // [k][row / 4], component: row % 4
var<workgroup> w_tile: array<array<vec4<f32>, 16>, 16>; // [k][output / 4], component: output % 4

/// Row of x (or y) in its buffer, for a row of the live samples' range; the last one for rows past its end.
fn locate(row: u32, rows: u32, first: u32) -> u32 {
    let r = min(row, live[0] * sizes.rows - 1u);
    return live[1u + r / sizes.rows] * rows + first + r % sizes.rows;
}

fn weight_at(output: u32, k: u32) -> f32 {
    let i = min(output, sizes.outputs - 1u) * sizes.inputs + k;
    if HALF {
        return unpack2x16float(weight[i / 2u])[i % 2u];
    }
    return bitcast<f32>(weight[i]);
}

/// a and b's outer product: column i is a[i]·b.
fn outer(a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(a.x * b, a.y * b, a.z * b, a.w * b);
}

@compute @workgroup_size(16, 16)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) lane: vec3<u32>,
) {
    let tile = group.y * groups.x + group.x;
    let columns = (sizes.outputs + 63u) / 64u;
    let first_row = tile / columns * 64u;
    let first_output = tile % columns * 64u;
    if first_row >= live[0] * sizes.rows {
        return;
    }
    // In loading, a lane fetches four rows and four outputs at input `lane.x` of each slab.
    var rows: vec4<u32>;
    for (var i = 0u; i < 4u; i++) {
        rows[i] = locate(first_row + lane.y * 4u + i, sizes.x_rows, sizes.first_row) * sizes.inputs;
    }
    let output = first_output + lane.y * 4u;
    var sums = mat4x4<f32>(); // [output][row]
    for (var slab = 0u; slab < sizes.inputs; slab += 16u) {
        let k = slab + lane.x;
        var xs = vec4<f32>();
        var ws = vec4<f32>();
        if k < sizes.inputs {
            xs = vec4<f32>(x[rows.x + k], x[rows.y + k], x[rows.z + k], x[rows.w + k]);
            ws = vec4<f32>(
                weight_at(output, k), weight_at(output + 1u, k), weight_at(output + 2u, k), weight_at(output + 3u, k),
            );
        }
        x_tile[lane.x][lane.y] = xs;
        w_tile[lane.x][lane.y] = ws;
        workgroupBarrier();
        for (var i = 0u; i < 16u; i++) {
            sums += outer(w_tile[i][lane.x], x_tile[i][lane.y]);
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i++) {
        let row = first_row + lane.y * 4u + i;
        if row < live[0] * sizes.rows {
            let at = locate(row, sizes.rows, 0u) * sizes.outputs;
            for (var j = 0u; j < 4u; j++) {
                let n = first_output + lane.x * 4u + j;
                if n < sizes.outputs {
                    var sum = sums[j][i];
                    if HAS_BIAS {
                        sum += bias[n];
                    }
                    y[at + n] = sum;
                }
            }
        }
    }
}
