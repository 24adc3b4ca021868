//! Rectangles and text on an image of three bytes per pixel.

use ab_glyph::{Font, FontRef, ScaleFont, point};

use super::theme::Colour;
use crate::error::{Error, Result};

/// Steps of a glyph's antialiased edge: few, so that all colours of a picture fit a GIF's palette.
const EDGE: f32 = 5.0;

/// An image that is being drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    /// Pixels `[height, width]`, row-major.
    pub pixels: Vec<Colour>,
}

/// The two weights of the font.
pub(super) struct Fonts {
    pub regular: FontRef<'static>,
    pub bold: FontRef<'static>,
}

/// Alignment of text to a point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

impl Fonts {
    pub(super) fn new() -> Result<Fonts> {
        let font = |bytes: &'static [u8]| {
            FontRef::try_from_slice(bytes).map_err(|e| Error::Input {
                what: "the font of pictures".into(),
                reason: e.to_string(),
            })
        };
        Ok(Fonts {
            regular: font(include_bytes!("Roboto-Regular.ttf"))?,
            bold: font(include_bytes!("Roboto-Bold.ttf"))?,
        })
    }
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, colour: Colour) -> Canvas {
        Canvas {
            width,
            height,
            pixels: vec![colour; width * height],
        }
    }

    /// Fills a rectangle; parts outside the image are left out.
    pub(super) fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Colour) {
        for row in y..(y + height).min(self.height) {
            let end = (x + width).min(self.width);
            if x < end {
                self.pixels[row * self.width + x..row * self.width + end].fill(colour);
            }
        }
    }

    /// Writes text of `size` pixels whose capitals are centred on the height `y`.
    pub(super) fn text(
        &mut self,
        text: &str,
        font: &FontRef,
        size: f32,
        (x, y): (f32, f32),
        anchor: Anchor,
        colour: Colour,
    ) {
        let font = font.as_scaled(size);
        let width: f32 = text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum();
        let mut x = match anchor {
            Anchor::Left => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::Right => x - width,
        };
        // Capitals and digits of Roboto are 0.711 em high.
        let capital = 0.711 * size * font.font.units_per_em().unwrap_or(2048.0) / font.font.height_unscaled();
        let baseline = y + capital / 2.0;
        for c in text.chars() {
            let glyph = font.glyph_id(c).with_scale_and_position(size, point(x, baseline));
            x += font.h_advance(glyph.id);
            let Some(outline) = font.font.outline_glyph(glyph) else {
                continue;
            };
            let bounds = outline.px_bounds();
            outline.draw(|column, row, coverage| {
                let coverage = (coverage.clamp(0.0, 1.0) * EDGE).round() / EDGE;
                let (column, row) = (bounds.min.x + column as f32, bounds.min.y + row as f32);
                if coverage > 0.0 && column >= 0.0 && row >= 0.0 && (column as usize) < self.width {
                    let pixel = self.pixels.get_mut(row as usize * self.width + column as usize);
                    pixel.into_iter().for_each(|pixel| *pixel = pixel.mix(colour, coverage));
                }
            });
        }
    }
}
