//! What somebody meets who has just come: a first screen, a look inside, messages that go, and paths without dialogs.

use egui_kittest::kittest::Queryable;
use hrm_app::egui::{Key, Modifiers, PointerButton, Pos2, Shape, pos2};
use hrm_app::messages::{Export, Purpose};
use hrm_app::notice::NOTICE;
use hrm_app::settings::View;

use super::contents::{harness, type_text, wait};
use super::{HARD, HARDEST, state};

/// The first start shows a puzzle that plays by itself; levels and marks are there without a menu.
#[test]
fn the_first_screen_plays_by_itself_and_says_what_it_is() {
    let mut harness = harness();
    harness.state_mut().state.welcome();
    harness.step();
    assert_eq!(
        harness
            .state()
            .state
            .editor
            .task()
            .text(harness.state().state.editor.board()),
        HARD
    );
    wait(&mut harness, "the welcome", |contents| !contents.state.is_running());
    for name in [
        "New puzzle: easy",
        "given",
        "the network's",
        "unsure",
        "just changed",
        "breaks a rule",
    ] {
        harness.get_by_label(name);
    }
    harness.get_by_label("What am I looking at?").click();
    harness.run_ok();
    harness.get_by_label_contains("A small neural network that thinks in rounds");
    harness.get_by_label("Hierarchical Reasoning Model");
}

#[test]
fn messages_go_with_their_reason() {
    let mut state = state();
    state.solve();
    assert!(state.message.as_ref().is_some_and(|message| message.is_error));
    state.paste(HARD);
    assert_eq!(state.message, None, "a board that is full is not said to be empty");
    state.complain("an error");
    state.put(0, 5, false);
    assert_eq!(state.message, None);
    // What is no error goes by itself, an error does not.
    state.say("saved");
    let later = std::time::Instant::now() + NOTICE;
    assert!(state.expire(std::time::Instant::now()).is_some());
    assert_eq!((state.expire(later), state.message.is_none()), (None, true));
    state.complain("an error");
    assert!(state.expire(later).is_none() && state.message.is_some());
}

/// Each task keeps its thinking while another is looked at or solved.
#[test]
fn tasks_keep_what_was_thought() {
    let mut state = state();
    state.paste(HARD);
    state.solve();
    super::wait(&mut state, "the first", |state| !state.is_running());
    let first = state.current_solve().unwrap().ticket;
    let other = View::all()
        .into_iter()
        .find(|view| *view != state.settings.view && *view != View::List);
    let back = state.settings.view;
    state.show(other.unwrap());
    state.generate();
    super::wait(&mut state, "another puzzle", |state| !state.editor.is_empty());
    state.solve();
    super::wait(&mut state, "the second", |state| !state.is_running());
    assert_ne!(state.current_solve().unwrap().ticket, first);
    state.show(back);
    assert_eq!(state.current_solve().unwrap().ticket, first);
    state.put(0, 5, false);
    assert!(state.current_solve().is_none());
    state.show(other.unwrap());
    assert!(state.current_solve().is_some());
}

/// Miniatures of tries are drawn whole.
#[test]
fn tries_are_drawn_whole() {
    let mut harness = harness();
    harness.state_mut().state.settings.segments = Some(1);
    harness.state_mut().state.settings.tries = 4;
    harness.state_mut().state.paste(HARDEST);
    harness.state_mut().state.solve();
    harness.step();
    wait(&mut harness, "four tries", |contents| !contents.state.is_running());
    harness.key_press(Key::End);
    harness.run_ok();
    // The grounds of whole boards of this size.
    let is_miniature = |size: f32| (80.0..96.0).contains(&size);
    let mut found = 0;
    for clipped in &harness.output().shapes {
        if let Shape::Rect(shape) = &clipped.shape
            && is_miniature(shape.rect.width())
            && is_miniature(shape.rect.height())
        {
            assert!(
                clipped.clip_rect.contains_rect(shape.rect),
                "{:?} in {:?}",
                shape.rect,
                clipped.clip_rect
            );
            found += 1;
        }
    }
    assert!(found >= 4, "{found}");
}

/// Drawing with the pointer takes the keys back to the board.
#[test]
fn keys_act_on_the_board_that_was_drawn_on() {
    let mut harness = harness();
    let drawn = View::all().into_iter().find(|view| match view {
        View::Board(task) => hrm_app::editor::is_drawn(*task),
        View::List => false,
    });
    harness.state_mut().state.show(drawn.unwrap());
    harness.run_ok();
    harness.get_by_label("List").focus();
    harness.run_ok();
    let board = harness.state().board.unwrap();
    let press = |harness: &mut egui_kittest::Harness<'_, _>, at: Pos2, pressed: bool| {
        harness.event(hrm_app::egui::Event::PointerMoved(at));
        harness.event(hrm_app::egui::Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        harness.step();
    };
    let at = pos2(board.left() + 5.0, board.top() + 5.0);
    press(&mut harness, at, true);
    press(&mut harness, at, false);
    harness.run_ok();
    type_text(&mut harness, "S");
    let state = &harness.state().state;
    assert_eq!(state.editor.task().symbol(state.editor.board().tokens[0]).name, "start");
}

/// Where the system has no dialogs, a path can be typed; what exists is replaced only if it is given twice.
#[test]
fn a_path_is_typed_where_there_are_no_dialogs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("solve.png");
    let mut harness = harness();
    harness.state_mut().state.paste(HARD);
    harness.state_mut().state.solve();
    harness.step();
    wait(&mut harness, "solving", |contents| !contents.state.is_running());
    for round in 0..2 {
        harness.state_mut().state.ask_for_path(Purpose::Save(Export::Picture));
        harness.run_ok();
        harness.get_by_label_contains("offers no file dialogs");
        harness.state_mut().state.path.as_mut().unwrap().text = path.to_str().unwrap().to_owned();
        harness.run_ok();
        harness.get_by_label("Save").click();
        harness.run_ok();
        if round == 1 {
            harness.get_by_label_contains("A file of that name exists");
            harness.get_by_label("Save").click();
        }
        let is_saved = |contents: &hrm_app::Contents| {
            let message = contents.state.message.as_ref();
            contents.state.path.is_none() && message.is_some_and(|message| message.text.starts_with("Saved"))
        };
        wait(&mut harness, "saving", is_saved);
        assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
        harness.state_mut().state.message = None;
    }
    harness.state_mut().state.ask_for_path(Purpose::Open);
    harness.run_ok();
    harness.get_by_label("Cancel").click();
    harness.run_ok();
    assert!(harness.state().state.path.is_none());
}
