//! From a text to many puzzles: one a line, nine lines of nine, drawn boxes, CSV, mazes, in any mixture of Sudokus.
//!
//! A fault spoils the puzzle that it lies in and no other.

use super::sudoku::{CELLS, Character, SIDE, character};
use super::{Puzzle, maze, sudoku, table};
use crate::error::{Error, Location, Result};
use crate::model::Task;

/// One puzzle of a text, and what the text says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The question.
    pub puzzle: Puzzle,
    /// The line that it begins in, from 1.
    pub line: usize,
    /// CSV's column `source`.
    pub source: Option<String>,
    /// CSV's column `answer` as ids, one a cell.
    pub answer: Option<Vec<u32>>,
}

pub(super) const SUDOKU_ALPHABET: &str = "a digit or `.`";
pub(super) const MAZE_ALPHABET: &str = "one of `#`, space, `S`, `G`, `o`";
pub(super) const PATH_ASKED: &str = "a question needed, `o` is the path of an answer";

/// A text and its name, which errors mention.
pub(super) struct Text<'a> {
    pub(super) content: &'a str,
    name: &'a str,
}

impl Text<'_> {
    pub(super) fn error(&self, line: usize, column: usize, reason: String) -> Error {
        Error::Puzzle {
            at: Some(Location {
                source: self.name.to_string(),
                line,
                column,
            }),
            reason,
        }
    }

    /// A puzzle with its place in every error. A Sudoku that repeats a given is refused, and a maze without one start and
    /// one goal.
    pub(super) fn puzzle(&self, task: Task, tokens: Vec<u32>, line: usize, column: usize) -> Result<Puzzle> {
        let puzzle = Puzzle::new(task, tokens).map_err(|e| self.error(line, column, e.to_string()))?;
        let clash = match sudoku::grid(&puzzle.tokens) {
            Ok(grid) if task == Task::Sudoku => sudoku::repeated(grid).into_iter().next(),
            _ => None,
        };
        match clash {
            Some(fault) => Err(self.error(line, column, format!("two equal givens: {fault}"))),
            None if task == Task::Maze => match maze::ends(&puzzle.tokens) {
                Ok(_) => Ok(puzzle),
                Err(fault) => Err(self.error(line, column, format!("no maze: {fault}"))),
            },
            None => Ok(puzzle),
        }
    }
}

/// Every puzzle of a text, in order; what is none gives an [`Error::Puzzle`] in its place, and so does a text without
/// any puzzle. `name` is the file's, or "standard input"; `task` where it cannot be told from the text.
///
/// Sudoku: 81 characters a line, nine lines of nine, drawn boxes of `|`, `+`, `-` or box-drawing characters; lines
/// that begin with `#` are comments. Maze: rows of equal length, one maze a block or one flattened maze a line; an
/// empty line ends a maze. CSV: a header with a column `question`.
pub fn read(bytes: &[u8], name: &str, task: Option<Task>) -> Vec<Result<Entry>> {
    let content = String::from_utf8_lossy(bytes);
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    let text = Text { content, name };
    if task == Some(Task::Arc) {
        return vec![Err(Error::Usage("ARC puzzles are not supported yet".to_string()))];
    }
    let entries = if table::has_header(content) {
        table::read(&text, task)
    } else if task == Some(Task::Maze) || (task.is_none() && looks_like_a_maze(content)) {
        mazes(&text)
    } else {
        sudokus(&text)
    };
    if entries.is_empty() {
        vec![Err(text.error(0, 0, "a puzzle needed, none found".to_string()))]
    } else {
        entries
    }
}

/// Whether the first line that is not empty holds nothing but the characters of a maze, and no line but comments has a
/// cell of a Sudoku.
fn looks_like_a_maze(content: &str) -> bool {
    let first = content.lines().find(|line| !line.trim().is_empty());
    let is_sudoku = |line: &str| !line.starts_with('#') && line.contains(|c: char| c == '.' || c.is_ascii_digit());
    first.is_some_and(|line| line.chars().all(|c| maze::id(c).is_some())) && !content.lines().any(is_sudoku)
}

/// A line of a Sudoku text.
struct Row {
    line: usize,
    cells: Vec<u32>,
    /// The first character that no Sudoku has, and its column.
    foreign: Option<(usize, char)>,
    /// Cells and foreign characters.
    width: usize,
}

impl Row {
    fn new(line: usize, text: &str) -> Row {
        let mut row = Row {
            line,
            cells: Vec::new(),
            foreign: None,
            width: 0,
        };
        for (at, c) in text.chars().enumerate() {
            match character(c) {
                Character::Cell(id) => row.cells.push(id),
                Character::Ignored => continue,
                Character::Foreign => row.foreign = row.foreign.or(Some((at + 1, c))),
            }
            row.width += 1;
        }
        row
    }

    /// Too long for a row of nine, even a faulty one: a puzzle by itself.
    fn is_wide(&self) -> bool {
        self.width >= 2 * SIDE
    }

    /// Nine cells, or so nearly that it was meant to be a row.
    fn is_near_nine(&self) -> bool {
        self.width.abs_diff(SIDE) <= 2
    }
}

