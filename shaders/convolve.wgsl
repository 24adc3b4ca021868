// Convolution over two neighbouring positions, each channel by itself, and SiLU:
// y[t] = silu(w₀ ⊙ x[t−1] + w₁ ⊙ x[t] + b), x[−1] = 0, silu(c) = c / (1 + e^(−c)).
// Invocation: one element of the live samples. Workgroup: 256.

override LEN: u32; // elements of a sample, T·I
override WIDTH: u32; // I

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> x: array<f32>; // [slots, T, I]
@group(0) @binding(2) var<storage, read> weight: array<f32>; // [I, 2]: of the previous position, of the position itself
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [I]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [slots, T, I]

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
    let c = item % WIDTH;
    var sum = weight[2u * c + 1u] * x[i] + bias[c];
    if item % LEN >= WIDTH {
        sum += weight[2u * c] * x[i - WIDTH];
    }
    // Clamped to keep e^(−c) finite: beyond that, silu is zero in f32 anyway.
    y[i] = sum / (1.0 + exp(min(-sum, 80.0)));
}
