// Linear layer and the epilogue of its product p, accumulated in f32, for devices with fast workgroup memory; the tile
// that reads less memory. See linear_small.wgsl: all but the sizes is the same.
// Workgroup: 8×8 invocations, a tile of 64×64 (rows × outputs), 16 inputs at a time. Invocation: 8×8 elements of it.

#include "scalar"
#include "operands"
#include "outputs.wgsl"
#include "epilogues"
#include "live.wgsl"
#include "rows.wgsl"
#include "linear.wgsl"

const SIDE = 64u; // of the tile
const FOURS = 4u; // fours of inputs in a slab

/// Four inputs of the tile, [input][row / 4], component: row % 4. The gap puts what is written together into
/// different banks of memory.
struct Four {
    k: array<array<vec4<Scalar>, 16>, 4>,
    gap: array<vec4<u32>, 2>,
}

var<workgroup> x_tile: array<Four, 4>;
var<workgroup> w_tile: array<Four, 4>; // with outputs for rows

/// Sums of the first and second four rows with the first and second four outputs, [row][output].
struct Sums {
    s00: Square,
    s01: Square,
    s10: Square,
    s11: Square,
}

struct Products {
    p00: Outer,
    p01: Outer,
    p10: Outer,
    p11: Outer,
}

/// Adds the products of input `i` of the slab's `four`-th four.
fn turn(four: u32, i: u32, lane: vec2<u32>, products: ptr<function, Products>) {
    let x0 = x_tile[four].k[i][lane.y];
    let x1 = x_tile[four].k[i][lane.y + 8u];
    let w0 = w_tile[four].k[i][lane.x];
    let w1 = w_tile[four].k[i][lane.x + 8u];
    (*products).p00 = add_outer((*products).p00, x0, w0);
    (*products).p01 = add_outer((*products).p01, x0, w1);
    (*products).p10 = add_outer((*products).p10, x1, w0);
    (*products).p11 = add_outer((*products).p11, x1, w1);
}

/// Returns the sums after the products of eight inputs.
fn eight_turns(four: u32, lane: vec2<u32>, sums: Sums) -> Sums {
    var products = Products(begun(sums.s00), begun(sums.s01), begun(sums.s10), begun(sums.s11));
    turn(four, 0u, lane, &products);
    turn(four, 1u, lane, &products);
    turn(four, 2u, lane, &products);
    turn(four, 3u, lane, &products);
    turn(four + 1u, 0u, lane, &products);
    turn(four + 1u, 1u, lane, &products);
    turn(four + 1u, 2u, lane, &products);
    turn(four + 1u, 3u, lane, &products);
    return Sums(
        ended(sums.s00, products.p00),
        ended(sums.s01, products.p01),
        ended(sums.s10, products.p10),
        ended(sums.s11, products.p11),
    );
}

/// Returns the sums after the products of the slab.
fn multiplied(lane: vec2<u32>, sums: Sums) -> Sums {
    return eight_turns(2u, lane, eight_turns(0u, lane, sums));
}

fn finish_all(sums: Sums, lane: vec2<u32>, first_row: u32, place: u32) {
    finish(sums.s00, lane.y, first_row, place);
    finish(sums.s01, lane.y, first_row, place + 32u);
    finish(sums.s10, lane.y + 8u, first_row, place);
    finish(sums.s11, lane.y + 8u, first_row, place + 32u);
}
