//! What the marks of a board mean, in words below it.

use super::canvas::{Anchor, Canvas, Fonts};
use super::theme::{Colour, Palette};

/// Height of the line in units.
pub(super) const HEIGHT: usize = 26;
/// Side of a sample, its distance from the board above and from its name, and from the next sample.
const SIDE: usize = 14;
const ABOVE: usize = 10;
const BESIDE: usize = 5;
const APART: usize = 14;
/// Size of the text.
const TEXT: f32 = 13.0;

/// A mark and its name.
pub(super) struct Entry {
    pub name: &'static str,
    /// The sample's ground, the ring around it, and the dot in it.
    pub ground: Colour,
    pub ring: Option<Colour>,
    pub ink: Colour,
}

/// Writes the line with its upper left corner at these units; what finds no room is left out.
pub(super) fn paint(canvas: &mut Canvas, [left, top]: [usize; 2], entries: &[Entry], fonts: &Fonts, palette: &Palette) {
    let (mut x, y) = (left, top + ABOVE);
    for entry in entries {
        let width = SIDE + BESIDE + Canvas::text_width(entry.name, &fonts.regular, TEXT).ceil() as usize;
        if x + width > canvas.width() {
            return;
        }
        let (border, edge) = entry.ring.map_or((1, palette.faint), |ring| (2, ring));
        let inside = SIDE - 2 * border;
        canvas.fill(x, y, SIDE, SIDE, edge);
        canvas.fill(x + border, y + border, inside, inside, entry.ground);
        canvas.fill(x + SIDE / 2 - 2, y + SIDE / 2 - 2, 4, 4, entry.ink);
        let at = ((x + SIDE + BESIDE) as f32, (y + SIDE / 2) as f32);
        canvas.text(entry.name, &fonts.regular, TEXT, at, Anchor::Left, palette.faint);
        x += width + APART;
    }
}
