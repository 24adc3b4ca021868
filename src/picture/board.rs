//! Draws one frame: board and caption.

use super::canvas::{Anchor, Canvas, Fonts};
use super::legend::{self, Entry};
use super::strip::Strip;
use super::theme::{Colour, Palette};
use crate::tasks::{Cell, Drawing, Look, Ruling};
use crate::trace::{Thought, percent};

/// Margin around the board, largest side of the board, and height of the caption, in units.
const MARGIN: usize = 16;
const BOARD: usize = 414;
const CAPTION: usize = 48;
/// Side of a unit in pixels: in a picture, for screens with small pixels. In an animation, whose file is to be small, it is 1.
const FINE: usize = 2;
/// Number of levels of confidence that are told apart.
const STEPS: f32 = 8.0;

/// The contents of one frame.
pub(super) struct Frame<'a> {
    pub board: Drawing,
    /// Rows and columns of the largest board of all frames, which have one size.
    pub area: [usize; 2],
    /// Whether it is one of an animation.
    pub moving: bool,
    /// What is drawn above the board.
    pub strip: Option<&'a Strip>,
    /// The colours of coloured cells, and whether digits stand on them.
    pub colours: &'static [[u8; 3]; 10],
    pub digits: bool,
    /// The segment; None shows the question.
    pub thought: Option<&'a Thought>,
    /// Whether changed cells have a ring.
    pub changes: bool,
    /// The segment's number, and that of the last segment.
    pub number: usize,
    pub count: usize,
    /// The verdict, in the last frame; `Some(None)` without rules.
    pub verdict: Option<Option<bool>>,
}

impl Frame<'_> {
    pub(super) fn draw(&self, fonts: &Fonts, palette: &Palette) -> Canvas {
        let [rows, columns] = self.area.map(|side| side.max(1));
        let cell = (BOARD / rows.max(columns)).max(1);
        let [strip_width, strip_height] = self.strip.map_or([0, 0], Strip::size);
        // A narrow board below a strip leaves room for the caption.
        let least = if self.strip.is_some() { BOARD } else { 0 };
        let width = 2 * MARGIN + (columns * cell).max(strip_width).max(least);
        let legend = self.legend(palette);
        let legend_height = if legend.is_empty() { 0 } else { legend::HEIGHT };
        let top = MARGIN + strip_height;
        let size = [width, top + rows * cell + legend_height + CAPTION + MARGIN];
        let scale = if self.moving { 1 } else { FINE };
        let mut canvas = Canvas::new(size, scale, palette.surface);
        legend::paint(&mut canvas, [MARGIN, top + rows * cell], &legend, fonts, palette);
        if let Some(strip) = self.strip {
            strip.paint(&mut canvas, [MARGIN, MARGIN], palette);
        }
        let mut painter = Painter {
            canvas: &mut canvas,
            frame: self,
            size: cell,
            top,
            fonts,
            palette,
        };
        match self.board.ruling {
            Ruling::Frame => painter.framed(),
            Ruling::Grid { rows, columns } => painter.ruled(rows, columns),
        }
        self.caption(&mut canvas, fonts, palette);
        canvas
    }

    /// Returns what the legend explains; nothing where colours are the answer itself.
    pub(super) fn legend(&self, palette: &Palette) -> Vec<Entry> {
        let has = |is: &dyn Fn(&Cell) -> bool| self.board.cells.iter().any(is);
        if has(&|cell| matches!(cell.shown.look, Look::Colour(_))) {
            return Vec::new();
        }
        let entry = |name, ground, ring, ink| Entry {
            name,
            ground,
            ring,
            ink,
        };
        let (cell, answer) = (palette.cell, palette.answer);
        let given = has(&|cell| cell.given && cell.shown.look == Look::Text);
        let given = given.then(|| entry("given", palette.given_cell, None, palette.ink));
        let marked = match (has(&|cell| cell.fault), self.moving) {
            (true, _) => Some(entry("breaks a rule", palette.fault_cell, None, palette.fault)),
            (false, true) => Some(entry("just changed", cell, Some(palette.changed), answer)),
            (false, false) => None,
        };
        let models = [
            entry("the network's", cell, None, answer),
            entry("unsure", palette.unsure, None, answer),
        ];
        given.into_iter().chain(models).chain(marked).collect()
    }

    /// Returns the background of a cell that the model filled in: for a broken rule, or for its doubt.
    fn background(&self, cell: &Cell, palette: &Palette) -> Colour {
        if self.thought.is_none() {
            return palette.cell;
        }
        if cell.fault {
            return palette.fault_cell;
        }
        let sure = cell.confidence;
        let sure = sure.map_or(1.0, |sure| (sure.clamp(0.0, 1.0) * STEPS).round() / STEPS);
        palette.cell.mix(palette.unsure, 1.0 - sure)
    }

    /// Writes the number of the segment, what happened in it, and how far along it is.
    fn caption(&self, canvas: &mut Canvas, fonts: &Fonts, palette: &Palette) {
        let (left, right) = (MARGIN as f32, (canvas.width() - MARGIN) as f32);
        let y = (canvas.height() - MARGIN - CAPTION / 2) as f32 + 6.0;
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
                let changed = self.board.cells.iter().filter(|cell| cell.changed).count();
                aside.extend(self.changes.then(|| format!("{changed} changed")));
                aside.extend(thought.mean_confidence().map(|sure| format!("{} sure", percent(sure))));
                (format!("segment {}", self.number), aside.join(" · "))
            }
        };
        let colour = match self.verdict {
            Some(Some(false)) => palette.fault,
            _ => palette.ink,
        };
        canvas.text(&what, &fonts.bold, 20.0, (left, y), Anchor::Left, colour);
        canvas.text(&aside, &fonts.regular, 18.0, (right, y), Anchor::Right, palette.faint);
        let (length, y) = (canvas.width() - 2 * MARGIN, canvas.height() - MARGIN);
        canvas.fill(MARGIN, y, length, 4, palette.hair);
        canvas.fill(MARGIN, y, length * self.number / self.count.max(1), 4, palette.answer);
    }
}

