//! What a task says of itself.

use std::fmt;
use std::ops::RangeInclusive;

use super::augmentation::Augmentation;
use super::drawing::{Look, Ruling, Symbol};
use super::text::{self, Entry, Likelihood, Text};
use super::{Board, Fault, Puzzle, Question, Sample};
use crate::error::{Error, Result};
use crate::kernels::RuleKernel;

/// One task: its sizes, alphabet and text, and as far as it has them rules, augmentations and a generator.
///
/// Only the first four must be written; what the others do by default suits a task whose board is a question with cells
/// to be filled in. A task judges and draws. It never alters, fills in or repairs an answer.
pub trait Definition: fmt::Debug + Sync {
    /// The name that options, files and JSON use: "sudoku".
    fn name(&self) -> &'static str;

    /// Official `seq_len` and `vocab_size`.
    fn sizes(&self) -> (usize, usize);

    /// Every symbol that a cell may show, in the order in which faces offer those that have keys.
    fn alphabet(&self) -> &'static [Symbol];

    /// Rows and columns of a board of so many cells; what was expected and found where there is none.
    fn shape(&self, cells: usize) -> std::result::Result<(usize, usize), String>;

    /// The name that people read over a board: "Sudoku".
    fn title(&self) -> &'static str {
        self.name()
    }

    /// Several of its puzzles, in a sentence: "mazes".
    fn plural(&self) -> &'static str {
        "puzzles"
    }

    /// Whether the task's encoding has these sizes.
    fn fits(&self, seq_len: usize, vocab_size: usize) -> bool {
        vocab_size == self.sizes().1 && self.shape(seq_len).is_ok()
    }

    /// The sizes that [`Definition::fits`] wants, for messages.
    fn needs(&self) -> String {
        let (seq_len, vocab_size) = self.sizes();
        format!("`seq_len` {seq_len} and `vocab_size` {vocab_size}")
    }

    /// The symbol of a cell that asks to be filled in.
    fn blank(&self) -> u32 {
        1
    }

    /// The symbol of an id; one that says so for ids that stand for nothing.
    fn symbol(&self, id: u32) -> Symbol {
        let known = self.alphabet().iter().find(|symbol| symbol.id == id);
        known.copied().unwrap_or(Symbol {
            id,
            glyph: '?',
            name: "nothing that belongs there",
            look: Look::Text,
            keys: "",
            single: false,
        })
    }

    /// How the lines of a board are ruled.
    fn ruling(&self) -> Ruling {
        Ruling::Grid { rows: 0, columns: 0 }
    }

    // ---- the network's side

    /// What the network is given of a puzzle.
    fn sample(&self, puzzle: &Puzzle) -> Sample {
        Sample {
            tokens: puzzle.board.tokens.clone(),
            identifier: puzzle.identifier.unwrap_or(0),
        }
    }

    /// The board that a prediction `[S]` means as an answer.
    fn answer(&self, puzzle: &Puzzle, prediction: &[u32]) -> Board {
        Board {
            tokens: prediction.to_vec(),
            ..puzzle.board
        }
    }

    /// The token `[S]` that holds a cell of an answer's board of so many columns.
    fn token(&self, cell: usize, _columns: usize) -> usize {
        cell
    }

    /// How many augmentations a puzzle has, the puzzle as it is among them.
    fn augmentations(&self) -> usize {
        1
    }

    /// Augmentation `number`, 1 or more, of a sample; None where there is none. The same number gives the same one.
    fn augmentation(&self, _asked: &Sample, _number: u64) -> Option<Box<dyn Augmentation>> {
        None
    }

    /// The answers of several tries, each with its prediction `[S]` and `q_halt`, ranked: of each distinct answer the
    /// index of its first appearance, the best one first.
    fn rank(&self, answers: &[(&[u32], f32)]) -> Vec<usize> {
        crate::tries::rank(answers)
    }

    // ---- rules

    /// The rules; None where answers cannot be judged.
    fn rules(&self) -> Option<&dyn Rules> {
        None
    }

    /// Why a board is no question, and the cell where that is one.
    fn refuse_question(&self, _board: &Board) -> Option<(Option<usize>, String)> {
        None
    }

    /// Why a board is no label of a question.
    fn refuse_answer(&self, _board: &Board) -> Option<String> {
        None
    }

    /// What is wrong with a board while it is being drawn.
    fn clashes(&self, _board: &Board) -> Vec<Fault> {
        Vec::new()
    }

    /// A sentence about a question that people should know before a model tries; None where all is well.
    fn remark(&self, question: &Question) -> Option<&'static str> {
        match question {
            Question::None => Some("this puzzle has no solution"),
            Question::Several => Some("this puzzle has more than one solution"),
            Question::Unique | Question::Clash(_) | Question::Undecided => None,
        }
    }

    // ---- text

    /// The canonical text of a board: its rows, joined by line feeds.
    fn text(&self, board: &Board) -> String {
        let line = |row: &[u32]| row.iter().map(|&id| self.symbol(id).glyph).collect::<String>();
        let rows: Vec<String> = board.tokens.chunks(board.columns.max(1)).map(line).collect();
        rows.join("\n")
    }

    /// Ids of the cells that a line of text holds; the first character that none has, with its index in characters.
    fn cells(&self, line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
        let id = |c: char| self.alphabet().iter().find(|symbol| symbol.glyph == c);
        let cells = line.chars().enumerate().filter(|(_, c)| !c.is_whitespace());
        cells
            .map(|(at, c)| id(c).map(|symbol| symbol.id).ok_or((at, c)))
            .collect()
    }

    /// What [`Definition::cells`] expects, for messages: "a digit or `.`".
    fn characters(&self) -> String {
        let glyphs: Vec<String> = self.alphabet().iter().map(|s| format!("`{}`", s.glyph)).collect();
        format!("one of {}", glyphs.join(", "))
    }

    /// How likely it is that a text holds puzzles of this task.
    fn sniff(&self, text: &str) -> Likelihood {
        text::sniff(self, text)
    }

    /// How likely it is that a field of a table is a question of this task.
    fn sniff_field(&self, field: &str) -> Likelihood {
        self.sniff(field)
    }

    /// Every puzzle of a text, in order; what is none gives an error in its place.
    fn read(&self, text: &Text<'_>) -> Vec<Result<Entry>> {
        text.blocks()
    }

    /// The cells of the one puzzle in a text that copying from elsewhere made, in a form that [`Definition::read`] does not
    /// take.
    fn paste(&self, _text: &str) -> Option<Vec<u32>> {
        None
    }

    /// The question in a picture of a board, a PNG that errors call `name`; None where the task reads no pictures.
    #[cfg(feature = "picture")]
    fn read_picture(&self, _png: &[u8], _name: &str) -> Option<Result<Puzzle>> {
        None
    }

    // ---- new boards

    /// Sides that new boards may have, where rows and columns are as many.
    fn sides(&self) -> RangeInclusive<usize> {
        let side = self.sizes().0.isqrt();
        side..=side
    }

    /// A board to draw a question on.
    fn empty(&self, rows: usize, columns: usize) -> Board {
        Board::filled(rows, columns, self.blank())
    }

    /// Names of the levels that [`Definition::generate`] knows, the first of which is the default.
    fn levels(&self) -> &'static [&'static str] {
        &[]
    }

    /// New puzzles without end; the same recipe gives the same ones on every machine.
    ///
    /// # Errors
    /// [`Error::Usage`] for a recipe that cannot be followed, or a task that makes no puzzles.
    fn generate(&self, _recipe: &Recipe<'_>) -> Result<Box<dyn Iterator<Item = Made>>> {
        Err(Error::Usage(format!(
            "no puzzles are made for the task {}",
            self.name()
        )))
    }
}

