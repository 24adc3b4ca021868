// Linear layer and what becomes of its product p, accumulated in f32, for software adapters: images read, registers
// filled, no barriers (on lavapipe several times faster than workgroup memory).
//   store: y = p (+ bias)    rope: rotary positions on queries and keys    residual: y ← y · factor + p
//   swiglu: y = silu(gate) ⊙ up, silu(g) = g / (1 + e^(−g))
// Lane: 12 rows × 16 outputs. Workgroup: 8 lanes, 12 rows × 128 outputs.

override HALF: bool; // weights are f16: 8 to a texel instead of 4

// Not constants: one compiled shader serves all layers.
struct Sizes {
    stride: u32, // rows that a sample takes in an image
    first_row: u32, // for `linear`
    rows: u32, // rows of y that a sample has
    inputs: u32, // K
    outputs: u32, // N
    join: u32, // STORE, ROPE, SWIGLU or RESIDUAL
    has_extra: u32, // whether there is a bias, or are factors
    paired: u32, // outputs that are computed beside their partners
    width: u32, // outputs within which they are partners, of the first and of the second half
    norm: u32, // for `linear`
    eps: u32, // for `linear`
    handed: u32, // whether y is an image
}

const STORE = 0u;
const ROPE = 1u;
const SWIGLU = 2u;
const RESIDUAL = 3u;

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var x: texture_storage_2d<rgba32float, read>; // [K][live·stride / 4], four rows to a texel
@group(0) @binding(2) var weight: texture_storage_2d<rgba32uint, read>; // [K][N / 4 or N / 8], bits of Wᵀ, in order
@group(0) @binding(3) var<storage, read> extra: array<f32>; // bias [N], angles [rows, width], factors [slots, rows]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [slots, rows, N or N/2], or unused
@group(0) @binding(5) var handed: texture_storage_2d<rgba32float, write>; // [N or N/2][live·stride / 4], or unused
@group(0) @binding(6) var<uniform> sizes: Sizes; // [12]

/// a and b's outer product: column i is a[i]·b.
fn outer(a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(a.x * b, a.y * b, a.z * b, a.w * b);
}

/// Sixteen weights of an input.
fn weights(first: u32, k: u32) -> array<vec4<f32>, 4> {
    if HALF {
        let a = textureLoad(weight, vec2<u32>(first / 8u, k));
        let b = textureLoad(weight, vec2<u32>(first / 8u + 1u, k));
        return array<vec4<f32>, 4>(
            vec4<f32>(unpack2x16float(a.x), unpack2x16float(a.y)),
            vec4<f32>(unpack2x16float(a.z), unpack2x16float(a.w)),
            vec4<f32>(unpack2x16float(b.x), unpack2x16float(b.y)),
            vec4<f32>(unpack2x16float(b.z), unpack2x16float(b.w)),
        );
    }
    return array<vec4<f32>, 4>(
        bitcast<vec4<f32>>(textureLoad(weight, vec2<u32>(first / 4u, k))),
        bitcast<vec4<f32>>(textureLoad(weight, vec2<u32>(first / 4u + 1u, k))),
        bitcast<vec4<f32>>(textureLoad(weight, vec2<u32>(first / 4u + 2u, k))),
        bitcast<vec4<f32>>(textureLoad(weight, vec2<u32>(first / 4u + 3u, k))),
    );
}

/// The output in a place of the order in which they are computed.
fn output_of(place: u32) -> u32 {
    if place >= sizes.paired {
        return place;
    }
    let within = place % sizes.width;
    return place - within + within / 2u + within % 2u * (sizes.width / 2u);
}

/// Four rows from `row` on of a column of y.
fn emit(values: vec4<f32>, slot: u32, row: u32, texel: u32, column: u32, columns: u32) {
    if column >= columns {
        return;
    }
    if sizes.handed != 0u {
        textureStore(handed, vec2<u32>(texel, column), values);
        return;
    }
    var four = values;
    for (var i = 0u; i < min(4u, sizes.rows - row); i++) {
        let at = slot * sizes.rows + row + i;
        var value = four[i];
        if sizes.join == RESIDUAL {
            var factor = 1.0;
            if sizes.has_extra != 0u {
                factor = extra[at];
            }
            value = fma(y[at * columns + column], factor, value);
        } else if sizes.join == STORE && sizes.has_extra != 0u {
            value += extra[column];
        }
        y[at * columns + column] = value;
    }
}

