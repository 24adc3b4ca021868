//! What somebody meets who has just come: a first screen, a look inside, messages that go, and paths without dialogs.

use egui_kittest::kittest::Queryable;
use hrm_app::egui::{Key, Modifiers, PointerButton, Pos2, Shape, pos2, vec2};
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

/// A mark of the legend and its name are never on two lines, however narrow the window is.
#[test]
fn marks_stay_beside_their_names() {
    let mut harness = harness();
    for width in [1000.0, 700.0, 320.0, 200.0] {
        harness.set_size(vec2(width, 900.0));
        harness.run_ok();
        for name in ["given", "the network's", "unsure", "just changed", "breaks a rule"] {
            let entry = harness.get_by_label(name).rect();
            let is_mark = |shape: &Shape| matches!(shape, Shape::Circle(dot) if entry.contains(dot.center));
            let marks = harness.output().shapes.iter().filter(|clipped| is_mark(&clipped.shape));
            assert_eq!(marks.count(), 1, "{name} at {width}");
        }
    }
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
    harness.state_mut().state.settings.tries = Some(4);
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
        harness.event(button(at, pressed));
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
    let mut harness = solved();
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

/// Returns a window that has solved a puzzle.
fn solved() -> egui_kittest::Harness<'static, hrm_app::Contents> {
    let mut harness = harness();
    harness.state_mut().state.paste(HARD);
    harness.state_mut().state.solve();
    harness.step();
    wait(&mut harness, "solving", |contents| !contents.state.is_running());
    harness
}

/// Returns the event of a press, or of letting go.
fn button(at: Pos2, pressed: bool) -> hrm_app::egui::Event {
    hrm_app::egui::Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    }
}

/// Returns a window with an empty maze, and where the middles of its cells are.
fn maze() -> (
    egui_kittest::Harness<'static, hrm_app::Contents>,
    impl Fn(f32, f32) -> Pos2,
) {
    let mut harness = harness();
    harness.state_mut().state.show(View::Board(hrm::tasks::maze::TASK));
    harness.run_ok();
    let board = harness.state().board.unwrap();
    let at = move |row: f32, column: f32| board.min + vec2(column + 0.5, row + 0.5) * (board.width() / 15.0);
    (harness, at)
}

/// The cells that a fast pointer passes are drawn, too, and a stroke is one edit to undo.
#[test]
fn a_fast_stroke_has_no_gaps() {
    let (mut harness, at) = maze();
    let empty = harness.state().state.copy();
    harness.event(hrm_app::egui::Event::PointerMoved(at(2.0, 2.0)));
    harness.event(button(at(2.0, 2.0), true));
    harness.step();
    // Two events for ten cells, then one for a slanted line.
    for to in [at(2.0, 12.0), at(9.0, 5.0)] {
        harness.event(hrm_app::egui::Event::PointerMoved(to));
        harness.step();
    }
    harness.event(button(at(9.0, 5.0), false));
    harness.run_ok();
    let drawn = harness.state().state.copy();
    let rows: Vec<&str> = drawn.lines().collect();
    assert_eq!(&rows[2][2..=12], "###########");
    for (row, line) in rows.iter().enumerate().take(10).skip(2) {
        let has = line
            .char_indices()
            .any(|(column, c)| c == '#' && (1..14).contains(&column));
        assert!(has, "row {row}: {line}");
    }
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_ok();
    assert_eq!(harness.state().state.copy(), empty);
}

