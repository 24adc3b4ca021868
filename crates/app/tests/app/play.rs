//! Playing oneself: hints, and a board that is filled by hand.

use egui_kittest::kittest::Queryable;
use hrm::tasks::maze;
use hrm_app::colours::Palette;
use hrm_app::egui::{Visuals, vec2};
use hrm_app::settings::{Theme, View};
use hrm_app::words::asked;

use super::contents::{harness, type_text, wait};
use super::pixels::Seen;
use super::{HARD, state};

/// The one solution of [`HARD`].
const SOLUTION: &str = "953874612461293857872651439547128963629345781138967245784512396295436178316789524";

#[test]
fn a_hint_is_of_an_empty_cell_tells_when_asked_again_and_goes_with_the_next_edit() {
    let mut state = state();
    state.advise();
    assert!(
        state
            .message
            .as_ref()
            .is_some_and(|message| message.text.contains("empty"))
    );
    state.paste(HARD);
    state.solve();
    super::wait(&mut state, "solving", |state| !state.is_running());
    state.advise();
    assert!(state.current_solve().is_none(), "the question is seen");
    assert_eq!(asked(&state).0, "Thinking about a hint…");
    super::wait(&mut state, "a hint", |state| state.advising.is_none());
    let hint = state.current_hint().unwrap().clone();
    assert_eq!(HARD.as_bytes()[hint.cell], b'.');
    assert!(!hint.is_told && hint.confidence > 0.9, "{hint:?}");
    assert_eq!(hint.symbol.glyph, char::from(SOLUTION.as_bytes()[hint.cell]));
    assert!(asked(&state).0.starts_with("Hint: row "));
    state.advise();
    assert!(state.current_hint().unwrap().is_told);
    assert!(asked(&state).0.ends_with('?'));
    state.put(hint.cell, hint.symbol.id, false);
    assert_eq!(state.current_hint(), None);
    // A question that changes meanwhile gets none.
    state.advise();
    state.empty_cell();
    state.put(hint.cell, 1, false);
    assert_eq!(state.advising, None);
    // Where boards are drawn there are none.
    state.show(View::Board(maze::TASK));
    state.advise();
    assert_eq!((state.advising, state.current_hint()), (None, None));
}

#[test]
fn a_hint_is_seen_on_the_board_and_said() {
    for theme in [Theme::Light, Theme::Dark] {
        let mut state = state();
        state.paste(HARD);
        let mut seen = Seen::new(state, [900.0, 700.0], theme);
        seen.harness.get_by_label("Hint").click();
        seen.harness.step();
        wait(&mut seen.harness, "a hint", |contents| {
            contents.state.current_hint().is_some()
        });
        seen.harness.get_by_label_contains("Hint: row ");
        seen.harness.get_by_label_contains(", the model is surest here");
        let before = seen.picture();
        type_text(&mut seen.harness, "h");
        let picture = seen.picture();
        picture.keep(&format!("hint-{theme:?}.png"));
        let state = &seen.harness.state().state;
        let (cell, board) = (state.current_hint().unwrap().cell, seen.harness.state().board.unwrap());
        seen.harness.get_by_label_contains(", the model would write ");
        let size = board.width() / 9.0;
        let corner = board.min + vec2((cell % 9) as f32, (cell / 9) as f32) * size;
        let ink = Palette::of(&if theme == Theme::Dark {
            Visuals::dark()
        } else {
            Visuals::light()
        })
        .model;
        // Dashes: along the ring the ink comes and goes.
        let along = (0..size as usize).map(|x| picture.at(corner.x + x as f32, corner.y + size * 0.11 + 1.0) == ink);
        let along: Vec<bool> = along.collect();
        let turns = along.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(turns >= 6, "{turns} turns");
        let inked = |picture: &super::pixels::Picture| {
            let inside = (0..(size * 0.5) as usize).map(|i| size * 0.25 + i as f32);
            inside
                .clone()
                .flat_map(|y| inside.clone().map(move |x| (x, y)))
                .filter(|(x, y)| picture.at(corner.x + x, corner.y + y) == ink)
                .count()
        };
        assert!(
            inked(&before) == 0 && inked(&picture) > 10,
            "{} {}",
            inked(&before),
            inked(&picture)
        );
    }
}

#[test]
fn a_board_filled_by_hand_is_judged() {
    let mut harness = harness();
    harness.run_ok();
    harness.get_by_label("An empty board");
    type_text(&mut harness, &SOLUTION[..80]);
    harness.get_by_label("80 givens");
    type_text(&mut harness, "4");
    harness.get_by_label("Complete");
    harness.get_by_label("Every rule is kept.");
    type_text(&mut harness, "5");
    harness.get_by_label("Not a question yet");
}
