//! The interface that each task implements.

#[cfg(feature = "eval")]
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::augmentation::Augmentation;
use super::drawing::{Look, Ruling, Symbol};
use super::text::{self, Entry, Likelihood, Text};
use super::{Board, Fault, Puzzle, Question, Sample};
use crate::error::{Error, Result};
use crate::kernels::RuleKernel;

/// A task: its sizes, alphabet and text, and optionally rules, augmentations and a generator.
///
/// Only the first four methods are required; the defaults of the others suit a task whose board is a question with
/// cells to be filled in. A task judges and draws. It never alters, fills in or repairs an answer.
pub trait Definition: fmt::Debug + Sync {
    /// Returns the name in options, files and JSON: "sudoku".
    fn name(&self) -> &'static str;

    /// Returns the official `seq_len` and `vocab_size`.
    fn sizes(&self) -> (usize, usize);

    /// Returns every symbol that a cell may show, in the order in which faces offer those that have keys.
    fn alphabet(&self) -> &'static [Symbol];

    /// Returns rows and columns of a board of `cells` cells; if there is none, what was expected and found.
    fn shape(&self, cells: usize) -> std::result::Result<(usize, usize), String>;

    /// Returns the name shown above a board: "Sudoku".
    fn title(&self) -> &'static str {
        self.name()
    }

    /// Returns the name of several of its puzzles, within a sentence: "mazes".
    fn plural(&self) -> &'static str {
        "puzzles"
    }

    /// Returns how its puzzles are written, as a clause: "a Sudoku is 81 characters, …".
    fn form(&self) -> String {
        format!("{} are written with {}", self.plural(), self.characters())
    }

    /// Whether the task's encoding has these sizes.
    fn fits(&self, seq_len: usize, vocab_size: usize) -> bool {
        vocab_size == self.sizes().1 && self.shape(seq_len).is_ok()
    }

    /// Describes the sizes that [`Definition::fits`] accepts, for messages.
    fn needs(&self) -> String {
        let (seq_len, vocab_size) = self.sizes();
        format!("`seq_len` {seq_len} and `vocab_size` {vocab_size}")
    }

    /// Returns the id of a cell that is to be filled in.
    fn blank(&self) -> u32 {
        1
    }

    /// Returns the symbol of an id; ids without a meaning get a symbol that says so.
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

    /// Returns how the lines of a board are ruled.
    fn ruling(&self) -> Ruling {
        Ruling::Grid { rows: 0, columns: 0 }
    }

    /// Returns the ten colours of [`Look::Colour`] as red, green and blue: the usual ones, or safe ones, which people with
    /// any kind of colour blindness tell apart.
    fn colours(&self, safe: bool) -> &'static [[u8; 3]; 10] {
        super::drawing::colours(safe)
    }

    // ---- the network's side

    /// Encodes a puzzle as the network's input.
    fn sample(&self, puzzle: &Puzzle) -> Sample {
        Sample {
            tokens: puzzle.board.tokens.clone(),
            identifier: puzzle.identifier.unwrap_or(0),
        }
    }

    /// Returns an input or a label `[S]` as networks of another `seq_len` take it; as it is where they cannot.
    fn fitted(&self, tokens: Vec<u32>, _seq_len: usize) -> Vec<u32> {
        tokens
    }

    /// Decodes a prediction `[S]` into the board of an answer.
    fn answer(&self, puzzle: &Puzzle, prediction: &[u32]) -> Board {
        Board {
            tokens: prediction.to_vec(),
            ..puzzle.board
        }
    }

    /// Returns the board that an input, a label or a prediction `[S]` holds; None if there is none.
    fn decode(&self, tokens: &[u32]) -> Option<Board> {
        let (rows, columns) = self.shape(tokens.len()).ok()?;
        Some(Board {
            rows,
            columns,
            tokens: tokens.to_vec(),
        })
    }

    /// Returns the index of the token `[seq_len]` that holds a cell of an answer's board of `columns` columns.
    fn token(&self, cell: usize, _columns: usize, _seq_len: usize) -> usize {
        cell
    }

    /// Returns the number of augmentations of a puzzle, including the puzzle as it is.
    fn augmentations(&self) -> usize {
        1
    }

    /// Returns augmentation `number`, 1 or more, of a sample; None if there is none. Equal numbers give equal
    /// augmentations.
    fn augmentation(&self, _asked: &Sample, _number: u64) -> Option<Box<dyn Augmentation>> {
        None
    }

    /// Whether a model knows a puzzle by an identifier, a row of its own for each augmentation, and its data by
    /// names.
    fn is_named(&self) -> bool {
        false
    }

    /// Splits the name of a puzzle in the data of a model into the puzzle's own name and the augmentation; None for a
    /// puzzle as it is.
    fn named<'a>(&self, name: &'a str) -> (&'a str, Option<Box<dyn Augmentation>>) {
        (name, None)
    }

    /// Returns the board that an input, a label or a prediction `[S]` for a puzzle of this name holds, as text, with the
    /// augmentation undone that the name tells.
    fn original(&self, name: &str, tokens: &[u32]) -> Option<String> {
        let board = match self.named(name).1 {
            Some(augmentation) => self.decode(&augmentation.transform(tokens).undo(tokens)),
            None => self.decode(tokens),
        };
        Some(self.text(&board?))
    }

    /// Returns the file that a contest takes, from the best answers to each question of each puzzle, as text; None where
    /// there is no contest.
    #[cfg(feature = "eval")]
    fn submission(&self, _answers: &BTreeMap<String, Vec<Vec<String>>>) -> Option<String> {
        None
    }

    /// Ranks the answers of several tries, given as predictions `[S]` and `q_halt`: returns for each distinct answer
    /// the indices of the tries that gave it, the best answer first.
    fn rank(&self, answers: &[(&[u32], f32)]) -> Vec<Vec<usize>> {
        crate::vote::rank(answers)
    }

    // ---- rules

    /// Returns the rules; None if answers cannot be judged.
    fn rules(&self) -> Option<&dyn Rules> {
        None
    }

    /// Returns why a board is not a question, and the offending cell if there is one.
    fn refuse_question(&self, _board: &Board) -> Option<(Option<usize>, String)> {
        None
    }

    /// Returns why a board is not a label of a question.
    fn refuse_answer(&self, _board: &Board) -> Option<String> {
        None
    }

    /// Returns what is wrong with a board while it is being edited.
    fn clashes(&self, _board: &Board) -> Vec<Fault> {
        Vec::new()
    }

    /// Returns a sentence that people should know about a question before a model tries it; None if there is nothing to
    /// say.
    fn remark(&self, question: &Question) -> Option<&'static str> {
        match question {
            Question::None => Some("this puzzle has no solution"),
            Question::Several => Some("this puzzle has more than one solution"),
            Question::Unique | Question::Clash(_) | Question::Undecided => None,
        }
    }

    // ---- text

    /// Returns the canonical text of a board: its rows, joined by line feeds.
    fn text(&self, board: &Board) -> String {
        let line = |row: &[u32]| row.iter().map(|&id| self.symbol(id).glyph).collect::<String>();
        let rows: Vec<String> = board.tokens.chunks(board.columns.max(1)).map(line).collect();
        rows.join("\n")
    }

    /// Returns a puzzle as text that [`Definition::read`] reads, with all that it came with; and with its answer `[S]`, where
    /// the text has a place for one.
    fn written(&self, puzzle: &Puzzle, _answer: Option<&[u32]>) -> String {
        self.text(&puzzle.board)
    }

    /// Returns the ids of the cells in a line of text; otherwise the first character that is no cell, with its index in
    /// characters.
    fn cells(&self, line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
        let id = |c: char| self.alphabet().iter().find(|symbol| symbol.glyph == c);
        let cells = line.chars().enumerate().filter(|(_, c)| !c.is_whitespace());
        cells
            .map(|(at, c)| id(c).map(|symbol| symbol.id).ok_or((at, c)))
            .collect()
    }

    /// Describes what [`Definition::cells`] expects, for messages: "a digit or `.`".
    fn characters(&self) -> String {
        let glyphs: Vec<String> = self.alphabet().iter().map(|s| format!("`{}`", s.glyph)).collect();
        format!("one of {}", glyphs.join(", "))
    }

    /// Judges how likely it is that a text holds puzzles of this task.
    fn sniff(&self, text: &str) -> Likelihood {
        text::sniff(self, text)
    }

    /// Judges how likely it is that a field of a table is a question of this task.
    fn sniff_field(&self, field: &str) -> Likelihood {
        self.sniff(field)
    }

    /// Reads every puzzle of a text, in order; whatever is not a puzzle gives an error in its place.
    fn read(&self, text: &Text<'_>) -> Vec<Result<Entry>> {
        text.blocks()
    }

    /// Returns the files of a folder, by name, in which each puzzle of this task has a file of its own; None for other
    /// folders. What among them is no puzzle is for whoever reads it.
    fn files(&self, _folder: &Path) -> Option<Vec<PathBuf>> {
        None
    }

    /// Returns the names of the puzzles of a text with the number of their questions, those that cannot be read counted;
    /// nothing where puzzles have no names, or a text does not number their questions.
    fn questions(&self, _text: &Text<'_>) -> Vec<(String, usize)> {
        Vec::new()
    }

    /// Adds to the puzzles of one file the answers that another file of the same data set holds; returns an
    /// [`Error::Puzzle`] for each that it lacks, whose puzzle is asked all the same.
    fn add_answers(&self, _entries: &mut [&mut Entry], _text: &Text<'_>) -> Vec<Error> {
        Vec::new()
    }

    /// Reads the question in a picture of a board, a PNG that errors call `name`; None if the task reads no pictures but
    /// those that this program drew, and this is none.
    #[cfg(feature = "picture")]
    fn read_picture(&self, png: &[u8], name: &str) -> Option<Result<Puzzle>> {
        let noted = super::picture::noted(png, name);
        noted.filter(|puzzle| puzzle.task.name() == self.name()).map(Ok)
    }

    // ---- new boards

    /// Returns the sides that new square boards may have.
    fn sides(&self) -> RangeInclusive<usize> {
        let side = self.sizes().0.isqrt();
        side..=side
    }

    /// Returns a board to draw a question on.
    fn empty(&self, rows: usize, columns: usize) -> Board {
        Board::filled(rows, columns, self.blank())
    }

    /// Returns the names of the levels that [`Definition::generate`] knows, the easiest first where one is easier.
    fn levels(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns how many givens [`Recipe::givens`] can ask for; None where they cannot be chosen.
    fn givens(&self) -> Option<RangeInclusive<usize>> {
        None
    }

    /// Returns the level of the puzzle of a day, whose seed is the number of days since 1970; None where there is none.
    fn daily_level(&self) -> Option<&'static str> {
        None
    }

    /// Generates new puzzles without end; the same recipe gives the same puzzles on every machine.
    ///
    /// # Errors
    /// [`Error::Usage`] for a recipe that cannot be followed, or a task that generates no puzzles.
    fn generate(&self, _recipe: &Recipe<'_>) -> Result<Box<dyn Iterator<Item = Made>>> {
        Err(Error::Usage(format!(
            "no puzzles are made for the task {}",
            self.name()
        )))
    }
}

