//! One frame: board and caption.

use std::collections::BTreeSet;

use super::canvas::{Anchor, Canvas, Fonts};
use super::look::{Colour, Palette};
use crate::model::Task;
use crate::puzzle::{Puzzle, maze, sudoku};
use crate::trace::Thought;

/// Space around the board, the board's largest side, and the caption's height, in pixels.
const MARGIN: usize = 16;
const BOARD: usize = 414;
const CAPTION: usize = 48;
/// Steps of sureness that are told apart.
const STEPS: f32 = 8.0;

/// What one picture shows.
pub(super) struct Frame<'a> {
    pub puzzle: &'a Puzzle,
    /// The segment; None shows the question.
    pub thought: Option<&'a Thought>,
    /// Cells that take part in a fault.
    pub faults: BTreeSet<usize>,
    /// Whether what changed lights up.
    pub changes: bool,
    /// The segment's number, and that of the last.
    pub number: usize,
    pub count: usize,
    /// How it ended, in the last frame; without rules that is not known.
    pub verdict: Option<Option<bool>>,
}

impl Frame<'_> {
    pub(super) fn draw(&self, fonts: &Fonts, palette: &Palette) -> Canvas {
        let side = self.puzzle.side.max(1);
        let cell = (BOARD / side).max(1);
        let (width, height) = (2 * MARGIN + side * cell, 2 * MARGIN + side * cell + CAPTION);
        let mut canvas = Canvas::new(width, height, palette.surface);
        match self.puzzle.task {
            Task::Maze => self.maze(&mut canvas, cell, fonts, palette),
            Task::Sudoku | Task::Arc => self.sudoku(&mut canvas, cell, fonts, palette),
        }
        self.caption(&mut canvas, fonts, palette);
        canvas
    }

    /// The id that a cell shows, and whether it is the model's.
    fn shown(&self, cell: usize) -> u32 {
        let grid = self.thought.map_or(&self.puzzle.tokens, |thought| &thought.grid);
        grid.get(cell).copied().unwrap_or(0)
    }

    /// Behind what the model says of a cell: what changed, or else how sure it is.
    fn background(&self, cell: usize, palette: &Palette) -> Colour {
        let Some(thought) = self.thought else {
            return palette.cell;
        };
        if self.changes && thought.changed.binary_search(&cell).is_ok() {
            return palette.changed;
        }
        let sure = thought.confidence.as_ref().and_then(|all| all.get(cell));
        let sure = sure.map_or(1.0, |sure| (sure.clamp(0.0, 1.0) * STEPS).round() / STEPS);
        palette.cell.mix(palette.sure, sure)
    }

    fn sudoku(&self, canvas: &mut Canvas, size: usize, fonts: &Fonts, palette: &Palette) {
        let given = |cell: usize| self.puzzle.tokens.get(cell).and_then(|&id| sudoku::digit(id));
        let side = self.puzzle.side;
        for cell in 0..side * side {
            let (x, y) = (MARGIN + cell % side * size, MARGIN + cell / side * size);
            let background = match given(cell) {
                Some(_) => palette.cell,
                None => self.background(cell, palette),
            };
            canvas.fill(x, y, size, size, background);
            let glyph = sudoku::glyph(self.shown(cell));
            let (font, colour) = match given(cell) {
                _ if self.faults.contains(&cell) => (&fonts.bold, palette.fault),
                Some(_) => (&fonts.bold, palette.ink),
                None => (&fonts.regular, palette.answer),
            };
            if glyph != '.' || self.thought.is_some() {
                let middle = (x as f32 + size as f32 / 2.0, y as f32 + size as f32 / 2.0);
                let text = glyph.to_string();
                canvas.text(&text, font, 0.72 * size as f32, middle, Anchor::Middle, colour);
            }
        }
        // Boxes last, so that no thin line crosses a thick one.
        let lines = |canvas: &mut Canvas, which: &dyn Fn(usize) -> bool, thick: usize, colour: Colour| {
            for line in (0..=side).filter(|&line| which(line)) {
                let (at, length) = (MARGIN + line * size - thick / 2, side * size + thick);
                canvas.fill(at, MARGIN - thick / 2, thick, length, colour);
                canvas.fill(MARGIN - thick / 2, at, length, thick, colour);
            }
        };
        lines(canvas, &|line| line % 3 != 0, 1, palette.hair);
        lines(canvas, &|line| line % 3 == 0, 2, palette.line);
    }

    fn maze(&self, canvas: &mut Canvas, size: usize, fonts: &Fonts, palette: &Palette) {
        let side = self.puzzle.side;
        let all = side * size + 2;
        canvas.fill(MARGIN - 1, MARGIN - 1, all, all, palette.line);
        for cell in 0..side * side {
            let asked = self.puzzle.tokens.get(cell).map_or('?', |&id| maze::glyph(id));
            let shown = maze::glyph(self.shown(cell));
            let (x, y) = (MARGIN + cell % side * size, MARGIN + cell / side * size);
            let (back, mark) = match (asked, shown) {
                ('#', '#') => (palette.line, None),
                ('S' | 'G', _) if asked == shown => (palette.cell, Some(palette.ink)),
                (' ', ' ') => (palette.cell, None),
                (' ', 'o') => (self.background(cell, palette), Some(palette.answer)),
                // What was given and is not kept.
                _ => (self.background(cell, palette), Some(palette.fault)),
            };
            let changed = self.changes && self.thought.is_some_and(|t| t.changed.binary_search(&cell).is_ok());
            let back = if changed && asked == ' ' { palette.changed } else { back };
            canvas.fill(x, y, size, size, back);
            if let Some(mark) = mark {
                // Start and goal fill their cells; the way is a dot in each.
                let inset = if asked == ' ' { size * 3 / 10 } else { size / 8 };
                canvas.fill(x + inset, y + inset, size - 2 * inset, size - 2 * inset, mark);
            }
            if matches!(asked, 'S' | 'G') {
                let middle = (x as f32 + size as f32 / 2.0, y as f32 + size as f32 / 2.0);
                let text = asked.to_string();
                canvas.text(
                    &text,
                    &fonts.bold,
                    0.8 * size as f32,
                    middle,
                    Anchor::Middle,
                    palette.cell,
                );
            }
        }
    }

    /// Which segment, what happened in it, and how far that is.
    fn caption(&self, canvas: &mut Canvas, fonts: &Fonts, palette: &Palette) {
        let (left, right) = (MARGIN as f32, (canvas.width - MARGIN) as f32);
        let y = (canvas.height - MARGIN - CAPTION / 2) as f32 + 6.0;
        let segments = |n: usize| format!("{n} segment{}", if n == 1 { "" } else { "s" });
        let (what, aside) = match (self.thought, self.verdict) {
            (None, _) => ("the question".to_owned(), String::new()),
            (Some(_), Some(verdict)) => {
                let ended = match verdict {
                    Some(true) => "solved",
                    Some(false) => "not solved",
                    None => "answered",
                };
                (format!("{ended} after {}", segments(self.number)), String::new())
            }
            (Some(thought), None) => {
                let mut aside = Vec::new();
                aside.extend(self.changes.then(|| format!("{} changed", thought.changed.len())));
                aside.extend(
                    thought
                        .mean_confidence()
                        .map(|sure| format!("{:.0} % sure", 100.0 * sure)),
                );
                (format!("segment {}", self.number), aside.join(" · "))
            }
        };
        let colour = match self.verdict {
            Some(Some(false)) => palette.fault,
            _ => palette.ink,
        };
        canvas.text(&what, &fonts.bold, 20.0, (left, y), Anchor::Left, colour);
        canvas.text(&aside, &fonts.regular, 18.0, (right, y), Anchor::Right, palette.faint);
        let (length, y) = (canvas.width - 2 * MARGIN, canvas.height - MARGIN);
        canvas.fill(MARGIN, y, length, 4, palette.hair);
        canvas.fill(MARGIN, y, length * self.number / self.count.max(1), 4, palette.answer);
    }
}
