//! Mazes: a square of `#` wall, space, `S` start, `G` goal, and in answers `o` path (specification, section 7).

/// Ids of the encoding.
pub const VOCAB_SIZE: u32 = 6;

/// The characters of the ids 1 to 5.
const ALPHABET: [(char, u32); 5] = [('#', 1), (' ', 2), ('S', 3), ('G', 4), ('o', 5)];

/// The id of a character, None outside the alphabet.
pub fn id(c: char) -> Option<u32> {
    ALPHABET.iter().find(|(glyph, _)| *glyph == c).map(|(_, id)| *id)
}

/// The character of an id; `?` for PAD and ids outside the vocabulary.
pub fn glyph(id: u32) -> char {
    ALPHABET
        .iter()
        .find(|(_, known)| *known == id)
        .map_or('?', |(glyph, _)| *glyph)
}
