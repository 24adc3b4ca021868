// Rules of a maze: walls, start and goal stand where they were, what was free is free or path, and the path is one
// chain of cells from the start to the goal: the ends touch one cell of it, all others two, and none lies apart.
// Workgroup: one live sample. Invocation: every 64th cell; the first walks the chain.

override SIDE: u32; // rows, and columns

#include "live.wgsl"
@group(0) @binding(1) var<storage, read> tokens: array<u32>; // [slots, SIDE, SIDE]
@group(0) @binding(2) var<storage, read> preds: array<u32>; // [slots, SIDE, SIDE]
@group(0) @binding(3) var<storage, read_write> valid: array<u32>; // [slots]: 1 or 0

const WALL = 1u;
const FREE = 2u;
const START = 3u;
const GOAL = 4u;
const PATH = 5u;

var<workgroup> broken: atomic<u32>;
var<workgroup> starts: atomic<u32>;
var<workgroup> goals: atomic<u32>;
var<workgroup> path: atomic<u32>; // cells of it
var<workgroup> first: atomic<u32>; // the start's cell

/// The neighbour of a cell above, below, left or right; the cell itself where the grid ends.
fn neighbour(cell: u32, side: u32) -> u32 {
    switch side {
        case 0u: { return select(cell, cell - SIDE, cell >= SIDE); }
        case 1u: { return select(cell, cell + SIDE, cell + SIDE < SIDE * SIDE); }
        case 2u: { return select(cell, cell - 1u, cell % SIDE != 0u); }
        default: { return select(cell, cell + 1u, cell % SIDE != SIDE - 1u); }
    }
}

fn on_chain(id: u32) -> bool {
    return id == START || id == GOAL || id == PATH;
}

/// Whether the chain from the start ends at the goal and has all cells of the path. Every cell's neighbours are as
/// they must be.
fn walk(grid: u32) -> bool {
    var before = atomicLoad(&first);
    var here = before;
    for (var steps = 0u; steps <= SIDE * SIDE; steps++) {
        var next = here;
        for (var side = 0u; side < 4u; side++) {
            let cell = neighbour(here, side);
            if cell != here && cell != before && on_chain(preds[grid + cell]) {
                next = cell;
            }
        }
        if preds[grid + next] == GOAL {
            return steps == atomicLoad(&path);
        }
        before = here;
        here = next;
    }
    return false;
}

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
    let grid = slot * SIDE * SIDE;
    if invocation == 0u {
        atomicStore(&broken, 0u);
        atomicStore(&starts, 0u);
        atomicStore(&goals, 0u);
        atomicStore(&path, 0u);
        atomicStore(&first, 0u);
    }
    workgroupBarrier();
    for (var cell = invocation; cell < SIDE * SIDE; cell += 64u) {
        let asked = tokens[grid + cell];
        let id = preds[grid + cell];
        var touching = 0u;
        for (var side = 0u; side < 4u; side++) {
            let other = neighbour(cell, side);
            touching += u32(other != cell && on_chain(preds[grid + other]));
        }
        var kept = id == asked && id >= WALL && id <= GOAL;
        switch id {
            case START: {
                atomicAdd(&starts, 1u);
                atomicStore(&first, cell);
                kept = kept && touching == 1u;
            }
            case GOAL: {
                atomicAdd(&goals, 1u);
                kept = kept && touching == 1u;
            }
            case PATH: {
                atomicAdd(&path, 1u);
                kept = asked == FREE && touching == 2u;
            }
            default: {}
        }
        if !kept {
            atomicStore(&broken, 1u);
        }
    }
    workgroupBarrier();
    if invocation == 0u {
        let ends = atomicLoad(&starts) == 1u && atomicLoad(&goals) == 1u;
        valid[slot] = 0u;
        if ends && atomicLoad(&broken) == 0u {
            valid[slot] = u32(walk(grid));
        }
    }
}
