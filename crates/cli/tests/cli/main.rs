//! The `hrm` command as people type it, by concern. Snapshots hold no times, paths or words of the system.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

#[path = "../../../../tests/checkpoints_support/mod.rs"]
mod checkpoints_support;
#[path = "../../../../tests/common/mod.rs"]
mod common;

mod arc;
mod arc_data;
mod arc_world;
mod bench;
mod devices;
mod documents;
mod errors;
mod eval;
mod faults;
mod flow;
mod hub;
mod image;
mod keeps;
mod manners;
mod mazes;
mod models;
mod picture;
mod resume;
mod run;
mod shell;
mod solve;
mod tries;

use std::path::PathBuf;

use common::repository;

/// Hard for people, but four segments for the bundled model on any device; also the README's first puzzle.
const HARD: &str = ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....";

/// The outputs and exit code of a command.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs `hrm` in the folder of the test data.
fn hrm<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>, stdin: &str) -> Ran {
    Ran::of(command().args(args).write_stdin(stdin))
}

fn command() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_hrm"));
    command.current_dir(repository().join("tests/data"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    // Tests measure nothing, and leave the user's cache folder alone.
    command.env("HRM_AUTOTUNE", "off");
    command
}

impl Ran {
    /// Runs a command, which must not panic.
    fn of(command: &mut assert_cmd::Command) -> Ran {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Ran {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }

    /// Returns code and outputs, for a snapshot.
    fn shown(&self) -> String {
        let streams = [("stdout", &self.stdout), ("stderr", &self.stderr)];
        let streams = streams.iter().filter(|(_, text)| !text.is_empty());
        let streams: String = streams
            .map(|(name, text)| format!("-- {name}\n{}", masked(text)))
            .collect();
        format!("exit {}\n{streams}", self.code)
    }

    /// Returns the standard error of a run that failed with `code`: a line that says what, and one that says what to
    /// do.
    fn error(&self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        let lines: Vec<&str> = self.stderr.lines().collect();
        let [error, hint] = lines[..] else {
            panic!("{}", self.stderr)
        };
        assert!(
            error.starts_with("error: ") && hint.starts_with("hint: "),
            "{}",
            self.stderr
        );
        masked(&self.stderr)
    }

    /// Returns the objects that `--json` printed.
    fn json(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Returns the text without times and without the system's own words.
fn masked(text: &str) -> String {
    let mut shown = String::new();
    for line in text.lines() {
        let system = line
            .rfind(" (os error ")
            .and_then(|end| Some((line[..end].rfind(": ")? + 2, end)));
        let line = match system {
            Some((start, _)) => format!("{}[the system's words]", &line[..start]),
            None => line.to_owned(),
        };
        let time = line
            .find(" ms on ")
            .and_then(|end| Some((line[..end].rfind(' ')? + 1, end)));
        shown += &match time {
            Some((start, end)) => format!("{}[time]{}\n", &line[..start], &line[end..]),
            None => line + "\n",
        };
    }
    shown
}

/// Makes a file in a folder of its own, which is deleted when the guard is dropped.
fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// Returns the questions of class `class` in the check set, in the file's order.
fn questions(class: &str) -> Vec<String> {
    let csv = std::fs::read_to_string(repository().join("tests/data/sudoku-check.csv")).unwrap();
    let rows = csv.lines().filter(|line| line.starts_with(&format!("{class},")));
    rows.map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
}
