// Linear layer and the epilogue of its product p, accumulated in f32, for devices with fast workgroup memory; the tile
// that gives small batches enough workgroups.
//   store: y = p    rope: rotary positions on queries and keys    residual: y ← y · factor + p    relu: y = max(p, 0)
//   swiglu: y = silu(gate) ⊙ up, silu(g) = g / (1 + e^(−g))
// If x has a norm, its squares are summed on the way, and p is first scaled by each row's factor; then a bias is added.
// The rows of all live samples count as one range, so that tiles are full whatever a sample's length.
// Workgroup: 8×8 invocations, a tile of 32×32 (rows × outputs), 32 inputs at a time. Invocation: 4×4 elements of it.
// Both tiles sum every element in the same order, so that a sample's result does not depend on the batch.

// Scalar is f32, or f16 if the host allows it: then eight products at a time are summed in f16, and these sums in f32. Or
// it is a word of int8: then every input is four, x comes rounded, with its norm's factors, and sums are exact
// (words.wgsl).
#include "scalar"
// Before the operands, so that tiles lie first in workgroup memory, where AMD reads two vectors of f16 at once.
#include "turns.wgsl"
#include "operands"
#include "outputs.wgsl"
#include "epilogues"
#include "live.wgsl"
#include "rows.wgsl"
#include "linear.wgsl"

const SIDE = 32u; // of the tile
const FOURS = 8u; // fours of inputs in a slab

/// Four inputs of the tile, [input][row / 4], component: row % 4. The gap puts what is written together into
/// different banks of memory.
struct Four {
    k: array<array<vec4<Scalar>, 8>, 4>,
    gap: vec4<u32>,
}

var<workgroup> x_tile: array<Four, 8>;
var<workgroup> w_tile: array<Four, 8>; // with outputs for rows

alias Sums = Square;

/// Reads input `i` of the slab's `four`-th four.
fn input(four: u32, i: u32, lane: vec2<u32>) -> Input {
    return Input(x_tile[four].k[i][lane.y], w_tile[four].k[i][lane.x]);
}

/// Returns the sums after the products of the slab.
fn multiplied(lane: vec2<u32>, before: Sums) -> Sums {
    var first = input(0u, 0u, lane);
    var second = input(0u, 1u, lane);
    var sums = ended(before, eight_turns(0u, lane, &first, &second, begun(before)));
    sums = ended(sums, eight_turns(2u, lane, &first, &second, begun(sums)));
    sums = ended(sums, eight_turns(4u, lane, &first, &second, begun(sums)));
    return ended(sums, eight_turns(6u, lane, &first, &second, begun(sums)));
}

fn finish_all(sums: Sums, lane: vec2<u32>, first_row: u32, place: u32) {
    finish(sums, lane.y, first_row, place);
}
