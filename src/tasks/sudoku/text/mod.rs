//! Sudokus in a text: one a line, nine lines of nine, drawn boxes, tables, lists, and the lines of other programs, in any
//! mixture. What could be two things is refused.

mod character;
mod columns;
mod formats;
mod labels;
mod lists;
mod markup;
mod row;
#[cfg(test)]
mod tests;
mod title;

use std::ops::RangeInclusive;

use character::is_mark;
use row::{Row, goes_on, is_wrapped, mixed};
use title::{HEADINGS, Kind, drop_headings, is_out_of_step};

use super::{BLANK, CELLS, SIDE};
use crate::error::Result;
use crate::ordered;
use crate::tasks::text::{Entry, Text};

/// The cells of a line; the first character that no Sudoku has, with its index in characters.
pub(super) fn cells(line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
    let row = Row::drawn(1, line, false);
    if row.width != CELLS
        && line.chars().count() == CELLS
        && let Some(board) = columns::flat(1, line)
    {
        return Ok(board.rows.into_iter().flat_map(|row| row.cells).collect());
    }
    let other = mixed(std::iter::once(&row)).map(|(_, column, c)| (column, c));
    let foreign = [row.foreign, other].into_iter().flatten().min();
    foreign.map_or(Ok(row.cells), |(column, c)| Err((column - 1, c)))
}

/// What a line of a text is.
enum Part {
    Row(Row),
    Blank,
    /// What is no row of a board.
    Title(Row),
    /// A line between the head of a table and its rows.
    Head,
    Whole(Result<Entry>),
}

/// A board that lines hold as a whole.
struct Board {
    lines: RangeInclusive<usize>,
    rows: Vec<Row>,
}

/// Every Sudoku of a text. Lines that begin with `#` are comments.
pub(super) fn read(text: &Text) -> Vec<Result<Entry>> {
    if let Some(boards) = lists::read(text.content) {
        let board = |board| match board {
            Ok(rows) => entry(text, rows),
            Err((line, reason)) => Err(text.error(line, 0, reason)),
        };
        return boards.into_iter().map(board).collect();
    }
    if let Some(row) = formats::column(text.content) {
        return vec![entry(text, vec![row])];
    }
    let elements = match text.content.trim_start().starts_with('<') {
        true => markup::read(text.content),
        false => Vec::new(),
    };
    if !elements.is_empty() {
        return elements
            .into_iter()
            .map(|(line, found)| beside(text, line, found))
            .collect();
    }
    let mut reader = Reader {
        text,
        entries: Vec::new(),
        segment: vec![Vec::new()],
        title: None,
        strays: Vec::new(),
        head: None,
    };
    for part in parts(text) {
        reader.take(part);
    }
    reader.finish()
}

fn parts<'a>(text: &'a Text) -> impl Iterator<Item = Part> + 'a {
    // Where a row holds digits between dashes, dashes are empty cells, and nine of them a row.
    let dashed = |line: &str| !line.contains('+') && Row::drawn(0, line, false).blanks.iter().any(|b| b.0 == '-');
    let dashes = text.content.lines().any(dashed);
    let boards = Some(columns::spaced(text.content)).filter(|boards| !boards.is_empty());
    let boards = boards.unwrap_or_else(|| labels::labelled(text.content));
    let mut boards = boards.into_iter().peekable();
    let mut is_read = true;
    (1..).zip(text.content.lines()).filter_map(move |(number, line)| {
        let trimmed = line.trim();
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
            && name.contains(char::is_alphabetic)
        {
            is_read = name.eq_ignore_ascii_case("puzzle");
            return Some(Part::Title(Row::drawn(number, line, false)));
        }
        if !is_read {
            return None;
        }
        while boards.next_if(|board| *board.lines.end() < number).is_some() {}
        if let Some(board) = boards.peek_mut().filter(|board| board.lines.contains(&number)) {
            let rows = std::mem::take(&mut board.rows);
            return (!rows.is_empty()).then(|| Part::Whole(entry(text, rows)));
        }
        if is_head(trimmed) {
            return Some(Part::Head);
        }
        if let Some(row) = row::table(number, line) {
            return Some(Part::Row(row));
        }
        if trimmed.is_empty() {
            return Some(Part::Blank);
        }
        if trimmed.starts_with('#') || trimmed.starts_with("//") || trimmed.starts_with("```") {
            return None;
        }
        let line = uncommented(line);
        let mut row = Row::new(number, line, dashes);
        if row.foreign.is_none() && row.width == CELLS {
            return Some(Part::Row(row));
        }
        if let Some(found) = formats::line(number, line) {
            return Some(Part::Whole(beside(text, number, found)));
        }
        if row.width == 0 || is_border(trimmed, &row) {
            return None;
        }
        let kind = title::kind(line, &row);
        row.is_either = kind == Kind::Either;
        row.is_stray = !title::has_word(line) && line.contains(|c: char| c.is_ascii_digit());
        Some(match kind {
            Kind::Heading => Part::Title(row),
            Kind::Row | Kind::Either => Part::Row(row),
        })
    })
}

