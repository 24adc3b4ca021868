// Prediction: index of the largest logit of each row, the lowest on ties.
// Invocation: one row of the live samples. Workgroup: 64.

override ROWS: u32; // S
override WIDTH: u32; // V

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, S, V]
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [slots, S]

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group, groups) * 64u + invocation;
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
    y[row] = best;
}
