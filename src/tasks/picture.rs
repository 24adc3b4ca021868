//! The question of a picture that this program drew: a note beside the pixels, which counts while they are the same.

use super::{Puzzle, all, read};

/// The keyword of the note, which a PNG holds as text.
pub(crate) const KEY: &str = "Puzzle";

/// Returns the note for a puzzle and the pixels that show it. None for a puzzle that its text does not tell wholly.
pub(crate) fn note(puzzle: &Puzzle, pixels: &[u8]) -> Option<String> {
    let text = puzzle.text();
    let read = read(text.as_bytes(), "", Some(puzzle.task)).into_iter().next()?.ok()?;
    let told = text.is_ascii() && read.puzzle == *puzzle;
    told.then(|| format!("{:016x}\n{}\n{text}", sum(pixels), puzzle.task.name()))
}

/// Largest side of a picture, in pixels: a board of 64 cells of 64 pixels.
const LARGEST: u32 = 4096;

/// The pixels of a PNG.
pub(super) struct Pixels {
    pub width: usize,
    pub height: usize,
    pub bytes: Vec<u8>,
    /// Bytes of a pixel.
    pub samples: usize,
    note: Option<String>,
}

/// Decodes a PNG; `transform` is what to make of its pixels. Nothing is allocated for a picture that is too large.
pub(super) fn decode(bytes: &[u8], transform: png::Transformations) -> std::result::Result<Pixels, String> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(transform);
    decoder.set_limits(png::Limits { bytes: 64 << 20 });
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width.max(height) > LARGEST {
        return Err(format!(
            "expected at most {LARGEST} pixels in a row or column, found {width} × {height}"
        ));
    }
    let notes = &reader.info().uncompressed_latin1_text;
    let note = notes
        .iter()
        .find(|note| note.keyword == KEY)
        .map(|note| note.text.clone());
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let info = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
    Ok(Pixels {
        width: info.width as usize,
        height: info.height as usize,
        bytes: pixels,
        samples: info.color_type.samples(),
        note,
    })
}

/// Reads the puzzle that a PNG notes. None where it notes none, or was painted over.
pub(super) fn noted(bytes: &[u8], name: &str) -> Option<Puzzle> {
    let pixels = decode(bytes, png::Transformations::IDENTITY).ok()?;
    let note = pixels.note?;
    let (drawn, rest) = note.split_once('\n')?;
    let (task, text) = rest.split_once('\n')?;
    let task = all().into_iter().find(|known| known.name() == task)?;
    let entry = read(text.as_bytes(), name, Some(task)).into_iter().next()?;
    entry
        .ok()
        .map(|entry| entry.puzzle)
        .filter(|_| drawn == format!("{:016x}", sum(&pixels.bytes)))
}

/// The FNV-1a hash of bytes.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was painted over shows another puzzle than the note says.
    #[test]
    fn a_note_counts_for_its_own_pixels() {
        let puzzle = Puzzle::parse("#####\n#S  #\n# # #\n#  G#\n#####", None).unwrap();
        for (drawn, expected) in [([1, 2, 3], Some(&puzzle)), ([1, 2, 4], None)] {
            let mut file = Vec::new();
            let mut encoder = png::Encoder::new(&mut file, 1, 1);
            encoder.set_color(png::ColorType::Rgb);
            encoder
                .add_text_chunk(KEY.to_owned(), note(&puzzle, &drawn).unwrap())
                .unwrap();
            encoder
                .write_header()
                .and_then(|mut writer| writer.write_image_data(&[1, 2, 3]))
                .unwrap();
            assert_eq!(noted(&file, "x").as_ref(), expected);
        }
    }
}
