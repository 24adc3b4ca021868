override HALF: bool; // weights are f16, two to a word
override VECTORS: bool; // K is a multiple of 4
override WHOLE: bool; // K is a multiple of 32

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

@group(0) @binding(1) var<storage, read> x: array<vec4<f32>>; // [slots, x_rows, K]
@group(0) @binding(2) var<storage, read> weight: array<vec2<u32>>; // [place / 4][k % 4][k / 4][place % 4], f32 bits or f16
@group(0) @binding(3) var<storage, read> bias: array<f32>; // [N], or unused
@group(0) @binding(4) var<storage, read> extra: array<f32>; // angles [rows, angles], factors [slots, rows], or unused
@group(0) @binding(5) var<storage, read_write> scale: array<f32>; // [slots, rows] factors of the norm, or unused
@group(0) @binding(6) var<storage, read_write> y: array<f32>; // [slots, rows, N or N/2]
@group(0) @binding(7) var<uniform> sizes: Sizes; // [13]

/// Returns a row's place in the buffer of x (or y), given its number among the live samples' rows; the last for rows
/// past the end.
fn locate(row: u32, rows: u32, first: u32) -> u32 {
    let r = min(row, live[0] * sizes.rows - 1u);
    return live[1u + r / sizes.rows] * rows + first + r % sizes.rows;
}

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

/// Returns the bits of a vector of four weights; of f16 in the first two words.
fn four_weights(at: u32) -> vec4<u32> {
    if HALF {
        return vec4<u32>(weight[at], 0u, 0u);
    }
    return vec4<u32>(weight[2u * at], weight[2u * at + 1u]);
}

/// Returns the `four`-th four inputs of a slab in four rows, as they are loaded: column i is row i.
fn block_of_x(rows: vec4<u32>, k: u32, four: u32) -> mat4x4<f32> {
    return mat4x4<f32>(
        four_of_x(rows.x, k, four), four_of_x(rows.y, k, four), four_of_x(rows.z, k, four), four_of_x(rows.w, k, four),
    );
}

/// Returns the bits of four inputs of four places. They are not unpacked before they are stored: that would be to wait
/// for them.
fn block_of_weight(at: u32, fours: u32) -> array<vec4<u32>, 4> {
    return array<vec4<u32>, 4>(
        four_weights(at), four_weights(at + fours), four_weights(at + 2u * fours), four_weights(at + 3u * fours),
    );
}

fn unpacked(bits: vec4<u32>) -> vec4<f32> {
    if HALF {
        return vec4<f32>(unpack2x16float(bits.x), unpack2x16float(bits.y));
    }
    return bitcast<vec4<f32>>(bits);
}

/// Returns the values that four rows have of the `k`-th input: zeros behind the last.
fn inside(rows: vec4<f32>, k: u32) -> vec4<f32> {
    if WHOLE {
        return rows;
    }
    return select(vec4<f32>(), rows, k < sizes.inputs);
}

/// Returns what the products of the next eight inputs are added to: the sums, or zeros where products are f16.
fn begun(sums: mat4x4<f32>) -> mat4x4<Scalar> {
    if SCALAR_IS_F16 {
        return mat4x4<Scalar>();
    }
    return mat4x4<Scalar>(
        vec4<Scalar>(sums[0]), vec4<Scalar>(sums[1]), vec4<Scalar>(sums[2]), vec4<Scalar>(sums[3]),
    );
}

/// Returns the sums after the products of eight inputs.
fn ended(sums: mat4x4<f32>, products: mat4x4<Scalar>) -> mat4x4<f32> {
    let wide = mat4x4<f32>(
        vec4<f32>(products[0]), vec4<f32>(products[1]), vec4<f32>(products[2]), vec4<f32>(products[3]),
    );
    if SCALAR_IS_F16 {
        return sums + wide;
    }
    return wide;
}

/// Returns the outputs at four places; the last for places past the end.
fn outputs_of(place: u32) -> vec4<u32> {
    let outputs = vec4<u32>(output_of(place), output_of(place + 1u), output_of(place + 2u), output_of(place + 3u));
    return min(outputs, vec4<u32>(sizes.outputs - 1u));
}

