// Blend: y ← keep · y + weight · x, element by element.
// Invocation: one element of the live samples. Workgroup: 256.

override LEN: u32; // elements of a sample, T·D
override KEEPS: bool; // whether y is read: otherwise it may be NaN
override KEEP: f32;
override WEIGHT: f32;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, T, D]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [slots, T, D]

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
    var sum = WEIGHT * x[i];
    if KEEPS {
        sum += KEEP * y[i];
    }
    y[i] = sum;
}
