//! Lines between boards that hold no cells: titles, dates, numbers.

use super::character::{digit, is_mark};
use crate::tasks::sudoku::SIDE;

/// Whether a line is about the boards and no part of one.
pub(super) fn is_title(line: &str) -> bool {
    let line = line.trim();
    if is_date(line) {
        return line.chars().count() != SIDE;
    }
    // What stands in a sentence may be a date, whose dashes are no cells.
    let is_dated = |word: &&str| is_date(word.trim_matches([',', ':', ';', '(', ')', '"']));
    let words: Vec<&str> = line.split_whitespace().filter(|word| !is_dated(word)).collect();
    let runs = || {
        words
            .iter()
            .flat_map(|word| word.split(|c: char| !is_mark(c)))
            .map(|run| run.chars().count())
    };
    if runs().any(|run| run >= SIDE) || runs().sum::<usize>() >= 2 * SIDE {
        return false;
    }
    has_word(line) || is_label(line) || is_ornament(line)
}

/// Returns whether a line is an ornament, such as `~~~~~` or `*****`, and not a row of nine cells.
fn is_ornament(line: &str) -> bool {
    let signs = || line.chars().filter(|c| !c.is_whitespace());
    let marks = signs().filter(|c| is_mark(*c)).count();
    let is_repeated = signs().count() > 2 && signs().all(|c| line.starts_with(c));
    signs().all(|c| !c.is_alphanumeric() && !c.is_control() && c != '\u{fffd}')
        && (marks == 0 || (is_repeated && marks.abs_diff(SIDE) > 2))
}

fn has_word(line: &str) -> bool {
    let marks = line.chars().filter(|c| is_mark(*c)).count();
    let word = |token: &str| token.chars().take_while(|c| c.is_alphabetic()).collect::<String>();
    line.split_whitespace().enumerate().any(|(at, token)| {
        let token = token.trim_start_matches(|c: char| !c.is_alphanumeric() && !is_mark(c));
        let word = word(token);
        let letters = word.chars().count();
        let plain = !word.chars().all(|c| matches!(c, 'x' | 'X'));
        plain && (letters > 1 || (letters == 1 && at == 0 && marks < 5))
    })
}

/// `(3)`, `1)`, `3/50`, `14:30`.
fn is_label(line: &str) -> bool {
    let of_label = |c: char| digit(c).is_some() || ".,:/()№°[] ".contains(c);
    line.chars().all(of_label)
        && line.contains(|c: char| digit(c).is_some())
        && line.contains([':', '/', '(', ')', '[', ']', '№'])
        && !line.contains("..")
}

/// A day, a month and a year in any order that is in use.
pub(super) fn is_date(line: &str) -> bool {
    ['.', '/', '-'].into_iter().any(|separator| {
        let parts: Vec<&str> = line
            .trim()
            .trim_end_matches('.')
            .split(separator)
            .map(str::trim)
            .collect();
        let number = |part: &&str| part.parse::<u32>().ok().filter(|_| part.len() <= 4);
        let numbers: Vec<u32> = parts.iter().filter_map(number).collect();
        let is_year = |year: u32| (1900..2200).contains(&year);
        let is_day = |day: u32| (1..=31).contains(&day);
        match numbers.as_slice() {
            [a, b, c] if parts.len() == 3 => is_day(*b) && ((is_day(*a) && is_year(*c)) || (is_year(*a) && is_day(*c))),
            _ => false,
        }
    })
}

/// Whether a line is a number, as a count before boards is.
pub(super) fn is_number(line: &str) -> bool {
    let line = line.trim();
    let number = line.strip_suffix('.').unwrap_or(line);
    (1..=6).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}
