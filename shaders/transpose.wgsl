// Transpose of each sample: y[j, i] = x[i, j].
// Invocation: one element of the live samples' output. Workgroup: 256.

override ROWS: u32;
override COLUMNS: u32;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, ROWS, COLUMNS]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [slots, COLUMNS, ROWS]

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let len = ROWS * COLUMNS;
    let item = workgroup_of(group) * 256u + invocation;
    if item >= live[0] * len {
        return;
    }
    let sample = live[1u + item / len] * len;
    let i = item % len;
    y[sample + i] = x[sample + i % ROWS * COLUMNS + i / ROWS];
}
