// Linear layer and what becomes of its product p, accumulated in f32, for devices with fast workgroup memory.
//   store: y = p (+ bias)    rope: rotary positions on queries and keys    residual: y ← y · factor + p
//   swiglu: y = silu(gate) ⊙ up, silu(g) = g / (1 + e^(−g))
// Before that RMSNorm of x, where asked: x's squares are summed on the way, and p is scaled by each row's factor.
// The rows of all live samples count as one range, so that tiles are full whatever a sample's length.
// Workgroup: 8×8 lanes, a tile of 32×32 or 64×64 (rows × outputs), 16 inputs at a time. Lane: 4×4 or 8×8 of it.
// Every element is summed in the same order by both, so that a sample's result does not depend on the batch.

override HALF: bool; // weights are f16, two to a word
override VECTORS: bool; // K is a multiple of 4
override LARGE: bool; // the tile is 64×64

// Not constants: one compiled shader serves all layers.
struct Sizes {
    x_rows: u32, // rows of x that a sample has
    first_row: u32, // first of them that is read
    rows: u32, // rows of y that a sample has
    inputs: u32, // K
    outputs: u32, // N
    join: u32, // STORE, ROPE, SWIGLU or RESIDUAL
    has_extra: u32, // whether there is a bias, or are factors
    paired: u32, // outputs that are computed beside their partners
    width: u32, // outputs within which they are partners, of the first and of the second half
    norm: u32, // whether x is normed
    eps: u32, // bits of f32
}

const STORE = 0u;
const ROPE = 1u;
const SWIGLU = 2u;
const RESIDUAL = 3u;

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [slots, x_rows, K]
@group(0) @binding(2) var<storage, read> weight: array<vec4<u32>>; // [N, K] as f32 bits, or f16 packed in pairs
@group(0) @binding(3) var<storage, read> extra: array<f32>; // bias [N], angles [rows, width], factors [slots, rows]
@group(0) @binding(4) var<storage, read_write> scale: array<f32>; // [slots, rows] factors of the norm, or unused
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [slots, rows, N or N/2]
@group(0) @binding(6) var<uniform> sizes: Sizes; // [11]

var<workgroup> x_tile: array<array<vec4<f32>, 16>, 16>; // [k][row / 4], component: row % 4
var<workgroup> w_tile: array<array<vec4<f32>, 16>, 16>; // [k][place / 4], component: place % 4
var<workgroup> squares: array<array<vec4<f32>, 16>, 4>; // [k / 4 % 4][row / 4]

/// Row of x (or y) in its buffer, for a row of the live samples' range; the last one for rows past its end.
fn locate(row: u32, rows: u32, first: u32) -> u32 {
    let r = min(row, live[0] * sizes.rows - 1u);
    return live[1u + r / sizes.rows] * rows + first + r % sizes.rows;
}

/// The output in a place of the order in which they are computed.
fn output_of(place: u32) -> u32 {
    if place >= sizes.paired {
        return place;
    }
    let within = place % sizes.width;
    return place - within + within / 2u + within % 2u * (sizes.width / 2u);
}

fn weight_at(i: u32) -> f32 {
    if HALF {
        return unpack2x16float(weight[i / 8u][i / 2u % 4u])[i % 2u];
    }
    return bitcast<f32>(weight[i / 4u][i % 4u]);
}

/// Four inputs from `k` on of the row of x that begins at `row`; zero past its end.
fn four_of_x(row: u32, k: u32) -> vec4<f32> {
    if k >= sizes.inputs {
        return vec4<f32>();
    }
    if VECTORS {
        return x[(row + k) / 4u];
    }
    var four = vec4<f32>();
    for (var i = 0u; i < min(4u, sizes.inputs - k); i++) {
        four[i] = x[(row + k + i) / 4u][(row + k + i) % 4u];
    }
    return four;
}

/// The same of a row of the weight.
fn four_of_weight(row: u32, k: u32) -> vec4<f32> {
    if k >= sizes.inputs {
        return vec4<f32>();
    }
    let at = row + k;
    if VECTORS && HALF {
        let eight = weight[at / 8u];
        let bits = select(eight.xy, eight.zw, at % 8u >= 4u);
        return vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y));
    }
    if VECTORS {
        return bitcast<vec4<f32>>(weight[at / 4u]);
    }
    var four = vec4<f32>();
    for (var i = 0u; i < min(4u, sizes.inputs - k); i++) {
        four[i] = weight_at(at + i);
    }
    return four;
}

/// Adds a and b's outer product: column i is a[i]·b.
fn add_outer(sums: mat4x4<f32>, a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(
        fma(vec4<f32>(a.x), b, sums[0]),
        fma(vec4<f32>(a.y), b, sums[1]),
        fma(vec4<f32>(a.z), b, sums[2]),
        fma(vec4<f32>(a.w), b, sums[3]),
    );
}

/// An element of the row `at` of y.
fn store(at: u32, output: u32, value: f32) {
    if output < sizes.outputs {
        let i = at * sizes.outputs + output;
        if sizes.join == RESIDUAL && sizes.has_extra != 0u {
            y[i] = fma(y[i], extra[at], value);
        } else if sizes.join == RESIDUAL {
            y[i] += value;
        } else if sizes.has_extra != 0u && sizes.join == STORE {
            y[i] = value + extra[output];
        } else {
            y[i] = value;
        }
    }
}

