// Input embedding with a symbol axis: x[v, s] = (v = token s) · SCALE · e_v (+ position_s) (+ u[D + v] + u[0..D]).
// Invocation: one element of the live samples' cells. Workgroup: 256.

override SEQ_LEN: u32; // S
override POSITIONS: u32; // T
override SYMBOLS: u32; // V
override WIDTH: u32; // D
override SCALE: f32; // sqrt(V)
override HAS_SPECIAL: bool; // symbols 0 and 1 have vectors of their own, all others the same
override HAS_POSITIONS: bool;
override HAS_PUZZLE: bool;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> tokens: array<u32>; // [slots, S]
@group(0) @binding(2) var<storage, read> puzzle: array<f32>; // [slots, D + V], unused without HAS_PUZZLE
@group(0) @binding(3) var<storage, read> special: array<f32>; // [2, D], unused without HAS_SPECIAL
@group(0) @binding(4) var<storage, read> others: array<f32>; // [D], or [V, D] without HAS_SPECIAL
@group(0) @binding(5) var<storage, read> positions: array<f32>; // [S, D], unused without HAS_POSITIONS
@group(0) @binding(6) var<storage, read_write> x: array<f32>; // [slots, V, T, D]

/// Returns an element of a symbol's vector.
fn vector_of(v: u32, c: u32) -> f32 {
    if !HAS_SPECIAL {
        return others[v * WIDTH + c];
    } else if v < 2u {
        return special[v * WIDTH + c];
    }
    return others[c];
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let len = SYMBOLS * SEQ_LEN * WIDTH;
    let item = workgroup_of(group) * 256u + invocation;
    if item >= live[0] * len {
        return;
    }
    let slot = live[1u + item / len];
    let c = item % WIDTH;
    let s = item / WIDTH % SEQ_LEN;
    let v = item / WIDTH / SEQ_LEN % SYMBOLS;
    var sum = 0.0;
    if tokens[slot * SEQ_LEN + s] == v {
        sum = SCALE * vector_of(v, c);
    }
    if HAS_POSITIONS {
        sum += positions[s * WIDTH + c];
    }
    if HAS_PUZZLE {
        let row = slot * (WIDTH + SYMBOLS);
        sum += puzzle[row + WIDTH + v];
        sum += puzzle[row + c];
    }
    x[((slot * SYMBOLS + v) * POSITIONS + s) * WIDTH + c] = sum;
}
