// The positions that follow the cells of every symbol: learned vectors, as they are.
// Invocation: one element of the live samples' added positions. Workgroup: 256.

override SEQ_LEN: u32; // S
override ADDED: u32; // A
override SYMBOLS: u32; // V
override WIDTH: u32; // D
override HAS_SPECIAL: bool; // symbols 0 and 1 have vectors of their own, all others the same

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> special: array<f32>; // [2, A, D], unused without HAS_SPECIAL
@group(0) @binding(2) var<storage, read> others: array<f32>; // [A, D], or [V, A, D] without HAS_SPECIAL
@group(0) @binding(3) var<storage, read_write> x: array<f32>; // [slots, V, S + A, D]

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let own = ADDED * WIDTH;
    let item = workgroup_of(group) * 256u + invocation;
    if item >= live[0] * SYMBOLS * own {
        return;
    }
    let slot = live[1u + item / (SYMBOLS * own)];
    let v = item / own % SYMBOLS;
    let i = item % own;
    var value = 0.0;
    if !HAS_SPECIAL {
        value = others[v * own + i];
    } else if v < 2u {
        value = special[v * own + i];
    } else {
        value = others[i];
    }
    x[((slot * SYMBOLS + v) * (SEQ_LEN + ADDED) + SEQ_LEN) * WIDTH + i] = value;
}
