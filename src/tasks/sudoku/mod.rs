//! Sudoku: ids (PAD 0, empty 1, digit `k` is `k + 1`; specification, section 7) and the definition of the task.

mod generate;
mod rules;
mod search;
mod symmetry;
mod text;

use std::ops::RangeInclusive;

use generate::{Difficulty, GIVENS, generate, with_givens};
pub(crate) use rules::is_valid;
use rules::{faults, repeated};
pub(crate) use symmetry::symmetry;

use super::definition::{Definition, Made, Recipe, Rules};
use super::text::{Entry, Likelihood, Text};
use super::{Augmentation, Board, Fault, Look, Puzzle, Question, Ruling, Sample, Symbol, Task};
use crate::error::{Error, Result};
use crate::kernels::{RuleKernel, Shader, wgsl};

/// The Sudoku task.
pub const TASK: Task = Task::new(&Sudoku);

/// Number of rows, columns, boxes and digits.
pub(crate) const SIDE: usize = 9;
/// Number of cells of a board, and of tokens of a puzzle.
pub(crate) const CELLS: usize = SIDE * SIDE;
/// Number of ids in the encoding.
pub(crate) const VOCAB_SIZE: u32 = 11;
/// The id of an empty cell.
pub(crate) const BLANK: u32 = 1;

/// The rules as a kernel.
pub(crate) static RULES: RuleKernel = RuleKernel {
    shader: Shader::new("sudoku_rules", wgsl!("rules.wgsl")),
    constants: |cells| (cells == CELLS).then(Vec::new),
    twin: is_valid,
};

/// Symbols of the digits 1 to 9, then of the empty cell.
static ALPHABET: [Symbol; 10] = {
    const fn digit(id: u32, glyph: char, text: &'static str) -> Symbol {
        Symbol {
            id,
            glyph,
            name: text,
            look: Look::Text,
            keys: text,
            single: false,
        }
    }
    [
        digit(2, '1', "1"),
        digit(3, '2', "2"),
        digit(4, '3', "3"),
        digit(5, '4', "4"),
        digit(6, '5', "5"),
        digit(7, '6', "6"),
        digit(8, '7', "7"),
        digit(9, '8', "8"),
        digit(10, '9', "9"),
        Symbol {
            id: BLANK,
            glyph: '.',
            name: "empty",
            look: Look::Open,
            keys: "0. ",
            single: false,
        },
    ]
};

/// Returns the digit that an id stands for, 1 to 9; None for PAD, empty and ids outside the vocabulary.
pub(crate) fn digit(id: u32) -> Option<u32> {
    (2..VOCAB_SIZE).contains(&id).then(|| id - 1)
}

/// Defines the Sudoku task.
#[derive(Debug)]
pub(super) struct Sudoku;

