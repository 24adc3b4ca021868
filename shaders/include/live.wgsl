@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots

/// Returns the number of a workgroup. Large dispatches are folded into rows of as many workgroups as fit a dimension
/// (`MOST_WORKGROUPS` on the host), not of `num_workgroups`: in an indirect dispatch not every backend knows that.
fn workgroup_of(group: vec3<u32>) -> u32 {
    return group.y * 65535u + group.x;
}
