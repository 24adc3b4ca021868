//! Mazes: a square of `#` wall, space, `S` start, `G` goal, and in answers `o` path (specification, section 7).
//!
//! A path is valid if it leads from the start to the goal: walls, start and goal stay, and the cells of the path form
//! one chain in which each touches its predecessor and its successor and no other. Whether a valid path is also
//! shortest is a separate question: see `rules::is_shortest`.

mod generate;
mod open;
mod paths;
#[cfg(feature = "picture")]
mod picture;
mod rules;
mod text;

use std::ops::RangeInclusive;

#[cfg(test)]
mod tests;

use generate::{LEAST_SIDE, MOST_SIDE, Style};
pub(crate) use rules::is_valid;
use rules::{faults, is_shortest, shortest};

use super::definition::{Definition, Made, Optimum, Recipe, Rules};
use super::text::{Entry, Likelihood, Text};
use super::{Augmentation, Fault, Look, Question, Ruling, Sample, Symbol, Task, Transform};
use crate::error::Result;
use crate::kernels::{RuleKernel, Shader, wgsl};

/// The maze task.
pub const TASK: Task = Task::new(&Maze);

/// Number of ids in the encoding.
pub(crate) const VOCAB_SIZE: u32 = 6;
/// The id of a wall.
pub(crate) const WALL: u32 = 1;
/// The id of a free cell.
pub(crate) const FREE: u32 = 2;
/// The id of the start.
pub(crate) const START: u32 = 3;
/// The id of the goal.
pub(crate) const GOAL: u32 = 4;
/// The id of a cell of the path, in answers.
pub(crate) const PATH: u32 = 5;

/// The rules as a kernel, for squares of any size.
pub(crate) static RULES: RuleKernel = RuleKernel {
    shader: Shader::new("maze_rules", wgsl!("rules.wgsl")),
    constants: |cells| {
        let side = cells.isqrt();
        (cells > 0 && side * side == cells).then(|| vec![("SIDE", side as f64)])
    },
    twin: is_valid,
};

/// Symbols of wall, free cell, start, goal and path.
static ALPHABET: [Symbol; 5] = {
    const fn symbol(id: u32, glyph: char, name: &'static str, look: Look, keys: &'static str) -> Symbol {
        Symbol {
            id,
            glyph,
            name,
            look,
            keys,
            single: id == START || id == GOAL,
        }
    }
    [
        symbol(WALL, '#', "wall", Look::Solid, "#"),
        symbol(FREE, ' ', "free", Look::Open, " -."),
        symbol(START, 'S', "start", Look::Badge, "sS"),
        symbol(GOAL, 'G', "goal", Look::Badge, "gG"),
        symbol(PATH, 'o', "path", Look::Dot, ""),
    ]
};

/// Why a question cannot hold a path.
const PATH_ASKED: &str = "expected a question, found `o`, the path of an answer";

static SHORTEST: Optimum = Optimum {
    is_met: |question, answer| is_shortest(&question.tokens, answer),
    key: "shortest",
    shares: ["valid_paths", "shortest_paths"],
    said: ["solved by a shortest path", "solved, but a shorter path exists"],
};

/// Returns the id of a character, None outside the alphabet.
pub(crate) fn id(c: char) -> Option<u32> {
    ALPHABET.iter().find(|symbol| symbol.glyph == c).map(|symbol| symbol.id)
}

/// Returns the character of an id; `?` for PAD and ids outside the vocabulary.
pub(crate) fn glyph(id: u32) -> char {
    Maze.symbol(id).glyph
}

/// Defines the maze task.
#[derive(Debug)]
pub(super) struct Maze;

