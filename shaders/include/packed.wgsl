/// Part of an image that a lane takes: a texel, which is four rows, of some columns.
struct Part {
    texel: u32,
    first: u32, // column
    end: u32, // the column behind the last
}

/// A lane's part of an image of so many columns: 16 of them. Workgroup: 8 lanes, a texel each.
fn part_of(number: u32, lane: u32, columns: u32) -> Part {
    let across = (columns + 15u) / 16u;
    let first = number % across * 16u;
    return Part(number / across * 8u + lane, first, min(first + 16u, columns));
}
