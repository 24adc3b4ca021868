@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots

/// Returns the number of a workgroup. Large dispatches are folded into rows of as many as fit a dimension: a number that
/// needs no builtin, since not every backend knows how many workgroups an indirect dispatch has.
fn workgroup_of(group: vec3<u32>) -> u32 {
    return group.y * 65535u + group.x;
}
