// Rules of Sudoku: every row, column and box holds each digit once, and the givens stand where they were.
// Workgroup: one live sample. Invocation: one of the 27 units, and every 32nd cell.

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> tokens: array<u32>; // [slots, 81]
@group(0) @binding(2) var<storage, read> preds: array<u32>; // [slots, 81]
@group(0) @binding(3) var<storage, read_write> valid: array<u32>; // [slots]: 1 or 0

// Digit d is id d + 1.
const FIRST = 2u;
const LAST = 10u;

var<workgroup> broken: atomic<u32>;

/// Cell i of a unit: rows, then columns, then boxes.
fn cell(unit: u32, i: u32) -> u32 {
    let n = unit % 9u;
    switch unit / 9u {
        case 0u: { return n * 9u + i; }
        case 1u: { return i * 9u + n; }
        default: { return (n / 3u * 3u + i / 3u) * 9u + n % 3u * 3u + i % 3u; }
    }
}

@compute @workgroup_size(32)
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
        atomicStore(&broken, 0u);
    }
    workgroupBarrier();
    var faults = 0u;
    if invocation < 27u {
        var seen = 0u;
        for (var i = 0u; i < 9u; i++) {
            let id = preds[slot * 81u + cell(invocation, i)];
            if id >= FIRST && id <= LAST {
                seen |= 1u << id;
            }
        }
        // Nine cells with nine different digits.
        faults += u32(countOneBits(seen) != 9u);
    }
    for (var i = slot * 81u + invocation; i < (slot + 1u) * 81u; i += 32u) {
        let given = tokens[i];
        faults += u32(given >= FIRST && given <= LAST && given != preds[i]);
    }
    if faults > 0u {
        atomicStore(&broken, 1u);
    }
    workgroupBarrier();
    if invocation == 0u {
        valid[slot] = 1u - atomicLoad(&broken);
    }
}
