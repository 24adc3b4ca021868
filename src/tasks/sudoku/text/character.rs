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

/// Reads one character.
pub(super) fn character(c: char) -> Character {
    match c {
        '1'..='9' => Character::Digit(c.to_digit(10).map_or(BLANK, |digit| digit + 1)),
        '.' | '0' => Character::Blank('.'),
        'x' | 'X' => Character::Blank('x'),
        '_' | '*' | '?' => Character::Blank(c),
        '·' | '•' | '∙' | '・' => Character::Blank('·'),
        '□' | '■' | '▢' | '◻' | '◽' | '☐' | '⬜' | '⬛' => Character::Blank('□'),
        '-' | '–' | '—' | '−' => Character::Dash,
        '|' | '+' | '\u{2500}'..='\u{257f}' => Character::Ignored,
        _ if c.is_whitespace() => Character::Ignored,
        _ => Character::Foreign,
    }
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
    // Bold type, and the fractions of a spreadsheet.
    let bold = text.strip_prefix("**").and_then(|text| text.strip_suffix("**"));
    let text = bold.or_else(|| text.strip_suffix(".0")).unwrap_or(text);
    let mut chars = text.chars();
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
