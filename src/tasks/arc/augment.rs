//! Augmentations: a transform of the board and a permutation of the colours (specification, section 7.2).

use fastrand::Rng;

use super::canvas::{crop, encode, side};
use super::{BLACK, Board};
use crate::tasks::augmentation::shuffle;
use crate::tasks::{Augmentation, Sample, Transform};

/// A dihedral transform of a renamed board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Augment {
    /// Number of the transform, 0 to 7.
    t: usize,
    /// For each colour, its new one.
    colours: [u8; 10],
}

impl Augment {
    /// Splits the name of an augmented puzzle, `<puzzle>|||t<t>|||<ten digits>` or `<puzzle>_t<t>_<ten digits>`, into the
    /// puzzle's own name and the augmentation.
    pub(super) fn of_name(name: &str) -> (&str, Option<Augment>) {
        let split = ["|||", "_"].iter().find_map(|mark| {
            let (rest, colours) = name.rsplit_once(mark)?;
            let (puzzle, t) = rest.rsplit_once(mark)?;
            let t = t.strip_prefix('t')?.parse().ok().filter(|t| *t < Transform::DIHEDRAL)?;
            let augment = Augment {
                t,
                colours: permutation(colours)?,
            };
            Some((puzzle, augment))
        });
        split.map_or((name, None), |(puzzle, augment)| (puzzle, Some(augment)))
    }

    /// Returns augmentation `number`: one of the transforms in turn, and colours in random order, where black stays.
    pub(super) fn numbered(number: u64) -> Augment {
        let mut colours = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        if number > 0 {
            shuffle(&mut Rng::with_seed(number), &mut colours[1..]);
        }
        Augment {
            t: (number % Transform::DIHEDRAL as u64) as usize,
            colours,
        }
    }

    /// Returns the augmented board.
    pub(super) fn apply(&self, board: &Board) -> Board {
        let swaps = matches!(self.t, 1 | 3 | 6 | 7);
        let renamed: Vec<u32> = board.tokens.iter().map(|&id| self.renamed(id)).collect();
        Board {
            rows: if swaps { board.columns } else { board.rows },
            columns: if swaps { board.rows } else { board.columns },
            tokens: Transform::dihedral(self.t, board.rows, board.columns).apply(&renamed),
        }
    }

    /// Returns the new id of an id.
    fn renamed(&self, id: u32) -> u32 {
        let colour = id
            .checked_sub(BLACK)
            .and_then(|colour| self.colours.get(colour as usize));
        colour.map_or(id, |colour| u32::from(*colour) + BLACK)
    }
}

/// Reads ten digits that are a permutation.
fn permutation(digits: &str) -> Option<[u8; 10]> {
    let digits: Option<Vec<u8>> = digits.chars().map(|c| Some(c.to_digit(10)? as u8)).collect();
    let colours: [u8; 10] = digits?.try_into().ok()?;
    (0..10).all(|colour| colours.contains(&colour)).then_some(colours)
}

impl Augmentation for Augment {
    fn sample(&self, asked: &Sample) -> Sample {
        Sample {
            tokens: encode(&self.apply(&crop(&asked.tokens)), side(&asked.tokens)),
            identifier: asked.identifier,
        }
    }

    /// Takes the board that stands in the prediction's corner back; the rest becomes padding.
    fn transform(&self, prediction: &[u32]) -> Transform {
        let (seen, side) = (crop(prediction), side(prediction));
        let swaps = matches!(self.t, 1 | 3 | 6 | 7);
        let (rows, columns) = if swaps {
            (seen.columns, seen.rows)
        } else {
            (seen.rows, seen.columns)
        };
        // Where each cell of the board that was seen stands in the original, each on the canvas.
        let turned =
            Transform::dihedral(self.t, rows, columns).apply(&(0..(rows * columns) as u32).collect::<Vec<_>>());
        let mut cells = vec![None; side * side];
        for (cell, from) in turned.into_iter().enumerate() {
            let (at, from) = (cell / seen.columns * side + cell % seen.columns, from as usize);
            cells[at] = Some(from / columns * side + from % columns);
        }
        let ids = (0..BLACK + 10).map(|id| self.renamed(id)).collect();
        Transform::of(cells, side * side, ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_builders_are_told_from_puzzles_own() {
        let expected = Augment {
            t: 3,
            colours: [0, 2, 1, 3, 4, 5, 6, 7, 8, 9],
        };
        for name in ["007bbfb7|||t3|||0213456789", "007bbfb7_t3_0213456789"] {
            assert_eq!(Augment::of_name(name), ("007bbfb7", Some(expected)));
        }
        assert_eq!(Augment::of_name("my_task_t3_0213456789").0, "my_task");
        for own in [
            "007bbfb7",
            "<blank>",
            "",
            "a_t8_0213456789",
            "a_t3_0213456788",
            "a_t3_021345678",
            "a_3_0213456789",
            "a|||t3_0213456789",
            "t3_0213456789",
        ] {
            assert_eq!(Augment::of_name(own), (own, None));
        }
    }

    #[test]
    fn numbered_ones_keep_black_and_differ() {
        let all: Vec<Augment> = (0..500).map(Augment::numbered).collect();
        assert_eq!(all[0], Augment::of_name("x_t0_0123456789").1.unwrap());
        assert!(all.iter().all(|augment| augment.colours[0] == 0));
        assert!((0..500).all(|i| !all[..i].contains(&all[i])));
    }
}
