override VECTORS: bool; // K is a multiple of 4
override WHOLE: bool; // K is a multiple of 32

@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [slots, x_rows, K]

/// Returns where an invocation reads four rows of x: where K fills slabs, in vectors and from its `four`-th input on, or
/// else in numbers and from their beginning on.
fn rows_of_x(row: u32, four: u32) -> vec4<u32> {
    let at = sizes.inputs * vec4<u32>(
        locate(row, sizes.x_rows, sizes.first_row),
        locate(row + 1u, sizes.x_rows, sizes.first_row),
        locate(row + 2u, sizes.x_rows, sizes.first_row),
        locate(row + 3u, sizes.x_rows, sizes.first_row),
    );
    return select(at, at / 4u + four, WHOLE);
}

/// Returns the `four`-th four inputs of a slab that begins with the `k`-th; behind a row's end its last ones.
fn four_of_x(row: u32, k: u32, four: u32) -> vec4<f32> {
    if WHOLE {
        return x[row + k / 4u];
    }
    let own = k + four * 4u;
    if VECTORS {
        return x[(row + min(own, sizes.inputs - 4u)) / 4u];
    }
    let at = row + min(own + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(sizes.inputs - 1u));
    return vec4<f32>(x[at.x / 4u][at.x % 4u], x[at.y / 4u][at.y % 4u], x[at.z / 4u][at.z % 4u], x[at.w / 4u][at.w % 4u]);
}

/// Returns the `four`-th four inputs of a slab in four rows, as they are loaded: column i is row i.
fn block_of_x(rows: vec4<u32>, k: u32, four: u32) -> mat4x4<f32> {
    return mat4x4<f32>(
        four_of_x(rows.x, k, four), four_of_x(rows.y, k, four), four_of_x(rows.z, k, four), four_of_x(rows.w, k, four),
    );
}

/// Returns the values that four rows have of the `k`-th input: zeros behind the last.
fn inside(rows: vec4<f32>, k: u32) -> vec4<f32> {
    if WHOLE {
        return rows;
    }
    return select(vec4<f32>(), rows, k < sizes.inputs);
}
