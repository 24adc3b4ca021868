// Halting: counts the segment, and stops a sample if the rule fires or the limit is reached. The rules of `Halt`: none;
// the task's rules are kept; nothing changes any more; the model says stop; it says so and the prediction is unchanged.
// Workgroup: one live sample. Invocation: every 64th token.

override SEQ_LEN: u32; // S
override RULE: u32; // VALID, STILL, LEARNED or STABLE, the status of what it stops; EMPTY where nothing does
override Q_OUTPUTS: u32; // 2, or 1 without `continue`
override ALONE: bool; // q_halt is compared with LEAST: the second output means nothing
override LEAST: f32;

#include "status"
#include "live.wgsl"
@group(0) @binding(1) var<storage, read> q: array<f32>; // [slots, Q_OUTPUTS]: halt, continue
@group(0) @binding(2) var<storage, read> preds: array<u32>; // [slots, S]
@group(0) @binding(3) var<storage, read> verdict: array<u32>; // [slots], unused unless RULE is VALID or STILL
@group(0) @binding(4) var<storage, read_write> previous: array<u32>; // [slots, S]
@group(0) @binding(5) var<storage, read_write> state: array<u32>; // [slots, 3]: segments, limit, status

var<workgroup> changed: atomic<u32>;

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
    if invocation == 0u {
        atomicStore(&changed, 0u);
    }
    workgroupBarrier();
    for (var i = slot * SEQ_LEN + invocation; i < (slot + 1u) * SEQ_LEN; i += 64u) {
        if preds[i] != previous[i] {
            atomicStore(&changed, 1u);
        }
        previous[i] = preds[i];
    }
    workgroupBarrier();
    if invocation != 0u {
        return;
    }
    let segments = state[slot * 3u] + 1u;
    let q_halt = q[slot * Q_OUTPUTS];
    var learned = q_halt > LEAST;
    if !ALONE {
        learned = q_halt > q[slot * Q_OUTPUTS + 1u];
    }
    // In the first segment there is no earlier prediction to equal.
    let stays = segments > 1u && atomicLoad(&changed) == 0u;
    let judged = (RULE == VALID || RULE == STILL) && verdict[slot] == 1u;
    let fires = judged || (RULE == LEARNED && learned) || (RULE == STABLE && learned && stays);
    var status = RUNNING;
    if fires {
        status = RULE;
    } else if segments >= state[slot * 3u + 1u] {
        status = LIMIT;
    }
    state[slot * 3u] = segments;
    state[slot * 3u + 2u] = status;
}
