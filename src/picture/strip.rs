//! A strip of small boards above the large one: the pairs that show a puzzle's rule, and its question.

use super::canvas::Canvas;
use super::theme::{Colour, Palette};
use crate::tasks::{Board, Drawing, Look, Puzzle};

/// Largest side of a small board, and the space between two, in units.
const BOX: usize = 72;
const GAP: usize = 12;

/// The boards of a strip: each pair one above the other, then the question.
pub(super) struct Strip {
    pairs: Vec<[Option<Drawing>; 2]>,
    colours: &'static [[u8; 3]; 10],
}

impl Strip {
    /// Returns the strip of a puzzle that has demonstrations.
    pub(super) fn of(puzzle: &Puzzle, safe: bool) -> Option<Strip> {
        let draw = |board: &Board| Some(Drawing::question(&Puzzle::on(puzzle.task, board.clone()).ok()?));
        let pairs = puzzle.demonstrations.iter().map(|(from, to)| [draw(from), draw(to)]);
        let question = [draw(&puzzle.board), None];
        (!puzzle.demonstrations.is_empty()).then(|| Strip {
            pairs: pairs.chain([question]).collect(),
            colours: puzzle.task.colours(safe),
        })
    }

    /// Returns width and height in units.
    pub(super) fn size(&self) -> [usize; 2] {
        [self.pairs.len() * (BOX + GAP) - GAP, 2 * (BOX + GAP)]
    }

    /// Paints the boards with the upper left corner at these units.
    pub(super) fn paint(&self, canvas: &mut Canvas, [left, top]: [usize; 2], palette: &Palette) {
        for (pair, boards) in self.pairs.iter().enumerate() {
            for (place, board) in boards
                .iter()
                .enumerate()
                .filter_map(|(i, board)| Some((i, board.as_ref()?)))
            {
                let at = [left + pair * (BOX + GAP), top + place * (BOX + GAP / 2)];
                self.board(canvas, board, at, palette);
            }
        }
    }

    fn board(&self, canvas: &mut Canvas, board: &Drawing, [left, top]: [usize; 2], palette: &Palette) {
        let columns = board.columns.max(1);
        let size = (BOX / board.rows.max(columns)).max(1);
        canvas.fill(
            left - 1,
            top - 1,
            columns * size + 2,
            board.rows * size + 2,
            palette.line,
        );
        for (number, cell) in board.cells.iter().enumerate() {
            let colour = match cell.shown.look {
                Look::Colour(number) => Colour(self.colours[usize::from(number) % self.colours.len()]),
                Look::Open => palette.cell,
                _ => palette.ink,
            };
            // A hair between cells, where there is room.
            let side = if size > 4 { size - 1 } else { size };
            let (x, y) = (left + number % columns * size, top + number / columns * size);
            canvas.fill(x, y, size, size, palette.faint);
            canvas.fill(x, y, side, side, colour);
        }
    }
}
