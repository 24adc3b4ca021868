//! Reads a maze from a picture of square cells: walls dark, free cells light, the start green, the goal red.

use super::{FREE, GOAL, LEAST_SIDE, MOST_SIDE, START, TASK, WALL};
use crate::error::{Error, Result};
use crate::tasks::Puzzle;
use crate::tasks::picture::{decode as pixels, noted};

/// Reads a maze from a PNG.
///
/// # Errors
/// [`Error::Input`] that says why the picture is not a maze. A missing start or goal is not an error: they can be drawn
/// later.
pub(super) fn read(bytes: &[u8], name: &str) -> Result<Puzzle> {
    if let Some(puzzle) = noted(bytes, name).filter(|puzzle| puzzle.task == TASK) {
        return Ok(puzzle);
    }
    let fail = |reason: String| Error::Input {
        what: name.to_owned(),
        reason: format!(
            "expected a picture of a maze with square cells, dark walls, light ways, a green start and a red goal: {reason}"
        ),
    };
    let (width, height, ids) = decode(bytes).map_err(fail)?;
    if width != height {
        return Err(fail(format!(
            "expected as many columns as rows, found {width} × {height} pixels"
        )));
    }
    let size = cell_size(&ids, width);
    let side = width / size;
    if !(LEAST_SIDE..=MOST_SIDE).contains(&side) {
        return Err(fail(format!(
            "expected {LEAST_SIDE} to {MOST_SIDE} cells in a row, found {side}"
        )));
    }
    let cell = |i: usize| ids[(i / side * width + i % side) * size];
    let tokens: Vec<u32> = (0..side * side).map(cell).collect();
    let count = |id: u32| tokens.iter().filter(|&&found| found == id).count();
    for (id, what) in [(START, "green cell (start)"), (GOAL, "red cell (goal)")] {
        if count(id) > 1 {
            return Err(fail(format!("expected at most one {what}, found {}", count(id))));
        }
    }
    if count(WALL) == 0 || count(FREE) == 0 {
        return Err(fail("found no walls, or no ways".into()));
    }
    Puzzle::new(TASK, tokens)
}

/// Decodes a PNG into its width, its height and an id for each pixel.
fn decode(bytes: &[u8]) -> std::result::Result<(usize, usize, Vec<u32>), String> {
    let pixels = pixels(
        bytes,
        png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
    )?;
    let ids = match pixels.samples {
        2 => pixels.bytes.chunks_exact(2).map(|p| id([p[0]; 3], p[1])).collect(),
        _ => pixels
            .bytes
            .chunks_exact(4)
            .map(|p| id([p[0], p[1], p[2]], p[3]))
            .collect(),
    };
    Ok((pixels.width, pixels.height, ids))
}

fn id([r, g, b]: [u8; 3], alpha: u8) -> u32 {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if alpha < 128 || most - least < 60 {
        let light = alpha < 128 || most > 127;
        return if light { FREE } else { WALL };
    }
    // Among coloured pixels, green is the start and red the goal; others count by their brightness.
    match (most == g && g - r.max(b) > 40, most == r && r - g.max(b) > 40) {
        (true, _) => START,
        (_, true) => GOAL,
        _ if most > 127 => FREE,
        _ => WALL,
    }
}

/// Returns the side of a cell in pixels: the greatest common divisor of all positions at which the ids change.
fn cell_size(ids: &[u32], width: usize) -> usize {
    let mut size = width.max(1);
    for (i, pair) in ids.windows(2).enumerate() {
        if pair[0] != pair[1] && !(i + 1).is_multiple_of(width) {
            size = gcd(size, (i + 1) % width);
        }
    }
    for (i, (above, below)) in ids.iter().zip(ids.iter().skip(width)).enumerate() {
        if above != below {
            size = gcd(size, i / width + 1);
        }
    }
    size
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAZE: &str = "#######\n#S  # #\n### # #\n#     #\n# ### #\n#   #G#\n#######";

    /// Paints a maze with cells of `size` pixels.
    fn picture(text: &str, size: usize) -> Vec<u8> {
        let rows: Vec<&str> = text.lines().collect();
        let (width, height) = (rows[0].len() * size, rows.len() * size);
        let colour = |c| match c {
            b'#' => [20, 20, 30],
            b'S' => [30, 180, 60],
            b'G' => [210, 40, 40],
            _ => [250, 250, 245],
        };
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let pixels: Vec<u8> = pixels
            .flat_map(|(x, y)| colour(rows[y / size].as_bytes()[x / size]))
            .collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder
            .write_header()
            .and_then(|mut w| w.write_image_data(&pixels))
            .unwrap();
        bytes
    }

    #[test]
    fn pictures_of_any_size_are_read() {
        for size in [1, 2, 9] {
            let bytes = picture(MAZE, size);
            assert_eq!(
                read(&bytes, "maze.png").map(|p| p.text()).ok().as_deref(),
                Some(MAZE),
                "{size}"
            );
        }
        let unfinished = MAZE.replace(['S', 'G'], " ");
        assert_eq!(
            read(&picture(&unfinished, 3), "m").map(|p| p.text()).ok(),
            Some(unfinished)
        );
    }

    #[test]
    fn what_is_no_maze_is_refused_with_the_reason() {
        let noise: String = (0..90)
            .map(|y| {
                (0..90)
                    .map(|x| if (x * y + x) % 7 < 3 { '#' } else { ' ' })
                    .collect::<String>()
                    + "\n"
            })
            .collect();
        for (bytes, says) in [
            (picture(&MAZE[8..], 2), "expected as many columns as rows"),
            (picture(&noise, 1), "cells in a row, found 90"),
            (picture(&"    \n".repeat(4), 4), "cells in a row"),
            (
                picture(&MAZE.replace("  # #", "SS# #"), 1),
                "at most one green cell (start), found 3",
            ),
            (picture(MAZE, 3)[..60].to_vec(), "expected a picture of a maze"),
        ] {
            let said = read(&bytes, "x.png").map_err(|e| e.to_string());
            assert!(said.as_ref().is_err_and(|e| e.contains(says)), "{says}: {said:?}");
        }
    }
}
