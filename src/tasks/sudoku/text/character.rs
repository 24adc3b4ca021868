//! What a character of a written Sudoku is, and what the text of one cell is.

use crate::tasks::sudoku::BLANK;

/// What a character of a drawn or written Sudoku is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Character {
    /// A digit, with its id.
    Digit(u32),
    /// A mark for an empty cell; the same for marks that may stand in one board.
    Blank(char),
    /// An empty cell, or part of a line that is drawn: its row tells.
    Dash,
    /// White space, or a line of the drawing.
    Ignored,
    /// Nothing that a Sudoku has.
    Foreign,
}

/// Zeros of the digits of scripts that people write Sudokus in; nine more digits follow each.
const ZEROS: [u32; 15] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xe50, 0xed0, 0xf20, 0x1040, 0xff10, 0x1_fbf0,
];

/// The digit that a character is, in any script.
pub(super) fn digit(c: char) -> Option<u32> {
    let code = u32::from(c);
    match code {
        0x1_d7ce..=0x1_d7ff => return Some((code - 0x1_d7ce) % 10),
        0x2460..=0x2468 => return Some(code - 0x2460 + 1),
        _ => {}
    }
    ZEROS
        .iter()
        .find_map(|&zero| code.checked_sub(zero).filter(|&digit| digit < 10))
}

/// Reads one character.
pub(super) fn character(c: char) -> Character {
    if let Some(digit) = digit(c) {
        return match digit {
            0 => Character::Blank('.'),
            digit => Character::Digit(digit + 1),
        };
    }
    match c {
        '.' | '．' => Character::Blank('.'),
        'x' | 'X' | 'ｘ' | 'Ｘ' => Character::Blank('x'),
        '_' | '＿' => Character::Blank('_'),
        '*' | '＊' => Character::Blank('*'),
        '?' | '？' => Character::Blank('?'),
        '·' | '•' | '∙' | '・' => Character::Blank('·'),
        '□' | '■' | '▢' | '◻' | '◽' | '☐' | '⬜' | '⬛' => Character::Blank('□'),
        '-' | '–' | '—' | '−' => Character::Dash,
        '|' | '+' | '\u{2500}'..='\u{257f}' => Character::Ignored,
        // Without width: joiners, the mark of byte order, and what makes a keycap of a digit.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}' => {
            Character::Ignored
        }
        _ if c.is_whitespace() => Character::Ignored,
        _ => Character::Foreign,
    }
}

/// Returns whether a character is ignored because it has no width.
fn is_unseen(c: char) -> bool {
    character(c) == Character::Ignored && !c.is_whitespace() && !matches!(c, '|' | '+' | '\u{2500}'..='\u{257f}')
}

/// Whether a character may be a cell.
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        character(c),
        Character::Digit(_) | Character::Blank(_) | Character::Dash
    )
}

/// A cell: its id, and its mark where it is an empty one that has a mark.
pub(super) type Cell = (u32, Option<char>);

/// What stands for one cell between separators; None if it is no cell.
pub(super) fn cell(text: &str) -> Option<Cell> {
    let text = text.trim().trim_matches(['[', ']', '{', '}', '"', '\'', '`']).trim();
    if ["null", "none", "nan"]
        .iter()
        .any(|name| text.eq_ignore_ascii_case(name))
    {
        return Some((BLANK, None));
    }
    let mut chars = text.chars().filter(|c| !is_unseen(*c));
    match (chars.next(), chars.next()) {
        (None, _) => Some((BLANK, None)),
        (Some(c), None) => mark(c),
        _ => None,
    }
}

/// A character that is surely a cell.
pub(super) fn mark(c: char) -> Option<Cell> {
    match character(c) {
        Character::Digit(id) => Some((id, None)),
        Character::Blank(kind) => Some((BLANK, Some(kind))),
        Character::Dash => Some((BLANK, Some('-'))),
        Character::Ignored | Character::Foreign => None,
    }
}
