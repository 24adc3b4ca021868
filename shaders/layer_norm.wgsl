// LayerNorm: y = (x − mean(x)) / sqrt(var(x) + EPS) ⊙ weight + bias, over the last axis.
// Workgroup: 64 invocations, one row of the live samples.

override ROWS: u32;
override WIDTH: u32;
override EPS: f32;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, ROWS, WIDTH]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [WIDTH]
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [WIDTH]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [slots, ROWS, WIDTH]

var<workgroup> sums: array<f32, 64>;
var<workgroup> squares: array<f32, 64>;

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
    var own = 0.0;
    for (var i = invocation; i < WIDTH; i += 64u) {
        own += x[first + i];
    }
    sums[invocation] = own;
    workgroupBarrier();
    // Every invocation sums all parts: one barrier instead of a tree of them.
    var total = 0.0;
    for (var n = 0u; n < 64u; n++) {
        total += sums[n];
    }
    let mean = total / f32(WIDTH);
    own = 0.0;
    for (var i = invocation; i < WIDTH; i += 64u) {
        let from_mean = x[first + i] - mean;
        own = fma(from_mean, from_mean, own);
    }
    squares[invocation] = own;
    workgroupBarrier();
    total = 0.0;
    for (var n = 0u; n < 64u; n++) {
        total += squares[n];
    }
    let factor = 1.0 / sqrt(total / f32(WIDTH) + EPS);
    for (var i = invocation; i < WIDTH; i += 64u) {
        y[first + i] = (x[first + i] - mean) * factor * weight[i] + bias[i];
    }
}
