//! Signs that say the same as a plain one. Every task reads them so, whatever script, editor or terminal they come from.

use std::borrow::Cow;

/// Zeros of the scripts that have decimal digits; nine more digits follow each.
const ZEROS: [u32; 60] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20,
    0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0,
    0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0,
    0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0,
    0x16b50, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// A text without what nobody sees, and with every sign that has a plain one written as that.
pub(super) fn plain(content: &str) -> Cow<'_, str> {
    let is_old = content.contains('\r') && !content.contains('\n');
    let is_plain = |b: u8| b.is_ascii() && !matches!(b, 0 | 0x1a | 0x1b);
    if !is_old && content.bytes().all(is_plain) {
        return content.into();
    }
    let mut plain = String::with_capacity(content.len());
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        match c {
            // The colours of a terminal.
            '\u{1b}' if chars.as_str().starts_with('[') => {
                chars.find(|c| c.is_ascii_alphabetic());
            }
            '\r' if is_old => plain.push('\n'),
            c if is_unseen(c) => {}
            c => plain.push(sign(c)),
        }
    }
    plain.into()
}

/// Joiners, marks of direction and byte order, what makes a keycap of a digit or underlines it, and ends of old files.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\0' | '\u{1a}' | '\u{1b}' | '\u{ad}' | '\u{332}'..='\u{338}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{20e3}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

fn sign(c: char) -> char {
    let code = u32::from(c);
    let digit = match code {
        0..=0x7f => return c,
        0x1_d7ce..=0x1_d7ff => Some((code - 0x1_d7ce) % 10),
        0x2460..=0x2468 => Some(code - 0x2460 + 1),
        _ => ZEROS
            .iter()
            .find_map(|zero| code.checked_sub(*zero).filter(|&digit| digit < 10)),
    };
    if let Some(digit) = digit.and_then(|digit| char::from_digit(digit, 10)) {
        return digit;
    }
    match c {
        // Of full width; signs that part fields stay, for they may stand inside one.
        '\u{ff01}'..='\u{ff5e}' => {
            let narrow = u8::try_from(code - 0xfee0).map_or(c, char::from);
            if narrow.is_ascii_alphanumeric() || "#%*+-.=?_|".contains(narrow) {
                narrow
            } else {
                c
            }
        }
        '。' => '.',
        '║' | '┃' | '┆' | '┇' | '┊' | '┋' | '╎' | '╏' => '│',
        '\u{2800}' => ' ',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_become_plain_ones() {
        for (content, expected) in [
            ("５３．＃Ｓ＿", "53.#S_"),
            ("٥۵५๕៥᠕𝟓𝟝⑤5", "5555555555"),
            ("\u{1b}[1;31m5\u{1b}[0m\u{200b}3\u{202c}\u{feff}", "53"),
            ("5\u{fe0f}\u{20e3}\u{a0}\u{3000}3\0\u{1a}", "5  3"),
            ("║5┃3", "│5│3"),
            ("1\r2\r", "1\n2\n"),
            ("1\r\n2\r\n", "1\r\n2\r\n"),
            ("（５），\"ä\"", "（5），\"ä\""),
        ] {
            assert_eq!(plain(content), expected);
        }
        assert!(matches!(plain("53..7"), Cow::Borrowed(_)));
    }

    /// Each decimal digit that the standard library knows as numeric and the table lists lies in a whole block.
    #[test]
    fn blocks_of_digits_are_whole() {
        for zero in ZEROS {
            for digit in 0..10 {
                let c = char::from_u32(zero + digit).unwrap();
                assert!(c.is_numeric(), "{c:?}");
                assert_eq!(Some(sign(c)), char::from_digit(digit, 10));
            }
        }
    }
}
