//! The same puzzle on CPU and GPU, one after the other.

use egui_kittest::kittest::Queryable;
use hrm_app::egui::vec2;
use hrm_app::race::Stage;
use hrm_app::settings::Theme;

use super::contents::wait;
use super::pixels::Seen;
use super::{HARD, HARDEST, state};

#[test]
fn both_solve_it_or_say_why_not_and_another_puzzle_ends_it() {
    let mut state = state();
    state.race();
    assert!(
        state.race.is_none() && state.message.is_some(),
        "an empty board is no puzzle"
    );
    state.paste(HARD);
    state.race();
    assert!(state.is_busy() && !state.is_running());
    super::wait(&mut state, "the race", |state| !state.is_racing());
    let [cpu, gpu] = state.current_race().unwrap().lanes.clone();
    assert_eq!((&cpu.stage, cpu.segments), (&Stage::Answered(Some(true)), 4));
    assert!(cpu.each().is_some_and(|ms| ms > 0.0) && cpu.name == "cpu" && !cpu.is_software);
    match &gpu.stage {
        Stage::Answered(_) => assert!(gpu.prediction == cpu.prediction && gpu.name != "cpu", "{}", gpu.name),
        Stage::Failed(reason) => assert!(!reason.is_empty()),
        stage => panic!("{stage:?}"),
    }
    // The solver of the board is the same as before.
    assert!(state.opened.as_ref().is_some_and(|opened| opened.device == "cpu"));
    state.settings.segments = Some(1024);
    state.paste(HARDEST);
    assert!(state.current_race().is_none());
    state.race();
    super::wait(&mut state, "a segment", |state| {
        state.current_race().is_some_and(|race| race.lanes[0].segments > 0)
    });
    state.stop();
    super::wait(&mut state, "stopping", |state| !state.is_racing());
    assert_eq!(state.current_race().unwrap().lanes[1].stage, Stage::Stopped);
    state.put(1, 5, false);
    assert!(state.race.is_none());
}

#[test]
fn two_boards_stand_side_by_side_whole() {
    let mut state = state();
    state.paste(HARD);
    state.race();
    super::wait(&mut state, "the race", |state| !state.is_racing());
    for (size, name) in [([1280.0, 800.0], "wide"), ([360.0, 1400.0], "small")] {
        let mut seen = Seen::new(state, size, Theme::Light);
        seen.harness.get_by_label("Race: CPU and GPU").click();
        wait(&mut seen.harness, "the race is seen", |_| true);
        let picture = seen.picture();
        picture.keep(&format!("race-{name}.png"));
        for device in ["CPU: ", "GPU: "] {
            let rect = seen.harness.get_by_label_contains(device).rect();
            // The frame of the last row and column, in the middle of their cells.
            let middle = 4.5 * rect.width() / 9.0;
            let (right, below) = (rect.max - vec2(1.0, middle), rect.max - vec2(middle, 1.0));
            assert!(picture.has_line(right, vec2(1.0, 0.0)), "{name} {device}");
            assert!(picture.has_line(below, vec2(0.0, 1.0)), "{name} {device}");
        }
        state = seen.harness.into_state().state;
    }
}
