//! The symmetries of Sudoku.

use super::{CELLS, SIDE, VOCAB_SIZE};
use crate::tasks::Transform;
use crate::tasks::augmentation::shuffle;

/// Returns a random symmetry of Sudoku: digits renamed; bands, stacks, the rows of each band and the columns of each
/// stack permuted; perhaps transposed. The same seed gives the same symmetry.
pub(crate) fn symmetry(seed: u64) -> Transform {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut ids: Vec<u32> = (0..VOCAB_SIZE).collect();
    shuffle(&mut random, &mut ids[2..]);
    let mut lines = || {
        let mut bands = [[0, 1, 2], [3, 4, 5], [6, 7, 8]];
        bands.iter_mut().for_each(|band| shuffle(&mut random, band));
        shuffle(&mut random, &mut bands);
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
    Transform::permutation(cells.collect(), ids)
}
