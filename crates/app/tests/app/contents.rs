//! Widgets, keys and accessible names, by egui's own test harness.

use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, kittest::NodeT};
use hrm_app::Contents;
use hrm_app::egui::{Event, Key, Modifiers, Shape, vec2};
use hrm_app::settings::View;
use hrm_app::state::State;

use super::{HARD, HARDEST, state};

pub fn harness() -> Harness<'static, Contents> {
    harness_of(state())
}

pub fn harness_of(state: State) -> Harness<'static, Contents> {
    Harness::builder().with_size(vec2(1000.0, 720.0)).build_ui_state(
        |ui, contents: &mut Contents| {
            contents.logic(ui.ctx());
            contents.ui(ui);
        },
        Contents::new(state),
    )
}

pub fn type_text(harness: &mut Harness<'_, Contents>, text: &str) {
    for c in text.chars() {
        harness.event(Event::Text(c.to_string()));
    }
    harness.run_ok();
}

pub fn wait(harness: &mut Harness<'_, Contents>, what: &str, mut done: impl FnMut(&Contents) -> bool) {
    let start = std::time::Instant::now();
    while !done(harness.state()) {
        assert!(start.elapsed().as_secs() < 120, "{what}");
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    harness.run_ok();
}

#[test]
fn a_puzzle_is_typed_solved_and_read_out() {
    let mut harness = harness();
    harness.run_ok();
    type_text(&mut harness, HARD);
    assert_eq!(harness.state().state.copy(), HARD);
    harness.get_by_label("row 2, column 1: 4, given");
    harness.get_by_label("row 1, column 1: empty");
    harness.key_press(Key::Enter);
    harness.step();
    wait(&mut harness, "solving", |contents| !contents.state.is_running());
    harness.key_press(Key::End);
    harness.run_ok();
    harness.get_by_label("Solved");
    let cell = harness.get_by_label_contains("row 1, column 1: 9, by the model");
    let label = cell.accesskit_node().label().unwrap();
    assert!(label.contains("% sure"), "{label}");
    harness.get_by_label_contains("Time line: segment");
    harness.get_by_label_contains("q_halt of segment");
    // Back to the question, by key.
    harness.key_press(Key::Home);
    harness.run_ok();
    harness.get_by_label("row 1, column 1: empty");
    harness.get_by_label("The question");
}

#[test]
fn keys_move_empty_undo_and_mark_clashes() {
    let mut harness = harness();
    harness.run_ok();
    type_text(&mut harness, "55");
    harness.get_by_label("row 1, column 1: 5, given, breaks a rule");
    harness.key_press(Key::Backspace);
    harness.run_ok();
    harness.get_by_label("row 1, column 1: 5, given");
    harness.key_press(Key::ArrowDown);
    harness.key_press(Key::ArrowRight);
    harness.run_ok();
    assert_eq!(harness.state().state.editor.cursor, 11);
    type_text(&mut harness, "7");
    harness.get_by_label("row 2, column 3: 7, given");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_ok();
    harness.get_by_label("row 2, column 3: empty");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Y);
    harness.run_ok();
    harness.get_by_label("row 2, column 3: 7, given");
    harness.get_by_label("row 9, column 9: empty").click();
    harness.run_ok();
    assert_eq!(harness.state().state.editor.cursor, 80);
}

#[test]
fn paste_is_taken_and_refused_with_a_sentence() {
    let mut harness = harness();
    harness.event(Event::Paste("no puzzle at all".into()));
    harness.run_ok();
    harness.get_by_label_contains("the pasted text is not a puzzle");
    harness.get_by_label("OK").click();
    harness.run_ok();
    assert!(harness.query_by_label_contains("the pasted text").is_none());
    harness.event(Event::Paste(HARD.into()));
    harness.run_ok();
    assert_eq!(harness.state().state.copy(), HARD);
}

