//! Rectangles and text on an image of three bytes per pixel.

use ab_glyph::{Font, FontRef, ScaleFont, point};

use super::theme::Colour;
use crate::error::{Error, Result};

/// Steps of a glyph's antialiased edge: few, so that all colours of a picture fit a GIF's palette.
const EDGE: f32 = 5.0;

/// An image that is being drawn. It is measured in units, each of which is `scale` pixels wide and high.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Canvas {
    /// Rows and columns of pixels.
    pub rows: usize,
    pub columns: usize,
    /// Pixels `[rows, columns]`, row-major.
    pub pixels: Vec<Colour>,
    scale: usize,
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
    pub(super) fn new([width, height]: [usize; 2], scale: usize, colour: Colour) -> Canvas {
        let (rows, columns) = (height * scale, width * scale);
        Canvas {
            rows,
            columns,
            pixels: vec![colour; rows * columns],
            scale,
        }
    }

    /// Returns the width in units.
    pub(super) fn width(&self) -> usize {
        self.columns / self.scale
    }

    /// Returns the height in units.
    pub(super) fn height(&self) -> usize {
        self.rows / self.scale
    }

    /// Fills a rectangle; parts outside the image are left out.
    pub(super) fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Colour) {
        let [x, y, width, height] = [x, y, width, height].map(|units| units * self.scale);
        for row in y..(y + height).min(self.rows) {
            let end = (x + width).min(self.columns);
            if x < end {
                self.pixels[row * self.columns + x..row * self.columns + end].fill(colour);
            }
        }
    }

    /// Returns how wide a text of `size` units is.
    pub(super) fn text_width(text: &str, font: &FontRef, size: f32) -> f32 {
        let font = font.as_scaled(size);
        text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum()
    }

    /// Writes text of `size` units whose capitals are centred on the height `y`.
    pub(super) fn text(
        &mut self,
        text: &str,
        font: &FontRef,
        size: f32,
        (x, y): (f32, f32),
        anchor: Anchor,
        colour: Colour,
    ) {
        let [size, x, y] = [size, x, y].map(|units| units * self.scale as f32);
        let width = Canvas::text_width(text, font, size);
        let font = font.as_scaled(size);
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
                if coverage > 0.0 && column >= 0.0 && row >= 0.0 && (column as usize) < self.columns {
                    let pixel = self.pixels.get_mut(row as usize * self.columns + column as usize);
                    pixel.into_iter().for_each(|pixel| *pixel = pixel.mix(colour, coverage));
                }
            });
        }
    }
}
