// Ids of a network as those of its task: y = max(x − BY, 0).
// Invocation: one id of the live samples. Workgroup: 64.

override LEN: u32; // ids of a sample, S
override BY: i32;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<u32>; // [slots, S]
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [slots, S]

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group) * 64u + invocation;
    if item >= live[0] * LEN {
        return;
    }
    let i = live[1u + item / LEN] * LEN + item % LEN;
    y[i] = u32(max(i32(x[i]) - BY, 0));
}