/// Four rows from `row` on of the table's column.
fn angles(row: u32, column: u32) -> vec4<f32> {
    let last = sizes.rows - 1u;
    let rows = vec4<u32>(row, min(row + 1u, last), min(row + 2u, last), min(row + 3u, last)) * sizes.width + column;
    return vec4<f32>(extra[rows.x], extra[rows.y], extra[rows.z], extra[rows.w]);
}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = group.y * groups.x + group.x;
    let tiles = (sizes.outputs + 127u) / 128u;
    let texel = tile / tiles * 3u;
    let first = tile % tiles * 128u + lane * 16u;
    if texel * 4u >= live[0] * sizes.stride || first >= sizes.outputs {
        return;
    }
    // Sums of three texels of rows by four fours of outputs, [output][row].
    var s00 = mat4x4<f32>();
    var s01 = mat4x4<f32>();
    var s02 = mat4x4<f32>();
    var s03 = mat4x4<f32>();
    var s10 = mat4x4<f32>();
    var s11 = mat4x4<f32>();
    var s12 = mat4x4<f32>();
    var s13 = mat4x4<f32>();
    var s20 = mat4x4<f32>();
    var s21 = mat4x4<f32>();
    var s22 = mat4x4<f32>();
    var s23 = mat4x4<f32>();
    // Two inputs at a time, which is a third faster; images are padded with zeros to an even number of them.
    for (var k = 0u; k < sizes.inputs; k += 2u) {
        {
            let x0 = textureLoad(x, vec2<u32>(texel, k));
            let x1 = textureLoad(x, vec2<u32>(texel + 1u, k));
            let x2 = textureLoad(x, vec2<u32>(texel + 2u, k));
            let w = weights(first, k);
            s00 += outer(w[0], x0);
            s01 += outer(w[1], x0);
            s02 += outer(w[2], x0);
            s03 += outer(w[3], x0);
            s10 += outer(w[0], x1);
            s11 += outer(w[1], x1);
            s12 += outer(w[2], x1);
            s13 += outer(w[3], x1);
            s20 += outer(w[0], x2);
            s21 += outer(w[1], x2);
            s22 += outer(w[2], x2);
            s23 += outer(w[3], x2);
        }
        {
            let x0 = textureLoad(x, vec2<u32>(texel, k + 1u));
            let x1 = textureLoad(x, vec2<u32>(texel + 1u, k + 1u));
            let x2 = textureLoad(x, vec2<u32>(texel + 2u, k + 1u));
            let w = weights(first, k + 1u);
            s00 += outer(w[0], x0);
            s01 += outer(w[1], x0);
            s02 += outer(w[2], x0);
            s03 += outer(w[3], x0);
            s10 += outer(w[0], x1);
            s11 += outer(w[1], x1);
            s12 += outer(w[2], x1);
            s13 += outer(w[3], x1);
            s20 += outer(w[0], x2);
            s21 += outer(w[1], x2);
            s22 += outer(w[2], x2);
            s23 += outer(w[3], x2);
        }
    }
    // Loops whose lengths only the device knows: unrolled stores take drivers seconds to compile.
    var sums = array<mat4x4<f32>, 12>(s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23);
    let columns = select(sizes.outputs, sizes.outputs / 2u, sizes.join == SWIGLU);
    let end = min(texel + 3u, live[0] * sizes.stride / 4u);
    for (var t = texel; t < end; t++) {
        let slot = live[1u + t * 4u / sizes.stride];
        let row = t * 4u % sizes.stride;
        for (var i = 0u; i < min(16u, sizes.outputs - first); i++) {
            let place = first + i;
            var p = sums[(t - texel) * 4u + i / 4u][i % 4u];
            let partner = sums[(t - texel) * 4u + i / 4u][(i % 4u) ^ 1u];
            let is_second = place % 2u == 1u;
            var column = output_of(place);
            if sizes.join == SWIGLU {
                // Held where e^(−g) is finite: beyond, silu is zero to f32 anyway.
                p = p / (vec4<f32>(1.0) + exp(min(-p, vec4<f32>(80.0)))) * partner;
                column = select(place / 2u, columns, is_second);
            } else if sizes.join == ROPE && place < sizes.paired {
                let cosine = angles(row, place % sizes.width / 2u);
                let sine = angles(row, place % sizes.width / 2u + sizes.width / 2u);
                p = p * cosine + select(-partner, partner, is_second) * sine;
            }
            emit(p, slot, row, t, column, columns);
        }
    }
}
