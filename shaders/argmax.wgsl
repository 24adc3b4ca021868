// Prediction: index of the largest logit of each row, the lowest on ties. With KEEPS, cells that are given keep their id,
// and the first logit is that of id 1.
// Invocation: one row of the live samples. Workgroup: 64.

override ROWS: u32; // S
override WIDTH: u32; // V
override KEEPS: bool;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, S, V]
@group(0) @binding(2) var<storage, read> given: array<u32>; // [slots, S], 0 for empty; unused without KEEPS
@group(0) @binding(3) var<storage, read_write> y: array<u32>; // [slots, S]

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group) * 64u + invocation;
    if item >= live[0] * ROWS {
        return;
    }
    let row = live[1u + item / ROWS] * ROWS + item % ROWS;
    var best = 0u;
    var largest = x[row * WIDTH];
    for (var i = 1u; i < WIDTH; i++) {
        let value = x[row * WIDTH + i];
        if value > largest {
            largest = value;
            best = i;
        }
    }
    if KEEPS {
        best = select(best + 1u, given[row], given[row] != 0u);
    }
    y[row] = best;
}
