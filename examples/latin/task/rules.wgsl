// Rules of a Latin square: every row and column holds each digit once, and the givens are unchanged.
// Workgroup: one live sample. Invocation: one of the 8 rows and columns, and every 8th cell.

@group(0) @binding(0) var<storage, read> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> tokens: array<u32>; // [slots, 16]
@group(0) @binding(2) var<storage, read> preds: array<u32>; // [slots, 16]
@group(0) @binding(3) var<storage, read_write> valid: array<u32>; // [slots]: 1 or 0

const BLANK = 1u;
// Digit d is id d + 1.
const FIRST = 2u;
const LAST = 5u;

var<workgroup> broken: atomic<u32>;

@compute @workgroup_size(8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let item = group.y * 65535u + group.x;
    if item >= live[0] {
        return;
    }
    let slot = live[1u + item];
    if lane == 0u {
        atomicStore(&broken, 0u);
    }
    workgroupBarrier();
    var seen = 0u;
    for (var i = 0u; i < 4u; i++) {
        let cell = select(i * 4u + lane - 4u, lane * 4u + i, lane < 4u);
        let id = preds[slot * 16u + cell];
        if id >= FIRST && id <= LAST {
            seen |= 1u << id;
        }
    }
    // Four cells with four different digits.
    var faults = u32(countOneBits(seen) != 4u);
    for (var i = slot * 16u + lane; i < (slot + 1u) * 16u; i += 8u) {
        faults += u32(tokens[i] != BLANK && tokens[i] != preds[i]);
    }
    if faults > 0u {
        atomicStore(&broken, 1u);
    }
    workgroupBarrier();
    if lane == 0u {
        valid[slot] = 1u - atomicLoad(&broken);
    }
}
