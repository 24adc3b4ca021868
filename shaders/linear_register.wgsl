// Linear layer and the epilogue of its product p, accumulated in f32, for software adapters: reads and writes images,
// keeps tiles in registers, needs no barriers (several times faster on lavapipe than workgroup memory).
//   store: y = p    rope: rotary positions on queries and keys    residual: y = old · factor + p    relu: y = max(p, 0)
//   swiglu: y = silu(gate) ⊙ up, silu(g) = g / (1 + e^(−g))
// If x has a norm, p is first scaled by each row's factor; then a bias is added.
// Invocation: 12 rows × 16 outputs. Workgroup: 8 invocations, 12 rows × 128 outputs.

override HALF: bool; // weights are f16: 8 to a texel instead of 4
override EPILOGUE: u32; // STORE, ROPE, SWIGLU, RESIDUAL or RELU: these drivers execute every branch
override BIASED: bool; // there is a bias if `has_bias`; otherwise there is none

// Not constants: one compiled shader serves all layers of an epilogue.
struct Sizes {
    x_texels: u32, // what a sample takes in x
    texels: u32, // what it takes in y: as much of x is read
    rows: u32, // rows of x that a sample has
    inputs: u32, // K
    outputs: u32, // N
    paired: u32, // outputs that are computed beside their partners
    width: u32, // outputs within which they are partners, of the first and of the second half
    has_factors: u32,
    has_bias: u32,
    angles: u32, // columns of the table of angles
}

#include "scalar"
#include "matrix.wgsl"
#include "outputs.wgsl"
#include "epilogues"
#include "live.wgsl"
@group(0) @binding(1) var x: texture_storage_2d<rgba32float, read>; // [K][live·x_texels], four rows to a texel
@group(0) @binding(2) var weight: texture_storage_2d<rgba32uint, read>; // [K][N / 4 or N / 8], bits of Wᵀ, in order
@group(0) @binding(3) var beside: texture_storage_2d<rgba32float, read>; // old [N][live·texels], angles [angles][texels]
@group(0) @binding(4) var<storage, read> factors: array<f32>; // [live, rows], or unused
@group(0) @binding(5) var<storage, read> bias: array<f32>; // [N], or unused
@group(0) @binding(6) var y: texture_storage_2d<rgba32float, write>; // [N or N/2][live·texels]
@group(0) @binding(7) var<uniform> sizes: Sizes; // [10]

/// Returns sixteen weights of input k.
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

/// Finishes two outputs, partners if they are paired, of the four rows in a texel of y.
fn emit(products: vec4<f32>, partners: vec4<f32>, factor: vec4<f32>, texel: u32, place: u32) {
    if place >= sizes.outputs {
        return;
    }
    var p = products;
    var q = partners;
    if EPILOGUE != RESIDUAL {
        p *= factor;
        q *= factor;
    }
    if BIASED && sizes.has_bias != 0u {
        p += bias[output_of(place)];
        q += bias[output_of(place + 1u)];
    }
    if EPILOGUE == RESIDUAL {
        p = fma(textureLoad(beside, vec2<u32>(texel, place)), factor, p);
        q = fma(textureLoad(beside, vec2<u32>(texel, place + 1u)), factor, q);
    } else if EPILOGUE == RELU {
        p = max(p, vec4<f32>());
        q = max(q, vec4<f32>());
    }
    var column = place;
    if EPILOGUE == SWIGLU {
        // Clamped to keep e^(−g) finite: beyond that, silu is zero in f32 anyway.
        p = p / (vec4<f32>(1.0) + exp(min(-p, vec4<f32>(80.0)))) * q;
        column = place / 2u;
    }
    var column_of_partner = column + 1u;
    if EPILOGUE == ROPE && place < sizes.paired {
        let within = place % sizes.width;
        let pair = (place - within) % sizes.angles + within / 2u;
        let cosine = textureLoad(beside, vec2<u32>(texel % sizes.texels, pair));
        let sine = textureLoad(beside, vec2<u32>(texel % sizes.texels, pair + sizes.width / 2u));
        let first = p * cosine - q * sine;
        q = q * cosine + p * sine;
        p = first;
        column = output_of(place);
        column_of_partner = column + sizes.width / 2u;
    }
    textureStore(y, vec2<u32>(texel, column), p);
    if EPILOGUE != SWIGLU && place + 1u < sizes.outputs {
        textureStore(y, vec2<u32>(texel, column_of_partner), q);
    }
}

