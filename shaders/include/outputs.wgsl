/// Returns the output at a place in the order in which a linear layer computes them: partners are neighbours.
fn output_of(place: u32) -> u32 {
    if place >= sizes.paired {
        return place;
    }
    let within = place % sizes.width;
    return place - within + within / 2u + within % 2u * (sizes.width / 2u);
}
