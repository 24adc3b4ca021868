//! Help, version, completions, man page, closed pipes.

use super::{command, hrm, questions};
use insta::assert_snapshot;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

#[test]
fn version_names_the_commit() {
    let ran = hrm(["--version"], "");
    assert_eq!(
        ran.stdout,
        format!("hrm {} ({})\n", env!("CARGO_PKG_VERSION"), env!("HRM_COMMIT"))
    );
    let commit = env!("HRM_COMMIT");
    let is_hash = commit.len() == 12 && commit.chars().all(|c| c.is_ascii_hexdigit());
    // A package from a registry has no repository.
    let has_repository = super::repository().join(".git").exists();
    assert!(is_hash || (!has_repository && commit == "unknown"), "{commit}");
}

#[test]
fn help_shows_every_command_with_examples() {
    let ran = hrm(["--help"], "");
    assert_eq!(ran.code, 0);
    for command in [
        "solve",
        "run",
        "eval",
        "generate",
        "inspect",
        "convert",
        "bench",
        "completions",
        "man",
    ] {
        assert!(ran.stdout.contains(&format!("\n  {command} ")), "{command}");
        let help = hrm([command, "--help"], "");
        assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    }
    assert!(ran.stdout.contains("Examples:") && ran.stdout.contains("Exit codes:"));
    assert!(hrm(["solve", "--help"], "").stdout.contains("Examples:"));
}

#[test]
fn nothing_at_all_shows_the_help() {
    let ran = hrm::<&str>([], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("Usage: hrm <COMMAND>"));
}

/// Not a panic of the crates below, and not a hang.
#[cfg(all(feature = "app", target_os = "linux"))]
#[test]
fn the_window_without_a_display_is_one_clear_error() {
    let mut command = command();
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(variable);
    }
    let output = command.arg("app").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains("error: no window: ") && stderr.contains("hint: it needs a display"),
        "{stderr}"
    );
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn the_example_of_the_help_is_solved() {
    let help = hrm(["--help"], "").stdout;
    let example = help
        .lines()
        .find_map(|line| line.trim().strip_prefix("hrm solve "))
        .unwrap();
    assert_eq!(hrm(["solve", example], "").code, 0);
}

#[test]
fn completions_and_man_page() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = hrm(["completions", shell], "");
        assert!(
            ran.code == 0 && ran.stdout.contains("solve") && ran.stdout.contains("segments"),
            "{shell}"
        );
    }
    let man = hrm(["man"], "").stdout;
    assert!(man.contains(".TH hrm 1") && man.contains("hrm\\-solve(1)"), "{man}");
}

/// Like `hrm solve many | head -1`.
#[test]
fn a_closed_pipe_ends_it_quietly() {
    let many = vec![questions("givens36").join("\n"); 100].join("\n");
    let (_folder, path) = super::file("many.txt", many);
    let mut child = Command::new(command().get_program())
        .args(["solve", "--device", "cpu", path.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert_eq!(first.trim_end().len(), 81);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let ran = hrm(["convert", "sudoku", "sudoku-check.csv/model"], "");
    assert_snapshot!(ran.error(2).replace('\\', "/"), @r"
    error: cannot create sudoku-check.csv/model: [the system's words]
    hint: check the path and its permissions
    ");
}
