//! Too little of everything, and nobody who listens.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{HARD, command, repository, run_into, sound, spawn};

/// Limits of memory take threads away, too: a stack is memory.
#[test]
fn too_little_of_everything_ends_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, to, image, tensors) = (path("r.jsonl"), path("m"), path("a.png"), path("o.st"));
    let eval = [
        "eval",
        "sudoku-official/same.csv",
        "--device",
        "cpu",
        "--segments",
        "1",
        "--out",
        &out,
    ];
    let solve = ["solve", "--device", "cpu", HARD];
    let draw = ["solve", "--device", "cpu", "--image", &image, "--force", HARD];
    let convert = ["convert", "sudoku", &to, "--force"];
    let run = run_into(&tensors);
    let run: Vec<&str> = run.iter().map(String::as_str).collect();
    let limits = [
        (
            "--nofile",
            &["3", "4", "6", "10"][..],
            &[&solve[..], &convert, &eval][..],
        ),
        ("--fsize", &["0", "1000", "100000"], &[&draw, &convert, &run, &eval]),
        (
            "--as",
            &["60000000", "90000000", "140000000", "400000000"],
            &[&solve, &eval],
        ),
    ];
    let mut failed = 0;
    for (limit, values, commands) in limits {
        for value in values {
            for args in commands {
                let mut prlimit = Command::new("prlimit");
                prlimit
                    .arg(format!("{limit}={value}"))
                    .arg(env!("CARGO_BIN_EXE_hrm"))
                    .args(*args);
                prlimit
                    .current_dir(repository().join("tests/data"))
                    .env("HRM_AUTOTUNE", "off");
                let what = format!("{limit}={value} {}", args[0]);
                let output = prlimit.stdin(Stdio::null()).output().unwrap();
                let stderr = String::from_utf8_lossy(&output.stderr);
                // The loader, or the allocator, before or below anything of ours.
                let below = ["shared libraries", "memory allocation of", "cannot allocate memory"];
                if limit != "--fsize" && below.iter().any(|said| stderr.contains(said)) && !stderr.contains("panicked")
                {
                    continue;
                }
                failed += usize::from(sound(&output, &what).0 > 1);
            }
            // What could not be written is not there in part.
            let left = folder
                .path()
                .read_dir()
                .unwrap()
                .map(|entry| entry.unwrap().file_name());
            let left: Vec<_> = left
                .filter(|name| name.as_encoded_bytes().starts_with(b".hrm-"))
                .collect();
            assert!(left.is_empty(), "{limit}={value}: {left:?}");
        }
    }
    assert!(failed > 3, "limits are not limits: {failed}");
}

/// Nobody reads what is said, or nobody can be told: the answers come all the same.
#[test]
fn standard_error_may_be_full_or_closed() {
    for (args, lines) in [
        (&["solve", "--device", "cpu", HARD][..], 13),
        (
            &[
                "solve",
                "--device",
                "cpu",
                "--segments",
                "1",
                "sudoku-official/same.csv",
            ],
            60,
        ),
        (&["eval", "--device", "cpu", "--segments", "1", "sudoku-check.csv"], 9),
    ] {
        let full = || File::options().write(true).open("/dev/full").unwrap();
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        for stderr in [Stdio::from(full()), Stdio::from(closed)] {
            let output = command(args).stderr(stderr).stdout(Stdio::piped()).output().unwrap();
            sound(&output, args[0]);
            let found = String::from_utf8(output.stdout).unwrap().lines().count();
            assert_eq!(found, lines, "{args:?}");
        }
    }
}

/// No threads beside those that are asked for, or one a core: `RAYON_NUM_THREADS` names none of ours.
#[test]
fn threads_are_those_that_are_asked_for() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for (asked, workers) in [(&["--threads", "2"][..], 2), (&[], cores)] {
        let most = threads_of(asked);
        // Workers, the main thread, one that reads and one that listens for Ctrl-C.
        assert!((workers + 2..=workers + 4).contains(&most), "{asked:?}: {most} threads");
    }
}

/// Returns the threads of a process that solves with these options.
fn threads_of(asked: &[&str]) -> usize {
    let mut child = command(&[
        "solve",
        "--halt",
        "fixed",
        "--segments",
        "100000",
        "--device",
        "cpu",
        HARD,
    ]);
    child.args(asked).env("RAYON_NUM_THREADS", "40");
    let mut child = spawn(&mut child);
    let tasks = format!("/proc/{}/task", child.id());
    let count = || std::fs::read_dir(&tasks).map_or(0, Iterator::count);
    let until = Instant::now() + Duration::from_secs(10);
    let mut most = 0;
    while most < 4 && Instant::now() < until {
        most = most.max(count());
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    most = most.max(count());
    child.kill().unwrap();
    child.wait().unwrap();
    most
}
