//! Boards of colours as terminal text: two columns a cell, in the ground's colour.

use std::fmt::Write;

use anstyle::{Ansi256Color, Color, RgbColor, Style};

use hrm::tasks::{Cell, Drawing, Look, Puzzle};

/// How colours are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    /// Whether the colours are those that people with colour blindness tell apart.
    pub safe: bool,
    /// Whether digits are seen on the colours. They are there in any case: what strips colours leaves them.
    pub digits: bool,
    /// Whether the terminal has all colours, and not 256.
    pub all: bool,
}

impl Paint {
    /// Whether a board is one of colours.
    pub(super) fn is_for(drawing: &Drawing) -> bool {
        drawing.cells.is_empty()
            || drawing
                .cells
                .iter()
                .any(|cell| matches!(cell.shown.look, Look::Colour(_)))
    }

    /// Returns a board, each row ended by a line feed. With `changes`, what the segment changed is underlined, and its
    /// digit is seen.
    pub(super) fn board(self, puzzle: &Puzzle, drawing: &Drawing, changes: bool) -> String {
        if drawing.cells.is_empty() {
            return "(an empty board)\n".to_owned();
        }
        let mut board = String::new();
        for row in drawing.cells.chunks(drawing.columns.max(1)) {
            for cell in row {
                let style = match changes && cell.changed {
                    true => Paint { digits: true, ..self }.style(puzzle, cell).underline(),
                    false => self.style(puzzle, cell),
                };
                // Writing to a string cannot fail.
                let _ = write!(board, "{style}{} {style:#}", cell.shown.glyph);
            }
            board.push('\n');
        }
        board
    }

    /// Returns the pairs of boards that show the rule of a puzzle, one below the other, and its question.
    pub(super) fn demonstrations(self, puzzle: &Puzzle) -> String {
        let board = |board: &hrm::tasks::Board| {
            let shown = Puzzle::on(puzzle.task, board.clone());
            shown.map_or_else(
                |_| String::new(),
                |shown| self.board(&shown, &Drawing::question(&shown), false),
            )
        };
        let pairs = puzzle.demonstrations.iter().map(|(from, to)| {
            let (left, right) = (board(from), board(to));
            let (left, right): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
            let rows = 0..left.len().max(right.len());
            let line = |row: usize| {
                let blank = " ".repeat(2 * from.columns);
                let arrow = if row == 0 { "  →  " } else { "     " };
                let left = left.get(row).copied().unwrap_or(&blank);
                format!("{left}{arrow}{}\n", right.get(row).copied().unwrap_or_default())
            };
            rows.map(line).collect::<String>() + "\n"
        });
        pairs.collect::<String>() + &board(&puzzle.board) + "\n"
    }

    fn style(self, puzzle: &Puzzle, cell: &Cell) -> Style {
        let Look::Colour(number) = cell.shown.look else {
            return Style::new();
        };
        let colours = puzzle.task.colours(self.safe);
        let ground = colours[usize::from(number) % colours.len()];
        let light = ground
            .iter()
            .zip([3, 6, 1])
            .map(|(&part, weight)| u32::from(part) * weight)
            .sum::<u32>();
        let ink = match (self.digits, light > 1100) {
            // The digit is there, and not seen.
            (false, _) => ground,
            (true, true) => [0; 3],
            (true, false) => [255; 3],
        };
        Style::new()
            .bg_color(Some(self.colour(ground)))
            .fg_color(Some(self.colour(ink)))
    }

    fn colour(self, [r, g, b]: [u8; 3]) -> Color {
        match self.all {
            true => RgbColor(r, g, b).into(),
            false => Ansi256Color(nearest([r, g, b])).into(),
        }
    }
}

/// Returns the nearest of the 6×6×6 colours and 24 greys of terminals with 256 colours.
fn nearest(colour: [u8; 3]) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let cube = (0..216u8).map(|i| (16 + i, [i / 36, i / 6 % 6, i % 6].map(|part| STEPS[usize::from(part)])));
    let greys = (0..24u8).map(|i| (232 + i, [8 + 10 * i; 3]));
    let distance = |other: [u8; 3]| {
        let parts = colour.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2));
        parts.sum::<u32>()
    };
    cube.chain(greys)
        .min_by_key(|(_, other)| distance(*other))
        .map_or(16, |(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::arc;

    fn puzzle() -> Puzzle {
        let json = r#"{"train": [{"input": [[1, 2], [0, 0]], "output": [[3]]}], "test": [{"input": [[0, 8]]}]}"#;
        hrm::tasks::read(json.as_bytes(), "a.json", Some(arc::TASK))
            .remove(0)
            .unwrap()
            .puzzle
    }

    fn paint(digits: bool, all: bool) -> Paint {
        Paint {
            safe: false,
            digits,
            all,
        }
    }

    #[test]
    fn boards_are_painted_and_their_digits_remain_without_colours() {
        let puzzle = puzzle();
        let drawing = Drawing::question(&puzzle);
        let shown = |paint: Paint| paint.board(&puzzle, &drawing, false).replace('\u{1b}', "^");
        let all = "^[38;2;0;0;0m^[48;2;0;0;0m0 ^[0m^[38;2;135;216;241m^[48;2;135;216;241m8 ^[0m\n";
        assert_eq!(shown(paint(false, true)), all);
        let few = "^[38;5;16m^[48;5;16m0 ^[0m^[38;5;117m^[48;5;117m8 ^[0m\n";
        assert_eq!(shown(paint(false, false)), few);
        let digits = "^[38;5;231m^[48;5;16m0 ^[0m^[38;5;16m^[48;5;117m8 ^[0m\n";
        assert_eq!(shown(paint(true, false)), digits);
        let changed = Drawing {
            cells: drawing
                .cells
                .iter()
                .map(|cell| Cell { changed: true, ..*cell })
                .collect(),
            ..drawing.clone()
        };
        let shown = paint(false, false)
            .board(&puzzle, &changed, true)
            .replace('\u{1b}', "^");
        assert_eq!(
            shown,
            "^[4m^[38;5;231m^[48;5;16m0 ^[0m^[4m^[38;5;16m^[48;5;117m8 ^[0m\n"
        );
        let plain = anstream::adapter::strip_str(&paint(false, true).demonstrations(&puzzle)).to_string();
        assert_eq!(plain, "1 2   →  3 \n0 0      \n\n0 8 \n\n");
    }

    #[test]
    fn an_answer_without_cells_is_said() {
        let puzzle = puzzle();
        let drawing = Drawing::new(&puzzle, &[0; 900]);
        assert!(Paint::is_for(&drawing));
        assert_eq!(paint(true, true).board(&puzzle, &drawing, false), "(an empty board)\n");
    }

    #[test]
    fn the_256_colours_are_told_apart_too() {
        for safe in [false, true] {
            let all: std::collections::BTreeSet<u8> =
                arc::TASK.colours(safe).iter().map(|&colour| nearest(colour)).collect();
            assert_eq!(all.len(), 10);
        }
    }
}
