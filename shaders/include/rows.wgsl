// Not constants: one compiled shader serves all layers.
struct Sizes {
    x_rows: u32, // rows of x that a sample has
    first_row: u32, // first of them that is read
    rows: u32, // rows of y that a sample has
    inputs: u32, // K
    outputs: u32, // N
    epilogue: u32, // STORE, ROPE, SWIGLU, RESIDUAL or RELU
    has_bias: u32,
    has_factors: u32, // of y
    paired: u32, // outputs that are computed beside their partners
    width: u32, // outputs within which they are partners, of the first and of the second half
    has_norm: u32, // whether x is normed
    eps: f32,
    angles: u32, // columns of the table of angles
}

/// Returns a row's place in the buffer of x (or y), given its number among the live samples' rows; the last for rows
/// past the end.
fn locate(row: u32, rows: u32, first: u32) -> u32 {
    let r = min(row, live[0] * sizes.rows - 1u);
    return live[1u + r / sizes.rows] * rows + first + r % sizes.rows;
}

/// Returns the words of a row in int8, four inputs to each, with those that fill a slab.
fn padded_words() -> u32 {
    return (sizes.inputs + 127u) / 128u * 32u;
}

/// Returns where four rows of y are, given the number of the first among the live samples' rows.
fn located(row: u32) -> vec4<u32> {
    return vec4<u32>(
        locate(row, sizes.rows, 0u),
        locate(row + 1u, sizes.rows, 0u),
        locate(row + 2u, sizes.rows, 0u),
        locate(row + 3u, sizes.rows, 0u),
    );
}

/// Returns the factors of the norm of four rows, given the sums of their squares.
fn factors_of(squares: vec4<f32>) -> vec4<f32> {
    return 1.0 / sqrt(squares / f32(sizes.inputs) + sizes.eps);
}

/// Stores the factors of four rows, which are `at` these places of y.
fn store_factors(row: u32, at: vec4<u32>, factors: vec4<f32>) {
    store_factor(row, at.x, factors.x);
    store_factor(row + 1u, at.y, factors.y);
    store_factor(row + 2u, at.z, factors.z);
    store_factor(row + 3u, at.w, factors.w);
}

/// Stores a row's factor.
fn store_factor(row: u32, at: u32, factor: f32) {
    if row < live[0] * sizes.rows {
        scale[at] = factor;
    }
}