fn sudokus(text: &Text) -> Vec<Result<Entry>> {
    // Blocks of rows, parted by blank lines; comments and border lines hold no cells and part nothing.
    let mut blocks: Vec<Vec<Row>> = vec![Vec::new()];
    for (at, line) in text.content.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            blocks.push(Vec::new());
        } else if !trimmed.starts_with('#') {
            let row = Row::new(at + 1, line);
            if let Some(block) = blocks.last_mut().filter(|_| row.width > 0) {
                block.push(row);
            }
        }
    }
    blocks.retain(|block| !block.is_empty());

    let mut entries = Vec::new();
    let mut board: Vec<Row> = Vec::new();
    for block in blocks {
        if !board.is_empty() && !goes_on(board.len(), &block) {
            entries.push(sudoku_of(text, std::mem::take(&mut board)));
        }
        if board.is_empty() && is_wrapped(&block) {
            entries.push(sudoku_of(text, block));
            continue;
        }
        for row in block {
            if row.is_wide() {
                if !board.is_empty() {
                    entries.push(sudoku_of(text, std::mem::take(&mut board)));
                }
                entries.push(sudoku_of(text, vec![row]));
            } else if board.is_empty() && !row.is_near_nine() {
                entries.push(sudoku_of(text, vec![row])); // a stray line: the rows after it stay in step
            } else {
                board.push(row);
                if board.len() == SIDE {
                    entries.push(sudoku_of(text, std::mem::take(&mut board)));
                }
            }
        }
    }
    if !board.is_empty() {
        entries.push(sudoku_of(text, board));
    }
    entries
}

/// Whether a block completes a board of which one or two bands of three rows stand before the blank line.
fn goes_on(rows: usize, block: &[Row]) -> bool {
    let narrow = block.iter().take_while(|row| !row.is_wide()).count();
    let fits = (rows + narrow).is_multiple_of(SIDE) || (narrow.is_multiple_of(3) && rows + narrow < SIDE);
    rows.is_multiple_of(3) && narrow > 0 && fits
}

/// One puzzle in rows of 18, 27, … cells.
fn is_wrapped(block: &[Row]) -> bool {
    block.iter().all(|row| row.width.is_multiple_of(SIDE)) && block.iter().map(|row| row.width).sum::<usize>() == CELLS
}

fn sudoku_of(text: &Text, rows: Vec<Row>) -> Result<Entry> {
    let Some(line) = rows.first().map(|row| row.line) else {
        return Err(text.error(0, 0, "a puzzle needed, none found".to_string()));
    };
    for row in &rows {
        if let Some((column, c)) = row.foreign {
            let reason = format!("{SUDOKU_ALPHABET} needed, `{}` found", c.escape_debug());
            return Err(text.error(row.line, column, reason));
        }
    }
    if rows.len() == SIDE {
        if let Some(row) = rows.iter().find(|row| row.width != SIDE) {
            return Err(text.error(
                row.line,
                0,
                format!("{SIDE} cells needed in a row, {} found", row.width),
            ));
        }
    } else if rows.len() > 1 && !is_wrapped(&rows) {
        return Err(text.error(
            line,
            0,
            format!("{SIDE} rows of {SIDE} cells needed, {} found", rows.len()),
        ));
    }
    let tokens = rows.into_iter().flat_map(|row| row.cells).collect();
    let puzzle = text.puzzle(Task::Sudoku, tokens, line, 0)?;
    Ok(Entry {
        puzzle,
        line,
        source: None,
        answer: None,
    })
}

fn mazes(text: &Text) -> Vec<Result<Entry>> {
    let lines: Vec<(usize, &str)> = text
        .content
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .collect();
    let mut entries = Vec::new();
    for block in lines
        .split(|(_, line)| line.is_empty())
        .filter(|block| !block.is_empty())
    {
        let side = block[0].1.chars().count();
        // Every maze has one start: where two lines have one, each line is a maze, flattened.
        let flattened = block.iter().take(2).all(|(_, line)| line.contains('S')) && side.isqrt().pow(2) == side;
        let rows = if flattened { 1 } else { side };
        entries.extend(block.chunks(rows).map(|rows| maze_of(text, rows, flattened)));
    }
    entries
}

fn maze_of(text: &Text, rows: &[(usize, &str)], flattened: bool) -> Result<Entry> {
    let (line, side) = rows.first().map_or((0, 0), |(line, row)| (*line, row.chars().count()));
    let mut tokens = Vec::new();
    for (line, row) in rows {
        for (at, c) in row.chars().enumerate() {
            let foreign = || format!("{MAZE_ALPHABET} needed, `{}` found", c.escape_debug());
            let id = maze::id(c).ok_or_else(|| text.error(*line, at + 1, foreign()))?;
            if id == maze::PATH {
                return Err(text.error(*line, at + 1, PATH_ASKED.to_owned()));
            }
            tokens.push(id);
        }
        let found = row.chars().count();
        if found != side {
            return Err(text.error(*line, 0, format!("{side} cells needed in a row, {found} found")));
        }
    }
    if !flattened && rows.len() != side {
        return Err(text.error(
            line,
            0,
            format!("{side} rows of {side} cells needed, {} found", rows.len()),
        ));
    }
    let puzzle = text.puzzle(Task::Maze, tokens, line, 0)?;
    Ok(Entry {
        puzzle,
        line,
        source: None,
        answer: None,
    })
}
