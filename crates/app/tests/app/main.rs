//! Tests of the window: its worker, its state, its widgets as a screen reader finds them, and the real thing on a screen.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod arc;
mod circles;
mod contents;
mod corpus;
mod first_steps;
mod gallery;
mod inside;
mod latin;
mod list;
mod pixels;
mod play;
mod race;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
#[path = "../../../../tests/common/skips.rs"]
mod skips;
#[cfg(target_os = "linux")]
mod soak;
mod state;
mod toy;
mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hrm_app::settings::Settings;
use hrm_app::state::State;

/// A Sudoku that is hard for people and takes the bundled model four segments.
const HARD: &str = ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....";
/// The published "hardest" Sudoku, which takes far more than a few segments.
const HARDEST: &str = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";

/// Returns a window's state on the CPU, without a window to wake.
fn state() -> State {
    let settings = Settings {
        device: "cpu".into(),
        ..Settings::default()
    };
    State::new(settings, None, Arc::new(|| {}))
}

/// Handles events until `done`.
fn wait(state: &mut State, what: &str, mut done: impl FnMut(&State) -> bool) {
    let start = Instant::now();
    while !done(state) {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{what}: {:?}",
            state.message
        );
        state.receive();
        std::thread::sleep(Duration::from_millis(2));
    }
}
