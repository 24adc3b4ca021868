//! A task that the library does not know gets a board, keys and settings merely by being registered, even with a board
//! that is not square.

use std::sync::OnceLock;

use egui_kittest::kittest::Queryable;
use hrm::tasks::{self, Board, Definition, Fault, FaultKind, Look, Question, Rules, Symbol, Task};
use hrm::tasks::{RuleKernel, Shader};
use hrm_app::egui::{Key, Modifiers};
use hrm_app::settings::{Settings, View};

use super::contents::{harness_of, type_text, wait};

const ROWS: usize = 2;
const COLUMNS: usize = 3;
const CELLS: usize = ROWS * COLUMNS;
const BLANK: u32 = 1;

/// A task whose cells hold `a` or `b`, with no two equal side by side in a row.
#[derive(Debug)]
struct Toy;

static ALPHABET: [Symbol; 3] = {
    const fn symbol(id: u32, glyph: char, name: &'static str, look: Look, keys: &'static str) -> Symbol {
        Symbol {
            id,
            glyph,
            name,
            look,
            keys,
            single: false,
        }
    }
    [
        symbol(2, 'a', "a", Look::Text, "a"),
        symbol(3, 'b', "b", Look::Text, "b"),
        symbol(BLANK, '.', "empty", Look::Open, ". "),
    ]
};

/// Rules for the tests, which never run on a device.
static RULES: RuleKernel = RuleKernel {
    shader: Shader::new("toy", ""),
    constants: |cells| (cells == CELLS).then(Vec::new),
    twin: |_, answer| repeated(answer).is_empty() && !answer.contains(&BLANK),
};

/// Returns pairs of equal symbols side by side.
fn repeated(tokens: &[u32]) -> Vec<Fault> {
    let pairs = (0..CELLS).filter(|cell| cell % COLUMNS + 1 < COLUMNS);
    let equal = pairs.filter(|&cell| tokens[cell] != BLANK && tokens[cell] == tokens[cell + 1]);
    equal
        .map(|cell| {
            Fault::new(
                FaultKind::Conflict,
                "two equal symbols stand side by side",
                [cell, cell + 1],
            )
        })
        .collect()
}

impl Definition for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn title(&self) -> &'static str {
        "Toy"
    }

    fn sizes(&self) -> (usize, usize) {
        (CELLS, 4)
    }

    fn alphabet(&self) -> &'static [Symbol] {
        &ALPHABET
    }

    fn shape(&self, cells: usize) -> Result<(usize, usize), String> {
        match cells {
            CELLS => Ok((ROWS, COLUMNS)),
            _ => Err(format!("expected {CELLS} cells, found {cells}")),
        }
    }

    fn rules(&self) -> Option<&dyn Rules> {
        Some(self)
    }

    fn clashes(&self, board: &Board) -> Vec<Fault> {
        repeated(&board.tokens)
    }

    fn empty(&self, _: usize, _: usize) -> Board {
        Board::filled(ROWS, COLUMNS, self.blank())
    }
}

impl Rules for Toy {
    fn kernel(&self) -> &'static RuleKernel {
        &RULES
    }

    fn faults(&self, _: &Board, answer: &[u32]) -> Vec<Fault> {
        repeated(answer)
    }

    fn question(&self, _: &Board) -> Question {
        Question::Unique
    }
}

pub fn toy() -> Task {
    static TOY: OnceLock<Task> = OnceLock::new();
    *TOY.get_or_init(|| tasks::register(&Toy).unwrap())
}

#[test]
fn a_registered_task_has_a_board_that_is_typed_marked_and_remembered() {
    let toy = toy();
    let mut harness = harness_of(super::state());
    harness.run_ok();
    let views = View::all();
    assert_eq!(views.last(), Some(&View::List));
    let number = views.iter().position(|view| *view == View::Board(toy)).unwrap();
    let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];
    harness.key_press_modifiers(Modifiers::COMMAND, keys[number]);
    harness.run_ok();
    harness.get_by_label("Toy board, row 1, column 1: empty");
    type_text(&mut harness, "ab.bb");
    assert_eq!(harness.state().state.copy(), "ab.\nbb.");
    harness.get_by_label("row 1, column 2: b, given");
    harness.get_by_label("row 2, column 2: b, given, breaks a rule");
    assert!(harness.query_by_label_contains("row 3").is_none());
    harness.get_by_label("Not a question yet");
    // Two rows of three cells, square each.
    let board = harness.state().board.unwrap();
    assert!((board.width() / 3.0 - board.height() / 2.0).abs() < 0.01, "{board:?}");
    // No model is bundled for it: a sentence says so.
    harness.key_press(Key::Enter);
    harness.step();
    wait(&mut harness, "a sentence", |contents| {
        contents.state.message.as_ref().is_some_and(|message| message.is_error) && !contents.state.is_running()
    });
    let settings: Settings = {
        let json = serde_json::to_string(harness.state_mut().state.updated_settings()).unwrap();
        serde_json::from_str(&json).unwrap()
    };
    assert_eq!(settings.view, View::Board(toy));
    assert_eq!(settings.of(toy).board, [2, 3, 1, 3, 3, 1]);
}

#[test]
fn what_is_copied_from_a_registered_task_is_pasted_there() {
    toy();
    let mut state = super::state();
    state.paste("ab.\nb.a");
    assert_eq!(state.task(), toy());
    assert_eq!(state.copy(), "ab.\nb.a");
}
