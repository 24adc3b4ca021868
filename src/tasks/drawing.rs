//! A board as neutral data, which terminal, picture, window and page each paint in their own way.

use std::collections::BTreeSet;

use super::Puzzle;
use crate::trace::Thought;

/// A symbol that a cell can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// The symbol's id.
    pub id: u32,
    /// The symbol's character in text.
    pub glyph: char,
    /// The symbol's name for screen readers.
    pub name: &'static str,
    /// How the symbol is drawn.
    pub look: Look,
    /// Characters that people type for the symbol in an editor; none if a question cannot hold it.
    pub keys: &'static str,
    /// Whether a board has at most one of this symbol.
    pub single: bool,
}

/// How a symbol is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Look {
    /// The cell is left empty.
    Open,
    /// The glyph is written.
    Text,
    /// The cell is filled, as a wall is.
    Solid,
    /// The glyph is written on a filled square, as a start or a goal is.
    Badge,
    /// A dot, as a step of a path is.
    Dot,
    /// The cell is filled with one of ten colours.
    Colour(u8),
}

/// The colours of [`Definition::colours`](super::Definition::colours).
pub(super) fn colours(safe: bool) -> &'static [[u8; 3]; 10] {
    const fn rgb(hex: [u32; 10]) -> [[u8; 3]; 10] {
        let mut colours = [[0; 3]; 10];
        let mut i = 0;
        while i < 10 {
            colours[i] = [(hex[i] >> 16) as u8, (hex[i] >> 8) as u8, hex[i] as u8];
            i += 1;
        }
        colours
    }
    static USUAL: [[u8; 3]; 10] = rgb([
        0x000000, 0x1e93ff, 0xf93c31, 0x4fcc30, 0xffdc00, 0x999999, 0xe53aa3, 0xff851b, 0x87d8f1, 0x921231,
    ]);
    static SAFE: [[u8; 3]; 10] = rgb([
        0x000000, 0x3e90ff, 0xd95b30, 0x265f56, 0xf5ffa7, 0x9aa88b, 0x7d4295, 0xfaaa08, 0x7efffa, 0x692000,
    ]);
    if safe { &SAFE } else { &USUAL }
}

/// How the lines of a board are ruled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ruling {
    /// Thin lines between all cells, and thick ones after every so many rows and columns; 0 for no thick lines inside.
    Grid {
        /// Rows between thick lines.
        rows: usize,
        /// Columns between thick lines.
        columns: usize,
    },
    /// A frame around the board, without lines inside.
    Frame,
}

/// One cell of a [`Drawing`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The question's symbol in this cell.
    pub asked: Symbol,
    /// The symbol shown in this cell.
    pub shown: Symbol,
    /// Whether the question gives this cell, so that the model does not fill it in.
    pub given: bool,
    /// Whether the cell takes part in a fault.
    pub fault: bool,
    /// Whether the shown segment changed the cell.
    pub changed: bool,
    /// The confidence of the shown symbol, 0 to 1, if known.
    pub confidence: Option<f32>,
}

/// A board to be painted.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// How the board's lines are ruled.
    pub ruling: Ruling,
    /// The cells, row-major, `[rows · columns]`.
    pub cells: Vec<Cell>,
}

impl Drawing {
    /// Draws the question of a puzzle.
    pub fn question(puzzle: &Puzzle) -> Drawing {
        Drawing::new(puzzle, &puzzle.sample().tokens)
    }

    /// Draws a prediction `[S]` for a puzzle; cells that the prediction lacks show id 0.
    ///
    /// An answer whose board has another shape than the question's is drawn alone, without givens.
    pub fn new(puzzle: &Puzzle, prediction: &[u32]) -> Drawing {
        let (task, question) = (puzzle.task, &puzzle.board);
        let answer = task.answer(puzzle, prediction);
        let asked = Some(question).filter(|question| question.is_like(&answer));
        let cell = |cell: usize| {
            let shown = answer.tokens.get(cell).copied().unwrap_or(0);
            let asked = asked
                .and_then(|board| board.tokens.get(cell))
                .copied()
                .unwrap_or(task.blank());
            Cell {
                asked: task.symbol(asked),
                shown: task.symbol(shown),
                // Coloured boards are questions and answers of their own: the one gives nothing to the other.
                given: asked != task.blank() && !matches!(task.symbol(asked).look, Look::Colour(_)),
                fault: false,
                changed: false,
                confidence: None,
            }
        };
        Drawing {
            rows: answer.rows,
            columns: answer.columns,
            ruling: task.ruling(),
            cells: (0..answer.rows * answer.columns).map(cell).collect(),
        }
    }

    /// Draws a segment's prediction for a puzzle, with changes and confidences.
    pub fn thought(puzzle: &Puzzle, thought: &Thought) -> Drawing {
        let mut drawing = Drawing::new(puzzle, &thought.grid);
        let (columns, changes) = (drawing.columns, thought.changes(puzzle));
        for (number, cell) in drawing.cells.iter_mut().enumerate() {
            let token = puzzle.task.token(number, columns, thought.grid.len());
            cell.changed = changes.binary_search(&token).is_ok();
            cell.confidence = thought.confidence.as_ref().and_then(|all| all.get(token)).copied();
        }
        drawing
    }

    /// Marks the cells that take part in a fault.
    pub fn with_faults(mut self, cells: &BTreeSet<usize>) -> Drawing {
        for (number, cell) in self.cells.iter_mut().enumerate() {
            cell.fault = cells.contains(&number);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What people see who lack a kind of cone (Machado and others, 2009, full severity), and what all others see.
    const SIGHTS: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];

    fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
        [0, 1, 2].map(|i| (0..3).map(|j| matrix[i][j] * v[j]).sum())
    }

    /// CIE L*a*b* of a colour as somebody sees it.
    fn lab(sight: &[[f64; 3]; 3], colour: [u8; 3]) -> [f64; 3] {
        let linear = colour.map(|part| match f64::from(part) / 255.0 {
            part if part <= 0.04045 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        });
        let seen = times(sight, linear).map(|part| part.clamp(0.0, 1.0));
        let xyz = [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.072175],
            [0.0193339, 0.119192, 0.9503041],
        ];
        let white = [0.95047, 1.0, 1.08883];
        let xyz = times(&xyz, seen);
        let [x, y, z] = [0, 1, 2].map(|i| match xyz[i] / white[i] {
            v if v > 0.008856 => v.cbrt(),
            v => 7.787 * v + 16.0 / 116.0,
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// The smallest difference (CIE 1976) of two of the colours in the eyes of anybody.
    fn least(colours: &[[u8; 3]; 10]) -> f64 {
        let mut least = f64::INFINITY;
        for sight in &SIGHTS {
            let all = colours.map(|colour| lab(sight, colour));
            for (i, a) in all.iter().enumerate() {
                for b in &all[..i] {
                    let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
                    least = least.min(square.sqrt());
                }
            }
        }
        least
    }

    #[test]
    fn the_safe_colours_differ_in_the_eyes_of_everybody() {
        let [usual, safe] = [false, true].map(|safe| least(colours(safe)));
        assert!(usual > 9.0 && safe > 30.0, "{usual} and {safe}");
    }
}
