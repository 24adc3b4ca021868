// Lists the live slots, ascending: those whose status is running; and computes their workgroups in each grid.
// One workgroup. Invocation: every 64th slot, then every 64th grid.

override MOST: u32; // workgroups in a dimension

@group(0) @binding(0) var<storage, read_write> live: array<u32>; // [1 + slots]: how many, then their slots
@group(0) @binding(1) var<storage, read> state: array<u32>; // [slots, 3]: segments, limit, status
@group(0) @binding(2) var<storage, read> grids: array<u32>; // [grids, 3]: rows of a sample, rows of a tile, columns
@group(0) @binding(3) var<storage, read_write> workgroups: array<u32>; // [grids, 3]: x, y, z

#include "status"

var<workgroup> counts: array<u32, 64>; // running slots up to and with each invocation's

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) invocation: u32) {
    let slots = arrayLength(&state) / 3u;
    var before = 0u;
    for (var first = 0u; first < slots; first += 64u) {
        let slot = first + invocation;
        var runs = 0u;
        if slot < slots && state[min(slot, slots - 1u) * 3u + 2u] == RUNNING {
            runs = 1u;
        }
        counts[invocation] = runs;
        for (var reach = 1u; reach < 64u; reach *= 2u) {
            workgroupBarrier();
            var left = 0u;
            if invocation >= reach {
                left = counts[invocation - reach];
            }
            workgroupBarrier();
            counts[invocation] += left;
        }
        workgroupBarrier();
        if runs == 1u {
            live[before + counts[invocation]] = slot;
        }
        before += counts[63];
        workgroupBarrier();
    }
    if invocation == 0u {
        live[0] = before;
    }
    for (var i = invocation; i < arrayLength(&grids) / 3u; i += 64u) {
        let rows = before * grids[i * 3u];
        let tile = grids[i * 3u + 1u];
        // Not (rows + tile - 1) / tile: one workgroup for all is a tile of 2³² - 1 rows.
        let count = (rows / tile + u32(rows % tile != 0u)) * grids[i * 3u + 2u];
        workgroups[i * 3u] = min(count, MOST);
        workgroups[i * 3u + 1u] = max((count + MOST - 1u) / MOST, 1u);
        workgroups[i * 3u + 2u] = 1u;
    }
}