/// Takes two neighbours of a row of p, which are partners where outputs are paired.
fn join(at: u32, place: u32, p: vec2<f32>) {
    if sizes.join == SWIGLU {
        if place < sizes.outputs {
            // Held where e^(−g) is finite: beyond, silu is zero to f32 anyway.
            y[at * (sizes.outputs / 2u) + place / 2u] = p.x / (1.0 + exp(min(-p.x, 80.0))) * p.y;
        }
        return;
    }
    var turned = p;
    if sizes.join == ROPE && place < sizes.paired {
        let i = at % sizes.rows * sizes.width + place % sizes.width / 2u;
        let cosine = extra[i];
        let sine = extra[i + sizes.width / 2u];
        turned = vec2<f32>(p.x * cosine - p.y * sine, p.y * cosine + p.x * sine);
    }
    store(at, output_of(place), turned.x);
    store(at, output_of(place + 1u), turned.y);
}

/// What becomes of four rows, the `quad`-th of the tile, by four outputs.
fn finish(sums: mat4x4<f32>, quad: u32, first_row: u32, place: u32) {
    var rows = sums;
    for (var i = 0u; i < 4u; i++) {
        let row = first_row + quad * 4u + i;
        if row < live[0] * sizes.rows {
            let at = locate(row, sizes.rows, 0u);
            var p = rows[i];
            if sizes.norm != 0u {
                let sum = squares[0][quad][i] + squares[1][quad][i] + squares[2][quad][i] + squares[3][quad][i];
                let factor = 1.0 / sqrt(sum / f32(sizes.inputs) + bitcast<f32>(sizes.eps));
                p *= factor;
                if place == 0u {
                    scale[at] = factor;
                }
            }
            join(at, place, p.xy);
            join(at, place + 2u, p.zw);
        }
    }
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) lane: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let side = select(32u, 64u, LARGE);
    let quads = side / 4u;
    let tile = group.y * groups.x + group.x;
    let columns = (sizes.outputs + side - 1u) / side;
    let first_row = tile / columns * side;
    let first_place = tile % columns * side;
    if first_row >= live[0] * sizes.rows {
        return;
    }
    // In loading, a lane fetches four rows of x or of the weight (of both where there are 16 fours), and four inputs.
    let quad = index / 4u % quads;
    let fetches_x = LARGE || index < 32u;
    let fetches_w = LARGE || index >= 32u;
    var x_row: vec4<u32>;
    var w_row: vec4<u32>;
    for (var i = 0u; i < 4u; i++) {
        x_row[i] = locate(first_row + quad * 4u + i, sizes.x_rows, sizes.first_row) * sizes.inputs;
        w_row[i] = min(output_of(first_place + quad * 4u + i), sizes.outputs - 1u) * sizes.inputs;
    }
    var fetched_x = mat4x4<f32>(); // [input][row]
    var fetched_w = mat4x4<f32>(); // [input][place]
    var sum = vec4<f32>();
    // Of the first and second four rows with the first and second four outputs, [row][output].
    var s00 = mat4x4<f32>();
    var s01 = mat4x4<f32>();
    var s10 = mat4x4<f32>();
    var s11 = mat4x4<f32>();
    let k = index % 4u * 4u;
    if fetches_x {
        fetched_x = transpose(mat4x4<f32>(
            four_of_x(x_row.x, k), four_of_x(x_row.y, k), four_of_x(x_row.z, k), four_of_x(x_row.w, k),
        ));
    }
    if fetches_w {
        fetched_w = transpose(mat4x4<f32>(
            four_of_weight(w_row.x, k), four_of_weight(w_row.y, k), four_of_weight(w_row.z, k),
            four_of_weight(w_row.w, k),
        ));
    }
    for (var slab = 0u; slab < sizes.inputs; slab += 16u) {
        if fetches_x {
            x_tile[k + 0u][quad] = fetched_x[0];
            x_tile[k + 1u][quad] = fetched_x[1];
            x_tile[k + 2u][quad] = fetched_x[2];
            x_tile[k + 3u][quad] = fetched_x[3];
            sum = fma(fetched_x[0], fetched_x[0], sum);
            sum = fma(fetched_x[1], fetched_x[1], sum);
            sum = fma(fetched_x[2], fetched_x[2], sum);
            sum = fma(fetched_x[3], fetched_x[3], sum);
        }
        if fetches_w {
            w_tile[k + 0u][quad] = fetched_w[0];
            w_tile[k + 1u][quad] = fetched_w[1];
            w_tile[k + 2u][quad] = fetched_w[2];
            w_tile[k + 3u][quad] = fetched_w[3];
        }
        workgroupBarrier();
        // The next slab is on its way while this one is computed.
        let next = slab + 16u + k;
        if fetches_x {
            fetched_x = transpose(mat4x4<f32>(
                four_of_x(x_row.x, next), four_of_x(x_row.y, next), four_of_x(x_row.z, next), four_of_x(x_row.w, next),
            ));
        }
        if fetches_w {
            fetched_w = transpose(mat4x4<f32>(
                four_of_weight(w_row.x, next), four_of_weight(w_row.y, next), four_of_weight(w_row.z, next),
                four_of_weight(w_row.w, next),
            ));
        }
        for (var i = 0u; i < 16u; i++) {
            let x0 = x_tile[i][lane.y];
            let w0 = w_tile[i][lane.x];
            s00 = add_outer(s00, x0, w0);
            if LARGE {
                let x1 = x_tile[i][lane.y + 8u];
                let w1 = w_tile[i][lane.x + 8u];
                s01 = add_outer(s01, x0, w1);
                s10 = add_outer(s10, x1, w0);
                s11 = add_outer(s11, x1, w1);
            }
        }
        workgroupBarrier();
    }
    if fetches_x {
        squares[index % 4u][quad] = sum;
    }
    workgroupBarrier();
    let place = first_place + lane.x * 4u;
    finish(s00, lane.y, first_row, place);
    if LARGE {
        finish(s01, lane.y, first_row, place + 32u);
        finish(s10, lane.y + 8u, first_row, place);
        finish(s11, lane.y + 8u, first_row, place + 32u);
    }
}
