//! Pictures of segments: a GIF of all, a PNG of the answer at twice the resolution.
//!
//! The less sure the model is of a cell, the warmer its colour; cells that a segment changed have a ring; givens are bold,
//! on grey, and the cells of broken rules red, with a "!". A legend below the board says so.

mod board;
mod canvas;
mod encode;
mod legend;
mod strip;
mod theme;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

pub use theme::Theme;

use crate::error::{Error, Result};
use crate::tasks::{Drawing, Puzzle};
use crate::trace::Thought;
use board::Frame;
use canvas::Fonts;
use strip::Strip;

/// Total duration of a GIF, least and greatest delay of a frame, and delay of the last frame, in hundredths of a
/// second.
const ALL: usize = 1000;
const FRAME: [usize; 2] = [8, 70];
const LAST: u16 = 300;

/// A picture of a puzzle and the segments that answered it.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// The question.
    pub puzzle: &'a Puzzle,
    /// The segments; the last one is the answer.
    pub thoughts: &'a [Thought],
    /// The colours: light or dark.
    pub theme: Theme,
    /// Whether coloured cells have colours that people with colour blindness tell apart.
    pub safe_colours: bool,
    /// Whether digits stand on coloured cells.
    pub digits: bool,
}

impl Picture<'_> {
    /// Draws the answer as a PNG file, which notes the question: [`Definition::read_picture`] reads it back.
    ///
    /// [`Definition::read_picture`]: crate::tasks::Definition::read_picture
    ///
    /// # Errors
    /// [`Error::Usage`] if there are no segments.
    pub fn png(&self) -> Result<Vec<u8>> {
        let last = self.thoughts.len().checked_sub(1).ok_or_else(nothing)?;
        let (fonts, strip) = (Fonts::new()?, Strip::of(self.puzzle, self.safe_colours));
        let area = self.area([1, 1], last..=last);
        let frame = Frame {
            moving: false,
            ..self.frame(last, false, area, strip.as_ref())
        };
        encode::png(&frame.draw(&fonts, &self.theme.palette()), self.puzzle)
    }

    /// Draws the segments as a GIF file that repeats: the question, every segment, and the answer for a while.
    ///
    /// # Errors
    /// As [`Picture::png`].
    pub fn gif(&self) -> Result<Vec<u8>> {
        let last = self.thoughts.len().checked_sub(1).ok_or_else(nothing)?;
        let (fonts, palette) = (Fonts::new()?, self.theme.palette());
        let delay = (ALL / self.thoughts.len()).clamp(FRAME[0], FRAME[1]) as u16;
        let asked = [self.puzzle.board.rows, self.puzzle.board.columns];
        let (area, strip) = (self.area(asked, 0..=last), Strip::of(self.puzzle, self.safe_colours));
        let question = Frame {
            board: Drawing::question(self.puzzle),
            area,
            moving: true,
            strip: strip.as_ref(),
            colours: self.puzzle.task.colours(self.safe_colours),
            digits: self.digits,
            thought: None,
            changes: false,
            number: 0,
            count: self.thoughts.len(),
            verdict: None,
        };
        let frames = || {
            let segment = |i, changes| self.frame(i, changes, area, strip.as_ref()).draw(&fonts, &palette);
            let asked = std::iter::once_with(|| (question.draw(&fonts, &palette), FRAME[1] as u16));
            let segments = (0..=last).map(move |i| (segment(i, true), delay));
            asked
                .chain(segments)
                .chain(std::iter::once_with(move || (segment(last, false), LAST)))
        };
        encode::gif(frames)
    }

    /// Returns the least rows and columns, at least these, that hold every answer of these segments.
    fn area(&self, least: [usize; 2], segments: RangeInclusive<usize>) -> [usize; 2] {
        let boards = self.thoughts[segments].iter().map(|thought| {
            let board = self.puzzle.answer(&thought.grid);
            [board.rows, board.columns]
        });
        boards.fold(least, |area, board| [0, 1].map(|side| area[side].max(board[side])))
    }

    /// Returns the frame of segment `i` in an animation; without the rings of change, it shows the verdict.
    fn frame<'a>(&'a self, i: usize, changes: bool, area: [usize; 2], strip: Option<&'a Strip>) -> Frame<'a> {
        let thought = &self.thoughts[i];
        let verdict = self.puzzle.judge(&thought.grid).filter(|_| !changes);
        let faults = verdict.iter().flat_map(|v| &v.faults);
        let faults: BTreeSet<usize> = faults.flat_map(|fault| fault.cells.iter().copied()).collect();
        Frame {
            board: Drawing::thought(self.puzzle, thought).with_faults(&faults),
            area,
            moving: true,
            strip,
            colours: self.puzzle.task.colours(self.safe_colours),
            digits: self.digits,
            thought: Some(thought),
            // The first segment answers every cell, which is not worth showing as a change.
            changes: changes && i > 0,
            number: thought.number,
            count: self.thoughts.last().map_or(0, |last| last.number),
            verdict: (!changes).then(|| verdict.as_ref().map(|v| v.valid)),
        }
    }
}

