// Change: δ = mean over rows of ‖logits − previous‖₂ of the last three segments, and whether the outputs stand still: the
// prediction is the same and δ at most LEAST of the mean of ‖logits‖₂, for PATIENCE segments in a row.
// Workgroup: one live sample. Invocation: every 64th row.

override ROWS: u32; // S
override WIDTH: u32; // V
override PATIENCE: u32;
override LEAST: f32;

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> logits: array<f32>; // [slots, S, V]
@group(0) @binding(2) var<storage, read_write> previous: array<f32>; // [slots, S, V]
@group(0) @binding(3) var<storage, read> preds: array<u32>; // [slots, S]
@group(0) @binding(4) var<storage, read> before: array<u32>; // [slots, S]
@group(0) @binding(5) var<storage, read> state: array<u32>; // [slots, 3]: segments, limit, status
@group(0) @binding(6) var<storage, read_write> change: array<f32>; // [slots, 4]: δ, the latest first; still segments
@group(0) @binding(7) var<storage, read_write> still: array<u32>; // [slots]

var<workgroup> moved: array<f32, 64>;
var<workgroup> size: array<f32, 64>;
var<workgroup> differs: array<u32, 64>;

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let item = workgroup_of(group);
    if item >= live[0] {
        return;
    }
    let slot = live[1u + item];
    // In the first segment there is nothing to change from, and what was there before may be NaN.
    let first = state[slot * 3u] == 0u;
    var far = 0.0;
    var long = 0.0;
    var other = 0u;
    for (var row = slot * ROWS + invocation; row < (slot + 1u) * ROWS; row += 64u) {
        var squares = 0.0;
        var own = 0.0;
        for (var i = row * WIDTH; i < (row + 1u) * WIDTH; i++) {
            let logit = logits[i];
            if !first {
                let difference = logit - previous[i];
                squares += difference * difference;
            }
            own += logit * logit;
            previous[i] = logit;
        }
        far += sqrt(squares);
        long += sqrt(own);
        if preds[row] != before[row] {
            other = 1u;
        }
    }
    moved[invocation] = far;
    size[invocation] = long;
    differs[invocation] = other;
    workgroupBarrier();
    if invocation != 0u {
        return;
    }
    for (var i = 1u; i < 64u; i++) {
        far += moved[i];
        long += size[i];
        other |= differs[i];
    }
    let at = slot * 4u;
    if first {
        change[at] = 0.0;
        change[at + 1u] = 0.0;
        change[at + 2u] = 0.0;
        change[at + 3u] = 0.0;
        still[slot] = 0u;
        return;
    }
    var count = 0.0;
    if other == 0u && far <= LEAST * long {
        count = change[at + 3u] + 1.0;
    }
    change[at + 2u] = change[at + 1u];
    change[at + 1u] = change[at];
    change[at] = far / f32(ROWS);
    change[at + 3u] = count;
    still[slot] = select(0u, 1u, count >= f32(PATIENCE));
}
