// The list of live slots, ascending: those whose status is running.
// One workgroup. Lane: every 64th slot.

@group(0) @binding(0) var<storage, read_write> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> state: array<u32>; // [slots, 3]: segments, limit, status

const RUNNING = 1u;

var<workgroup> counts: array<u32, 64>; // running slots up to and with each lane's

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    let slots = arrayLength(&state) / 3u;
    var before = 0u;
    for (var first = 0u; first < slots; first += 64u) {
        let slot = first + lane;
        var runs = 0u;
        if slot < slots && state[min(slot, slots - 1u) * 3u + 2u] == RUNNING {
            runs = 1u;
        }
        counts[lane] = runs;
        for (var reach = 1u; reach < 64u; reach *= 2u) {
            workgroupBarrier();
            var left = 0u;
            if lane >= reach {
                left = counts[lane - reach];
            }
            workgroupBarrier();
            counts[lane] += left;
        }
        workgroupBarrier();
        if runs == 1u {
            live[before + counts[lane]] = slot;
        }
        before += counts[63];
        workgroupBarrier();
    }
    if lane == 0u {
        live[0] = before;
    }
}