/// A line without the comment at its end, and without the marks of a quotation or of a string in a program.
fn uncommented(line: &str) -> &str {
    let ends = [" #", "\t#", " //", "\t//"]
        .into_iter()
        .filter_map(|mark| line.find(mark))
        .min();
    let line = ends.and_then(|end| line.get(..end)).unwrap_or(line);
    let line = line.strip_prefix("> ").unwrap_or(line);
    let bare = line.trim().trim_matches(['"', '\'', '`', ',', ';', '\\']);
    let is_string = [SIDE, CELLS].contains(&bare.chars().count()) && bare.chars().all(is_mark);
    if is_string { bare } else { line }
}

/// `*-----------*`, and lines of one sign that are no nine empty cells.
fn is_border(line: &str, row: &Row) -> bool {
    let mut signs = line.chars().filter(|c| !c.is_whitespace());
    let drawn = signs.clone().all(|c| "*_-=+|.:'".contains(c));
    drawn
        && ((line.contains("--") && line.contains(['*', '.', ':', '\'']))
            || line.contains('=')
            || (signs.all(|c| c == '_') && line.contains("__") && row.width != SIDE && row.width != CELLS))
}

/// `|---|:-:|…`: the line below the head of a table of nine columns. One of single dashes may be nine empty cells.
fn is_head(line: &str) -> bool {
    let fields = || line.trim_matches('|').split('|').map(str::trim);
    let is_line = |field: &str| field.contains('-') && field.trim_matches(':').chars().all(|c| c == '-');
    fields().count() == SIDE && fields().all(is_line) && (line.contains("--") || line.contains(':'))
}

struct Reader<'a> {
    text: &'a Text<'a>,
    entries: Vec<Result<Entry>>,
    /// Blocks of rows, parted by blank lines, since the last title.
    segment: Vec<Vec<Row>>,
    /// The first heading.
    title: Option<Row>,
    /// Lines since the last board that hold digits without words.
    strays: Vec<Row>,
    /// The line of a row that may be the head of a table.
    head: Option<usize>,
}

impl Reader<'_> {
    fn take(&mut self, part: Part) {
        match part {
            Part::Row(row) => {
                if let Some(block) = self.segment.last_mut() {
                    block.push(row);
                }
            }
            Part::Blank => self.segment.push(Vec::new()),
            Part::Head => {
                if let Some([row]) = self.segment.last().map(Vec::as_slice) {
                    self.head = Some(row.line);
                }
            }
            Part::Title(mut row) => match self.segment.last_mut() {
                Some(block) if row.is_stray && !block.len().is_multiple_of(SIDE) => {
                    row.is_torn = true;
                    block.push(row);
                }
                _ => {
                    self.flush();
                    self.heading(row);
                }
            },
            Part::Whole(entry) => {
                self.flush();
                self.settle();
                self.entries.push(entry);
            }
        }
    }

    fn heading(&mut self, row: Row) {
        if row.is_stray {
            self.strays.push(row);
        } else {
            self.title.get_or_insert(row);
        }
    }

    /// Lines of digits are headings where they are few: many were meant to be a board.
    fn settle(&mut self) {
        let strays = std::mem::take(&mut self.strays);
        let found = strays.len();
        if let Some(row) = strays.into_iter().next() {
            if found > HEADINGS {
                let reason =
                    format!("expected {SIDE} rows of {SIDE} cells, found {found} lines with other numbers of them");
                self.entries.push(Err(self.text.error(row.line, 0, reason)));
            }
            self.title.get_or_insert(row);
        }
    }

    /// The boards of a segment: the rows between two titles.
    fn flush(&mut self) {
        let mut blocks = std::mem::replace(&mut self.segment, vec![Vec::new()]);
        // One line in the middle of boards is a row where it completes them, and else a heading.
        let is_row = |block: &Vec<Row>| match block.iter().filter(|row| row.is_torn).count() {
            0 => true,
            torn => torn == 1 && block.len().is_multiple_of(SIDE),
        };
        if !blocks.iter().all(is_row) {
            for block in blocks {
                self.take(Part::Blank);
                for row in block {
                    match row.is_torn {
                        true => {
                            self.flush();
                            self.heading(row);
                        }
                        false => self.take(Part::Row(row)),
                    }
                }
            }
            return self.flush();
        }
        let rows = || blocks.iter().flatten();
        if rows().count() <= HEADINGS && rows().all(|row| row.is_either) {
            for row in blocks.into_iter().flatten() {
                self.heading(row);
            }
            return;
        }
        self.settle();
        drop_headings(&mut blocks);
        // Empty lines after each row, or after each band, part nothing.
        let is_band = |block: &Vec<Row>| {
            (block.len() == 1 || block.len().is_multiple_of(3))
                && block.iter().all(|row| row.width == SIDE && row.foreign.is_none())
        };
        let rows = blocks.iter().map(Vec::len).sum::<usize>();
        if rows.is_multiple_of(SIDE) && blocks.iter().all(is_band) {
            blocks = vec![blocks.concat()];
        }
        let mut is_lost = false;
        let mut board: Vec<Row> = Vec::new();
        for mut block in blocks {
            let names = |row: &Row| self.head == Some(row.line) || (row.is_table && row.is_count());
            if block.len() == SIDE + 1 && block.first().is_some_and(names) {
                block.remove(0);
            }
            let is_line = |row: &Row| row.is_table && row.width == SIDE && row.sign() == Some('-');
            if block.len() == SIDE + 2 && block.get(1).is_some_and(is_line) {
                block.drain(..2);
            }
            if !board.is_empty() && !goes_on(board.len(), &block) {
                self.end(&mut board);
                is_lost = true;
            }
            if board.is_empty() && is_wrapped(&block) {
                self.end(&mut block);
                continue;
            }
            // After a board that lacks rows nothing tells which bands belong together.
            let is_whole = block.len().is_multiple_of(SIDE) || block.iter().any(Row::is_wide);
            if is_lost && board.is_empty() && !is_whole {
                self.end(&mut block);
                continue;
            }
            if board.is_empty() && is_out_of_step(&block) {
                let line = block.first().map_or(0, |row| row.line);
                let reason = format!("expected {SIDE} rows of {SIDE} cells, found {}", block.len());
                self.entries.push(Err(self.text.error(line, 0, reason)));
                continue;
            }
            for row in block {
                if row.is_wide() {
                    self.end(&mut board);
                    self.end(&mut vec![row]);
                } else if board.is_empty() && !row.is_near_nine() {
                    self.end(&mut vec![row]); // a stray line: the rows after it stay in step
                } else {
                    board.push(row);
                    if board.len() == SIDE {
                        self.end(&mut board);
                    }
                }
            }
        }
        self.end(&mut board);
    }

    fn end(&mut self, rows: &mut Vec<Row>) {
        if !rows.is_empty() {
            self.entries.push(entry(self.text, std::mem::take(rows)));
        }
    }

    fn finish(mut self) -> Vec<Result<Entry>> {
        self.flush();
        self.settle();
        if self.entries.is_empty() {
            let title = self.title.take().map(|row| entry(self.text, vec![row]));
            self.entries.extend(title);
        }
        self.entries
    }
}

