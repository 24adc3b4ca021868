// Reset of a carry: z[t, c] = init[c]. A plain write: what was there before may be NaN.
// Invocation: one element of the live samples. Workgroup: 256.

override LEN: u32; // elements of a sample, T·D
override WIDTH: u32; // D

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> init: array<f32>; // [D]
@group(0) @binding(2) var<storage, read_write> z: array<f32>; // [slots, T, D]

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group) * 256u + invocation;
    if item >= live[0] * LEN {
        return;
    }
    let i = item % LEN;
    z[live[1u + item / LEN] * LEN + i] = init[i % WIDTH];
}
