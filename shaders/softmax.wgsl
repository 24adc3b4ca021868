// Softmax of each row: y[i] = e^(x[i] − max(x)) / Σ e^(x − max(x)).
// Invocation: one row of the live samples. Workgroup: 64.

override ROWS: u32; // S
override WIDTH: u32;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, S, WIDTH]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [slots, S, WIDTH]

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group) * 64u + invocation;
    if item >= live[0] * ROWS {
        return;
    }
    let first = (live[1u + item / ROWS] * ROWS + item % ROWS) * WIDTH;
    var largest = x[first];
    for (var i = 1u; i < WIDTH; i++) {
        largest = max(largest, x[first + i]);
    }
    var sum = 0.0;
    for (var i = 0u; i < WIDTH; i++) {
        // Clamped so that every driver returns a finite number.
        let weight = exp(max(x[first + i] - largest, -80.0));
        y[first + i] = weight;
        sum += weight;
    }
    for (var i = 0u; i < WIDTH; i++) {
        y[first + i] /= sum;
    }
}
