//! Mazes in a text: rows of equal length, one maze a block or one flattened maze a line; an empty line ends a maze.
//!
//! `legend` says what characters mean, `layout` how cells lie in lines.

mod layout;
mod legend;

use std::borrow::Cow;

use legend::{Legend, is_symbol};

use super::{FREE, GOAL, PATH, START, WALL, id};
use crate::error::Result;
use crate::tasks::text::{Entry, Likelihood, Text};

/// The cells of lines; the first character that none has, with its line's index and its own in characters.
fn ids(lines: &[&str]) -> std::result::Result<Vec<Vec<u32>>, (usize, usize, char)> {
    let legend = Legend::of(lines.iter().copied());
    let row = |(line, row): (usize, &&str)| {
        let cells = row.chars().enumerate();
        cells.map(|(at, c)| legend.id(c).ok_or((line, at, c))).collect()
    };
    lines.iter().enumerate().map(row).collect()
}

/// The cells of one line.
pub(super) fn cells(line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
    ids(&[line]).map(|rows| rows.concat()).map_err(|(_, at, c)| (at, c))
}

/// A maze is certain where the first line that is not empty holds nothing but its characters, and no line but comments
/// has a digit or a dot; or where most lines are rows, some of which have a start and a goal.
pub(super) fn sniff(content: &str) -> Likelihood {
    let first = content.lines().find(|line| !line.trim().is_empty());
    let has_digit = |line: &str| !line.starts_with('#') && line.contains(|c: char| c == '.' || c.is_ascii_digit());
    let plain = first.is_some_and(|line| line.chars().all(|c| id(c).is_some())) && !content.lines().any(has_digit);
    match plain || has_ends(content) {
        true => Likelihood::Certain,
        false => Likelihood::No,
    }
}

fn has_ends(content: &str) -> bool {
    let listed = listed(content);
    let content = listed.as_deref().unwrap_or(content);
    let lines = || content.lines().map(bare).filter(|line| !line.trim().is_empty());
    let rows: Vec<String> = lines()
        .map(unseparated)
        .filter(|line| line.chars().count() > 1 && line.chars().all(is_symbol))
        .collect();
    // Digits are told apart from free cells by what stands between them.
    let has_digits = rows.iter().any(|row| row.contains('0'));
    let rows: Vec<String> = rows
        .iter()
        .map(|row| if has_digits { row.replace(' ', "") } else { row.clone() })
        .collect();
    let legend = Legend::of(rows.iter().map(String::as_str));
    let has = |end: u32| rows.iter().any(|row| row.chars().any(|c| legend.id(c) == Some(end)));
    let known = rows.iter().all(|row| row.chars().all(|c| legend.id(c).is_some()));
    // Where the ends are letters that could mean anything, only walls show that it is a maze.
    let told = rows.iter().any(|row| row.contains(['S', 's', '🟩', '🏁'])) || has(WALL);
    known && told && has(START) && has(GOAL) && 2 * rows.len() >= lines().count()
}

/// Returns a line without what may stand between cells.
fn unseparated(line: &str) -> String {
    line.replace(['│', ',', ';', '\t', '|'], "")
}

/// A field of a table is told by its walls, or by its ends.
pub(super) fn sniff_field(field: &str) -> Likelihood {
    let ends = field.contains('S') && field.contains(['G', 'E']) && field.chars().all(is_symbol);
    match field.contains(['#', '█']) || ends {
        true => Likelihood::Certain,
        false => Likelihood::No,
    }
}

/// Returns a line without the marks of a quotation, or of a string in a program.
fn bare(line: &str) -> &str {
    let line = line.strip_prefix("> ").unwrap_or(line);
    let line = line.find(" //").and_then(|end| line.get(..end)).unwrap_or(line);
    let string = line
        .trim()
        .trim_end_matches([',', ';', ')', ']', '}'])
        .trim_start_matches(['[', '(', '{']);
    let quoted = |mark: char| string.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    let inside = ['"', '\'', '`'].into_iter().find_map(quoted);
    inside
        .filter(|inside| inside.chars().count() > 1 && inside.chars().all(is_symbol))
        .unwrap_or(line)
}

