//! Augmentations: changes of a puzzle that its rules do not notice, and how to undo them.

use std::fmt;

use super::Sample;

/// A change of a puzzle that can be undone: the network sees another puzzle with a corresponding answer.
pub trait Augmentation: fmt::Debug + Send + Sync {
    /// Returns the network's input in place of `asked`: other tokens, and perhaps another puzzle identifier.
    fn sample(&self, asked: &Sample) -> Sample;

    /// Returns the transform whose [`Transform::undo`] takes a prediction `[S]` for that sample back to the puzzle's
    /// own cells and ids. It may depend on the prediction, if the answer's size does.
    fn transform(&self, prediction: &[u32]) -> Transform;
}

/// Puts a slice in random order, the same for a seed on every machine: `Rng::shuffle` draws other numbers where pointers
/// have 32 bits, in a browser.
pub(crate) fn shuffle<T>(random: &mut fastrand::Rng, slice: &mut [T]) {
    for last in 1..slice.len() {
        slice.swap(last, random.u64(..=last as u64) as usize);
    }
}

/// A rearrangement of cells and renaming of ids.
///
/// Transformed cells may be padding, and cells of the original may be left out, so it can also shift, pad and crop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    /// For each transformed cell, the original cell; None for padding.
    cells: Vec<Option<usize>>,
    /// Number of cells of the original.
    from: usize,
    /// For each id, its transformed name. Ids beyond the end keep their names.
    ids: Vec<u32>,
    /// The id of padding.
    pad: u32,
}

impl Transform {
    /// Number of ways to rotate and mirror a square.
    pub const DIHEDRAL: usize = 8;

    /// Creates a transform from, for each transformed cell, the original cell, and for each id, its new name.
    pub fn permutation(cells: Vec<usize>, ids: Vec<u32>) -> Transform {
        Transform {
            from: cells.len(),
            cells: cells.into_iter().map(Some).collect(),
            ids,
            pad: 0,
        }
    }

    /// Creates a transform from, for each transformed cell, the original cell, which is None for padding; the number of
    /// original cells; and for each id, its new name.
    pub(crate) fn of(cells: Vec<Option<usize>>, from: usize, ids: Vec<u32>) -> Transform {
        Transform {
            cells,
            from,
            ids,
            pad: 0,
        }
    }

    /// Creates a transform that puts a board of `from` rows and columns onto one of `onto` rows and columns, its upper
    /// left cell at row and column `at`; cells beyond the edge are cropped, and the others are filled with `pad`. No task has
    /// such an augmentation yet.
    #[cfg(test)]
    fn placement(from: [usize; 2], onto: [usize; 2], at: [usize; 2], pad: u32) -> Transform {
        let cell = |cell: usize| {
            let (row, column) = (cell / onto[1])
                .checked_sub(at[0])
                .zip((cell % onto[1]).checked_sub(at[1]))?;
            (row < from[0] && column < from[1]).then(|| row * from[1] + column)
        };
        Transform {
            cells: (0..onto[0] * onto[1]).map(cell).collect(),
            from: from[0] * from[1],
            ids: Vec::new(),
            pad,
        }
    }

    /// Creates the dihedral transform `t` (specification, section 7.2; taken modulo 8) of a board of `rows` × `columns`
    /// cells: 0 leaves everything as it is, 1 to 3 rotate by 90°, 180° and 270° counter-clockwise, 4 mirrors left and
    /// right, 5 top and bottom, 6 transposes, 7 transposes about the other diagonal.
    pub fn dihedral(t: usize, rows: usize, columns: usize) -> Transform {
        let t = t % Transform::DIHEDRAL;
        // Columns of the transformed board.
        let width = if matches!(t, 1 | 3 | 6 | 7) { rows } else { columns };
        let cell = |at: usize| {
            let (i, j) = (at / width, at % width);
            let (row, column) = match t {
                0 => (i, j),
                1 => (j, columns - 1 - i),
                2 => (rows - 1 - i, columns - 1 - j),
                3 => (rows - 1 - j, i),
                4 => (i, columns - 1 - j),
                5 => (rows - 1 - i, j),
                6 => (j, i),
                _ => (rows - 1 - j, columns - 1 - i),
            };
            row * columns + column
        };
        Transform::permutation((0..rows * columns).map(cell).collect(), Vec::new())
    }

    /// Transforms tokens. Cells that `tokens` lacks become padding.
    pub fn apply(&self, tokens: &[u32]) -> Vec<u32> {
        let name = |&id: &u32| self.ids.get(id as usize).copied().unwrap_or(id);
        let id = |cell: &Option<usize>| cell.and_then(|cell| tokens.get(cell)).map_or(self.pad, name);
        self.cells.iter().map(id).collect()
    }

    /// Recovers the tokens from which [`Transform::apply`] made `transformed`; cells that were cropped are 0.
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

    /// Moves values `[cells, width]` of transformed cells back to the original cells.
    pub(crate) fn undo_cells<T: Copy + Default>(&self, values: &[T], width: usize) -> Vec<T> {
        let mut undone = vec![T::default(); self.from * width];
        for (values, cell) in values.chunks_exact(width.max(1)).zip(&self.cells) {
            if let Some(cell) = cell {
                undone[cell * width..][..width].copy_from_slice(values);
            }
        }
        undone
    }

    /// Returns the transformed name of an id.
    pub(crate) fn name(&self, id: usize) -> usize {
        self.ids.get(id).map_or(id, |&to| to as usize)
    }

