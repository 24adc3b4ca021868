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

/// Whether `answer` is a way through `question`, both `[side · side]`: walls, start and goal are kept, and the path's
/// cells form one chain from the start to the goal.
pub fn is_valid(question: &[u32], answer: &[u32]) -> bool {
    let side = question.len().isqrt();
    if side * side != question.len() || answer.len() != question.len() {
        return false;
    }
    let kept = |(&asked, &id): (&u32, &u32)| match id {
        1..=4 => id == asked,
        5 => asked == 2,
        _ => false,
    };
    if !question.iter().zip(answer).all(kept) {
        return false;
    }
    let chain = |cell: usize| {
        let (row, column) = (cell / side, cell % side);
        let around = [
            (row > 0).then(|| cell - side),
            (row + 1 < side).then(|| cell + side),
            (column > 0).then(|| cell - 1),
            (column + 1 < side).then(|| cell + 1),
        ];
        around.into_iter().flatten().filter(|&other| answer[other] >= 3)
    };
    let count = |id: u32| answer.iter().filter(|&&found| found == id).count();
    let ends = count(3) == 1 && count(4) == 1;
    let touching = |(cell, &id): (usize, &u32)| id < 3 || chain(cell).count() == if id == 5 { 2 } else { 1 };
    if !ends || !answer.iter().enumerate().all(touching) {
        return false;
    }
    // None lies apart: the walk from the start meets them all.
    let mut here = answer.iter().position(|&id| id == 3).unwrap_or(0);
    let (mut before, mut steps) = (here, 0);
    while let Some(next) = chain(here).find(|&cell| cell != before) {
        (before, here, steps) = (here, next, steps + 1);
    }
    steps == count(5) + 1
}
