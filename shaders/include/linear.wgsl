@group(0) @binding(3) var<storage, read> bias: array<f32>; // [N], or unused
@group(0) @binding(4) var<storage, read> extra: array<f32>; // angles [rows, angles], factors [slots, rows], or unused
@group(0) @binding(5) var<storage, read_write> scale: array<f32>; // [slots, rows] factors of the norm, or unused
@group(0) @binding(6) var<storage, read_write> y: array<f32>; // [slots, rows, N or N/2]
@group(0) @binding(7) var<uniform> sizes: Sizes; // [13]

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

/// Applies the epilogue to four rows, the `quad`-th of the tile, by four outputs. All that it reads is read before the
/// first is used, past the ends as well.
fn finish(sums: Square, quad: u32, first_row: u32, place: u32) {
    let row = first_row + quad * 4u;
    let at = located(row);
    let outputs = outputs_of(place);
    var p = product_of(sums, quad, row, at, place);
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
    let inputs = padded_inputs();
    let places = begin(first_row + quad * 4u, first_place + quad * 4u, quad, four);
    var fetched = fetch(places, 0u, four);
    var sums = Sums();
    for (var slab = 0u; slab < inputs; slab += 4u * FOURS) {
        put(fetched, slab, quad, four);
        workgroupBarrier();
        // Fetches the next slab while this one is multiplied; after the last, this one again.
        fetched = fetch(places, min(slab + 4u * FOURS, inputs - 4u * FOURS), four);
        sums = multiplied(invocation.xy, sums);
        workgroupBarrier();
    }
    finish_all(sums, invocation.xy, first_row, first_place + invocation.x * 4u);
}