#[test]
fn every_control_has_a_name_in_every_view_light_and_dark() {
    use hrm_app::settings::Theme;
    // Known from the start, so that no other test adds a tab between two frames.
    super::toy::toy();
    super::latin::latin();
    for theme in [Theme::Dark, Theme::Light] {
        for view in View::all() {
            let mut harness = harness();
            harness.state_mut().state.settings.theme = theme;
            harness.state_mut().state.show(view);
            harness.state_mut().panels.keys = true;
            harness.state_mut().panels.debug = true;
            harness.state_mut().panels.about = true;
            // The harness itself panics where an input has no name.
            harness.run_ok();
            harness.check_accessibility();
            let tabs = View::all().into_iter().map(View::title);
            for name in tabs.chain(["Puzzle", "Window"]) {
                harness.get_by_label(name);
            }
        }
    }
}

#[test]
fn a_window_as_small_as_a_stamp_is_no_reason_to_panic() {
    let mut harness = harness();
    type_text(&mut harness, HARD);
    harness.key_press(Key::Enter);
    for size in [
        vec2(120.0, 90.0),
        vec2(40.0, 30.0),
        vec2(1.0, 1.0),
        vec2(3000.0, 90.0),
        vec2(300.0, 2000.0),
    ] {
        harness.set_size(size);
        harness.run_steps(3);
    }
    harness.set_size(vec2(1000.0, 720.0));
    wait(&mut harness, "solving", |contents| !contents.state.is_running());
}

/// Returns whether a text is shown, and no part of it cut off.
fn is_whole(harness: &Harness<'_, Contents>, text: &str) -> bool {
    harness.output().shapes.iter().any(|clipped| match &clipped.shape {
        Shape::Text(shape) => {
            shape.galley.text() == text
                && clipped
                    .clip_rect
                    .expand(1.0)
                    .contains_rect(shape.visual_bounding_rect())
        }
        _ => false,
    })
}

/// What wraps is whole in the very frame in which it does: without an event there is no other.
#[test]
fn panels_that_wrap_are_whole_at_once() {
    let mut harness = harness();
    let long = "a message so long that it needs several lines ".repeat(4);
    for width in [1000.0, 320.0, 500.0, 240.0] {
        harness.set_size(vec2(width, 568.0));
        harness.state_mut().state.message = None;
        harness.step();
        for name in ["Window", "What am I looking at?"] {
            assert!(is_whole(&harness, name), "{name} at {width}");
        }
        harness.state_mut().state.complain(&long);
        harness.step();
        assert!(is_whole(&harness, &long), "the message at {width}");
    }
}

/// The most important button is seen without scrolling on the smallest screens, on every board.
#[test]
fn small_screens_have_solve_at_once() {
    for view in View::all().into_iter().filter(|view| *view != View::List) {
        let mut harness = harness();
        harness.set_size(vec2(320.0, 568.0));
        harness.state_mut().state.show(view);
        harness.run_ok();
        assert!(is_whole(&harness, "Solve"), "{view:?}");
    }
}

/// The time line and the curve are as long as the try that is shown, however long others were.
#[test]
fn the_time_line_is_that_of_the_try_that_is_shown() {
    let mut state = state();
    (state.settings.segments, state.settings.tries) = (Some(16), Some(16));
    state.paste(HARDEST);
    state.solve();
    super::wait(&mut state, "sixteen tries", |state| !state.is_running());
    let lengths = |state: &State| -> Vec<usize> {
        let solve = state.current_solve().unwrap();
        solve.tracks.iter().map(|track| track.thoughts.len()).collect()
    };
    let lengths = lengths(&state);
    let shortest = (0..lengths.len()).min_by_key(|&number| lengths[number]).unwrap();
    assert!(lengths[shortest] < *lengths.iter().max().unwrap(), "{lengths:?}");
    let solve = state.playing().unwrap();
    solve.selected = Some(shortest);
    solve.seek(usize::MAX);
    let mut harness = harness_of(state);
    harness.run_ok();
    let last = lengths[shortest];
    harness.get_by_label(&format!("Time line: segment {last} of {last}"));
}

#[test]
fn callbacks_are_measured() {
    let mut harness = harness();
    harness.run_steps(20);
    let summary = harness.state().callbacks.summary();
    assert!(summary.count >= 20 && summary.median > 0.0 && summary.longest >= summary.median);
}
