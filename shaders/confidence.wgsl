// The probability of the prediction in the least certain cell: q[0] = min over cells of max over ids of softmax; q[1] = 0.
// With SKIPS only cells that are not given count.
// Workgroup: 64 invocations, one live sample.

override ROWS: u32; // S
override WIDTH: u32; // V
override SKIPS: bool;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, S, V]
@group(0) @binding(2) var<storage, read> given: array<u32>; // [slots, S], 0 for empty; unused without SKIPS
@group(0) @binding(3) var<storage, read_write> q: array<f32>; // [slots, 2]

var<workgroup> partial: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let sample = workgroup_of(group);
    if sample >= live[0] {
        return;
    }
    let slot = live[1u + sample];
    var least = 1.0;
    for (var row = invocation; row < ROWS; row += 64u) {
        if SKIPS {
            if given[slot * ROWS + row] != 0u {
                continue;
            }
        }
        let first = (slot * ROWS + row) * WIDTH;
        var largest = x[first];
        for (var i = 1u; i < WIDTH; i++) {
            largest = max(largest, x[first + i]);
        }
        var sum = 0.0;
        for (var i = 0u; i < WIDTH; i++) {
            // Clamped so that every driver returns a finite number.
            sum += exp(max(x[first + i] - largest, -80.0));
        }
        least = min(least, 1.0 / sum);
    }
    partial[invocation] = least;
    workgroupBarrier();
    if invocation == 0u {
        for (var i = 1u; i < 64u; i++) {
            least = min(least, partial[i]);
        }
        q[2u * slot] = least;
        q[2u * slot + 1u] = 0.0;
    }
}