fn nothing() -> Error {
    Error::Usage("a picture needs one segment at least, found none".into())
}

#[cfg(test)]
mod tests {
    use super::canvas::Canvas;
    use super::theme::Colour;
    use super::*;

    fn thought(number: usize, grid: Vec<u32>, changed: Vec<usize>, confidence: f32) -> Thought {
        Thought {
            number,
            confidence: Some(vec![confidence; grid.len()]),
            grid,
            changed,
            q_halt: 0.0,
            q_continue: 0.0,
            probabilities: None,
            z_h: None,
            z_l: None,
        }
    }

    /// Returns the colour in the middle of each cell, in its upper left corner inside the lines, and where a ring would be.
    fn cells(canvas: &Canvas, side: usize) -> Vec<[Colour; 3]> {
        let size = 414 / side;
        let at = |x: usize, y: usize| canvas.pixels[y * canvas.columns + x];
        let cell = |cell: usize| {
            let (x, y) = (16 + cell % side * size, 16 + cell / side * size);
            let middle = at(x + size / 2, y + size / 2);
            [middle, at(x + 2, y + 2), at(x + size / 10 + 1, y + size / 2)]
        };
        (0..side * side).map(cell).collect()
    }

    #[test]
    fn a_maze_shows_walls_ends_the_way_and_what_was_not_kept() {
        let puzzle = Puzzle::parse("#####\n#S  #\n# # #\n#  G#\n#####", None).unwrap();
        let mut grid = puzzle.board.tokens.clone();
        [7, 8, 13].into_iter().for_each(|cell| grid[cell] = 5);
        grid[1] = 2; // a wall that became free
        let thoughts = [thought(1, grid.clone(), vec![], 1.0), thought(2, grid, vec![7], 0.5)];
        for theme in [Theme::Light, Theme::Dark] {
            let picture = Picture {
                puzzle: &puzzle,
                thoughts: &thoughts,
                theme,
                safe_colours: false,
                digits: false,
            };
            let (palette, area) = (theme.palette(), [5, 5]);
            let drawn = cells(
                &picture
                    .frame(1, true, area, None)
                    .draw(&Fonts::new().unwrap(), &palette),
                5,
            );
            let half = palette.cell.mix(palette.unsure, 0.5);
            for (cell, middle, ground, ring) in [
                (0, palette.wall, palette.wall, palette.wall),
                (1, palette.fault, half, half),
                (7, palette.answer, half, palette.changed),
                (8, palette.answer, half, half),
                (11, palette.cell, palette.cell, palette.cell),
            ] {
                assert_eq!(drawn[cell], [middle, ground, ring], "cell {cell}");
            }
            assert!(drawn[6][1] == palette.cell && drawn[18][1] == palette.cell);
            assert!(picture.gif().unwrap().starts_with(b"GIF89a"));
        }
    }

    #[test]
    fn a_sudoku_shows_doubt_and_change_at_answers_only() {
        let puzzle = Puzzle::parse(&format!("53{}", ".".repeat(79)), None).unwrap();
        let grid = vec![2; 81];
        let thoughts = [
            thought(1, grid.clone(), (0..81).collect(), 0.0),
            thought(2, grid, vec![0, 2], 1.0),
        ];
        let picture = Picture {
            puzzle: &puzzle,
            thoughts: &thoughts,
            theme: Theme::Light,
            safe_colours: false,
            digits: false,
        };
        let palette = Theme::Light.palette();
        let edges = |i: usize| -> Vec<[Colour; 2]> {
            let drawn = picture
                .frame(i, true, [9, 9], None)
                .draw(&Fonts::new().unwrap(), &palette);
            cells(&drawn, 9)
                .into_iter()
                .map(|[_, ground, ring]| [ground, ring])
                .collect()
        };
        let (given, unsure, sure) = ([palette.given_cell; 2], [palette.unsure; 2], [palette.cell; 2]);
        assert_eq!(edges(0)[..4], [given, given, unsure, unsure]);
        assert_eq!(edges(1)[..4], [given, given, [palette.cell, palette.changed], sure]);
        // A given that was not kept is red at the end.
        let end = picture.frame(1, false, [9, 9], None);
        assert!(end.board.cells[0].fault && end.verdict == Some(Some(false)));
    }