/// Returns the rows of mazes in JSON, which are strings or lists of cells, with an empty line after each maze.
fn listed(content: &str) -> Option<String> {
    use serde_json::Value;
    fn row(value: &Value) -> Option<String> {
        match value {
            Value::String(row) => Some(row.clone()),
            Value::Array(cells) => cells.iter().map(cell).collect(),
            _ => None,
        }
    }
    fn cell(value: &Value) -> Option<char> {
        let text = value.as_str().map_or_else(|| value.to_string().into(), Cow::from);
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    }
    fn mazes(value: &Value, found: &mut String) {
        let Some(items) = value.as_array() else {
            return;
        };
        let rows: Option<Vec<String>> = items.iter().map(row).collect();
        match rows.filter(|rows| rows.len() > 1) {
            Some(rows) => *found += &format!("{}\n\n", rows.join("\n")),
            None => items.iter().for_each(|item| mazes(item, found)),
        }
    }
    let mut found = String::new();
    mazes(&serde_json::from_str(content.trim()).ok()?, &mut found);
    (!found.is_empty()).then_some(found)
}

/// Whether a line is about mazes and no row of one.
fn is_title(line: &str) -> bool {
    if unseparated(line).chars().all(is_symbol) {
        return false;
    }
    let of_word = |c: char| c.is_alphanumeric() && !matches!(c, '0' | '1');
    let has_word = line
        .split(|c: char| !of_word(c))
        .any(|word| word.chars().count() > 1 && !word.chars().all(is_symbol));
    let is_ornament = !line.chars().any(|c| is_symbol(c) || c.is_control() || c == '┌');
    line.starts_with("//")
        || line.starts_with("; ")
        || has_word
        || is_ornament
        || line.chars().next().is_some_and(char::is_alphanumeric)
}

/// Every maze of a text.
pub(super) fn read(text: &Text) -> Vec<Result<Entry>> {
    let listed = listed(text.content);
    let content = listed.as_deref().unwrap_or(text.content);
    let lines: Vec<(usize, &str)> = (1..).zip(content.lines().map(bare)).collect();
    let mut entries = Vec::new();
    let mut title = None;
    for block in lines.split(|(_, line)| line.is_empty()) {
        let mut rest = block;
        while let Some(((number, first), after)) = rest.split_first() {
            if is_title(first) {
                title = title.or(Some((*number, *first)));
                rest = after;
                continue;
            }
            let rows = rest.iter().take_while(|(_, line)| !is_title(line)).count();
            let whole: Vec<&str> = rest.iter().take(rows).map(|(_, line)| *line).collect();
            if let (false, Some(square)) = (is_flattened(rest), layout::square(&whole)) {
                let square: Vec<(usize, &str)> = rest
                    .iter()
                    .zip(&square)
                    .map(|((line, _), row)| (*line, row.as_str()))
                    .collect();
                entries.push(board(text, &square, false));
                rest = rest.get(rows..).unwrap_or_default();
                continue;
            }
            let (rows, flattened) = maze(rest);
            let (maze, after) = rest.split_at(rows.clamp(1, rest.len()));
            entries.push(match first.starts_with('┌') {
                true => drawn(text, maze),
                false => board(text, maze, flattened),
            });
            rest = after;
        }
    }
    if let (true, Some((line, title))) = (entries.is_empty(), title) {
        let other = title.chars().enumerate().find(|(_, c)| !is_symbol(*c));
        let (at, c) = other.unwrap_or((0, ' '));
        entries.push(Err(text.foreign(line, at + 1, c)));
    }
    entries
}

/// Whether each line is a maze. Every maze has one start: two lines that have one are two mazes.
fn is_flattened(lines: &[(usize, &str)]) -> bool {
    let side = lines.first().map_or(0, |(_, line)| line.chars().count());
    lines.iter().take(2).all(|(_, line)| line.contains('S')) && side.isqrt().pow(2) == side
}