/// Returns one of three matrices.
fn chosen(a: mat4x4<f32>, b: mat4x4<f32>, c: mat4x4<f32>, second: bool, third: bool) -> mat4x4<f32> {
    return mat4x4<f32>(
        select(select(a[0], b[0], second), c[0], third),
        select(select(a[1], b[1], second), c[1], third),
        select(select(a[2], b[2], second), c[2], third),
        select(select(a[3], b[3], second), c[3], third),
    );
}

/// Finishes four outputs.
fn emit_four(sums: mat4x4<f32>, factor: vec4<f32>, texel: u32, place: u32) {
    emit(sums[0], sums[1], factor, texel, place);
    emit(sums[2], sums[3], factor, texel, place + 2u);
}

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let tile = workgroup_of(group);
    let tiles = (sizes.outputs + 127u) / 128u;
    let texel = tile / tiles * 3u;
    let first = tile % tiles * 128u + invocation * 16u;
    let end = live[0] * sizes.texels;
    if texel >= end || first >= sizes.outputs {
        return;
    }
    let three = texel + vec3<u32>(0u, 1u, 2u);
    let place_of_x = three / sizes.texels * sizes.x_texels + three % sizes.texels;
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
    // Two inputs at a time is a third faster; images are padded with zeros to an even number of them.
    for (var k = 0u; k < sizes.inputs; k += 2u) {
        {
            let x0 = textureLoad(x, vec2<u32>(place_of_x.x, k));
            let x1 = textureLoad(x, vec2<u32>(place_of_x.y, k));
            let x2 = textureLoad(x, vec2<u32>(place_of_x.z, k));
            let w = weights(first, k);
            s00 = add_outer(s00, w[0], x0);
            s01 = add_outer(s01, w[1], x0);
            s02 = add_outer(s02, w[2], x0);
            s03 = add_outer(s03, w[3], x0);
            s10 = add_outer(s10, w[0], x1);
            s11 = add_outer(s11, w[1], x1);
            s12 = add_outer(s12, w[2], x1);
            s13 = add_outer(s13, w[3], x1);
            s20 = add_outer(s20, w[0], x2);
            s21 = add_outer(s21, w[1], x2);
            s22 = add_outer(s22, w[2], x2);
            s23 = add_outer(s23, w[3], x2);
        }
        {
            let x0 = textureLoad(x, vec2<u32>(place_of_x.x, k + 1u));
            let x1 = textureLoad(x, vec2<u32>(place_of_x.y, k + 1u));
            let x2 = textureLoad(x, vec2<u32>(place_of_x.z, k + 1u));
            let w = weights(first, k + 1u);
            s00 = add_outer(s00, w[0], x0);
            s01 = add_outer(s01, w[1], x0);
            s02 = add_outer(s02, w[2], x0);
            s03 = add_outer(s03, w[3], x0);
            s10 = add_outer(s10, w[0], x1);
            s11 = add_outer(s11, w[1], x1);
            s12 = add_outer(s12, w[2], x1);
            s13 = add_outer(s13, w[3], x1);
            s20 = add_outer(s20, w[0], x2);
            s21 = add_outer(s21, w[1], x2);
            s22 = add_outer(s22, w[2], x2);
            s23 = add_outer(s23, w[3], x2);
        }
    }
    for (var t = texel; t < min(texel + 3u, end); t++) {
        // Selected, not indexed: drivers spill what is indexed.
        let second = t == texel + 1u;
        let third = t == texel + 2u;
        var factor = vec4<f32>(1.0);
        if sizes.has_factors != 0u {
            let row = t % sizes.texels * 4u;
            let rows = min(row + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.rows - 1u)) + t / sizes.texels * sizes.rows;
            factor = vec4<f32>(factors[rows.x], factors[rows.y], factors[rows.z], factors[rows.w]);
        }
        emit_four(chosen(s00, s10, s20, second, third), factor, t, first);
        emit_four(chosen(s01, s11, s21, second, third), factor, t, first + 4u);
        emit_four(chosen(s02, s12, s22, second, third), factor, t, first + 8u);
        emit_four(chosen(s03, s13, s23, second, third), factor, t, first + 12u);
    }
}
