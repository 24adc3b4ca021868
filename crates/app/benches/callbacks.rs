//! How long a frame of the window keeps its thread: the window's own callback, and egui's whole pass with it, in the states
//! that show most. No screen and no GPU take part, and no time is asserted.
//!
//! `cargo bench -p hrm-app --bench callbacks` prints a table; `frames=1000` says how many frames a state gets.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use hrm_app::Contents;
use hrm_app::egui::{Pos2, vec2};
use hrm_app::settings::Settings;
use hrm_app::solve::Solve;
use hrm_app::state::State;
use hrm_app::timing::{Summary, Timing};

/// A Sudoku that takes the bundled model four segments, and one that takes it as many as it gets.
const HARD: &str = ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....";
const HARDEST: &str = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";

type Window = Harness<'static, Contents>;

/// Brings a new window into a state.
type Prepare = fn(&mut Window);
/// Changes what is shown, before a frame.
type Change = fn(&mut Window, usize);

const STATES: [(&str, Prepare, Change); 7] = [
    ("first screen, at rest", |_| {}, |_, _| {}),
    ("first screen, pointer moves", |_| {}, pointer),
    ("mid-thought, playing", |window| solved(window, HARDEST, 16, 1), play),
    ("mind view, playing", mind, play),
    (
        "wall of 16 tries, playing",
        |window| solved(window, HARDEST, 16, 16),
        play,
    ),
    ("list of 1,000, being answered", list, |_, _| {}),
    ("list of 1,000, moving down", list, |window, frame| {
        if let Some(list) = &mut window.state_mut().state.list {
            list.select(frame % list.rows.len());
        }
    }),
];

fn main() {
    let wanted = std::env::args().find_map(|arg| arg.strip_prefix("frames=")?.parse().ok());
    let frames: usize = wanted.unwrap_or(400);
    println!(
        "| state, 1280×800 points | callback, ms: median / 99 % / longest | whole pass: median / 99 % / longest |"
    );
    println!("|---|---:|---:|");
    for (name, prepare, change) in STATES {
        let mut window = window();
        prepare(&mut window);
        window.run_steps(3);
        window.state_mut().callbacks = Timing::default();
        let mut passes = Timing::default();
        for frame in 0..frames {
            change(&mut window, frame);
            let began = Instant::now();
            window.step();
            let shapes = window.output().shapes.clone();
            std::hint::black_box(window.ctx.tessellate(shapes, 1.0));
            passes.add(began.elapsed().as_secs_f32() * 1000.0);
        }
        let callbacks = window.state().callbacks.summary();
        println!("| {name} | {} | {} |", told(callbacks), told(passes.summary()));
    }
}

fn told(summary: Summary) -> String {
    format!("{:.2} / {:.2} / {:.2}", summary.median, summary.p99, summary.longest)
}

/// Opens a window with a puzzle on its board.
fn window() -> Window {
    let settings = Settings {
        device: "cpu".into(),
        ..Settings::default()
    };
    let mut state = State::new(settings, None, Arc::new(|| {}));
    state.paste(HARD);
    Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .with_step_dt(1.0 / 60.0)
        .build_ui_state(
            |ui, contents: &mut Contents| {
                contents.logic(ui.ctx());
                contents.ui(ui);
            },
            Contents::new(state),
        )
}

/// Draws frames until something has happened.
fn wait(window: &mut Window, what: &str, done: impl Fn(&State) -> bool) {
    let began = Instant::now();
    while !done(&window.state().state) {
        assert!(began.elapsed() < Duration::from_secs(300), "{what}");
        window.step();
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn solved(window: &mut Window, puzzle: &str, segments: usize, tries: usize) {
    let state = &mut window.state_mut().state;
    (state.settings.segments, state.settings.tries) = (Some(segments), Some(tries));
    state.paste(puzzle);
    state.solve();
    wait(window, "an answer", |state| !state.is_running());
}

fn mind(window: &mut Window) {
    solved(window, HARDEST, 16, 1);
    window.state_mut().state.inside.open = true;
    let is_there = |state: &State| state.current_solve().is_some_and(|solve| solve.mind().is_some());
    wait(window, "the states", is_there);
}

fn list(window: &mut Window) {
    let state = &mut window.state_mut().state;
    state.settings.segments = Some(4);
    state.paste(&format!("{HARD}\n{HARDEST}\n").repeat(500));
    state.solve_list();
    wait(window, "answers", |state| {
        state.list.as_ref().is_some_and(|list| list.counts().done() > 20)
    });
}

/// Plays, from the beginning once the end is there.
fn play(window: &mut Window, _frame: usize) {
    let solve = window.state_mut().state.playing();
    solve
        .filter(|solve| !solve.playback.playing)
        .into_iter()
        .for_each(Solve::toggle);
}

/// Moves the pointer over the board and the panel.
fn pointer(window: &mut Window, frame: usize) {
    let part = (frame % 100) as f32 / 100.0;
    window.hover_at(Pos2::new(1280.0 * part, 100.0 + 600.0 * part));
}
