// SwiGLU's product: y = silu(gate) ⊙ up, silu(g) = g / (1 + e^(−g)).
// Lane: one element of the live samples. Workgroup: 256.

override ROWS: u32;
override WIDTH: u32; // I

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> gate_up: array<f32>; // [slots, ROWS, 2·I]: gate, then up
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [slots, ROWS, I]

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = (group.y * groups.x + group.x) * 256u + lane;
    let row = item / WIDTH;
    if row >= live[0] * ROWS {
        return;
    }
    let at = live[1u + row / ROWS] * ROWS + row % ROWS;
    let i = at * 2u * WIDTH + item % WIDTH;
    let gate = gate_up[i];
    // Held where e^(−g) is finite: beyond, silu is zero to f32 anyway.
    y[at * WIDTH + item % WIDTH] = gate / (1.0 + exp(min(-gate, 80.0))) * gate_up[i + WIDTH];
}
