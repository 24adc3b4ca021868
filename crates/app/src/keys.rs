//! Keyboard control, and the list of keys that the window's help shows.

use eframe::egui::{Context, Event, Key, Modifiers};
use hrm::tasks::Symbol;

use crate::dialogs;
use crate::editor::{Editor, is_drawn, symbols};
use crate::settings::{SPEEDS, View};
use crate::solve::Solve;
use crate::state::State;

/// The keys that act on every board and on the list, and what they do.
const COMMON: [(&str, &str); 20] = [
    ("Backspace, Delete", "empty the cell before, or the cell"),
    ("Arrows", "move over the board, or the list"),
    ("Enter", "solve; in a list that is answered, show the selected puzzle"),
    ("Ctrl+Enter", "show the selected puzzle of a list on its board"),
    ("Esc", "stop"),
    ("P", "play or pause"),
    ("[ ]", "a segment back, or on"),
    (
        "Home, End",
        "to the question, to the end; to a list's first row, its last",
    ),
    ("< >", "play slower, faster"),
    ("L, T", "think longer, try variants"),
    ("H", "a hint, and what it would be, where boards are typed"),
    ("Ctrl+N", "new puzzle"),
    ("Ctrl+O", "open a file"),
    ("Ctrl+S", "save a picture, or the list's results"),
    ("Ctrl+V, Ctrl+C", "paste a puzzle, copy the grid"),
    ("Ctrl+Z, Ctrl+Y", "undo, redo"),
    ("Ctrl+Delete", "clear the board"),
    ("Ctrl+plus, minus, 0", "zoom in, out, reset"),
    ("F1", "this list"),
    ("F12", "debug panel: times of the window's callbacks"),
];

/// Returns the keys and what they do: those of each task's symbols, those of the views, and the common ones.
pub fn list() -> Vec<(String, String)> {
    let key = |symbol: &Symbol| symbol.keys.chars().find(|c| !c.is_whitespace());
    let mut list = Vec::new();
    let mut titles = Vec::new();
    for view in View::all() {
        titles.push(view.title());
        if let View::Board(task) = view {
            let keys: Vec<String> = symbols(task).filter_map(|s| key(&s)).map(String::from).collect();
            let names: Vec<&str> = symbols(task).map(|symbol| symbol.name).collect();
            list.push((keys.join(" "), format!("{}: {}", task.title(), names.join(", "))));
        }
    }
    let digits: Vec<String> = (1..=titles.len().min(9)).map(|n| n.to_string()).collect();
    list.push((format!("Ctrl+{}", digits.join(", ")), titles.join(", ")));
    let common = COMMON.map(|(keys, does)| (keys.to_owned(), does.to_owned()));
    list.extend(common);
    list
}

/// The panels that can be opened and closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Panels {
    /// The list of keys.
    pub keys: bool,
    /// The debug panel.
    pub debug: bool,
    /// What a newcomer is told.
    pub about: bool,
}

/// Handles the keys of this frame.
pub fn act(ctx: &Context, state: &mut State, panels: &mut Panels) {
    let events = ctx.input(|input| input.events.clone());
    // A text field takes all but the function keys; a button takes Enter and Space.
    let typing = ctx.text_edit_focused();
    let board = crate::board::id(state.editor.task());
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

/// Handles a character typed on the board.
fn character(state: &mut State, c: char) {
    if state.settings.view == View::List {
        return;
    }
    match c {
        'p' | 'P' => state.playing().into_iter().for_each(Solve::toggle),
        '[' => state.playing().into_iter().for_each(|solve| solve.skip(-1)),
        ']' => state.playing().into_iter().for_each(|solve| solve.skip(1)),
        '<' => state.settings.speed = (state.settings.speed / 2.0).max(*SPEEDS.start()),
        '>' => state.settings.speed = (state.settings.speed * 2.0).min(*SPEEDS.end()),
        'l' | 'L' => state.more_segments(),
        't' | 'T' => state.more_tries(),
        'h' | 'H' if !is_drawn(state.editor.task()) => state.advise(),
        _ => symbol(state, c),
    }
}

/// Puts the symbol that is typed as `c` into the cell under the cursor.
fn symbol(state: &mut State, c: char) {
    let task = state.editor.task();
    let Some(symbol) = symbols(task).find(|symbol| symbol.keys.contains(c)) else {
        return;
    };
    state.put(state.editor.cursor, symbol.id, false);
    if state.settings.move_on || symbol.id == task.blank() {
        state.edit(|editor| editor.advance(1));
    }
}

/// The keys that, with Ctrl, choose a view.
const NUMBERS: [Key; 9] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
];

fn command(state: &mut State, key: Key, modifiers: Modifiers, typing: bool) {
    match key {
        Key::N => state.generate(),
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
        Key::Delete | Key::Backspace if !typing => state.edit(Editor::clear),
        Key::Enter if !typing && state.settings.view == View::List => state.show_listed(),
        _ => {
            let number = NUMBERS.iter().position(|number| *number == key);
            let view = number.and_then(|number| View::all().get(number).copied());
            view.into_iter().for_each(|view| state.show(view));
        }
    }
}

fn plain(state: &mut State, panels: &mut Panels, key: Key, on_board: bool) {
    match key {
        Key::F1 => panels.keys = !panels.keys,
        Key::F12 => panels.debug = !panels.debug,
        Key::Escape if panels.keys => panels.keys = false,
        Key::Escape if state.path.is_some() => state.path = None,
        Key::Escape if state.gallery => state.gallery = false,
        Key::Escape => state.stop(),
        _ if !on_board || state.path.is_some() => {}
        Key::Enter => state.solve(),
        _ if state.settings.view == View::List => move_in_list(state, key),
        Key::Home => state.playing().into_iter().for_each(|t| t.seek(0)),
        Key::End => state.playing().into_iter().for_each(|t| t.seek(usize::MAX)),
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

fn move_in_list(state: &mut State, key: Key) {
    let Some(list) = &mut state.list else { return };
    let place = match key {
        Key::ArrowUp => list.cursor.saturating_sub(1),
        Key::ArrowDown => list.cursor + 1,
        Key::PageUp => list.cursor.saturating_sub(20),
        Key::PageDown => list.cursor + 20,
        Key::Home => 0,
        Key::End => usize::MAX,
        _ => return,
    };
    list.select(place);
}
