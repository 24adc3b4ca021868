//! ARC as an encoding: colours on a canvas of 30×30 cells (specification, section 7). The task has no rules here.

use super::definition::Definition;
use super::text::{Entry, Likelihood, Text};
use super::{Board, Look, Ruling, Symbol, Task};
use crate::error::{Error, Result};

/// The ARC task.
pub const TASK: Task = Task::new(&Arc);

/// Number of rows, and of columns, of the canvas.
const SIDE: usize = 30;

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
            id: colour as u32 + 2,
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

    fn sizes(&self) -> (usize, usize) {
        (SIDE * SIDE, ALPHABET.len())
    }

    fn alphabet(&self) -> &'static [Symbol] {
        &ALPHABET
    }

    fn shape(&self, cells: usize) -> std::result::Result<(usize, usize), String> {
        match cells {
            900 => Ok((SIDE, SIDE)),
            _ => Err(format!("expected {} cells, found {cells}", SIDE * SIDE)),
        }
    }

    /// Places a board in the upper left corner of the canvas.
    fn token(&self, cell: usize, columns: usize) -> usize {
        cell / columns.max(1) * SIDE + cell % columns.max(1)
    }

    /// Returns black, the background.
    fn blank(&self) -> u32 {
        2
    }

    fn symbol(&self, id: u32) -> Symbol {
        let known = ALPHABET.iter().find(|symbol| symbol.id == id);
        known.copied().unwrap_or(Symbol { id, ..ALPHABET[0] })
    }

    fn ruling(&self) -> Ruling {
        Ruling::Grid { rows: 0, columns: 0 }
    }

    fn refuse_question(&self, _: &Board) -> Option<(Option<usize>, String)> {
        Some((None, UNREAD.to_owned()))
    }

    fn sniff(&self, _: &str) -> Likelihood {
        Likelihood::No
    }

    fn read(&self, _: &Text<'_>) -> Vec<Result<Entry>> {
        vec![Err(Error::Usage(UNREAD.to_owned()))]
    }
}

/// Why no ARC puzzle can be read.
const UNREAD: &str = "ARC puzzles are not supported yet";
