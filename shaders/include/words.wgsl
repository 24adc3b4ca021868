// Four inputs are a word, and a word is what the tile multiplies as one.
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>; // [row / 4][word % 4][word / 4][row % 4], then [row % 4] scales
@group(0) @binding(2) var<storage, read> weight: array<vec4<u32>>; // the same [place / 4] of places

/// A sum of outer products of words: column i is a[i]·b.
alias Outer = array<vec4<i32>, 4>;

/// Sums of four rows by four outputs, [row][output].
alias Square = Outer;

/// Where an invocation reads four rows of x and of the weight.
struct Places {
    x: u32,
    weight: u32,
}

/// What an invocation reads for a slab.
struct Fetched {
    x: array<vec4<u32>, 4>,
    weight: array<vec4<u32>, 4>,
}

fn add_outer(sums: Outer, a: vec4<u32>, b: vec4<u32>) -> Outer {
    return Outer(added(sums[0], a.x, b), added(sums[1], a.y, b), added(sums[2], a.z, b), added(sums[3], a.w, b));
}

fn added(sums: vec4<i32>, a: u32, b: vec4<u32>) -> vec4<i32> {
    return sums + vec4<i32>(dot4I8Packed(a, b.x), dot4I8Packed(a, b.y), dot4I8Packed(a, b.z), dot4I8Packed(a, b.w));
}

/// Sums are exact: there is nothing to add up apart.
fn begun(sums: Square) -> Outer {
    return sums;
}

fn ended(sums: Square, products: Outer) -> Square {
    return products;
}

/// Returns the words that are multiplied. Those of the weight behind the last are zeros.
fn padded_inputs() -> u32 {
    return padded_words();
}

/// Returns where four rows of x begin; the last for rows past the end.
fn block_of_x(row: u32) -> u32 {
    return min(row, live[0] * sizes.rows - 1u) / 4u * (padded_words() + 1u);
}

/// Returns where four outputs begin; the last for places past the end.
fn block_of_weight(place: u32) -> u32 {
    return min(place, sizes.outputs - 1u) / 4u * (padded_words() + 1u);
}

fn begin(row: u32, place: u32, quad: u32, four: u32) -> Places {
    return Places(block_of_x(row) + four, block_of_weight(place) + four);
}

fn fetch(places: Places, slab: u32, four: u32) -> Fetched {
    let fours = padded_words() / 4u;
    let a = places.x + slab / 4u;
    let b = places.weight + slab / 4u;
    return Fetched(
        array<vec4<u32>, 4>(x[a], x[a + fours], x[a + 2u * fours], x[a + 3u * fours]),
        array<vec4<u32>, 4>(weight[b], weight[b + fours], weight[b + 2u * fours], weight[b + 3u * fours]),
    );
}

/// Stores what was read in the tile.
fn put(fetched: Fetched, slab: u32, quad: u32, four: u32) {
    x_tile[four].k[0][quad] = fetched.x[0];
    x_tile[four].k[1][quad] = fetched.x[1];
    x_tile[four].k[2][quad] = fetched.x[2];
    x_tile[four].k[3][quad] = fetched.x[3];
    w_tile[four].k[0][quad] = fetched.weight[0];
    w_tile[four].k[1][quad] = fetched.weight[1];
    w_tile[four].k[2][quad] = fetched.weight[2];
    w_tile[four].k[3][quad] = fetched.weight[3];
}

/// Returns a row's factor; it was computed when the row was rounded.
fn norm_of(at: u32) -> f32 {
    if sizes.has_norm == 0u {
        return 1.0;
    }
    return scale[at];
}

/// Returns the products of four rows, normed if x is; `at` are their places of y.
fn product_of(sums: Square, quad: u32, row: u32, at: vec4<u32>, place: u32) -> mat4x4<f32> {
    let rows = bitcast<vec4<f32>>(x[block_of_x(row) + padded_words()]);
    let outputs = bitcast<vec4<f32>>(weight[block_of_weight(place) + padded_words()]);
    return mat4x4<f32>(
        vec4<f32>(sums[0]) * rows.x * outputs * norm_of(at.x),
        vec4<f32>(sums[1]) * rows.y * outputs * norm_of(at.y),
        vec4<f32>(sums[2]) * rows.z * outputs * norm_of(at.z),
        vec4<f32>(sums[3]) * rows.w * outputs * norm_of(at.w),
    );
}
