// Injection: s ← s + a, or s ← s + (a + b), element by element.
// For software adapters: reads and writes images, four rows to a texel.
// Invocation: a texel of 16 columns. Workgroup: 8 invocations.

override HAS_B: bool;

// Not constants: one compiled shader serves all sizes.
struct Sizes {
    texels: u32, // what a sample takes in an image
    columns: u32, // D
}

#include "live.wgsl"
#include "packed.wgsl"
@group(0) @binding(1) var state: texture_storage_2d<rgba32float, read>; // [D][live·texels]
@group(0) @binding(2) var a: texture_storage_2d<rgba32float, read>; // [D][live·texels]
@group(0) @binding(3) var b: texture_storage_2d<rgba32float, read>; // [D][live·texels], unused without HAS_B
@group(0) @binding(4) var new_state: texture_storage_2d<rgba32float, write>; // [D][live·texels]
@group(0) @binding(5) var<uniform> sizes: Sizes; // [2]

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let part = part_of(workgroup_of(group), invocation, sizes.columns);
    let texel = part.texel;
    if texel >= live[0] * sizes.texels {
        return;
    }
    for (var c = part.first; c < part.end; c++) {
        let at = vec2<u32>(texel, c);
        var sum = textureLoad(a, at);
        if HAS_B {
            sum += textureLoad(b, at);
        }
        textureStore(new_state, at, textureLoad(state, at) + sum);
    }
}
