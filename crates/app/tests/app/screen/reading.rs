//! Reads digits off the screen by comparing them with digits that were typed earlier.

use super::server::Picture;

/// The ink of one cell, cut to its extent and scaled to a fixed size.
#[derive(Clone, PartialEq)]
pub struct Glyph(Vec<f32>);

const WIDTH: usize = 7;
const HEIGHT: usize = 10;

/// Left, top and width of a board in pixels.
pub type Board = [f64; 3];

/// Returns the ink of a cell; None if it is empty.
pub fn glyph(picture: &Picture, board: Board, cell: usize) -> Option<Glyph> {
    let size = board[2] / 9.0;
    let (left, top) = (board[0] + (cell % 9) as f64 * size, board[1] + (cell / 9) as f64 * size);
    // Excludes the lines, the frames of a change and of the cursor, and the mark of a fault.
    let inside = |from: f64| (from + size * 0.17) as usize..(from + size * 0.83) as usize;
    let at = |x: usize, y: usize| picture.rgb[y * picture.width + x];
    let ground = at((left + size * 0.19) as usize, (top + size * 0.5) as usize);
    let ink = |x: usize, y: usize| {
        let far = at(x, y)
            .iter()
            .zip(ground)
            .map(|(a, b)| f32::from(a.abs_diff(b)))
            .sum::<f32>();
        (far / 200.0).min(1.0)
    };
    let (xs, ys) = (inside(left), inside(top));
    let dark = |x: usize, y: usize| ink(x, y) > 0.45;
    let columns: Vec<usize> = xs.clone().filter(|&x| ys.clone().any(|y| dark(x, y))).collect();
    let rows: Vec<usize> = ys.clone().filter(|&y| xs.clone().any(|x| dark(x, y))).collect();
    let (&x0, &x1, &y0, &y1) = (columns.first()?, columns.last()?, rows.first()?, rows.last()?);
    // Every digit is about as high; a 1 keeps its slimness. Each value is the mean of nine places, so that half a pixel
    // more to the left does not matter.
    let (wide, high) = ((y1 - y0) as f64 * 0.7, (y1 - y0) as f64);
    let middle = (x0 + x1) as f64 / 2.0;
    let sample = |column: usize, row: usize| {
        let ninth = |i: usize| {
            let x = middle + wide * ((column as f64 + (i % 3) as f64 / 2.0) / WIDTH as f64 - 0.5);
            let y = y0 as f64 + high * (row as f64 + (i / 3) as f64 / 2.0) / HEIGHT as f64;
            ink(x.round().max(0.0) as usize, y.round() as usize)
        };
        (0..9).map(ninth).sum::<f32>() / 9.0
    };
    let places = (0..HEIGHT).flat_map(|row| (0..WIDTH).map(move |column| (column, row)));
    Some(Glyph(places.map(|(column, row)| sample(column, row)).collect()))
}

impl Glyph {
    /// Returns 0 for identical ink, and 1 if no ink coincides.
    pub fn distance(&self, other: &Glyph) -> f32 {
        let differ: f32 = self.0.iter().zip(&other.0).map(|(a, b)| (a - b).abs()).sum();
        let most: f32 = self.0.iter().zip(&other.0).map(|(a, b)| a.max(*b)).sum();
        differ / most.max(1.0)
    }
}

/// The digits 1 to 9 as the screen shows them.
pub struct Digits(Vec<Glyph>);

impl Digits {
    /// Learns the digits from the first row of a board, where they were typed in order.
    pub fn learn(picture: &Picture, board: Board) -> Digits {
        let digits: Vec<Glyph> = (0..9).map(|cell| glyph(picture, board, cell).unwrap()).collect();
        for (i, a) in digits.iter().enumerate() {
            for (j, b) in digits.iter().enumerate().skip(i + 1) {
                assert!(
                    a.distance(b) > 0.25,
                    "{} and {} look the same: {}",
                    i + 1,
                    j + 1,
                    a.distance(b)
                );
            }
        }
        Digits(digits)
    }

    /// Reads a board as 81 characters, `?` for what matches no digit.
    pub fn read(&self, picture: &Picture, board: Board) -> String {
        let read = |cell: usize| {
            let Some(glyph) = glyph(picture, board, cell) else {
                return '.';
            };
            let mut far: Vec<(f32, usize)> = self
                .0
                .iter()
                .enumerate()
                .map(|(i, d)| (glyph.distance(d), i + 1))
                .collect();
            far.sort_by(|a, b| a.0.total_cmp(&b.0));
            // Close to one digit and clearly closer than to any other.
            let sure = far[0].0 < 0.35 && far[0].0 + 0.08 < far[1].0;
            if !sure {
                println!(
                    "cell {cell}: {:.2} from {}, {:.2} from {}",
                    far[0].0, far[0].1, far[1].0, far[1].1
                );
            }
            if sure { char::from(b'0' + far[0].1 as u8) } else { '?' }
        };
        (0..81).map(read).collect()
    }
}