/// The rules of a task. They judge; they never solve for the model.
pub trait Rules: Sync {
    /// Returns the rules as a kernel, for devices; its CPU twin tells whether [`Rules::faults`] finds none.
    fn kernel(&self) -> &'static RuleKernel;

    /// Returns every fault of the answer `[S]`.
    fn faults(&self, question: &Board, answer: &[u32]) -> Vec<Fault>;

    /// Returns whether the question has one solution.
    fn question(&self, question: &Board) -> Question;

    /// Returns what makes some valid answers better than others; None if all are equal.
    fn optimum(&self) -> Option<&'static Optimum> {
        None
    }
}

/// A criterion that makes some valid answers better than others, and its names.
#[derive(Debug)]
pub struct Optimum {
    /// Whether no valid answer to the question is better than this valid one `[S]`.
    pub is_met: fn(question: &Board, answer: &[u32]) -> bool,
    /// The key in records and reports, and the heading of its column: "shortest".
    pub key: &'static str,
    /// Keys in summaries: the share of answers that are valid, and of those that are also optimal.
    pub shares: [&'static str; 2],
    /// Sentences about an optimal answer, and about one that is only valid.
    pub said: [&'static str; 2],
}

/// The requirements of new puzzles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recipe<'a> {
    /// The seed; equal seeds make equal puzzles.
    pub seed: u64,
    /// Number of rows, and of columns; the task chooses if None.
    pub side: Option<usize>,
    /// One of [`Definition::levels`].
    pub level: Option<&'a str>,
    /// The number of givens instead of a level, within [`Definition::givens`].
    pub givens: Option<usize>,
    /// The smallest accepted [`Made::rating`].
    pub least: Option<usize>,
}

/// A generated puzzle.
#[derive(Debug, Clone)]
pub struct Made {
    /// The question.
    pub puzzle: Puzzle,
    /// The only answer, one id per cell, if the generator knows it.
    pub answer: Option<Vec<u32>>,
    /// The level of the puzzle; `givens` where their number was asked for.
    pub level: &'static str,
    /// The difficulty in the task's own measure: moves of a path, guesses of a search.
    pub rating: usize,
}
