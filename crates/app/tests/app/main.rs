//! The window without a window: the worker, what people can do, and what a screen reader finds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod face;
mod state;
mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hrm_app::settings::Settings;
use hrm_app::state::State;

/// Hard for people, four segments for the bundled model.
const HARD: &str = ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....";
/// The published "hardest" Sudoku: far more than a few segments.
const HARDEST: &str = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";

/// A window's state on the CPU that nothing wakes.
fn state() -> State {
    let settings = Settings {
        device: "cpu".into(),
        ..Settings::default()
    };
    State::new(settings, None, Arc::new(|| {}))
}

/// Lets the worker speak until `done`.
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
