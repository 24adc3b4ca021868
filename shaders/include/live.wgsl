@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots

/// Returns the number of a workgroup; large dispatches are folded into rows.
fn workgroup_of(group: vec3<u32>, groups: vec3<u32>) -> u32 {
    return group.y * groups.x + group.x;
}
