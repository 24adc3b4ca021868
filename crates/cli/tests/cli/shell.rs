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
        "merge",
        "generate",
        "inspect",
        "convert",
        "bench",
        "completions",
        "licences",
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

/// Copies the command to a folder of its own, where no window's program lies beside it.
#[cfg(unix)]
fn alone(folder: &std::path::Path, path: &std::path::Path) -> Command {
    let copy = folder.join("hrm");
    std::fs::copy(env!("CARGO_BIN_EXE_hrm"), &copy).unwrap();
    let mut command = Command::new(copy);
    command.env("PATH", path);
    command
}

#[cfg(unix)]
#[test]
fn the_window_is_a_program_on_the_path() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let window = path.path().join("hrm-app");
    std::fs::write(&window, "#!/bin/sh\necho \"window: $*\"\nexit 7\n").unwrap();
    std::fs::set_permissions(&window, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = alone(folder.path(), path.path())
        .args(["app", "puzzles.txt", "--device", "cpu"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "window: puzzles.txt --device cpu\n"
    );
    assert_eq!(output.status.code(), Some(7));
}

#[cfg(unix)]
#[test]
fn a_window_that_is_not_installed_is_one_clear_error() {
    let (folder, path) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = alone(folder.path(), path.path()).arg("app").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains("hrm-app, is neither beside hrm nor on the path"),
        "{stderr}"
    );
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
    assert!(man.contains(".TH HRM 1") && man.contains("hrm\\-solve(1)"), "{man}");
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