impl Definition for Maze {
    fn name(&self) -> &'static str {
        "maze"
    }

    fn title(&self) -> &'static str {
        "Maze"
    }

    fn plural(&self) -> &'static str {
        "mazes"
    }

    fn form(&self) -> String {
        "a maze is rows of `#`, space, `S` and `G`".into()
    }

    fn sizes(&self) -> (usize, usize) {
        (900, VOCAB_SIZE as usize)
    }

    fn alphabet(&self) -> &'static [Symbol] {
        &ALPHABET
    }

    /// Mazes may have any side.
    fn shape(&self, cells: usize) -> std::result::Result<(usize, usize), String> {
        let side = cells.isqrt();
        if cells > 0 && side * side == cells {
            Ok((side, side))
        } else {
            Err(format!("expected a square of cells, found {cells}"))
        }
    }

    fn needs(&self) -> String {
        format!("a square `seq_len` and `vocab_size` {VOCAB_SIZE}")
    }

    fn blank(&self) -> u32 {
        FREE
    }

    fn ruling(&self) -> Ruling {
        Ruling::Frame
    }

    fn augmentations(&self) -> usize {
        Transform::DIHEDRAL
    }

    fn augmentation(&self, asked: &Sample, number: u64) -> Option<Box<dyn Augmentation>> {
        let (rows, columns) = self.shape(asked.tokens.len()).ok()?;
        let t = (number % Transform::DIHEDRAL as u64) as usize;
        Some(Box::new(Transform::dihedral(t, rows, columns)))
    }

    fn rules(&self) -> Option<&dyn Rules> {
        Some(self)
    }

    fn refuse_question(&self, board: &super::Board) -> Option<(Option<usize>, String)> {
        if let Some(reason) = self.refuse_answer(board) {
            return Some((None, reason));
        }
        let path = board.tokens.iter().position(|&id| id == PATH);
        path.map(|cell| (Some(cell), PATH_ASKED.to_owned()))
    }

    fn refuse_answer(&self, board: &super::Board) -> Option<String> {
        rules::ends(&board.tokens)
            .err()
            .map(|fault| format!("no maze: {fault}"))
    }

    /// Makes no remark on several solutions, since any way through a maze is an answer.
    fn remark(&self, question: &Question) -> Option<&'static str> {
        (*question == Question::None).then_some("no way leads from S to G in this maze")
    }

    fn cells(&self, line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
        text::cells(line)
    }

    fn characters(&self) -> String {
        "one of `#`, space, `S`, `G`, `o`".to_owned()
    }

    fn sniff(&self, text: &str) -> Likelihood {
        text::sniff(text)
    }

    /// Recognizes a maze by its walls.
    fn sniff_field(&self, field: &str) -> Likelihood {
        text::sniff_field(field)
    }

    fn read(&self, text: &Text<'_>) -> Vec<Result<Entry>> {
        text::read(text)
    }

    #[cfg(feature = "picture")]
    fn read_picture(&self, png: &[u8], name: &str) -> Option<Result<super::Puzzle>> {
        Some(picture::read(png, name))
    }

    fn sides(&self) -> RangeInclusive<usize> {
        LEAST_SIDE..=MOST_SIDE
    }

    /// Returns a board with walls around it and nothing inside.
    fn empty(&self, rows: usize, columns: usize) -> super::Board {
        let mut board = super::Board::filled(rows, columns, FREE);
        for (cell, id) in board.tokens.iter_mut().enumerate() {
            let (row, column) = (cell / columns, cell % columns);
            if row == 0 || row + 1 == rows || column == 0 || column + 1 == columns {
                *id = WALL;
            }
        }
        board
    }

    fn levels(&self) -> &'static [&'static str] {
        &Style::NAMES
    }

    fn daily_level(&self) -> Option<&'static str> {
        Some(Style::Corridors.name())
    }

    /// Alternates scattered walls and corridors if no level is given.
    fn generate(&self, recipe: &Recipe<'_>) -> Result<Box<dyn Iterator<Item = Made>>> {
        generate::stream(recipe)
    }
}

impl Rules for Maze {
    fn kernel(&self) -> &'static RuleKernel {
        &RULES
    }

    fn faults(&self, question: &super::Board, answer: &[u32]) -> Vec<Fault> {
        faults(&question.tokens, answer)
    }

    fn question(&self, question: &super::Board) -> Question {
        rules::question(&question.tokens)
    }

    fn optimum(&self) -> Option<&'static Optimum> {
        Some(&SHORTEST)
    }
}
