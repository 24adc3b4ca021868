// Input embedding: x = SCALE · e, or SCALE · (0.707106781 · (e + position)) with learned positions, where
// e[t] = puzzle[t·D .. (t+1)·D] for t < P, zero past its end, and e[P + i] = table[token i]; with COLUMNS,
// x[i] = table[.., token i] + bias.
// Invocation: one element of the live samples. Workgroup: 256.

override SEQ_LEN: u32; // S
override PUZZLE_WIDTH: u32; // E
override PREFIX: u32; // P
override WIDTH: u32; // D
override SCALE: f32; // sqrt(D)
override HAS_POSITIONS: bool;
override COLUMNS: u32; // V if the table is the weight of a layer, a column a token; otherwise 0

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> tokens: array<u32>; // [slots, S]
@group(0) @binding(2) var<storage, read> puzzle: array<f32>; // [slots, E], unused where P = 0
@group(0) @binding(3) var<storage, read> table: array<f32>; // [V, D], or [D, V]
@group(0) @binding(4) var<storage, read> positions: array<f32>; // [T, D], or the bias [D], or unused
@group(0) @binding(5) var<storage, read_write> x: array<f32>; // [slots, T, D]

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group) * 256u + invocation;
    let len = (PREFIX + SEQ_LEN) * WIDTH;
    if item >= live[0] * len {
        return;
    }
    let slot = live[1u + item / len];
    let i = item % len;
    let row = i / WIDTH;
    var e = 0.0;
    if COLUMNS > 0u {
        let channel = i % WIDTH;
        x[slot * len + i] = table[channel * COLUMNS + tokens[slot * SEQ_LEN + row]] + positions[channel];
        return;
    }
    if row >= PREFIX {
        e = table[tokens[slot * SEQ_LEN + row - PREFIX] * WIDTH + i % WIDTH];
    } else if i < PUZZLE_WIDTH {
        e = puzzle[slot * PUZZLE_WIDTH + i];
    }
    if HAS_POSITIONS {
        e = 0.707106781 * (e + positions[i]);
    }
    x[slot * len + i] = SCALE * e;
}
