// Rotary positions, in place on queries and keys: with a = v[i], b = v[i + d/2],
// a' = a cos θ − b sin θ, b' = b cos θ + a sin θ. The host makes the table: sin and cos here are exact only near zero.
// Lane: one pair of the live samples. Workgroup: 256.

override ROWS: u32; // T
override HEADS: u32; // N
override HEAD_DIM: u32; // d

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> table: array<f32>; // [T, d]: cos θ of the d/2 pairs, then sin θ
@group(0) @binding(2) var<storage, read_write> qkv: array<f32>; // [slots, T, 3·N·d]: queries, keys, values

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let half = HEAD_DIM / 2u;
    let row_pairs = 2u * HEADS * half;
    let item = (group.y * groups.x + group.x) * 256u + lane;
    let sample = item / (ROWS * row_pairs);
    if sample >= live[0] {
        return;
    }
    let row = item / row_pairs % ROWS;
    let head = item / half % (2u * HEADS);
    let pair = item % half;
    let i = ((live[1u + sample] * ROWS + row) * 3u * HEADS + head) * HEAD_DIM + pair;
    let cosine = table[row * HEAD_DIM + pair];
    let sine = table[row * HEAD_DIM + half + pair];
    let a = qkv[i];
    let b = qkv[i + half];
    qkv[i] = a * cosine - b * sine;
    qkv[i + half] = b * cosine + a * sine;
}
