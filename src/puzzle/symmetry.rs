//! Symmetries: transformations of a puzzle that its rules do not notice, and their undoing.

use super::Puzzle;
use super::sudoku::{CELLS, SIDE, VOCAB_SIZE};

/// A transformation that turns puzzles into puzzles and solutions into solutions: cells change places, ids are renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symmetry {
    /// By cell of the transformed grid: the cell it comes from.
    cells: Vec<usize>,
    /// By id: what it is called in the transformed grid. Ids beyond the end keep their names.
    ids: Vec<u32>,
}

impl Symmetry {
    /// How many ways a square can be turned and mirrored.
    pub const DIHEDRAL: usize = 8;

    /// Leaves grids of `cells` cells as they are.
    pub fn identity(cells: usize) -> Symmetry {
        Symmetry {
            cells: (0..cells).collect(),
            ids: Vec::new(),
        }
    }

    /// A symmetry of Sudoku: digits renamed; bands, stacks, the rows of each band and the columns of each stack
    /// exchanged; perhaps transposed. The same seed gives the same one.
    pub fn sudoku(seed: u64) -> Symmetry {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut ids: Vec<u32> = (0..VOCAB_SIZE).collect();
        random.shuffle(&mut ids[2..]);
        let mut lines = || {
            let mut bands = [[0, 1, 2], [3, 4, 5], [6, 7, 8]];
            bands.iter_mut().for_each(|band| random.shuffle(band));
            random.shuffle(&mut bands);
            bands.concat()
        };
        let (rows, columns, transposed) = (lines(), lines(), random.bool());
        let cells = (0..CELLS).map(|cell| {
            let (row, column) = (rows[cell / SIDE], columns[cell % SIDE]);
            if transposed {
                column * SIDE + row
            } else {
                row * SIDE + column
            }
        });
        Symmetry {
            cells: cells.collect(),
            ids,
        }
    }

