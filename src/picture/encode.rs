//! Encodes finished canvases as files.

use std::collections::BTreeMap;

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

/// Encodes a GIF file that repeats, from frames of one size and the delay of each, in hundredths of a second.
pub(super) fn gif(frames: &[(Canvas, u16)]) -> Result<Vec<u8>> {
    let Some((first, _)) = frames.first() else {
        return Err(refused("GIF", "a frame at least is needed"));
    };
    let (lost, palette) = palette(frames);
    let colours: Vec<u8> = palette.keys().flat_map(|colour| colour.0).collect();
    let mut file = Vec::new();
    let size = [first.columns, first.rows].map(|n| u16::try_from(n).unwrap_or(u16::MAX));
    let mut encoder = gif::Encoder::new(&mut file, size[0], size[1], &colours).map_err(|e| refused("GIF", e))?;
    encoder
        .set_repeat(gif::Repeat::Infinite)
        .map_err(|e| refused("GIF", e))?;
    for (canvas, delay) in frames {
        let index = |pixel: &Colour| palette.get(&coarse(*pixel, lost)).copied().unwrap_or_default();
        let frame = gif::Frame {
            width: size[0],
            height: size[1],
            delay: *delay,
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
fn palette(frames: &[(Canvas, u16)]) -> (u32, BTreeMap<Colour, u8>) {
    for lost in 0..8 {
        let mut colours = BTreeMap::new();
        for (canvas, _) in frames {
            colours.extend(canvas.pixels.iter().map(|pixel| (coarse(*pixel, lost), 0)));
        }
        if colours.len() <= 256 {
            colours.values_mut().zip(0..=255).for_each(|(number, i)| *number = i);
            return (lost, colours);
        }
    }
    (8, BTreeMap::new())
}

/// Clears the `lost` low bits of a colour.
fn coarse(colour: Colour, lost: u32) -> Colour {
    Colour(colour.0.map(|value| (value >> lost) << lost))
}
