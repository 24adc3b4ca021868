// Attention without a mask: softmax_k(q·k / sqrt(d)) v for each head, online: no score is stored outside a tile.
// For devices with fast workgroup memory. Heads wider than 64 are done 64 output channels at a time.
// Workgroup: 8×8 lanes, 32 queries × 64 channels, 32 keys at a time. Lane: 4 queries × 4 keys, then × 8 channels.

override ROWS: u32; // T
override HEADS: u32; // N
override HEAD_DIM: u32; // d

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> qkv: array<f32>; // [slots, T, 3·N·d]: queries, keys, values
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [slots, T, N·d]

// Queries [channel][query / 4] and keys [channel][key / 4] of 32 channels, or values [key][channel / 4].
var<workgroup> slab: array<vec4<f32>, 512>;
var<workgroup> weights: array<array<vec4<f32>, 8>, 32>; // [key][query / 4]
var<workgroup> partial: array<array<vec4<f32>, 8>, 8>; // [lane.x][query / 4]

/// a and b's outer product: column i is a[i]·b.
fn outer(a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(a.x * b, a.y * b, a.z * b, a.w * b);
}

/// e^v for v ≤ 0, held where no driver can make anything but a number of it.
fn exp_negative(v: vec4<f32>) -> vec4<f32> {
    return exp(max(v, vec4<f32>(-80.0)));
}

/// Element `channel` of the head in row `row` of the third that begins at `third`; zero past the end.
fn element(first: u32, row: u32, channel: u32) -> f32 {
    if row >= ROWS || channel >= HEAD_DIM {
        return 0.0;
    }
    return qkv[first + row * 3u * HEADS * HEAD_DIM + channel];
}

/// Columns times the components of `by`.
fn scaled(m: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
    return mat4x4<f32>(m[0] * by, m[1] * by, m[2] * by, m[3] * by);
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) lane: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let blocks = (ROWS + 31u) / 32u;
    let chunks = (HEAD_DIM + 63u) / 64u;
    let item = group.y * groups.x + group.x;
    let sample = item / (blocks * chunks * HEADS);
    if sample >= live[0] {
        return;
    }
    let slot = live[1u + sample];
    let head = item / (blocks * chunks) % HEADS;
    let chunk = item / blocks % chunks * 64u;
    let first_query = item % blocks * 32u;
    let third = HEADS * HEAD_DIM;
    let queries = slot * ROWS * 3u * third + head * HEAD_DIM;
    let keys = queries + third;
    let values = keys + third;
    let scale = 1.0 / sqrt(f32(HEAD_DIM));

    var largest = vec4<f32>(-1e30); // by query
    var total = vec4<f32>(); // this lane's keys only
    var sums0 = mat4x4<f32>(); // [channel][query]
    var sums1 = mat4x4<f32>();
    for (var first_key = 0u; first_key < ROWS; first_key += 32u) {
        var scores = mat4x4<f32>(); // [key][query]
        for (var first = 0u; first < HEAD_DIM; first += 32u) {
            workgroupBarrier();
            for (var i = index; i < 256u; i += 64u) {
                let channel = first + i % 32u;
                let four = i / 32u;
                let q = first_query + four * 4u;
                let k = first_key + four * 4u;
                slab[i % 32u * 8u + four] = vec4<f32>(
                    element(queries, q, channel), element(queries, q + 1u, channel),
                    element(queries, q + 2u, channel), element(queries, q + 3u, channel),
                );
                slab[256u + i % 32u * 8u + four] = vec4<f32>(
                    element(keys, k, channel), element(keys, k + 1u, channel),
                    element(keys, k + 2u, channel), element(keys, k + 3u, channel),
                );
            }
            workgroupBarrier();
            for (var i = 0u; i < 32u; i++) {
                scores += outer(slab[256u + i * 8u + lane.x], slab[i * 8u + lane.y]);
            }
        }
        // The largest score so far of each query, over all lanes.
        var tile_largest = vec4<f32>(-1e30);
        for (var i = 0u; i < 4u; i++) {
            if first_key + lane.x * 4u + i < ROWS {
                scores[i] *= scale;
                tile_largest = max(tile_largest, scores[i]);
            }
        }
        partial[lane.x][lane.y] = tile_largest;
        workgroupBarrier();
        var new_largest = largest;
        for (var i = 0u; i < 8u; i++) {
            new_largest = max(new_largest, partial[i][lane.y]);
        }
        let rescale = exp_negative(largest - new_largest);
        largest = new_largest;
        total *= rescale;
        for (var i = 0u; i < 4u; i++) {
            var weight = vec4<f32>();
            if first_key + lane.x * 4u + i < ROWS {
                weight = exp_negative(scores[i] - largest);
            }
            total += weight;
            weights[lane.x * 4u + i][lane.y] = weight;
        }
        for (var i = index; i < 512u; i += 64u) {
            let key = first_key + i / 16u;
            let channel = chunk + i % 16u * 4u;
            slab[i] = vec4<f32>(
                element(values, key, channel), element(values, key, channel + 1u),
                element(values, key, channel + 2u), element(values, key, channel + 3u),
            );
        }
        workgroupBarrier();
        sums0 = scaled(sums0, rescale);
        sums1 = scaled(sums1, rescale);
        for (var i = 0u; i < 32u; i++) {
            let weight = weights[i][lane.y];
            sums0 += outer(slab[i * 16u + lane.x * 2u], weight);
            sums1 += outer(slab[i * 16u + lane.x * 2u + 1u], weight);
        }
    }
    workgroupBarrier();
    partial[lane.x][lane.y] = total;
    workgroupBarrier();
    total = vec4<f32>();
    for (var i = 0u; i < 8u; i++) {
        total += partial[i][lane.y];
    }
    for (var i = 0u; i < 4u; i++) {
        let query = first_query + lane.y * 4u + i;
        if query < ROWS {
            let at = (slot * ROWS + query) * third + head * HEAD_DIM;
            for (var j = 0u; j < 8u; j++) {
                let channel = chunk + lane.x * 8u + j;
                if channel < HEAD_DIM {
                    let sum = select(sums1[j % 4u][i], sums0[j % 4u][i], j < 4u);
                    y[at + channel] = sum / total[i];
                }
            }
        }
    }
}
