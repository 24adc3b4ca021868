//! ARC: a rule shown by pairs of boards, to be applied to one more (specification, section 7). The task has no rules here:
//! what is right only the data set knows.
//!
//! A network sees the board of a test alone, on a canvas of 30×30 cells or a smaller square. It knows the pairs by the
//! puzzle identifier, whose row was trained on them.

mod augment;
mod canvas;
mod generate;
mod grid;
mod json;
mod rules;
mod text;

#[cfg(feature = "eval")]
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::definition::Definition;
use super::text::{Entry, Likelihood, Text};
use super::{Augmentation, Board, Look, Made, Puzzle, Recipe, Ruling, Sample, Symbol, Task};
use crate::error::{Error, Result};
use crate::vote::rank_by;

/// The ARC task.
pub const TASK: Task = Task::new(&Arc);

/// Number of rows, and of columns, of the official canvas, and most of a board.
const SIDE: usize = 30;

/// The id of the first colour, behind PAD and the end mark.
const BLACK: u32 = 2;

/// PAD and the end mark, then the ten colours.
static ALPHABET: [Symbol; 12] = {
    let mut symbols = [Symbol {
        id: 0,
        glyph: '.',
        name: "outside the board",
        look: Look::Open,
        keys: "",
        single: false,
    }; 12];
    symbols[1].id = 1;
    let names = [
        "black",
        "blue",
        "red",
        "green",
        "yellow",
        "grey",
        "magenta",
        "orange",
        "light blue",
        "brown",
    ];
    let keys = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let mut colour = 0;
    while colour < 10 {
        symbols[colour + 2] = Symbol {
            id: colour as u32 + BLACK,
            glyph: (b'0' + colour as u8) as char,
            name: names[colour],
            look: Look::Colour(colour as u8),
            keys: keys[colour],
            single: false,
        };
        colour += 1;
    }
    symbols
};

/// Defines the ARC task.
#[derive(Debug)]
struct Arc;

impl Definition for Arc {
    fn name(&self) -> &'static str {
        "arc"
    }

    fn title(&self) -> &'static str {
        "ARC"
    }

    fn form(&self) -> String {
        "an ARC task is JSON with the lists `train` and `test` of pairs `input` and `output`, boards of up to 30×30 colours from 0 to 9".into()
    }

    fn sizes(&self) -> (usize, usize) {
        (SIDE * SIDE, ALPHABET.len())
    }

    fn alphabet(&self) -> &'static [Symbol] {
        &ALPHABET
    }

    fn shape(&self, cells: usize) -> std::result::Result<(usize, usize), String> {
        match cells.isqrt() {
            side @ 1..=SIDE if side * side == cells => Ok((side, side)),
            _ => Err(format!("expected a square of up to {SIDE}×{SIDE} cells, found {cells}")),
        }
    }

    fn needs(&self) -> String {
        let (seq_len, vocab_size) = self.sizes();
        format!("a square `seq_len` of at most {seq_len} and `vocab_size` {vocab_size}")
    }

    /// Returns black, the background.
    fn blank(&self) -> u32 {
        BLACK
    }

    fn symbol(&self, id: u32) -> Symbol {
        let known = ALPHABET.iter().find(|symbol| symbol.id == id);
        known.copied().unwrap_or(Symbol { id, ..ALPHABET[0] })
    }

    fn ruling(&self) -> Ruling {
        Ruling::Grid { rows: 0, columns: 0 }
    }

    // ---- the network's side

    /// Places the board in the upper left corner of the canvas, with end marks below and beside it.
    fn sample(&self, puzzle: &Puzzle) -> Sample {
        Sample {
            tokens: canvas::encode(&puzzle.board, SIDE),
            identifier: puzzle.identifier.unwrap_or(0),
        }
    }

    fn fitted(&self, tokens: Vec<u32>, seq_len: usize) -> Vec<u32> {
        let (board, side) = (canvas::crop(&tokens), seq_len.isqrt());
        match board.rows.max(board.columns) <= side && tokens.len() != seq_len {
            true => canvas::encode(&board, side),
            false => tokens,
        }
    }

    fn answer(&self, _: &Puzzle, prediction: &[u32]) -> Board {
        canvas::crop(prediction)
    }

    fn decode(&self, tokens: &[u32]) -> Option<Board> {
        Some(canvas::crop(tokens))
    }

    fn token(&self, cell: usize, columns: usize, seq_len: usize) -> usize {
        cell / columns.max(1) * seq_len.isqrt() + cell % columns.max(1)
    }

    fn augmentations(&self) -> usize {
        usize::MAX
    }

    /// Returns a transform and a permutation of colours, as the official builder draws them at random.
    fn augmentation(&self, _: &Sample, number: u64) -> Option<Box<dyn Augmentation>> {
        Some(Box::new(augment::Augment::numbered(number)))
    }

    fn is_named(&self) -> bool {
        true
    }

    fn named<'a>(&self, name: &'a str) -> (&'a str, Option<Box<dyn Augmentation>>) {
        let (puzzle, augment) = augment::Augment::of_name(name);
        (
            puzzle,
            augment.map(|augment| Box::new(augment) as Box<dyn Augmentation>),
        )
    }

    #[cfg(feature = "eval")]
    fn submission(&self, answers: &BTreeMap<String, Vec<Vec<String>>>) -> Option<String> {
        Some(json::submission(answers))
    }

    /// Compares boards: what a prediction holds outside its board is not looked at.
    fn rank(&self, answers: &[(&[u32], f32)]) -> Vec<Vec<usize>> {
        rank_by(answers, canvas::crop)
    }

    // ---- text

    fn cells(&self, line: &str) -> std::result::Result<Vec<u32>, (usize, char)> {
        text::cells(line)
    }

    fn characters(&self) -> String {
        "a colour from `0` to `9`".to_owned()
    }

    fn refuse_question(&self, board: &Board) -> Option<(Option<usize>, String)> {
        let outside = board.tokens.iter().position(|id| !canvas::is_colour(*id));
        let reason = "expected a colour from 0 to 9 in every cell, found one outside of the board";
        outside.map(|cell| (Some(cell), reason.to_owned()))
    }

    /// Recognizes JSON with the keys of ARC tasks. Boards of digits alone may be anything.
    fn sniff(&self, text: &str) -> Likelihood {
        json::sniff(text)
    }

    fn read(&self, text: &Text<'_>) -> Vec<Result<Entry>> {
        match text.content.trim_start().starts_with(['{', '[']) {
            true => json::read(text),
            false => text::read(text),
        }
    }

    fn files(&self, folder: &Path) -> Option<Vec<PathBuf>> {
        json::files(folder)
    }

    fn questions(&self, text: &Text<'_>) -> Vec<(String, usize)> {
        json::questions(text)
    }

    fn add_answers(&self, entries: &mut [&mut Entry], text: &Text<'_>) -> Vec<Error> {
        json::add_answers(entries, text)
    }

    fn written(&self, puzzle: &Puzzle, answer: Option<&[u32]>) -> String {
        json::written(puzzle, answer.map(canvas::crop).as_ref())
    }

    // ---- new boards

    /// Returns the families of rules; a recipe may also name a rule.
    fn levels(&self) -> &'static [&'static str] {
        &rules::FAMILIES
    }

    fn generate(&self, recipe: &Recipe<'_>) -> Result<Box<dyn Iterator<Item = Made>>> {
        Ok(Box::new(generate::Generator::new(recipe)?))
    }
}