/// A puzzle, with the answer that stands beside it.
fn beside(text: &Text, line: usize, found: formats::Found) -> Result<Entry> {
    let (row, answer) = found.map_err(|reason| text.error(line, 0, reason))?;
    let mut entry = entry(text, vec![row])?;
    let answer = answer.map(|answer| text.label(&entry.puzzle.board, answer, line, 0));
    entry.answer = answer.transpose()?;
    Ok(entry)
}

fn entry(text: &Text, rows: Vec<Row>) -> Result<Entry> {
    let Some(line) = rows.first().map(|row| row.line) else {
        return Err(text.error(0, 0, "expected a puzzle, found none"));
    };
    let other = mixed(rows.iter());
    let foreign = rows
        .iter()
        .filter_map(|row| row.foreign.map(|(column, c)| (row.line, column, c)));
    if let Some((line, column, c)) = foreign.chain(other).min() {
        return Err(text.foreign(line, column, c));
    }
    let skipped = ordered::set(rows.iter().flat_map(|row| row.skipped.iter().copied()));
    let skipped: Vec<String> = skipped.iter().map(|c| format!("`{}`", c.escape_debug())).collect();
    let skipped = match skipped.as_slice() {
        [] => String::new(),
        some => format!(" and skipped {}", some.join(", ")),
    };
    if rows.len() == SIDE {
        if let Some(row) = rows.iter().find(|row| row.width != SIDE) {
            let reason = format!("expected {SIDE} cells in a row, found {}{skipped}", row.width);
            return Err(text.error(row.line, 0, reason));
        }
    } else if rows.len() > 1 && !is_wrapped(&rows) {
        let reason = format!("expected {SIDE} rows of {SIDE} cells, found {}{skipped}", rows.len());
        return Err(text.error(line, 0, reason));
    }
    let found = rows.iter().map(|row| row.cells.len()).sum::<usize>();
    if found != CELLS {
        return Err(text.error(line, 0, format!("expected {CELLS} cells, found {found}{skipped}")));
    }
    // A drawing that marks what is given shows an answer in the other cells.
    let marked = text.asks && rows.iter().any(|row| !row.given.is_empty());
    let cells = rows.into_iter().flat_map(|row| {
        let cells = row.cells.into_iter().enumerate();
        cells.map(move |(at, id)| if marked && !row.given.contains(&at) { BLANK } else { id })
    });
    text.entry(cells.collect(), line)
}