/// How many of the lines are one maze, and whether that one is flattened.
fn maze(lines: &[(usize, &str)]) -> (usize, bool) {
    let width = |(_, line): &(usize, &str)| line.chars().count();
    let side = lines.first().map_or(0, width);
    if lines.first().is_some_and(|(_, line)| line.starts_with('┌')) {
        let end = lines.iter().position(|(_, line)| line.starts_with('└'));
        return (end.map_or(lines.len(), |end| end + 1), false);
    }
    if is_flattened(lines) {
        return (1, true);
    }
    if lines.iter().take(side).map(width).max() == Some(side) {
        return (side, false);
    }
    // The first row may have lost the spaces at its end: the side is the one that the longest of as many rows has.
    let titled = lines.iter().position(|(_, line)| is_title(line));
    let most = titled.filter(|&rows| rows >= side).unwrap_or(lines.len());
    let mut longest = 0;
    let trimmed = (1..).zip(lines.iter().take(most)).find(|(rows, line)| {
        longest = longest.max(width(line));
        *rows > side && longest == *rows
    });
    (trimmed.map_or(side, |(rows, _)| rows), false)
}

fn board(text: &Text, rows: &[(usize, &str)], flattened: bool) -> Result<Entry> {
    let lines: Vec<&str> = rows.iter().map(|(_, row)| *row).collect();
    let line = |index: usize| rows.get(index).map_or(0, |(line, _)| *line);
    let mut cells = ids(&lines).map_err(|(row, at, c)| text.foreign(line(row), at + 1, c))?;
    if !flattened {
        let side = side(&cells);
        if trimmed(&cells, side) {
            cells.iter_mut().for_each(|row| row.resize(side, FREE));
        }
        if let Some(row) = cells.iter().position(|row| row.len() != side) {
            let found = cells[row].len();
            return Err(text.error(line(row), 0, format!("expected {side} cells in a row, found {found}")));
        }
        if cells.len() != side {
            let reason = format!("expected {side} rows of {side} cells, found {}", cells.len());
            return Err(text.error(line(0), 0, reason));
        }
    }
    entry(text, cells.concat(), line(0))
}

/// The entry of a board; in a question the path of an answer goes where free cells were.
fn entry(text: &Text, mut cells: Vec<u32>, line: usize) -> Result<Entry> {
    let path = cells.iter_mut().filter(|id| text.asks && **id == PATH);
    path.for_each(|id| *id = FREE);
    text.entry(cells, line)
}

/// The side that rows are meant to have: the longest's where there are as many, else the first one's.
fn side(rows: &[Vec<u32>]) -> usize {
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    match longest == rows.len() {
        true => longest,
        false => rows.first().map_or(0, Vec::len),
    }
}

/// Whether short rows have lost free cells at their ends, and nothing else: no row ends in a free cell, and the maze
/// is not walled in, where no row could.
fn trimmed(rows: &[Vec<u32>], side: usize) -> bool {
    let wall = |row: Option<&Vec<u32>>| row.is_some_and(|row| row.len() == side && row.iter().all(|&id| id == WALL));
    let mut full = rows.iter().filter(|row| row.len() == side);
    let walled = wall(rows.first()) && wall(rows.last()) && full.all(|row| row.last() == Some(&WALL));
    let spaced = rows.iter().any(|row| row.last() == Some(&FREE));
    rows.len() == side && rows.iter().all(|row| row.len() <= side) && !walled && !spaced
}

/// A maze in a frame, two columns a cell.
fn drawn(text: &Text, lines: &[(usize, &str)]) -> Result<Entry> {
    let mut cells = Vec::new();
    let inside = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    for (line, row) in inside {
        let row = row.trim_end();
        let row = row.strip_prefix('│').and_then(|row| row.strip_suffix('│'));
        let row = row.ok_or_else(|| text.error(*line, 0, "expected a row between `│`, found another"))?;
        let chars: Vec<char> = row.chars().collect();
        if chars.len() != 2 * inside.len() {
            let (expected, found) = (2 * inside.len(), chars.len());
            return Err(text.error(
                *line,
                0,
                format!("expected {expected} columns in the frame, found {found}"),
            ));
        }
        for (at, pair) in chars.chunks(2).enumerate() {
            cells.push(match pair {
                ['█', '█'] => WALL,
                [' ', ' '] => FREE,
                ['o', ' '] => PATH,
                ['S', ' '] => START,
                ['G', ' '] => GOAL,
                [_, c] if *c != ' ' => return Err(text.foreign(*line, 2 * at + 3, *c)),
                [c, ..] => return Err(text.foreign(*line, 2 * at + 2, *c)),
                [] => continue,
            });
        }
    }
    entry(text, cells, lines.first().map_or(0, |(line, _)| *line))
}
