//! The list of many puzzles: its keys, and what its rows say.

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use hrm_app::Contents;
use hrm_app::egui::{Key, Modifiers};
use hrm_app::settings::View;

use super::contents::{harness, wait};
use super::{HARD, HARDEST};

/// A window with a list of two puzzles, of which one segment solves none, and a line that is no puzzle.
fn listed() -> Harness<'static, Contents> {
    listing(&format!("{HARD}\n{HARDEST}\n{}\n", &HARD[1..]))
}

/// A window with the puzzles of a text.
fn listing(text: &str) -> Harness<'static, Contents> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    std::fs::write(&path, text).unwrap();
    let mut harness = harness();
    harness.state_mut().state.settings.segments = Some(1);
    harness.state_mut().state.load(path);
    wait(&mut harness, "the list", |contents| contents.state.list.is_some());
    harness
}

/// Enter answers, and once all is answered it shows the selected row; Ctrl+Enter does so at any time.
#[test]
fn keys_show_the_selected_puzzle_on_its_board() {
    let mut harness = listed();
    let board = |harness: &Harness<'_, Contents>| {
        let state = &harness.state().state;
        (state.settings.view != View::List).then(|| state.editor.task().text(state.editor.board()))
    };
    harness.key_press(Key::ArrowDown);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_ok();
    assert_eq!(board(&harness).as_deref(), Some(HARDEST));
    harness.state_mut().state.show(View::List);
    harness.run_ok();
    for (key, expected) in [(Key::Enter, None), (Key::ArrowUp, None), (Key::Enter, Some(HARD))] {
        harness.key_press(key);
        harness.step();
        wait(&mut harness, "answers", |contents| !contents.state.is_running());
        assert_eq!(board(&harness).as_deref(), expected, "{key:?}");
    }
    // A line that is no puzzle says why.
    harness.state_mut().state.show(View::List);
    harness.state_mut().state.message = None;
    harness.state_mut().state.list.as_mut().unwrap().cursor = 2;
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_ok();
    assert!(board(&harness).is_none());
    assert!(
        harness
            .state()
            .state
            .message
            .as_ref()
            .is_some_and(|message| message.is_error)
    );
    let keys = hrm_app::keys::list();
    assert!(
        keys.iter()
            .any(|(keys, does)| keys == "Ctrl+Enter" && does.contains("selected"))
    );
}

/// Columns are apart from each other, also where a result is long.
#[test]
fn columns_of_rows_are_apart() {
    let mut harness = listed();
    harness.key_press(Key::Enter);
    harness.step();
    wait(&mut harness, "answers", |contents| !contents.state.is_running());
    for row in harness.get_all_by_label_contains("not solved ").collect::<Vec<_>>() {
        let said = row.accesskit_node().label().unwrap();
        assert!(said.contains("not solved   1 "), "{said}");
    }
    harness.get_by_label("Sort by line");
}

/// Where there are more rows than fit, the selected one is seen, whole, wherever keys move it.
#[test]
fn a_selection_that_moves_by_keys_stays_in_sight() {
    let mut harness = listing(&format!("{HARD}\n").repeat(200));
    for (key, expected) in [
        (Key::End, 200),
        (Key::ArrowUp, 199),
        (Key::Home, 1),
        (Key::PageDown, 21),
        (Key::PageDown, 41),
        (Key::ArrowDown, 42),
        (Key::PageUp, 22),
    ] {
        harness.key_press(key);
        harness.run_ok();
        let label = format!("{expected:<7} waiting");
        let row = harness.get_by_label_contains(&label);
        let (top, bottom) = (
            harness.get_by_label("Sort by line").rect().bottom(),
            harness.ctx.content_rect().bottom(),
        );
        let rect = row.rect();
        assert!(rect.top() >= top && rect.bottom() <= bottom, "{key:?}: {rect:?}");
        let cursor = harness.state().state.list.as_ref().unwrap().cursor;
        assert_eq!(cursor + 1, expected, "{key:?}");
    }
}
