//! Encodes finished canvases as files.

use std::collections::{BTreeMap, BTreeSet};

use super::canvas::Canvas;
use super::theme::Colour;
use crate::error::{Error, Result};
use crate::tasks::Puzzle;
use crate::tasks::picture::{KEY, note};

fn refused(what: &str, error: impl std::fmt::Display) -> Error {
    Error::Input {
        what: what.into(),
        reason: error.to_string(),
    }
}

/// Encodes a PNG file, which notes its puzzle.
pub(super) fn png(canvas: &Canvas, puzzle: &Puzzle) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, canvas.columns as u32, canvas.rows as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = canvas.pixels.iter().flat_map(|pixel| pixel.0).collect();
    if let Some(note) = note(puzzle, &pixels) {
        encoder
            .add_text_chunk(KEY.to_owned(), note)
            .map_err(|e| refused("PNG", e))?;
    }
    let mut writer = encoder.write_header().map_err(|e| refused("PNG", e))?;
    writer.write_image_data(&pixels).map_err(|e| refused("PNG", e))?;
    writer.finish().map_err(|e| refused("PNG", e))?;
    Ok(file)
}

/// Encodes a GIF file that repeats, from frames of one size and the delay of each, in hundredths of a second. `frames` draws
/// them, one at a time and twice: once for the palette, and once to encode them. Thousands of them would fill memory.
pub(super) fn gif<I: Iterator<Item = (Canvas, u16)>>(frames: impl Fn() -> I) -> Result<Vec<u8>> {
    let Some((first, _)) = frames().next() else {
        return Err(refused("GIF", "a frame at least is needed"));
    };
    let (lost, palette) = palette(frames().map(|(canvas, _)| canvas));
    let colours: Vec<u8> = palette.keys().flat_map(|colour| colour.0).collect();
    let mut file = Vec::new();
    let size = [first.columns, first.rows].map(|n| u16::try_from(n).unwrap_or(u16::MAX));
    let mut encoder = gif::Encoder::new(&mut file, size[0], size[1], &colours).map_err(|e| refused("GIF", e))?;
    encoder
        .set_repeat(gif::Repeat::Infinite)
        .map_err(|e| refused("GIF", e))?;
    for (canvas, delay) in frames() {
        let index = |pixel: &Colour| palette.get(&coarse(*pixel, lost)).copied().unwrap_or_default();
        let frame = gif::Frame {
            width: size[0],
            height: size[1],
            delay,
            buffer: canvas.pixels.iter().map(index).collect::<Vec<u8>>().into(),
            ..Default::default()
        };
        encoder.write_frame(&frame).map_err(|e| refused("GIF", e))?;
    }
    drop(encoder);
    Ok(file)
}

/// Returns the colours of all frames with their palette indices, and how many low bits they lose to be at most 256. A
/// single palette makes what stays the same look the same.
fn palette(frames: impl Iterator<Item = Canvas>) -> (u32, BTreeMap<Colour, u8>) {
    let (mut lost, mut colours) = (0, BTreeSet::new());
    for canvas in frames {
        // Neighbours are mostly alike.
        let mut last = None;
        for pixel in &canvas.pixels {
            if last.replace(*pixel) != Some(*pixel) {
                colours.insert(coarse(*pixel, lost));
            }
        }
        while colours.len() > 256 {
            lost += 1;
            colours = colours.into_iter().map(|colour| coarse(colour, lost)).collect();
        }
    }
    (lost, colours.into_iter().zip(0..=255).collect())
}

/// Clears the `lost` low bits of a colour.
fn coarse(colour: Colour, lost: u32) -> Colour {
    Colour(colour.0.map(|value| (value >> lost) << lost))
}