/// Paints the board of a frame.
struct Painter<'a> {
    canvas: &'a mut Canvas,
    frame: &'a Frame<'a>,
    /// Side of a cell in units.
    size: usize,
    /// The board's upper edge in units.
    top: usize,
    fonts: &'a Fonts,
    palette: &'a Palette,
}

impl Painter<'_> {
    /// Returns a cell's upper left corner in units.
    fn corner(&self, number: usize) -> (usize, usize) {
        let columns = self.frame.board.columns.max(1);
        (
            MARGIN + number % columns * self.size,
            self.top + number / columns * self.size,
        )
    }

    fn glyph(&mut self, (x, y): (usize, usize), glyph: char, bold: bool, height: f32, colour: Colour) {
        let size = self.size as f32;
        let middle = (x as f32 + size / 2.0, y as f32 + size / 2.0);
        let font = if bold { &self.fonts.bold } else { &self.fonts.regular };
        let text = glyph.to_string();
        self.canvas
            .text(&text, font, height * size, middle, Anchor::Middle, colour);
    }

    /// Draws a ring into a cell that has just changed.
    fn ring(&mut self, (x, y): (usize, usize), colour: Colour) {
        let (inset, width) = (self.size / 10, (self.size / 16).max(1));
        let side = self.size.saturating_sub(2 * inset);
        let far = side.saturating_sub(width);
        for (dx, dy, w, h) in [
            (0, 0, side, width),
            (0, far, side, width),
            (0, 0, width, side),
            (far, 0, width, side),
        ] {
            self.canvas.fill(x + inset + dx, y + inset + dy, w, h, colour);
        }
    }

    /// Marks a cell that breaks a rule, not by colour alone.
    fn broken(&mut self, (x, y): (usize, usize)) {
        let (size, fault) = (self.size as f32, self.palette.fault);
        let at = (x as f32 + 0.82 * size, y as f32 + 0.24 * size);
        self.canvas
            .text("!", &self.fonts.bold, 0.36 * size, at, Anchor::Middle, fault);
    }

    /// Draws symbols between lines, with a thick line after every so many rows and columns.
    fn ruled(&mut self, rows: usize, columns: usize) {
        let (palette, frame) = (self.palette, self.frame);
        for (number, cell) in frame.board.cells.iter().enumerate() {
            let corner = self.corner(number);
            let background = match (cell.shown.look, cell.given) {
                (Look::Colour(colour), _) => Colour(frame.colours[usize::from(colour) % frame.colours.len()]),
                (_, true) if !cell.fault => palette.given_cell,
                _ => frame.background(cell, palette),
            };
            let is_coloured = matches!(cell.shown.look, Look::Colour(_));
            self.canvas.fill(corner.0, corner.1, self.size, self.size, background);
            if frame.changes && cell.changed && !cell.given {
                self.ring(corner, if is_coloured { background.ink() } else { palette.changed });
            }
            if cell.fault && !is_coloured {
                self.broken(corner);
            }
            let (bold, colour) = match cell.given {
                _ if is_coloured => (false, background.ink()),
                _ if cell.fault => (true, palette.fault),
                true => (true, palette.ink),
                false => (false, palette.answer),
            };
            let written = match cell.shown.look {
                Look::Colour(_) => cell.fault || frame.digits,
                Look::Open => frame.thought.is_some(),
                _ => true,
            };
            if written {
                self.glyph(corner, cell.shown.glyph, bold, 0.72, colour);
            }
        }
        // Thick lines last, so that no thin line crosses them.
        let all = [frame.board.rows, frame.board.columns];
        for (thick, colour) in [(1, palette.hair), (2, palette.line)] {
            for (axis, every) in [rows, columns].into_iter().enumerate() {
                let is_thick =
                    |line: usize| line == 0 || line == all[axis] || (every > 0 && line.is_multiple_of(every));
                for line in (0..=all[axis]).filter(|&line| is_thick(line) == (thick == 2)) {
                    let start = [self.top, MARGIN];
                    let at = start[axis] + line * self.size - thick / 2;
                    let (from, length) = (start[1 - axis] - thick / 2, all[1 - axis] * self.size + thick);
                    match axis {
                        0 => self.canvas.fill(from, at, length, thick, colour),
                        _ => self.canvas.fill(at, from, thick, length, colour),
                    }
                }
            }
        }
    }

    /// Draws cells in a frame, without lines between them.
    fn framed(&mut self) {
        let (palette, frame, size) = (self.palette, self.frame, self.size);
        let (width, height) = (frame.board.columns * size + 2, frame.board.rows * size + 2);
        self.canvas.fill(MARGIN - 1, self.top - 1, width, height, palette.line);
        for (number, cell) in frame.board.cells.iter().enumerate() {
            let (x, y) = self.corner(number);
            let (open, kept) = (cell.asked.look == Look::Open, cell.asked.id == cell.shown.id);
            let (back, mark) = match cell.asked.look {
                Look::Solid if kept => (palette.wall, None),
                Look::Badge if kept => (palette.cell, Some(palette.ink)),
                Look::Open if kept => (palette.cell, None),
                Look::Open if cell.shown.look == Look::Dot && !cell.fault => {
                    (frame.background(cell, palette), Some(palette.answer))
                }
                // It breaks a rule, or is a given that was not kept.
                _ => (frame.background(cell, palette), Some(palette.fault)),
            };
            self.canvas.fill(x, y, size, size, back);
            if frame.changes && cell.changed && open {
                self.ring((x, y), palette.changed);
            }
            if cell.fault {
                self.broken((x, y));
            }
            if let Some(mark) = mark {
                // Start and goal fill their cells; the path is a dot in each.
                let inset = if open { size * 3 / 10 } else { size / 8 };
                self.canvas
                    .fill(x + inset, y + inset, size - 2 * inset, size - 2 * inset, mark);
            }
            if cell.asked.look == Look::Badge {
                self.glyph((x, y), cell.asked.glyph, true, 0.8, palette.cell);
            }
        }
    }
}
