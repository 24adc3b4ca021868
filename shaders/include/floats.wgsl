#include "matrix.wgsl"
#include "inputs.wgsl"
override HALF: bool; // weights are f16, two to a word

@group(0) @binding(2) var<storage, read> weight: array<vec2<u32>>; // [place / 4][k % 4][k / 4][place % 4], f32 bits or f16

var<workgroup> squares: array<array<vec4<f32>, 8>, SIDE / 4u>; // [row / 4][k / 4 % 8]

/// Sums of four rows by four outputs, [row][output].
alias Square = mat4x4<f32>;

/// Where an invocation reads four rows of x and of the weight.
struct Places {
    x: vec4<u32>,
    weight: u32,
}

/// What an invocation reads for a slab.
struct Fetched {
    x: mat4x4<f32>,
    weight: array<vec4<u32>, 4>,
}

/// Returns the inputs that are multiplied: those behind the last are zeros.
fn padded_inputs() -> u32 {
    return (sizes.inputs + 31u) / 32u * 32u;
}

/// Returns the bits of a vector of four weights; of f16 in the first two words.
fn four_weights(at: u32) -> vec4<u32> {
    if HALF {
        return vec4<u32>(weight[at], 0u, 0u);
    }
    return vec4<u32>(weight[2u * at], weight[2u * at + 1u]);
}

/// Returns the bits of four inputs of four places. They are not unpacked before they are stored: that would be to wait
/// for them.
fn block_of_weight(at: u32, fours: u32) -> array<vec4<u32>, 4> {
    return array<vec4<u32>, 4>(
        four_weights(at), four_weights(at + fours), four_weights(at + 2u * fours), four_weights(at + 3u * fours),
    );
}

/// Returns where an invocation reads, with its sums of squares cleared.
fn begin(row: u32, place: u32, quad: u32, four: u32) -> Places {
    squares[quad][four] = vec4<f32>();
    squares[quad][(four + FOURS) % 8u] = vec4<f32>();
    return Places(rows_of_x(row, four), min(place / 4u, (sizes.outputs - 1u) / 4u) * padded_inputs() + four);
}

fn fetch(places: Places, slab: u32, four: u32) -> Fetched {
    return Fetched(
        block_of_x(places.x, slab, four),
        block_of_weight(places.weight + slab / 4u, padded_inputs() / 4u),
    );
}

/// Stores what was read in the tile, and sums squares.
fn put(fetched: Fetched, slab: u32, quad: u32, four: u32) {
    // Slabs have their sums of squares in turn, so that these are the same in both tiles.
    let sum = (slab / 4u + four) % 8u;
    let squared = squares[quad][sum];
    let block = transpose(fetched.x);
    let k = slab + four * 4u;
    let x0 = inside(block[0], k);
    let x1 = inside(block[1], k + 1u);
    let x2 = inside(block[2], k + 2u);
    let x3 = inside(block[3], k + 3u);
    x_tile[four].k[0][quad] = vec4<Scalar>(x0);
    x_tile[four].k[1][quad] = vec4<Scalar>(x1);
    x_tile[four].k[2][quad] = vec4<Scalar>(x2);
    x_tile[four].k[3][quad] = vec4<Scalar>(x3);
    w_tile[four].k[0][quad] = vec4<Scalar>(unpacked(fetched.weight[0]));
    w_tile[four].k[1][quad] = vec4<Scalar>(unpacked(fetched.weight[1]));
    w_tile[four].k[2][quad] = vec4<Scalar>(unpacked(fetched.weight[2]));
    w_tile[four].k[3][quad] = vec4<Scalar>(unpacked(fetched.weight[3]));
    squares[quad][sum] = fma(x3, x3, fma(x2, x2, fma(x1, x1, fma(x0, x0, squared))));
}

fn unpacked(bits: vec4<u32>) -> vec4<f32> {
    if HALF {
        return vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y));
    }
    return bitcast<vec4<f32>>(bits);
}

/// Returns what the products of the next eight inputs are added to: the sums, or zeros where products are f16.
fn begun(sums: Square) -> Outer {
    if SCALAR_IS_F16 {
        return Outer();
    }
    return Outer(
        vec4<Scalar>(sums[0]), vec4<Scalar>(sums[1]), vec4<Scalar>(sums[2]), vec4<Scalar>(sums[3]),
    );
}

/// Returns the sums after the products of eight inputs.
fn ended(sums: Square, products: Outer) -> Square {
    let wide = Square(
        vec4<f32>(products[0]), vec4<f32>(products[1]), vec4<f32>(products[2]), vec4<f32>(products[3]),
    );
    if SCALAR_IS_F16 {
        return sums + wide;
    }
    return wide;
}

/// Returns the products of four rows, normed if x is; these are the `quad`-th of the tile, and `at` these places of y.
fn product_of(sums: Square, quad: u32, row: u32, at: vec4<u32>, place: u32) -> mat4x4<f32> {
    if sizes.has_norm == 0u {
        return sums;
    }
    let sum = squares[quad][0] + squares[quad][1] + squares[quad][2] + squares[quad][3]
        + squares[quad][4] + squares[quad][5] + squares[quad][6] + squares[quad][7];
    let factors = factors_of(sum);
    if place == 0u {
        store_factors(row, at, factors);
    }
    return scaled_columns(sums, factors);
}