    /// Applies [`Transform::undo`] to a value for every id in every cell, `[cells, vocab]`, such as logits.
    pub(crate) fn undo_ids(&self, values: &[f32], vocab: usize) -> Vec<f32> {
        let rows = values.chunks_exact(vocab.max(1));
        let renamed = rows.flat_map(|row| (0..vocab).map(|id| row.get(self.name(id)).copied().unwrap_or_default()));
        self.undo_cells(&renamed.collect::<Vec<_>>(), vocab)
    }
}

impl Augmentation for Transform {
    fn sample(&self, asked: &Sample) -> Sample {
        Sample {
            tokens: self.apply(&asked.tokens),
            identifier: asked.identifier,
        }
    }

    fn transform(&self, _: &[u32]) -> Transform {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::sudoku::{CELLS, SIDE, is_valid, symmetry};
    use crate::tasks::{Puzzle, maze};
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
            let mut answer = Puzzle::parse(SOLVED, None).unwrap().board.tokens;
            let question: Vec<u32> = answer.iter().zip(givens).map(|(&id, given)| if given { id } else { 1 }).collect();
            if let Some((cell, id)) = wrong {
                answer[cell] = id;
            }
            let symmetry = symmetry(seed);
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
            let symmetry = symmetry(seed);
            prop_assert_eq!(symmetry.undo_ids(&one_hot(&symmetry.apply(&grid)), 11), one_hot(&grid));
        }
    }

    #[test]
    fn seeds_reach_every_part_of_a_symmetry() {
        let all: Vec<Transform> = (0..200).map(symmetry).collect();
        let transposed = |s: &Transform| s.cells[0].map(|c| c / SIDE) != s.cells[1].map(|c| c / SIDE);
        let count = all.iter().filter(|s| transposed(s)).count();
        assert!((60..140).contains(&count), "{count} of 200 are transposed");
        for place in 0..CELLS {
            let reached: std::collections::BTreeSet<Option<usize>> = all.iter().map(|s| s.cells[place]).collect();
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
            let symmetry = Transform::dihedral(t, 5, 5);
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
        let images: Vec<_> = (0..8).map(|t| Transform::dihedral(t, 2, 2).apply(&grid)).collect();
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
        for t in 0..Transform::DIHEDRAL {
            let symmetry = Transform::dihedral(t, 5, 5);
            assert_eq!(symmetry.undo(&symmetry.apply(&grid)), grid);
            let inverse = [0, 3, 2, 1, 4, 5, 6, 7][t];
            assert_eq!(symmetry.undo(&grid), Transform::dihedral(inverse, 5, 5).apply(&grid));
            assert!((0..t).all(|other| Transform::dihedral(other, 5, 5) != symmetry));
        }
        assert_eq!(Transform::dihedral(3, 5, 5).undo(&grid[..3]).len(), 25);
        assert_eq!(Transform::dihedral(3, 5, 5).apply(&grid[..3]).len(), 25);
        assert!(Transform::dihedral(9, 0, 0).apply(&grid).is_empty());
    }

    proptest! {
        /// Boards of any shape: rotated and mirrored boards have their own rows and columns, and can be undone.
        #[test]
        fn boards_that_are_not_square_are_turned_and_undone(rows in 1usize..31, columns in 1usize..31, t in 0usize..8) {
            let board: Vec<u32> = (0..rows * columns).map(|cell| cell as u32).collect();
            let turned = Transform::dihedral(t, rows, columns);
            let image = turned.apply(&board);
            prop_assert_eq!(turned.undo(&image), board.clone());
            let (rows, columns) = if matches!(t, 1 | 3 | 6 | 7) { (columns, rows) } else { (rows, columns) };
            let back = [0, 3, 2, 1, 4, 5, 6, 7][t];
            prop_assert_eq!(Transform::dihedral(back, rows, columns).apply(&image), board);
        }

        /// Cells that were shifted and padded come back, and those that were cropped are 0.
        #[test]
        fn boards_are_placed_and_come_back(
            from in (1usize..31, 1usize..31),
            at in (0usize..31, 0usize..31),
            side in 1usize..31,
        ) {
            let board: Vec<u32> = (0..from.0 * from.1).map(|cell| cell as u32 + 7).collect();
            let placed = Transform::placement([from.0, from.1], [side, side], [at.0, at.1], 3);
            let canvas = placed.apply(&board);
            prop_assert_eq!(canvas.len(), side * side);
            let fits = |cell: usize| cell / from.1 + at.0 < side && cell % from.1 + at.1 < side;
            let kept: Vec<u32> = board.iter().enumerate().map(|(cell, &id)| if fits(cell) { id } else { 0 }).collect();
            prop_assert_eq!(placed.undo(&canvas), kept);
            let shown = board.iter().enumerate().filter(|(cell, _)| fits(*cell)).count();
            prop_assert_eq!(canvas.iter().filter(|&&id| id == 3).count(), side * side - shown);
        }
    }

    #[test]
    fn what_is_too_short_is_no_panic() {
        for symmetry in [
            symmetry(1),
            Transform::dihedral(3, 9, 9),
            Transform::permutation((0..81).collect(), Vec::new()),
        ] {
            assert_eq!(symmetry.apply(&[]), vec![0; 81]);
            assert_eq!(symmetry.undo(&[]).len(), 81);
            assert_eq!(symmetry.undo_ids(&[], 0), Vec::<f32>::new());
        }
        assert!(Transform::dihedral(1, 0, 0).apply(&[1]).is_empty());
    }
}
