//! Boards on the canvas, and back (specification, sections 7.1 and 7.3). The official canvas has 30×30 cells; a small model may
//! have a smaller one, whose side is the root of its number of tokens.

use super::{ALPHABET, BLACK, Board};

/// The id below and beside a board.
const END: u32 = 1;

/// Whether an id is one of the ten colours.
pub(super) fn is_colour(id: u32) -> bool {
    (BLACK..ALPHABET.len() as u32).contains(&id)
}

/// Returns the canvas `[side²]` with a board in its upper left corner; rows and columns beyond its side are left out.
pub(super) fn encode(board: &Board, side: usize) -> Vec<u32> {
    place(board, [0, 0], side)
}

/// Returns the canvas `[side²]` with the upper left cell of a board at a row and a column, and end marks below and beside it.
pub(super) fn place(board: &Board, [top, left]: [usize; 2], side: usize) -> Vec<u32> {
    let mut canvas = vec![0; side * side];
    let mut set = |row: usize, column: usize, id: u32| {
        if row < side && column < side {
            canvas[row * side + column] = id;
        }
    };
    let (bottom, right) = (top + board.rows, left + board.columns);
    for (row, cells) in board.tokens.chunks(board.columns.max(1)).enumerate() {
        let numbered = cells.iter().enumerate();
        numbered.for_each(|(column, &id)| set(top + row, left + column, id));
    }
    (left..right).for_each(|column| set(bottom, column, END));
    (top..bottom).for_each(|row| set(row, right, END));
    canvas
}

/// Returns the number of rows, and of columns, of a canvas.
pub(super) fn side(canvas: &[u32]) -> usize {
    canvas.len().isqrt().max(1)
}

/// Returns the rows and columns of the rectangle of colours in the upper left corner of a canvas: of those with the largest
/// area the lowest; none where the first cell is no colour.
fn extent(canvas: &[u32]) -> [usize; 2] {
    let side = side(canvas);
    let (mut width, mut best) = (side, [0, 0]);
    for (row, cells) in canvas.chunks(side).take(side).enumerate() {
        let run = cells.iter().take(width).take_while(|id| is_colour(**id)).count();
        width = width.min(run);
        if width * (row + 1) > best[0] * best[1] {
            best = [row + 1, width];
        }
    }
    best
}

/// Returns the board that stands in the upper left corner of a canvas `[S]`; it may be empty.
pub(super) fn crop(canvas: &[u32]) -> Board {
    let [rows, columns] = extent(canvas);
    let cells = canvas.chunks(side(canvas)).take(rows);
    Board {
        rows,
        columns,
        tokens: cells.flat_map(|row| row.iter().take(columns)).copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::arc::SIDE;
    use crate::tasks::arc::augment::Augment;
    use crate::tasks::{Augmentation, Sample};
    use proptest::prelude::*;
    use serde_json::Value;

    fn official() -> Value {
        serde_json::from_str(include_str!("../../../tests/golden/arc-io/arc.json")).unwrap()
    }

    fn ids(value: &Value) -> Vec<u32> {
        let ids = value.as_array().unwrap().iter();
        ids.map(|id| id.as_u64().unwrap() as u32).collect()
    }

    /// The official grid, whose colours begin with 0.
    fn board(value: &Value) -> Board {
        let rows: Vec<Vec<u32>> = value.as_array().unwrap().iter().map(ids).collect();
        Board {
            rows: rows.len(),
            columns: rows.first().map_or(0, Vec::len),
            tokens: rows.concat().iter().map(|colour| colour + BLACK).collect(),
        }
    }

    fn number(value: &Value) -> usize {
        value.as_u64().unwrap() as usize
    }

    fn each(kind: &str, least: usize, check: impl Fn(&Value)) {
        let official = official();
        let all = official[kind].as_array().unwrap();
        assert!(all.len() >= least, "{kind}");
        all.iter().for_each(check);
    }

    #[test]
    fn every_official_encoding() {
        each("encode", 6, |case| {
            let at = [number(&case["r0"]), number(&case["c0"])];
            for kind in ["input", "output"] {
                let board = board(&case[kind]);
                assert_eq!(place(&board, at, SIDE), ids(&case[&format!("{kind}_tokens")]), "{kind}");
                assert_eq!(crop(&encode(&board, SIDE)), board);
            }
        });
    }

    #[test]
    fn every_official_crop() {
        each("crop", 17, |case| {
            assert_eq!(crop(&ids(&case["tokens"])), board(&case["grid"]));
        });
    }

    #[test]
    fn every_official_transform_and_augmentation() {
        each("dihedral", 8, |case| {
            let name = format!("x|||t{}|||0123456789", case["t"]);
            let (_, augment) = Augment::of_name(&name);
            assert_eq!(augment.unwrap().apply(&board(&case["grid"])), board(&case["result"]));
        });
        each("augment", 10, |case| {
            let (name, augment) = Augment::of_name(case["name"].as_str().unwrap());
            assert_eq!(name, "abc123");
            let (given, made) = (board(&case["grid"]), board(&case["result"]));
            let augment = augment.unwrap();
            assert_eq!(augment.apply(&given), made);
            let back = augment.transform(&encode(&made, SIDE)).undo(&encode(&made, SIDE));
            assert_eq!(crop(&back), given);
        });
    }

    /// A board of this shape whose cells differ.
    fn some(rows: usize, columns: usize, seed: u32) -> Board {
        let cell = |cell: u32| (cell.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 7) % 10 + BLACK;
        Board {
            rows,
            columns,
            tokens: (0..(rows * columns) as u32).map(cell).collect(),
        }
    }

    /// Every shape, every transform: 7200 boards.
    #[test]
    fn whatever_is_encoded_or_augmented_comes_back() {
        for (rows, columns) in (1..=SIDE).flat_map(|rows| (1..=SIDE).map(move |columns| (rows, columns))) {
            let board = some(rows, columns, (rows * 31 + columns) as u32);
            let asked = Sample {
                tokens: encode(&board, SIDE),
                identifier: 7,
            };
            assert_eq!(crop(&asked.tokens), board);
            for t in 0..8 {
                let name = format!("x_t{t}_0987654321");
                let augment = Augment::of_name(&name).1.unwrap();
                let seen = augment.sample(&asked);
                assert_eq!((seen.identifier, crop(&seen.tokens)), (7, augment.apply(&board)));
                let back = augment.transform(&seen.tokens).undo(&seen.tokens);
                assert_eq!(crop(&back), board, "{name} of {rows}×{columns}");
            }
        }
    }

    proptest! {
        /// Whatever a network writes outside of the board, numbered augmentations too: nothing panics, and what stands in the
        /// corner comes back.
        #[test]
        fn any_prediction_is_cropped_and_undone(
            tokens in prop::collection::vec(0u32..14, 0..=900),
            (rows, columns, number) in (1usize..=30, 1usize..=30, 0u64..2000),
        ) {
            let augment = Augment::numbered(number);
            let seen = crop(&tokens);
            prop_assert!(seen.tokens.iter().all(|id| is_colour(*id)));
            let back = augment.transform(&tokens).undo(&tokens);
            prop_assert_eq!(augment.apply(&crop(&back)), seen);
            // Noise around a board with its end marks changes nothing.
            let board = some(rows, columns, number as u32);
            let mut canvas = encode(&board, SIDE);
            for (cell, &id) in tokens.iter().enumerate() {
                if cell / SIDE > rows && cell % SIDE > columns {
                    canvas[cell] = id;
                }
            }
            prop_assert_eq!(crop(&canvas), board);
        }
    }
}