/// What a pointer does between two frames is drawn, in its order: a click, and a whole stroke.
#[test]
fn what_happens_between_two_frames_is_drawn() {
    let (mut harness, at) = maze();
    for column in [2.0, 6.0, 10.0] {
        harness.event(hrm_app::egui::Event::PointerMoved(at(4.0, column)));
        harness.event(button(at(4.0, column), true));
        harness.event(button(at(4.0, column), false));
        harness.step();
    }
    harness.event(hrm_app::egui::Event::PointerMoved(at(7.0, 2.0)));
    harness.event(button(at(7.0, 2.0), true));
    harness.event(hrm_app::egui::Event::PointerMoved(at(7.0, 8.0)));
    harness.event(button(at(7.0, 8.0), false));
    harness.event(hrm_app::egui::Event::PointerMoved(at(7.0, 12.0)));
    harness.step();
    let drawn = harness.state().state.copy();
    let rows: Vec<&str> = drawn.lines().collect();
    assert_eq!(&rows[4][1..14], " #   #   #   ");
    assert_eq!(&rows[7][1..14], " #######     ");
}

/// The field for a path has the focus at once; Escape closes it, and Enter takes the path and starts no solve.
#[test]
fn the_field_for_a_path_is_used_by_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("solve.png");
    let mut harness = solved();
    let before = harness.state().state.solve.as_ref().map(|solve| solve.ticket);
    harness.state_mut().state.ask_for_path(Purpose::Save(Export::Picture));
    harness.run_ok();
    harness.key_press(Key::Escape);
    harness.run_ok();
    assert!(harness.state().state.path.is_none());
    harness.state_mut().state.ask_for_path(Purpose::Save(Export::Picture));
    harness.run_ok();
    harness.state_mut().state.path.as_mut().unwrap().text = path.to_str().unwrap().to_owned();
    harness.key_press(Key::Enter);
    wait(&mut harness, "saving", |contents| {
        contents.state.path.is_none() && contents.state.message.is_some()
    });
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(harness.state().state.solve.as_ref().map(|solve| solve.ticket), before);
    // What is shown is what would be saved.
    harness.state_mut().state.ask_for_path(Purpose::Save(Export::Picture));
    harness.state_mut().state.show(View::Board(hrm::tasks::maze::TASK));
    assert!(harness.state().state.path.is_none());
}

/// Candidates are shown on the way; at the end the answer is, whatever the model still thinks of.
#[test]
fn the_end_shows_the_answer() {
    let mut harness = harness();
    harness.state_mut().state.settings.segments = Some(2);
    harness.state_mut().state.settings.tries = Some(1);
    harness.state_mut().state.paste(HARDEST);
    harness.state_mut().state.solve();
    harness.step();
    wait(&mut harness, "two segments", |contents| !contents.state.is_running());
    for (number, shows) in [(1, true), (2, false)] {
        harness.state_mut().state.playing().unwrap().seek(number);
        harness.run_ok();
        let marks = hrm_app::cells::marks(&harness.state().state);
        assert_eq!(marks.pencil.is_some(), shows, "segment {number}");
    }
}

/// A board stays within its place, however wide what stands above it is.
#[test]
fn boards_lie_beside_the_panel() {
    for view in View::all() {
        let View::Board(task) = view else { continue };
        let mut harness = harness();
        harness.state_mut().state.show(view);
        if hrm_app::editor::is_free(task) {
            harness.state_mut().state.edit(|editor| editor.resize(4, 7));
        }
        harness.run_ok();
        let board = harness.state().board.unwrap();
        let panel = harness.get_by_label("Solve").rect();
        assert!(board.right() < panel.left(), "{}: {board:?}, {panel:?}", task.name());
    }
}

/// Who wants less motion sees the answer at once, and a playback that is asked for as it is.
#[test]
fn less_motion_is_less_motion() {
    for calm in [false, true] {
        let mut harness = harness();
        harness.state_mut().state.settings.calm = calm;
        harness.state_mut().state.settings.speed = 0.25;
        harness.state_mut().state.paste(HARD);
        harness.state_mut().state.solve();
        super::wait(&mut harness.state_mut().state, "solving", |state| !state.is_running());
        harness.step();
        harness.step();
        assert_eq!(harness.state_mut().state.playing().unwrap().at_end(), calm);
        harness.key_press(Key::Home);
        harness.step();
        type_text(&mut harness, "p");
        harness.step();
        assert!(!harness.state_mut().state.playing().unwrap().at_end());
    }
}
