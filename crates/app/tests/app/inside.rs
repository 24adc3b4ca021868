//! The view of the network's states, as plain data and as pixels.

use std::path::Path;

use egui_kittest::kittest::Queryable;
use hrm_app::colours::{Tints, ramp};
use hrm_app::egui::{Color32, vec2};
use hrm_app::mind::{Shows, Z};
use hrm_app::settings::Theme;
use hrm_app::solve::Traced;
use hrm_app::words::headline;

use super::contents::wait;
use super::pixels::Seen;
use super::{HARD, state};

/// Returns a window in which [`HARD`] was solved, and its states are seen.
fn opened(size: [f32; 2], theme: Theme) -> Seen {
    let mut state = state();
    state.paste(HARD);
    state.solve();
    super::wait(&mut state, "solving", |state| !state.is_running());
    state.inside.open = true;
    let mut seen = Seen::new(state, size, theme);
    wait(&mut seen.harness, "the states", |contents| {
        contents
            .state
            .current_solve()
            .is_some_and(|solve| solve.mind().is_some())
    });
    seen
}

/// Nothing is computed for a view that nobody sees, and what is computed is the solve that was seen.
#[test]
fn states_are_written_down_once_somebody_looks() {
    let mut state = state();
    assert!(state.untraced().starts_with("Solve the puzzle first"));
    state.paste(HARD);
    state.solve();
    assert!(state.untraced().contains("once it has come to an end"));
    super::wait(&mut state, "solving", |state| !state.is_running());
    assert!(matches!(state.current_solve().unwrap().traced, Traced::No));
    state.trace();
    assert!(state.untraced().starts_with("Thinking once more"));
    assert!(!state.is_running(), "nobody has to wait for it");
    super::wait(&mut state, "the states", |state| {
        state.current_solve().is_some_and(|solve| solve.mind().is_some())
    });
    let solve = state.current_solve().unwrap();
    let mind = solve.mind().unwrap();
    assert_eq!(mind.segments(), solve.segments());
    assert_eq!((mind.has(Z::H), mind.has(Z::L)), (true, true));
    for z in Z::ALL {
        assert_eq!(mind.moved(z, 1), None);
        assert_eq!(mind.moved(z, mind.segments() + 1), None);
        let moved = mind.moved(z, 2).unwrap();
        let [before, after] = [1, 2].map(|segment| mind.values(z, segment).unwrap());
        assert_eq!((moved.len(), before.len()), (81, 81 * mind.width));
        // Movement is the distance of the values.
        for (cell, moved) in moved.iter().enumerate() {
            let at = |values: &[f32]| values[cell * mind.width..(cell + 1) * mind.width].to_vec();
            let far = at(before)
                .iter()
                .zip(at(after))
                .map(|(a, b)| (a - b).powi(2))
                .sum::<f32>()
                .sqrt();
            assert!((far - moved).abs() < 1e-3 * far.max(1.0), "{cell}: {far} {moved}");
        }
        assert!(mind.most(z) > 0.0);
    }
    assert_eq!(mind.path.points.len(), mind.segments());
    assert!((0.2..=1.0001).contains(&mind.path.share), "{}", mind.path.share);
    // A solve of another puzzle has none, and an order in between is no failure.
    state.solve();
    state.trace();
    super::wait(&mut state, "solving again", |state| !state.is_running());
    state.trace();
    state.stop();
    super::wait(&mut state, "an end", |state| {
        !matches!(state.current_solve().unwrap().traced, Traced::Asked(_))
    });
    assert_eq!(headline(state.playing().unwrap()).0, "The question");
}