/// Returns four products of row `at` of y with rotary positions, where `turns` says so of the first and the second two.
fn rotated(p: vec4<f32>, at: u32, column: vec2<u32>, turns: vec2<bool>) -> vec4<f32> {
    let angle = at % sizes.rows * sizes.angles + column;
    let cosine = vec2<f32>(extra[angle.x], extra[angle.y]);
    let sine = vec2<f32>(extra[angle.x + sizes.width / 2u], extra[angle.y + sizes.width / 2u]);
    let first = p.xz * cosine - p.yw * sine;
    let second = p.yw * cosine + p.xz * sine;
    return select(p, vec4<f32>(first.x, second.x, first.y, second.y), turns.xxyy);
}

/// Returns the column of the table of angles for the pair at a place.
fn column_of(place: u32) -> u32 {
    let within = place % sizes.width;
    return (place - within) % sizes.angles + within / 2u;
}

/// Returns the factor of row `at` of y.
fn factor_of(at: u32) -> f32 {
    if sizes.has_factors == 0u {
        return 1.0;
    }
    return extra[at];
}

/// Returns row `at` of y at four outputs.
fn four_of_y(at: u32, outputs: vec4<u32>) -> vec4<f32> {
    let i = at * sizes.outputs + outputs;
    return vec4<f32>(y[i.x], y[i.y], y[i.z], y[i.w]);
}

/// Clamped to keep e^(−g) finite: beyond that, silu is zero in f32 anyway.
fn silu(g: f32) -> f32 {
    return g / (1.0 + exp(min(-g, 80.0)));
}

/// Stores four places of row `at` of y, of the live samples' row `row`.
fn store(row: u32, at: u32, place: u32, outputs: vec4<u32>, p: vec4<f32>) {
    if row >= live[0] * sizes.rows {
        return;
    }
    if sizes.epilogue == SWIGLU {
        let i = (at * sizes.outputs + place) / 2u;
        if place < sizes.outputs {
            y[i] = silu(p.x) * p.y;
        }
        if place + 2u < sizes.outputs {
            y[i + 1u] = silu(p.z) * p.w;
        }
        return;
    }
    let i = at * sizes.outputs + outputs;
    if place < sizes.outputs {
        y[i.x] = p.x;
    }
    if place + 1u < sizes.outputs {
        y[i.y] = p.y;
    }
    if place + 2u < sizes.outputs {
        y[i.z] = p.z;
    }
    if place + 3u < sizes.outputs {
        y[i.w] = p.w;
    }
}

/// Stores a row's factor.
fn store_factor(row: u32, at: u32, factor: f32) {
    if row < live[0] * sizes.rows {
        scale[at] = factor;
    }
}