    /// The dihedral transform `t` (specification, section 7.2; taken modulo 8) of a `side`×`side` grid, one of all the
    /// symmetries of a maze: 0 leaves all as it is, 1 to 3 turn by 90°, 180° and 270° counter-clockwise, 4 mirrors left
    /// and right, 5 top and bottom, 6 transposes, 7 transposes about the other diagonal.
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
            cells: (0..side * side).map(cell).collect(),
            ids: Vec::new(),
        }
    }

    /// The transformed grid. Cells that `grid` does not have are 0.
    pub fn apply(&self, grid: &[u32]) -> Vec<u32> {
        let name = |id: u32| self.ids.get(id as usize).copied().unwrap_or(id);
        let cells = self.cells.iter();
        cells.map(|&cell| grid.get(cell).copied().map_or(0, name)).collect()
    }

    /// The grid that [`Symmetry::apply`] makes `transformed` of.
    pub fn undo(&self, transformed: &[u32]) -> Vec<u32> {
        let name = |id: u32| {
            (0..)
                .zip(&self.ids)
                .find(|(_, to)| **to == id)
                .map_or(id, |(from, _)| from)
        };
        let renamed: Vec<u32> = transformed.iter().map(|&id| name(id)).collect();
        self.undo_cells(&renamed, 1)
    }

    /// Takes `width` values a cell, `[cells, width]`, back to the cells that they belong to.
    pub fn undo_cells<T: Copy + Default>(&self, values: &[T], width: usize) -> Vec<T> {
        let mut undone = vec![T::default(); self.cells.len() * width];
        for (values, &cell) in values.chunks_exact(width.max(1)).zip(&self.cells) {
            undone[cell * width..][..width].copy_from_slice(values);
        }
        undone
    }

    /// [`Symmetry::undo`] for a value of every id in every cell, `[cells, vocab]`, such as logits.
    pub fn undo_ids(&self, values: &[f32], vocab: usize) -> Vec<f32> {
        let name = |id: usize| self.ids.get(id).map_or(id, |&to| to as usize);
        let rows = values.chunks_exact(vocab.max(1));
        let renamed = rows.flat_map(|row| (0..vocab).map(|id| row.get(name(id)).copied().unwrap_or_default()));
        self.undo_cells(&renamed.collect::<Vec<_>>(), vocab)
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
    use crate::puzzle::sudoku::is_valid;
    use crate::puzzle::{Puzzle, maze};
    use proptest::prelude::*;

    const SOLVED: &str = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";
    const MAZE: &str = "So###\n#o# #\n#ooo#\n###o#\n  #oG";

    proptest! {
        #[test]
        fn a_symmetry_of_sudoku_keeps_what_is_valid_and_what_is_not(
            seed in any::<u64>(),
            givens in prop::collection::vec(any::<bool>(), 81),
            wrong in prop::option::of((0usize..81, 0u32..11)),
        ) {
            let mut answer = Puzzle::parse(SOLVED, None).unwrap().tokens;
            let question: Vec<u32> = answer.iter().zip(givens).map(|(&id, given)| if given { id } else { 1 }).collect();
            if let Some((cell, id)) = wrong {
                answer[cell] = id;
            }
            let symmetry = Symmetry::sudoku(seed);
            let (asked, answered) = (symmetry.apply(&question), symmetry.apply(&answer));
            prop_assert_eq!(is_valid(&asked, &answered), is_valid(&question, &answer));
            prop_assert_eq!(symmetry.undo(&asked), question);
            prop_assert_eq!(symmetry.undo(&answered), answer);
        }

        #[test]
        fn values_of_ids_go_back_with_the_ids(seed in any::<u64>(), grid in prop::collection::vec(0u32..11, 81)) {
            // The logits of a model that answers with its question.
            let one_hot = |grid: &[u32]| -> Vec<f32> {
                grid.iter().flat_map(|&id| (0..11).map(move |v| f32::from(u8::from(v == id)))).collect()
            };
            let symmetry = Symmetry::sudoku(seed);
            prop_assert_eq!(symmetry.undo_ids(&one_hot(&symmetry.apply(&grid)), 11), one_hot(&grid));
        }
    }

    #[test]
    fn seeds_reach_every_part_of_a_symmetry() {
        let all: Vec<Symmetry> = (0..200).map(Symmetry::sudoku).collect();
        let transposed = |s: &Symmetry| s.cells[0] / SIDE != s.cells[1] / SIDE;
        let count = all.iter().filter(|s| transposed(s)).count();
        assert!((60..140).contains(&count), "{count} of 200 are transposed");
        for place in 0..CELLS {
            let reached: std::collections::BTreeSet<usize> = all.iter().map(|s| s.cells[place]).collect();
            assert!(reached.len() > 60, "cell {place} comes from {} cells", reached.len());
        }
        assert!(all.iter().all(|s| s.ids[..2] == [0, 1]));
    }

    #[test]
    fn the_eight_keep_a_way_through_a_maze_and_are_undone() {
        let ids: Vec<u32> = MAZE.chars().filter_map(maze::id).collect();
        let question: Vec<u32> = ids.iter().map(|&id| if id == 5 { 2 } else { id }).collect();
        let mut seen = Vec::new();
        for t in 0..8 {
            let symmetry = Symmetry::dihedral(t, 5);
            let (asked, answered) = (symmetry.apply(&question), symmetry.apply(&ids));
            assert!(maze::is_valid(&asked, &answered), "t{t}");
            assert_eq!(symmetry.undo(&answered), ids, "t{t}");
            assert!(!seen.contains(&answered));
            seen.push(answered);
        }
        assert_eq!(seen[0], ids);
    }

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

    #[test]
    fn what_is_too_short_is_no_panic() {
        for symmetry in [Symmetry::sudoku(1), Symmetry::dihedral(3, 9), Symmetry::identity(81)] {
            assert_eq!(symmetry.apply(&[]), vec![0; 81]);
            assert_eq!(symmetry.undo(&[]).len(), 81);
            assert_eq!(symmetry.undo_ids(&[], 0), Vec::<f32>::new());
        }
        assert!(Symmetry::dihedral(1, 0).apply(&[1]).is_empty());
    }
}
