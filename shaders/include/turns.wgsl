/// An input of four rows and of four columns.
struct Input {
    rows: vec4<Scalar>,
    columns: vec4<Scalar>,
}

/// Returns the sums [row][column] after eight inputs, those of a slab's `four`-th four and of the next; `input` reads one.
/// The turns are written out, since drivers test for the end of a loop in every turn and wait there. Inputs are read two
/// turns ahead, since a lone wave would wait for them; `first` and `second` were read before, and are those to come.
fn eight_turns(
    four: u32,
    lane: vec2<u32>,
    first: ptr<function, Input>,
    second: ptr<function, Input>,
    before: Outer,
) -> Outer {
    let a = input(four, 2u, lane);
    var sums = turn(before, *first);
    let b = input(four, 3u, lane);
    sums = turn(sums, *second);
    let c = input(four + 1u, 0u, lane);
    sums = turn(sums, a);
    let d = input(four + 1u, 1u, lane);
    sums = turn(sums, b);
    let e = input(four + 1u, 2u, lane);
    sums = turn(sums, c);
    let f = input(four + 1u, 3u, lane);
    sums = turn(sums, d);
    *first = input((four + 2u) % 8u, 0u, lane);
    sums = turn(sums, e);
    *second = input((four + 2u) % 8u, 1u, lane);
    return turn(sums, f);
}

fn turn(sums: Outer, input: Input) -> Outer {
    return add_outer(sums, input.rows, input.columns);
}