/// The rules of a task. They judge; they never solve for the model.
pub trait Rules: Sync {
    /// The rules as a kernel, for devices; its twin tells whether [`Rules::faults`] finds none.
    fn kernel(&self) -> &'static RuleKernel;

    /// Everything that the answer `[S]` breaks.
    fn faults(&self, question: &Board, answer: &[u32]) -> Vec<Fault>;

    /// Whether the question has one solution.
    fn question(&self, question: &Board) -> Question;

    /// What makes some valid answers better than others; None where all are alike.
    fn optimum(&self) -> Option<&'static Optimum> {
        None
    }
}

/// What makes some valid answers better than others, and its names.
#[derive(Debug)]
pub struct Optimum {
    /// Whether no valid answer to the question is better than this valid one `[S]`.
    pub is_met: fn(question: &Board, answer: &[u32]) -> bool,
    /// The key in records and reports, and the heading of its column: "shortest".
    pub key: &'static str,
    /// Keys in summaries: the share of valid answers, and that of answers which are also best.
    pub shares: [&'static str; 2],
    /// Sentences about a best answer and about one that is only valid.
    pub said: [&'static str; 2],
}

/// What new puzzles shall be like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recipe<'a> {
    /// The same seed makes the same puzzles.
    pub seed: u64,
    /// Rows, and columns; the task's own choice if None.
    pub side: Option<usize>,
    /// One of [`Definition::levels`].
    pub level: Option<&'a str>,
    /// The least [`Made::rating`].
    pub least: Option<usize>,
}

/// A new puzzle.
#[derive(Debug, Clone)]
pub struct Made {
    /// The question.
    pub puzzle: Puzzle,
    /// Its one answer, one id a cell, where the generator knows it.
    pub answer: Option<Vec<u32>>,
    /// The level that it is of.
    pub level: &'static str,
    /// How hard it is, in the task's own measure: moves of a path, guesses of a search.
    pub rating: usize,
}
