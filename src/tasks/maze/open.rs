//! Open boards, as people draw them: rooms with long walls, and strokes.

use super::generate::Generator;
use super::{FREE, Maze, WALL};
use crate::tasks::Definition;

impl Generator {
    /// Makes an empty board, mostly with a wall around; also returns the width of that wall, 1 or 0.
    fn empty(&mut self) -> (Vec<u32>, usize) {
        match self.below(4) {
            0 => (vec![FREE; self.side * self.side], 0),
            _ => (Maze.empty(self.side, self.side).tokens, 1),
        }
    }

    /// Makes a room with up to three parallel walls, each with one gap, mostly at alternating ends: an S-bend.
    pub(super) fn room(&mut self) -> Vec<u32> {
        let side = self.side;
        let (mut grid, edge) = self.empty();
        let upright = self.random.bool();
        let (walls, mut end) = (self.below(4), self.below(2));
        let mut line = edge;
        for _ in 0..walls {
            line += 1 + self.below(side / 3);
            if line + edge + 1 >= side {
                break;
            }
            let (gap, inside) = (1 + self.below(3), side - 2 * edge);
            let at = match (self.below(4), end) {
                (0, _) => self.below(inside),
                (_, 0) => 0,
                _ => inside.saturating_sub(gap),
            };
            let wall = (0..inside).filter(|along| !(at..at + gap).contains(along));
            for along in wall.map(|along| along + edge) {
                grid[if upright {
                    along * side + line
                } else {
                    line * side + along
                }] = WALL;
            }
            line += 1;
            end = 1 - end;
        }
        grid
    }

    /// Makes a board with strokes of one or more legs, and at times a block.
    pub(super) fn drawn(&mut self) -> Vec<u32> {
        let side = self.side;
        let (mut grid, _) = self.empty();
        for _ in 0..self.below(side / 2 + 1) {
            let (mut row, mut column) = (self.below(side), self.below(side));
            loop {
                let direction = self.below(4);
                for _ in 0..2 + self.below(side / 2) {
                    grid[row * side + column] = WALL;
                    let next = match direction {
                        0 => (row.wrapping_sub(1), column),
                        1 => (row + 1, column),
                        2 => (row, column.wrapping_sub(1)),
                        _ => (row, column + 1),
                    };
                    if next.0 >= side || next.1 >= side {
                        break;
                    }
                    (row, column) = next;
                }
                if self.below(3) > 0 {
                    break;
                }
            }
        }
        if self.below(4) == 0 {
            let (row, column) = (self.below(side), self.below(side));
            let (rows, columns) = (1 + self.below(side / 3), 1 + self.below(side / 3));
            for row in row..(row + rows).min(side) {
                grid[row * side + column..row * side + (column + columns).min(side)].fill(WALL);
            }
        }
        grid
    }
}