    /// A legend names the marks that a picture has; a PNG has twice the pixels of a GIF in both directions.
    #[test]
    fn marks_are_named_and_a_png_is_sharp() {
        let fonts = Fonts::new().unwrap();
        let palette = Theme::Dark.palette();
        for (text, grid, names) in [
            (
                format!("53{}", ".".repeat(79)),
                vec![2; 81],
                "given, the network's, unsure, breaks a rule",
            ),
            (
                "#####\n#S  #\n# # #\n#  G#\n#####".into(),
                vec![1; 25],
                "the network's, unsure, breaks a rule",
            ),
        ] {
            let puzzle = Puzzle::parse(&text, None).unwrap();
            let picture = Picture {
                puzzle: &puzzle,
                thoughts: &[thought(1, grid, Vec::new(), 0.5)],
                theme: Theme::Dark,
                safe_colours: false,
                digits: false,
            };
            let area = [puzzle.board.rows, puzzle.board.columns];
            let named =
                |frame: &Frame<'_>| -> Vec<&str> { frame.legend(&palette).iter().map(|entry| entry.name).collect() };
            let frame = picture.frame(0, false, area, None);
            assert_eq!(named(&frame).join(", "), names);
            assert_eq!(named(&picture.frame(0, true, area, None)).last(), Some(&"just changed"));
            // The first sample stands below the board, in its ground.
            let canvas = frame.draw(&fonts, &palette);
            let below = 16 + 414 / area[0] * area[0] + 10;
            let first = if names.starts_with("given") {
                palette.given_cell
            } else {
                palette.cell
            };
            assert_eq!(canvas.pixels[(below + 2) * canvas.columns + 16 + 2], first);
            let (png, gif) = (picture.png().unwrap(), picture.gif().unwrap());
            let wide = u32::from_be_bytes(png[16..20].try_into().unwrap());
            assert_eq!(wide, 2 * u32::from(u16::from_le_bytes(gif[6..8].try_into().unwrap())));
        }
    }

    #[test]
    fn a_picture_gives_its_question_back() {
        for text in [
            "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
            "#####\n#S  #\n# # #\n#  G#\n#####",
        ] {
            let puzzle = Puzzle::parse(text, None).unwrap();
            let cells = puzzle.board.tokens.len();
            let thoughts = [thought(1, puzzle.board.tokens.clone(), (0..cells).collect(), 0.5)];
            for theme in [Theme::Light, Theme::Dark] {
                let picture = Picture {
                    puzzle: &puzzle,
                    thoughts: &thoughts,
                    theme,
                    safe_colours: false,
                    digits: false,
                };
                let png = picture.png().unwrap();
                let read = |png: &[u8]| puzzle.task.read_picture(png, "x").and_then(|read| read.ok());
                assert_eq!(read(&png).map(|read| read.text()).as_deref(), Some(text));
            }
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error() {
        let sudoku = Puzzle::new(crate::tasks::sudoku::TASK, vec![1; 81]).unwrap();
        let picture = Picture {
            puzzle: &sudoku,
            thoughts: &[],
            theme: Theme::Light,
            safe_colours: false,
            digits: false,
        };
        assert!(matches!(picture.png(), Err(Error::Usage(_))));
        assert!(matches!(picture.gif(), Err(Error::Usage(_))));
        // A grid that is too short, or cells beyond its end, must not panic.
        let picture = Picture {
            puzzle: &sudoku,
            thoughts: &[thought(1, vec![2], vec![500], f32::NAN)],
            theme: Theme::Dark,
            safe_colours: false,
            digits: false,
        };
        assert!(picture.png().is_ok() && picture.gif().is_ok());
    }

    #[test]
    fn more_colours_than_a_gif_has_become_coarser() {
        let mut canvas = Canvas::new([40, 40], 1, Colour([0; 3]));
        let colour = |i: usize| Colour([i % 256, i / 7 % 256, i / 3 % 256].map(|v| v as u8));
        canvas.pixels = (0..1600).map(colour).collect();
        let file = encode::gif(|| std::iter::once((canvas.clone(), 5))).unwrap();
        let mut decoder = gif::DecodeOptions::new().read_info(&file[..]).unwrap();
        let palette = decoder.global_palette().unwrap().to_vec();
        let frame = decoder.read_next_frame().unwrap().unwrap();
        for (index, Colour(colour)) in frame.buffer.iter().zip(&canvas.pixels) {
            for (found, needed) in palette[3 * usize::from(*index)..][..3].iter().zip(colour) {
                assert!(found.abs_diff(*needed) < 64);
            }
        }
    }
}