#[test]
fn the_board_and_the_pictures_have_the_colours_of_the_states() {
    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let mut seen = opened([1280.0, 1700.0], theme);
        seen.harness.state_mut().state.playing().unwrap().seek(3);
        let picture = seen.picture();
        picture.keep(&format!("inside-{name}.png"));
        let board = seen.harness.state().board.unwrap();
        let solve = seen.harness.state().state.current_solve().unwrap();
        let mind = solve.mind().unwrap();
        let moved = mind.moved(Z::H, 3).unwrap();
        let size = board.width() / 9.0;
        for (cell, moved) in moved.iter().enumerate().skip(1) {
            // Between the lines and what is written.
            let corner = board.min + vec2((cell % 9) as f32, (cell / 9) as f32) * size + vec2(0.16, 0.16) * size;
            let ground = ramp(moved / mind.most(Z::H));
            assert_eq!(picture.at(corner.x, corner.y), ground, "cell {cell}");
            assert_ne!(Tints::ink(ground), ground);
        }
        for z in Z::ALL {
            let label = format!("{} after segment 3", z.name());
            let rect = seen.harness.get_by_label_contains(&label).rect();
            let values = mind.values(z, 3).unwrap();
            let [left, right] = [rect.left(), rect.right()].map(f32::round);
            // To the last row and column: nothing is cut off.
            let (wide, high) = ((right - left) / mind.width as f32, rect.height() / 81.0);
            let usual = (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt();
            let mut right_ones = 0;
            let places = (0..81).flat_map(|row| [0, 7, mind.width - 1].map(|column| (row, column)));
            for (row, column) in places.clone() {
                let value = values[row * mind.width + column];
                let shade = ramp(((255.0 * (0.5 + value / (6.0 * usual)).clamp(0.0, 1.0)).round()) / 255.0);
                let (x, y) = (
                    left + (column as f32 + 0.5) * wide,
                    rect.top() + (row as f32 + 0.5) * high,
                );
                let is_close =
                    |a: Color32, b: Color32| a.to_array().iter().zip(b.to_array()).all(|(a, b)| a.abs_diff(b) < 4);
                right_ones += usize::from(is_close(picture.at(x, y), shade));
            }
            // A pixel in the middle of a value has its colour, but for rounding where a pixel is about as large.
            assert!(right_ones * 10 > places.count() * 9, "{}: {right_ones}", z.name());
        }
    }
}

#[test]
fn the_view_says_what_it_shows_and_the_board_can_show_doubt_meanwhile() {
    let mut seen = opened([1280.0, 1700.0], Theme::Dark);
    seen.harness.state_mut().state.playing().unwrap().seek(0);
    seen.harness.run_ok();
    seen.harness
        .get_by_label("The question is shown; below are the states after the first segment.");
    for (segment, says) in [(1, "Segment 1 begins from the state"), (2, "Segment 2: z_H moved by ")] {
        seen.harness.state_mut().state.playing().unwrap().seek(segment);
        seen.harness.run_ok();
        seen.harness.get_by_label_contains(says);
    }
    seen.harness.get_by_label_contains("z_L moved by ");
    let moved = |seen: &Seen| seen.harness.query_all_by_label_contains(", z_H moved by").count();
    assert_eq!(
        moved(&seen),
        81 + 1,
        "every cell, and the board for the one under its cursor"
    );
    seen.harness.get_by_label("doubt").click();
    seen.harness.run_ok();
    assert_eq!(seen.harness.state().state.inside.shows, Shows::Doubt);
    assert_eq!(moved(&seen), 0);
    seen.harness.get_by_label("z_L moved").click();
    seen.harness.run_ok();
    assert_eq!(seen.harness.query_all_by_label_contains(", z_L moved by").count(), 82);
    // Folded away, it is as if it never was.
    seen.harness.get_by_label("Look inside").click();
    seen.harness.run_ok();
    assert!(!seen.harness.state().state.inside.open);
    assert!(seen.harness.query_by_label_contains("z_L moved by").is_none());
}

/// In a window as small as a telephone's nothing is wider than the panel.
#[test]
fn a_small_window_has_room_for_it() {
    let mut seen = opened([360.0, 640.0], Theme::Light);
    seen.harness.state_mut().state.playing().unwrap().seek(2);
    seen.picture().keep("inside-small.png");
    let rect = seen.harness.get_by_label_contains("The path of z_H, ").rect();
    assert!(rect.left() >= 0.0 && rect.right() <= 360.0, "{rect:?}");
}

/// The guide's picture: `UPDATE_PICTURE=1 cargo test -p hrm-app pictures` takes it anew.
#[test]
fn pictures_of_the_guide_are_of_the_window() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/window-inside.png");
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        let mut seen = opened([1096.0, 816.0], Theme::Dark);
        seen.harness.state_mut().state.playing().unwrap().seek(3);
        seen.harness.run_ok();
        seen.harness.get_by_label_contains("z_H after segment").scroll_to_me();
        seen.picture().save(&path);
    }
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    assert!(
        (1000..200_000).contains(&size),
        "{size} bytes: take it anew with UPDATE_PICTURE=1"
    );
}