impl Definition for Sudoku {
    fn name(&self) -> &'static str {
        "sudoku"
    }

    fn title(&self) -> &'static str {
        "Sudoku"
    }

    fn form(&self) -> String {
        "a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box"
            .into()
    }

    fn sizes(&self) -> (usize, usize) {
        (CELLS, VOCAB_SIZE as usize)
    }

    fn alphabet(&self) -> &'static [Symbol] {
        &ALPHABET
    }

    fn shape(&self, cells: usize) -> std::result::Result<(usize, usize), String> {
        match cells {
            CELLS => Ok((SIDE, SIDE)),
            _ => Err(format!("expected {CELLS} cells, found {cells}")),
        }
    }

    /// Shows everything but digits as an empty cell.
    fn symbol(&self, id: u32) -> Symbol {
        let digit = ALPHABET.iter().find(|symbol| symbol.id == id);
        Symbol {
            id,
            ..digit.copied().unwrap_or(ALPHABET[9])
        }
    }

    fn ruling(&self) -> Ruling {
        Ruling::Grid { rows: 3, columns: 3 }
    }

    fn augmentations(&self) -> usize {
        usize::MAX
    }

    fn augmentation(&self, asked: &Sample, number: u64) -> Option<Box<dyn Augmentation>> {
        (asked.tokens.len() == CELLS).then(|| Box::new(symmetry(number)) as Box<dyn Augmentation>)
    }

    fn rules(&self) -> Option<&dyn Rules> {
        Some(self)
    }

    fn refuse_question(&self, board: &Board) -> Option<(Option<usize>, String)> {
        let clash = self.clashes(board).into_iter().next();
        clash.map(|fault| (None, format!("two equal givens: {fault}")))
    }

    fn refuse_answer(&self, board: &Board) -> Option<String> {
        let clash = self.clashes(board).into_iter().next();
        let refused = clash.map(|fault| format!("expected an answer that keeps the rules, found that {fault}"));
        let empty = || "expected an answer without empty cells, or none at all".to_owned();
        refused.or_else(|| board.tokens.contains(&BLANK).then(empty))
    }

    fn clashes(&self, board: &Board) -> Vec<Fault> {
        rules::grid(&board.tokens).map(repeated).unwrap_or_default()
    }

    /// Writes all cells on one line.
    fn text(&self, board: &Board) -> String {
        board.tokens.iter().map(|&id| self.symbol(id).glyph).collect()
    }

    fn cells(&self, line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
        text::cells(line)
    }

    fn characters(&self) -> String {
        "a digit or `.`".to_owned()
    }

    /// Returns that any text may be a Sudoku, if a faulty one.
    fn sniff(&self, _: &str) -> Likelihood {
        Likelihood::Possible
    }

    fn read(&self, text: &Text<'_>) -> Vec<Result<Entry>> {
        text::read(text)
    }

    fn levels(&self) -> &'static [&'static str] {
        &["easy", "medium", "hard", "extreme"]
    }

    fn givens(&self) -> Option<RangeInclusive<usize>> {
        Some(GIVENS)
    }

    fn daily_level(&self) -> Option<&'static str> {
        Some(Difficulty::Extreme.name())
    }

    fn generate(&self, recipe: &Recipe<'_>) -> Result<Box<dyn Iterator<Item = Made>>> {
        if recipe.side.is_some_and(|side| side != SIDE) || recipe.least.is_some() {
            return Err(Error::Usage(format!(
                "expected a Sudoku of {SIDE} rows that is told by its level or its givens alone"
            )));
        }
        let seeds = (0..).map({
            let seed = recipe.seed;
            move |number| seed.wrapping_add(number)
        });
        let made = |puzzle: Puzzle, level| Made {
            answer: None,
            level,
            rating: search::guesses(&puzzle.board.tokens) as usize,
            puzzle,
        };
        match (recipe.givens, recipe.level) {
            (None, level) => {
                let difficulty: Difficulty = level.map(str::parse).transpose()?.unwrap_or_default();
                let level = difficulty.name();
                Ok(Box::new(seeds.map(move |seed| made(generate(difficulty, seed), level))))
            }
            (Some(wanted), None) if GIVENS.contains(&wanted) => {
                Ok(Box::new(seeds.map_while(move |seed| {
                    Some(made(with_givens(wanted, seed)?, "givens"))
                })))
            }
            (Some(_), Some(_)) => Err(Error::Usage(
                "expected a level or a number of givens, found both".into(),
            )),
            (Some(wanted), None) => {
                let (least, most) = (GIVENS.start(), GIVENS.end());
                Err(Error::Usage(format!(
                    "expected {least} to {most} givens, found {wanted}"
                )))
            }
        }
    }
}

impl Rules for Sudoku {
    fn kernel(&self) -> &'static RuleKernel {
        &RULES
    }

    fn faults(&self, question: &Board, answer: &[u32]) -> Vec<Fault> {
        faults(&question.tokens, answer)
    }

    fn question(&self, question: &Board) -> Question {
        search::question(&question.tokens)
    }
}
