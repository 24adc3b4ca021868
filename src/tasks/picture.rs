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

/// Reads the puzzle that a PNG notes. None where it notes none, or was painted over.
pub(super) fn noted(bytes: &[u8], name: &str) -> Option<Puzzle> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_limits(png::Limits { bytes: 256 << 20 });
    let mut reader = decoder.read_info().ok()?;
    let notes = &reader.info().uncompressed_latin1_text;
    let note = notes.iter().find(|note| note.keyword == KEY)?.text.clone();
    let mut pixels = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut pixels).ok()?;
    let (drawn, rest) = note.split_once('\n')?;
    let (task, text) = rest.split_once('\n')?;
    let task = all().into_iter().find(|known| known.name() == task)?;
    let entry = read(text.as_bytes(), name, Some(task)).into_iter().next()?;
    entry
        .ok()
        .map(|entry| entry.puzzle)
        .filter(|_| drawn == format!("{:016x}", sum(&pixels)))
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
