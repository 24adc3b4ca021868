//! Everything by keyboard. What acts is listed by [`LIST`] in the window's help.

use eframe::egui::{Context, Event, Key, Modifiers};

use super::dialogs;
use super::settings::{SPEEDS, View};
use super::state::State;
use hrm::model::Task;
use hrm::puzzle::{maze, sudoku};

/// What the keys do.
pub const LIST: [(&str, &str); 22] = [
    ("1 … 9", "put a digit into the cell"),
    ("0 . Space", "empty the cell and move on"),
    ("Backspace, Delete", "empty the cell before, or the cell"),
    ("Arrows", "move over the board"),
    ("# S G -", "maze: wall, start, goal, free"),
    ("Enter", "let the model think"),
    ("Esc", "stop"),
    ("P", "play or pause"),
    ("[ ]", "a segment back, or on"),
    ("Home, End", "to the question, to the end"),
    ("< >", "play slower, faster"),
    ("L, T", "think longer, try variants"),
    ("Ctrl+N", "new puzzle"),
    ("Ctrl+O", "open a file"),
    ("Ctrl+S", "save a picture, or the list's results"),
    ("Ctrl+V, Ctrl+C", "paste a puzzle, copy the grid"),
    ("Ctrl+Z, Ctrl+Y", "undo, redo"),
    ("Ctrl+Delete", "clear the board"),
    ("Ctrl+1, 2, 3", "Sudoku, maze, list"),
    ("Ctrl+plus, minus, 0", "larger, smaller, as it was"),
    ("F1", "this list"),
    ("F12", "how the window does: times of its callbacks"),
];

/// What the window itself does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Panels {
    /// The list of keys.
    pub keys: bool,
    /// The debug panel.
    pub debug: bool,
}

/// Acts on the keys of this frame.
pub fn act(ctx: &Context, state: &mut State, panels: &mut Panels) {
    let events = ctx.input(|input| input.events.clone());
    // A text field takes all but the function keys; a button takes Enter and Space.
    let typing = ctx.text_edit_focused();
    let board = super::board::id(state.task());
    let on_board = ctx.memory(|memory| memory.focused().is_none_or(|focused| focused == board));
    for event in events {
        match event {
            Event::Paste(text) if !typing => state.paste(&text),
            Event::Copy if !typing => ctx.copy_text(state.copy()),
            Event::Text(text) if !typing && on_board => text.chars().for_each(|c| character(state, c)),
            Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } => {
                if modifiers.command && !modifiers.alt {
                    command(state, key, modifiers, typing);
                } else if !modifiers.alt {
                    plain(state, panels, key, on_board && !typing);
                }
            }
            _ => {}
        }
    }
    let dropped = ctx.input(|input| input.raw.dropped_files.clone());
    if let Some(file) = dropped.first() {
        state.load(file.path().to_owned());
    }
}

/// A character that was typed on the board.
fn character(state: &mut State, c: char) {
    if state.settings.view == View::List {
        return;
    }
    match (state.task(), c) {
        (_, 'p' | 'P') => state.playing().into_iter().for_each(|t| t.toggle()),
        (_, '[') => state.playing().into_iter().for_each(|t| t.step(-1)),
        (_, ']') => state.playing().into_iter().for_each(|t| t.step(1)),
        (_, '<') => state.settings.speed = (state.settings.speed / 2.0).max(*SPEEDS.start()),
        (_, '>') => state.settings.speed = (state.settings.speed * 2.0).min(*SPEEDS.end()),
        (_, 'l' | 'L') => state.think_on(false),
        (_, 't' | 'T') => state.think_on(true),
        (Task::Sudoku, '1'..='9') => put(state, u32::from(c) - u32::from('0') + 1),
        (Task::Sudoku, '0' | '.' | ' ') => {
            state.put(state.sudoku.cursor, sudoku::BLANK, false);
            state.edit(|editor| editor.advance(1));
        }
        (Task::Maze, '#') => put(state, maze::WALL),
        (Task::Maze, 's' | 'S') => put(state, maze::START),
        (Task::Maze, 'g' | 'G') => put(state, maze::GOAL),
        (Task::Maze, ' ' | '-' | '.') => put(state, maze::FREE),
        _ => {}
    }
}

fn put(state: &mut State, id: u32) {
    let task = state.task();
    state.put(state.editor(task).cursor, id, false);
    if state.settings.move_on {
        state.edit(|editor| editor.advance(1));
    }
}

fn command(state: &mut State, key: Key, modifiers: Modifiers, typing: bool) {
    match key {
        Key::N => state.make(),
        Key::O => dialogs::open(state),
        Key::S => {
            let export = state.main_export();
            dialogs::save(state, export);
        }
        Key::Z if !typing && modifiers.shift => state.edit(|editor| {
            editor.redo();
        }),
        Key::Z if !typing => state.edit(|editor| {
            editor.undo();
        }),
        Key::Y if !typing => state.edit(|editor| {
            editor.redo();
        }),
        Key::Delete | Key::Backspace if !typing => state.edit(super::editor::Editor::clear),
        Key::Num1 => state.show(View::Sudoku),
        Key::Num2 => state.show(View::Maze),
        Key::Num3 => state.show(View::List),
        _ => {}
    }
}

fn plain(state: &mut State, panels: &mut Panels, key: Key, on_board: bool) {
    match key {
        Key::F1 => panels.keys = !panels.keys,
        Key::F12 => panels.debug = !panels.debug,
        Key::Escape if panels.keys => panels.keys = false,
        Key::Escape => state.stop(),
        _ if !on_board => {}
        Key::Enter => state.think(),
        Key::Home => state.playing().into_iter().for_each(|t| t.seek(0)),
        Key::End => state.playing().into_iter().for_each(|t| t.seek(usize::MAX)),
        _ if state.settings.view == View::List => list(state, key),
        Key::ArrowUp => state.edit(|editor| editor.step(-1, 0)),
        Key::ArrowDown => state.edit(|editor| editor.step(1, 0)),
        Key::ArrowLeft => state.edit(|editor| editor.step(0, -1)),
        Key::ArrowRight => state.edit(|editor| editor.step(0, 1)),
        Key::Delete => {
            state.empty_cell();
        }
        Key::Backspace if !state.empty_cell() => {
            state.edit(|editor| editor.advance(-1));
            state.empty_cell();
        }
        _ => {}
    }
}

fn list(state: &mut State, key: Key) {
    let Some(list) = &mut state.list else { return };
    let last = list.rows.len().saturating_sub(1);
    list.cursor = match key {
        Key::ArrowUp => list.cursor.saturating_sub(1),
        Key::ArrowDown => list.cursor + 1,
        Key::PageUp => list.cursor.saturating_sub(20),
        Key::PageDown => list.cursor + 20,
        _ => list.cursor,
    }
    .min(last);
}