/// Applies the epilogue to four rows, the `quad`-th of the tile, by four outputs. All that it reads is read before the
/// first is used, past the ends as well.
fn finish(sums: mat4x4<f32>, quad: u32, first_row: u32, place: u32) {
    let row = first_row + quad * 4u;
    let at = vec4<u32>(
        locate(row, sizes.rows, 0u),
        locate(row + 1u, sizes.rows, 0u),
        locate(row + 2u, sizes.rows, 0u),
        locate(row + 3u, sizes.rows, 0u),
    );
    let outputs = outputs_of(place);
    var p = sums;
    if sizes.has_norm != 0u {
        let sum = squares[quad][0] + squares[quad][1] + squares[quad][2] + squares[quad][3]
            + squares[quad][4] + squares[quad][5] + squares[quad][6] + squares[quad][7];
        let factors = 1.0 / sqrt(sum / f32(sizes.inputs) + sizes.eps);
        p = scaled_columns(p, factors);
        if place == 0u {
            store_factor(row, at.x, factors.x);
            store_factor(row + 1u, at.y, factors.y);
            store_factor(row + 2u, at.z, factors.z);
            store_factor(row + 3u, at.w, factors.w);
        }
    }
    if sizes.has_bias != 0u {
        let b = vec4<f32>(bias[outputs.x], bias[outputs.y], bias[outputs.z], bias[outputs.w]);
        p += mat4x4<f32>(b, b, b, b);
    }
    if sizes.epilogue == RESIDUAL {
        let old = mat4x4<f32>(
            four_of_y(at.x, outputs), four_of_y(at.y, outputs), four_of_y(at.z, outputs), four_of_y(at.w, outputs),
        );
        let by = vec4<f32>(factor_of(at.x), factor_of(at.y), factor_of(at.z), factor_of(at.w));
        p = mat4x4<f32>(
            fma(old[0], vec4<f32>(by.x), p[0]),
            fma(old[1], vec4<f32>(by.y), p[1]),
            fma(old[2], vec4<f32>(by.z), p[2]),
            fma(old[3], vec4<f32>(by.w), p[3]),
        );
    } else if sizes.epilogue == ROPE {
        let column = vec2<u32>(column_of(place), column_of(place + 2u));
        let turns = vec2<u32>(place, place + 2u) < vec2<u32>(sizes.paired);
        p = mat4x4<f32>(
            rotated(p[0], at.x, column, turns),
            rotated(p[1], at.y, column, turns),
            rotated(p[2], at.z, column, turns),
            rotated(p[3], at.w, column, turns),
        );
    } else if sizes.epilogue == RELU {
        let zero = vec4<f32>();
        p = mat4x4<f32>(max(p[0], zero), max(p[1], zero), max(p[2], zero), max(p[3], zero));
    }
    store(row, at.x, place, outputs, p[0]);
    store(row + 1u, at.y, place, outputs, p[1]);
    store(row + 2u, at.z, place, outputs, p[2]);
    store(row + 3u, at.w, place, outputs, p[3]);
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) invocation: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let tile = workgroup_of(group);
    let columns = (sizes.outputs + SIDE - 1u) / SIDE;
    let first_row = tile / columns * SIDE;
    let first_place = tile % columns * SIDE;
    if first_row >= live[0] * sizes.rows {
        return;
    }
    // An invocation loads four inputs of four rows of x and of the weight. No load is in a branch: drivers would wait
    // for each by itself.
    let four = index % FOURS;
    let quad = index / FOURS;
    let inputs = (sizes.inputs + 31u) / 32u * 32u;
    let x_rows = rows_of_x(first_row + quad * 4u, four);
    let w_first = min(first_place / 4u + quad, (sizes.outputs - 1u) / 4u) * inputs + four;
    var fetched_x = block_of_x(x_rows, 0u, four);
    var fetched_w = block_of_weight(w_first, inputs / 4u);
    squares[quad][four] = vec4<f32>();
    squares[quad][(four + FOURS) % 8u] = vec4<f32>();
    var sums = Sums();
    for (var slab = 0u; slab < inputs; slab += 4u * FOURS) {
        // Slabs have their sums of squares in turn, so that these are the same in both tiles.
        let sum = (slab / 4u + four) % 8u;
        let squared = squares[quad][sum];
        let block = transpose(fetched_x);
        let k = slab + four * 4u;
        let x0 = inside(block[0], k);
        let x1 = inside(block[1], k + 1u);
        let x2 = inside(block[2], k + 2u);
        let x3 = inside(block[3], k + 3u);
        x_tile[four].k[0][quad] = vec4<Scalar>(x0);
        x_tile[four].k[1][quad] = vec4<Scalar>(x1);
        x_tile[four].k[2][quad] = vec4<Scalar>(x2);
        x_tile[four].k[3][quad] = vec4<Scalar>(x3);
        w_tile[four].k[0][quad] = vec4<Scalar>(unpacked(fetched_w[0]));
        w_tile[four].k[1][quad] = vec4<Scalar>(unpacked(fetched_w[1]));
        w_tile[four].k[2][quad] = vec4<Scalar>(unpacked(fetched_w[2]));
        w_tile[four].k[3][quad] = vec4<Scalar>(unpacked(fetched_w[3]));
        squares[quad][sum] = fma(x3, x3, fma(x2, x2, fma(x1, x1, fma(x0, x0, squared))));
        workgroupBarrier();
        // Fetches the next slab while this one is multiplied; after the last, this one again.
        let next = min(slab + 4u * FOURS, inputs - 4u * FOURS);
        fetched_x = block_of_x(x_rows, next, four);
        fetched_w = block_of_weight(w_first + next / 4u, inputs / 4u);
        sums = multiplied(invocation.xy, sums);
        workgroupBarrier();
    }
    finish_all(sums, invocation.xy, first_row, first_place + invocation.x * 4u);
}
