//! Breadth-first search: how far the cells of a maze are from one of them.

use std::collections::VecDeque;

use super::WALL;

/// Returns the cells above, below, left and right of a cell, in a square of this side.
pub(super) fn around(cell: usize, side: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (cell / side, cell % side);
    let cells = [
        (row > 0).then(|| cell - side),
        (row + 1 < side).then(|| cell + side),
        (column > 0).then(|| cell - 1),
        (column + 1 < side).then(|| cell + 1),
    ];
    cells.into_iter().flatten()
}

/// The distances from one cell to all others.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    moves: Vec<Option<usize>>,
}

impl Paths {
    /// Searches `grid`, ids `[side · side]`, from the cell `start`; only walls block the way.
    pub(super) fn from(grid: &[u32], start: usize) -> Paths {
        let side = grid.len().isqrt();
        let mut moves = vec![None; grid.len()];
        moves[start] = Some(0);
        let mut open = VecDeque::from([(start, 0)]);
        while let Some((cell, so_far)) = open.pop_front() {
            for next in around(cell, side) {
                if grid[next] != WALL && moves[next].is_none() {
                    moves[next] = Some(so_far + 1);
                    open.push_back((next, so_far + 1));
                }
            }
        }
        Paths { moves }
    }

    /// Returns the number of moves to a cell; None if it cannot be reached.
    pub(super) fn moves(&self, cell: usize) -> Option<usize> {
        self.moves.get(cell).copied().flatten()
    }
}
