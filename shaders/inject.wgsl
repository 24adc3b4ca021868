// Injection: s ← s + a, or s ← s + (a + b), element by element.
// Invocation: one element of the live samples. Workgroup: 256.

override LEN: u32; // elements of a sample, T·D
override HAS_B: bool;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read_write> state: array<f32>; // [slots, T, D]
@group(0) @binding(2) var<storage, read> a: array<f32>; // [slots, T, D]
@group(0) @binding(3) var<storage, read> b: array<f32>; // [slots, T, D], unused without HAS_B

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group) * 256u + invocation;
    if item >= live[0] * LEN {
        return;
    }
    let i = live[1u + item / LEN] * LEN + item % LEN;
    var sum = a[i];
    if HAS_B {
        sum += b[i];
    }
    state[i] += sum;
}
