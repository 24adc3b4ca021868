//! Symmetries of a puzzle: the same question seen otherwise, and the way back for a prediction.

use super::Puzzle;

/// A rearrangement of the cells of a square grid that changes nothing about the puzzle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symmetry {
    /// For each cell of the image, row-major, the cell that it comes from.
    from: Vec<usize>,
}

impl Symmetry {
    /// How many ways a square can be turned and mirrored.
    pub const DIHEDRAL: usize = 8;

    /// The dihedral transform `t` (specification, section 7.2; taken modulo 8) of a `side`×`side` grid: 0 leaves all
    /// as it is, 1 to 3 turn by 90°, 180° and 270° counter-clockwise, 4 mirrors left and right, 5 top and bottom,
    /// 6 transposes, 7 transposes about the other diagonal.
    pub fn dihedral(t: usize, side: usize) -> Symmetry {
        let cell = |at: usize| {
            let (i, j) = (at / side, at % side);
            let (back_i, back_j) = (side - 1 - i, side - 1 - j);
            let (row, column) = match t % Symmetry::DIHEDRAL {
                0 => (i, j),
                1 => (j, back_i),
                2 => (back_i, back_j),
                3 => (back_j, i),
                4 => (i, back_j),
                5 => (back_i, j),
                6 => (j, i),
                _ => (back_j, back_i),
            };
            row * side + column
        };
        Symmetry {
            from: (0..side * side).map(cell).collect(),
        }
    }

    /// The image of a grid `[side · side]`. A cell that the grid does not have becomes 0.
    pub fn apply(&self, grid: &[u32]) -> Vec<u32> {
        self.from
            .iter()
            .map(|&cell| grid.get(cell).copied().unwrap_or(0))
            .collect()
    }

    /// The grid whose image this is: [`Symmetry::apply`] undone, as on the prediction for a transformed puzzle.
    pub fn undo(&self, image: &[u32]) -> Vec<u32> {
        let mut grid = vec![0; self.from.len()];
        for (&cell, &id) in self.from.iter().zip(image) {
            grid[cell] = id;
        }
        grid
    }
}

impl Puzzle {
    /// The image of this puzzle under a symmetry of its size: a question of the same task.
    pub fn transformed(&self, symmetry: &Symmetry) -> Puzzle {
        Puzzle {
            tokens: symmetry.apply(&self.tokens),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eight_are_those_of_the_specification() {
        let grid = [1, 2, 3, 4];
        let images: Vec<_> = (0..8).map(|t| Symmetry::dihedral(t, 2).apply(&grid)).collect();
        assert_eq!(
            images,
            [
                [1, 2, 3, 4],
                [2, 4, 1, 3],
                [4, 3, 2, 1],
                [3, 1, 4, 2],
                [2, 1, 4, 3],
                [3, 4, 1, 2],
                [1, 3, 2, 4],
                [4, 2, 3, 1]
            ]
        );
    }

    #[test]
    fn each_is_undone_and_none_is_another() {
        let grid: Vec<u32> = (0..25).collect();
        for t in 0..Symmetry::DIHEDRAL {
            let symmetry = Symmetry::dihedral(t, 5);
            assert_eq!(symmetry.undo(&symmetry.apply(&grid)), grid);
            let inverse = [0, 3, 2, 1, 4, 5, 6, 7][t];
            assert_eq!(symmetry.undo(&grid), Symmetry::dihedral(inverse, 5).apply(&grid));
            assert!((0..t).all(|other| Symmetry::dihedral(other, 5) != symmetry));
        }
        assert_eq!(Symmetry::dihedral(3, 5).undo(&grid[..3]).len(), 25);
        assert_eq!(Symmetry::dihedral(3, 5).apply(&grid[..3]).len(), 25);
        assert!(Symmetry::dihedral(9, 0).apply(&grid).is_empty());
    }
}
