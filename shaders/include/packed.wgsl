/// The part of an image that an invocation takes: one texel (four rows) of some columns.
struct Part {
    texel: u32,
    first: u32, // column
    end: u32, // the column behind the last
}

/// Returns an invocation's part, 16 columns wide, of an image of `columns` columns. Workgroup: 8 invocations, a texel
/// each.
fn part_of(number: u32, invocation: u32, columns: u32) -> Part {
    let across = (columns + 15u) / 16u;
    let first = number % across * 16u;
    return Part(number / across * 8u + invocation, first, min(first + 16u, columns));
}
