// Rounds the rows that a linear layer multiplies in int8: to four inputs a word, with a scale for each row, 127 times which
// is its largest input. If x has a norm, the factors of its rows are computed as well, from what is not rounded.
// Workgroup: 64 invocations, four of the live samples' rows.

#include "live.wgsl"
#include "rows.wgsl"
#include "inputs.wgsl"
@group(0) @binding(2) var<storage, read_write> words: array<vec4<u32>>; // [row / 4][word % 4][word / 4][row % 4], then [row % 4] scales
@group(0) @binding(3) var<storage, read_write> scale: array<f32>; // [slots, rows] factors of the norm, or unused
@group(0) @binding(4) var<uniform> sizes: Sizes; // [13]

var<workgroup> largest: array<vec4<u32>, 64>; // bits of magnitudes
var<workgroup> squares: array<vec4<f32>, 64>;

/// Returns the inputs of a word in four rows, column i the i-th of all rows.
fn inputs_of(rows: vec4<u32>, word: u32) -> mat4x4<f32> {
    let block = transpose(block_of_x(rows, 4u * word, 0u));
    return mat4x4<f32>(
        inside(block[0], 4u * word),
        inside(block[1], 4u * word + 1u),
        inside(block[2], 4u * word + 2u),
        inside(block[3], 4u * word + 3u),
    );
}

fn magnitude(v: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(v) & vec4<u32>(0x7fffffffu);
}

/// Returns the lowest byte of whole numbers.
fn byte(v: vec4<f32>) -> vec4<u32> {
    return bitcast<vec4<u32>>(vec4<i32>(round(v))) & vec4<u32>(0xffu);
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let row = workgroup_of(group) * 4u;
    if row >= live[0] * sizes.rows {
        return;
    }
    let rows = rows_of_x(row, 0u);
    var most = vec4<u32>();
    var sum = vec4<f32>();
    for (var word = index; 4u * word < sizes.inputs; word += 64u) {
        let v = inputs_of(rows, word);
        most = max(max(max(most, magnitude(v[0])), magnitude(v[1])), max(magnitude(v[2]), magnitude(v[3])));
        sum = fma(v[3], v[3], fma(v[2], v[2], fma(v[1], v[1], fma(v[0], v[0], sum))));
    }
    largest[index] = most;
    squares[index] = sum;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
        if index < half {
            largest[index] = max(largest[index], largest[index + half]);
            squares[index] += squares[index + half];
        }
        workgroupBarrier();
    }
    let end = bitcast<vec4<f32>>(largest[0]);
    let by = select(127.0 / end, vec4<f32>(), end < vec4<f32>(1e-30));
    let first = row / 4u * (padded_words() + 1u);
    for (var word = index; 4u * word < sizes.inputs; word += 64u) {
        let v = inputs_of(rows, word);
        words[first + word % 4u * (padded_words() / 4u) + word / 4u] =
            byte(v[0] * by) | byte(v[1] * by) << vec4<u32>(8u)
            | byte(v[2] * by) << vec4<u32>(16u) | byte(v[3] * by) << vec4<u32>(24u);
    }
    if index == 0u {
        words[first + padded_words()] = bitcast<vec4<u32>>(end / 127.0);
        if sizes.has_norm != 0u {
            store_factors(row, located(row), factors_of(squares[0]));
        }
    }
}
