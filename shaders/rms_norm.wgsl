// RMSNorm: h ← h / sqrt(mean(h²) + EPS), over the last axis, without a weight.
// Workgroup: 64 invocations, one row of the live samples.

override ROWS: u32;
override WIDTH: u32;
override EPS: f32;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read_write> h: array<f32>; // [slots, ROWS, WIDTH]

var<workgroup> partial: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let row = workgroup_of(group);
    if row >= live[0] * ROWS {
        return;
    }
    let first = (live[1u + row / ROWS] * ROWS + row % ROWS) * WIDTH;
    var squares = 0.0;
    for (var i = first + invocation; i < first + WIDTH; i += 64u) {
        squares += h[i] * h[i];
    }
    partial[invocation] = squares;
    workgroupBarrier();
    // Every invocation sums all parts: one barrier instead of a tree of them.
    var total = 0.0;
    for (var n = 0u; n < 64u; n++) {
        total += partial[n];
    }
    let scale = 1.0 / sqrt(total / f32(WIDTH) + EPS);
    for (var i = first + invocation; i < first + WIDTH; i += 64u) {
        h[i] *= scale;
    }
}
