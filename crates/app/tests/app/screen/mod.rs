//! The real window on a screen of its own: real keys, the model, and what the screen shows. It is drawn by whatever adapter
//! is there, in CI Mesa's lavapipe. Pictures go to `target/tmp/window/`, to be looked at.

mod pictures;
mod reading;
mod server;

use std::path::{Path, PathBuf};

use reading::{Board, Digits};
use serde_json::Value;
use server::{Screen, Shown};

use super::HARD;

/// The one solution of [`HARD`].
const SOLUTION: &str = "953874612461293857872651439547128963629345781138967245784512396295436178316789524";

const RETURN: u32 = 0xff0d;
const ESCAPE: u32 = 0xff1b;
const END: u32 = 0xff57;
const DELETE: u32 = 0xffff;

/// Without a display the error is neither a panic in a dependency nor a hang.
#[test]
fn the_window_without_a_display_is_one_clear_error() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hrm-app"));
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(variable);
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains("error: no window: ") && stderr.contains("hint: it needs a display"),
        "{stderr}"
    );
    assert!(!stderr.contains("panicked"), "{stderr}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("window")
}

fn board(report: &Value) -> Board {
    let number = |i: usize| report["board"][i].as_f64().unwrap();
    [number(0), number(1), number(2)]
}

/// Types the digits in order, to learn what they look like here, and clears the board.
fn learn(shown: &mut Shown<'_>) -> Digits {
    // The first start has a puzzle on its board.
    shown.wait("the welcome", |r| r["question"] == HARD);
    shown.control(DELETE);
    shown.wait("an empty board", |r| {
        r["question"].as_str().is_some_and(|q| q.chars().all(|c| c == '.'))
    });
    shown.type_text("123456789");
    let report = shown.wait("nine digits", |r| {
        r["question"].as_str().is_some_and(|q| q.starts_with("123456789"))
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    let picture = shown.picture();
    picture.save(&folder().join("digits.png"));
    let digits = Digits::learn(&picture, board(&report));
    shown.control(DELETE);
    shown.wait("an empty board", |r| r["question"] == ".".repeat(81));
    digits
}

fn solve_on(device: &str) {
    let Some(screen) = Screen::open() else { return };
    let mut shown = screen.start(&["--device", device]);
    let digits = learn(&mut shown);
    (0..10).for_each(|_| shown.key(0xff52)); // Up
    (0..10).for_each(|_| shown.key(0xff51)); // Left
    shown.type_text(HARD);
    let report = shown.wait("the puzzle", |r| r["question"] == HARD);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(digits.read(&shown.picture(), board(&report)), HARD);

    shown.key(RETURN);
    shown.wait("the answer", |r| {
        r["running"] == false && r["segments"].as_u64() > Some(0)
    });
    shown.key(END);
    let report = shown.wait("the end", |r| r["headline"] == "Solved");
    assert_eq!(report["valid"], true);
    assert_eq!(report["grid"], SOLUTION);
    std::thread::sleep(std::time::Duration::from_millis(500));
    let picture = shown.picture();
    picture.save(&folder().join(format!("solved-{device}.png")));
    assert_eq!(digits.read(&picture, board(&report)), SOLUTION);
    let on = report["device"].as_str().unwrap();
    assert_eq!(on == "cpu", device == "cpu", "{on}");
    println!(
        "{device} ({on}), drawn on {}: {:#}",
        report["graphics"], report["callbacks"]
    );
    assert_eq!(shown.close(), 0);
}

#[test]
fn a_typed_puzzle_is_solved_on_the_cpu_and_the_screen_shows_it() {
    solve_on("cpu");
}

#[test]
fn a_typed_puzzle_is_solved_on_a_gpu_and_the_screen_shows_it() {
    solve_on("gpu");
}

#[test]
fn the_window_answers_while_a_list_computes_and_stops() {
    let Some(screen) = Screen::open() else { return };
    let list = screen.folder.path().join("list.txt");
    std::fs::write(&list, format!("{HARD}\n").repeat(20_000)).unwrap();
    let mut shown = screen.start(&["--device", "cpu", list.to_str().unwrap()]);
    shown.wait("the list", |r| r["answered"][1] == 20_000);
    shown.key(RETURN);
    shown.wait("answers", |r| r["answered"][0].as_u64() > Some(200));
    let report = shown.wait("frames", |r| r["callbacks"]["count"].as_u64() > Some(60));
    shown.picture().save(&folder().join("list.png"));
    println!(
        "while a list computes: callbacks {:#}, frames {:#}",
        report["callbacks"], report["frames"]
    );
    shown.key(ESCAPE);
    let report = shown.wait("stopping", |r| r["running"] == false);
    let (done, all) = (report["answered"][0].as_u64(), report["answered"][1].as_u64());
    assert!(done < all, "{done:?} of {all:?}");
    assert_eq!(shown.close(), 0);
}

#[test]
fn nothing_is_lost_when_it_is_closed_hidden_resized_or_killed_in_mid_thought() {
    let Some(screen) = Screen::open() else { return };
    let hardest = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";
    let settings = screen.folder.path().join("hrm/window.json");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    std::fs::write(&settings, r#"{"segments": 1024, "halt": "fixed", "theme": "light"}"#).unwrap();
    let mut shown = screen.start(&["--device", "cpu", hardest]);
    shown.wait("the puzzle", |r| r["question"] == hardest);
    shown.key(RETURN);
    shown.wait("solving", |r| r["segments"].as_u64() > Some(0));
    for (width, height) in [(130, 95), (30, 20), (1090, 60), (500, 790), (1000, 700)] {
        shown.resize(width, height);
        if width == 500 {
            shown.picture().save(&folder().join("narrow.png"));
        }
    }
    shown.hide(true);
    shown.hide(false);
    let report = shown.report();
    let seen = report["callbacks"]["count"].as_u64();
    shown.wait("frames after all that", |r| r["callbacks"]["count"].as_u64() > seen);
    shown.picture().save(&folder().join("light.png"));
    assert_eq!(shown.close(), 0, "closed in mid-thought");

    let mut shown = screen.start(&[]);
    shown.wait("the board of before", |r| r["question"] == hardest);
    shown.control(DELETE);
    shown.type_text("12");
    shown.wait("another board", |r| {
        r["question"]
            .as_str()
            .is_some_and(|q| q.starts_with("12.") || q.ends_with("12"))
    });
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let question = shown.report()["question"].clone();
    shown.kill();
    let mut shown = screen.start(&[]);
    shown.wait("the board of before the kill", |r| r["question"] == question);
    assert_eq!(shown.close(), 0);
}
