//! What a machine can do to the command: too little of everything, files that change under it, signals at any moment. Whatever
//! it is, the end is an answer or a sentence, and nothing that was there is lost.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use hrm::model::{Dtype, Model, Tensor, Weights};

use super::{HARD, hrm, repository};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hrm"));
    command.args(args).current_dir(repository().join("tests/data"));
    command.env("HRM_AUTOTUNE", "off").stdin(Stdio::null());
    command
}

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Checks that a command has ended by itself: with an exit code of ours, no panic, and a sentence where something is wrong.
#[track_caller]
fn sound(output: &Output, what: &str) -> (i32, String) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code();
    assert!(
        matches!(code, Some(0..=3 | 130)) && !stderr.contains("panicked"),
        "{what}: {:?}: {stderr}",
        output.status
    );
    let code = code.unwrap();
    assert!(
        code < 2 || code == 130 || stderr.contains("error: "),
        "{what}: exit {code}: {stderr}"
    );
    (code, stderr)
}

/// Pseudo-random numbers below a bound, the same in every run.
fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    }
}

/// The bundled model with one weight changed, or a table of puzzles added.
fn model(folder: &Path, change: impl FnOnce(&mut hrm::model::Config, &mut Vec<(String, Tensor)>)) -> PathBuf {
    let bundled = Model::bundled("sudoku").unwrap();
    let mut config = bundled.config.clone();
    let tensors = bundled.weights.iter();
    let mut tensors: Vec<_> = tensors
        .map(|(name, tensor)| (name.to_owned(), tensor.to_dtype(Dtype::F32).unwrap()))
        .collect();
    change(&mut config, &mut tensors);
    let model = Model::from_parts(config, Weights::new("changed", tensors)).unwrap();
    model.save(folder, None).unwrap();
    folder.to_path_buf()
}

fn set(tensors: &mut [(String, Tensor)], part: &str, value: f32) {
    let (_, tensor) = tensors.iter_mut().find(|(name, _)| name.contains(part)).unwrap();
    let mut values = tensor.f32s().unwrap().into_owned();
    values[0] = value;
    *tensor = Tensor::from_f32(tensor.shape(), values).unwrap();
}

/// Limits of memory take threads away, too: a stack is memory.
#[cfg(target_os = "linux")]
#[test]
fn too_little_of_everything_ends_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (out, to, image, tensors) = (path("r.jsonl"), path("m"), path("a.png"), path("o.st"));
    let io = repository().join("tests/golden/hrm-tiny/io.safetensors");
    let golden = repository().join("tests/golden/hrm-tiny");
    let (io, golden) = (io.to_str().unwrap(), golden.to_str().unwrap());
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
    let run = [
        "run",
        "--device",
        "cpu",
        "-m",
        golden,
        "--inputs",
        io,
        "--outputs",
        &tensors,
        "--force",
    ];
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
#[cfg(target_os = "linux")]
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

/// No threads beside those that are asked for: `RAYON_NUM_THREADS` names none of ours.
#[cfg(target_os = "linux")]
#[test]
fn threads_are_those_that_are_asked_for() {
    let mut child = command(&[
        "solve",
        "--threads",
        "2",
        "--halt",
        "fixed",
        "--segments",
        "100000",
        "--device",
        "cpu",
        HARD,
    ]);
    child.env("RAYON_NUM_THREADS", "40");
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
    // Two workers, the main thread, one that reads and one that listens for Ctrl-C.
    assert!((4..=6).contains(&most), "{most} threads");
}

/// Nothing of the user's is needed.
#[test]
fn without_a_home_everything_goes_on() {
    for args in [
        &["solve", HARD][..],
        &["eval", "--segments", "1", "sudoku-check.csv"],
        &["inspect", "maze"],
    ] {
        let mut bare = command(args);
        bare.env_clear().env("HRM_AUTOTUNE", "off");
        if args[0] != "inspect" {
            bare.args(["--device", "cpu"]);
        }
        let (code, stderr) = sound(&bare.output().unwrap(), args[0]);
        assert_eq!(code, 0, "{stderr}");
    }
}

/// Interrupted, terminated and killed at seeded moments: what was there stays whole, and what is half written goes with the
/// program, unless that had no moment left to care.
#[cfg(unix)]
#[test]
fn a_signal_at_any_moment_leaves_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let io = repository().join("tests/golden/hrm-tiny/io.safetensors");
    let golden = repository().join("tests/golden/hrm-tiny");
    let large = model(&folder.path().join("large"), |config, tensors| {
        let shape = vec![30_000, config.puzzle_emb_ndim];
        config.num_puzzle_identifiers = shape[0];
        let table = Tensor::from_f32(shape.clone(), vec![0.5; shape[0] * shape[1]]).unwrap();
        match tensors.iter_mut().find(|(name, _)| name == "puzzle_emb.weights") {
            Some((_, tensor)) => *tensor = table,
            None => tensors.push(("puzzle_emb.weights".to_owned(), table)),
        }
    });
    let large = large.to_str().unwrap();
    let (to, image, tensors, out) = (path("m"), path("a.gif"), path("o.st"), path("r.jsonl"));
    let (io, golden) = (io.to_str().unwrap(), golden.to_str().unwrap());
    let commands = [
        vec!["convert", large, &to, "--force", "--dtype", "f16"],
        vec![
            "run",
            "--device",
            "cpu",
            "-m",
            golden,
            "--inputs",
            io,
            "--outputs",
            &tensors,
            "--force",
        ],
        vec!["solve", "--device", "cpu", "--image", &image, "--force", HARD],
        vec![
            "eval",
            "--device",
            "cpu",
            "--segments",
            "2",
            "--out",
            &out,
            "sudoku-official/same.csv",
        ],
    ];
    let temporary = || {
        let mut folders = vec![folder.path().to_path_buf(), folder.path().join("m")];
        folders.retain(|folder| folder.is_dir());
        let names = folders.iter().flat_map(|folder| folder.read_dir().unwrap());
        let names = names.map(|entry| entry.unwrap().path());
        let is_ours = |path: &PathBuf| path.file_name().unwrap().as_encoded_bytes().starts_with(b".hrm-");
        names.filter(is_ours).collect::<Vec<_>>()
    };
    let mut random = numbers(30);
    for args in &commands {
        let started = Instant::now();
        assert_eq!(sound(&command(args).output().unwrap(), args[0]).0, 0);
        let whole = started.elapsed().as_millis() as u64;
        for signal in ["INT", "TERM", "KILL", "INT"] {
            let mut child = spawn(&mut command(args));
            std::thread::sleep(Duration::from_millis(random(whole.max(2))));
            let sent = Command::new("kill")
                .args([&format!("-{signal}"), &child.id().to_string()])
                .status();
            assert!(sent.is_ok());
            let ended = child.wait().unwrap();
            let left = temporary();
            if signal == "KILL" {
                left.iter().for_each(|path| drop(std::fs::remove_file(path)));
            } else {
                // A signal before the handler is there ends the program, which has written nothing by then.
                assert!(left.is_empty(), "{} {signal}, {ended}: {left:?}", args[0]);
            }
        }
    }
    // All is whole, or can be made so.
    assert_eq!(hrm(["inspect", &to], "").code, 0);
    assert_eq!(sound(&command(&commands[3]).output().unwrap(), "eval").0, 0);
    assert_eq!(std::fs::read_to_string(&out).unwrap().lines().count(), 60);
    assert!(std::fs::read(&image).unwrap().starts_with(b"GIF89a"));
}

/// A model that is rewritten in place, as a trainer does, while it is read and used: figures are those of the model that
/// was opened, or there is an error that says so.
#[test]
fn weights_that_change_give_no_figure_of_another_model() {
    let folder = tempfile::tempdir().unwrap();
    let tables = |config: &mut hrm::model::Config, tensors: &mut Vec<(String, Tensor)>| {
        config.num_puzzle_identifiers = 4;
        let width = config.puzzle_emb_ndim;
        tensors.retain(|(name, _)| name != "puzzle_emb.weights");
        tensors.push((
            "puzzle_emb.weights".to_owned(),
            Tensor::from_f32([4, width], vec![0.0; 4 * width]).unwrap(),
        ));
    };
    let path = model(folder.path(), tables);
    let weights = path.join("model.safetensors");
    let (bytes, text) = (std::fs::read(&weights).unwrap(), path.to_str().unwrap());
    let beside = tempfile::tempdir().unwrap();
    let out = beside.path().join("r.jsonl");
    let args = [
        "eval",
        "sudoku-check.csv",
        "-m",
        text,
        "--device",
        "cpu",
        "--segments",
        "8",
        "-q",
        "--batch",
        "1",
    ];
    let undisturbed = hrm(args, "").stdout;
    type Change = (&'static str, fn(&Path, &[u8]));
    let changes: [Change; 4] = [
        ("truncated", |path, _| drop(File::create(path).unwrap())),
        ("zeros", |path, bytes| {
            std::fs::write(path, [&bytes[..8000], &vec![0; bytes.len() - 8000]].concat()).unwrap()
        }),
        ("the same again", |path, bytes| std::fs::write(path, bytes).unwrap()),
        ("removed", |path, _| std::fs::remove_file(path).unwrap()),
    ];
    for (what, change) in changes {
        // What an earlier round left would look like the beginning of this one.
        let _ = std::fs::remove_file(&out);
        std::fs::write(&weights, &bytes).unwrap();
        let mut child = spawn(command(&args).arg("--out").arg(&out).arg("--force"));
        // In mid-run.
        while std::fs::metadata(&out).map_or(0, |out| out.len()) < 300 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        change(&weights, &bytes);
        let output = child.wait_with_output().unwrap();
        let (code, stderr) = sound(&output, what);
        let figures = String::from_utf8(output.stdout).unwrap();
        match code {
            0 => assert_eq!(
                figures.split_once(" samples/s").map(|f| f.0.len() > 10),
                undisturbed.split_once(" samples/s").map(|f| f.0.len() > 10)
            ),
            _ => assert!(
                code == 3 && stderr.contains("stays as it is while it is used"),
                "{what}: {stderr}"
            ),
        }
        if what != "removed" {
            assert_eq!(
                code, 3,
                "{what}: rows of the table of puzzles are read from a file that changed"
            );
        }
    }
    // At any moment of loading: it is one model or the other, or an error.
    let zeroed = [&bytes[..5000], &vec![0; bytes.len() - 5000]].concat();
    let solve = ["solve", "-m", text, "--device", "cpu", "-q", HARD];
    let answers = [&bytes, &zeroed].map(|model| {
        std::fs::write(&weights, model).unwrap();
        hrm(solve, "").stdout
    });
    assert_ne!(answers[0], answers[1]);
    let mut random = numbers(7);
    for _ in 0..12 {
        std::fs::write(&weights, &bytes).unwrap();
        let child = spawn(&mut command(&solve));
        std::thread::sleep(Duration::from_millis(random(60)));
        std::fs::write(&weights, &zeroed).unwrap();
        let output = child.wait_with_output().unwrap();
        let (code, stderr) = sound(&output, "rewritten while loading");
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(code == 3 || answers.contains(&answer), "{code}: {answer}{stderr}");
    }
}

/// Two programs write a model into one folder, while a third reads it.
#[test]
fn two_writers_of_a_folder_never_mix() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("m");
    let to = to.to_str().unwrap();
    assert_eq!(hrm(["convert", "sudoku", to], "").code, 0);
    for _ in 0..6 {
        let mut writers: Vec<Child> = ["sudoku", "maze"]
            .iter()
            .map(|name| spawn(&mut command(&["convert", name, to, "--force"])))
            .collect();
        while writers.iter_mut().any(|writer| writer.try_wait().unwrap().is_none()) {
            let read = hrm(["inspect", to], "");
            assert_eq!(read.code, 0, "{}{}", read.stdout, read.stderr);
        }
        for writer in writers {
            assert_eq!(sound(&writer.wait_with_output().unwrap(), "convert").0, 0);
        }
    }
}

#[test]
fn records_that_somebody_takes_away_are_missed() {
    type Change = fn(&Path);
    let changes: [Change; 2] = [
        |path| std::fs::remove_file(path).unwrap(),
        |path| File::options().write(true).open(path).unwrap().set_len(10).unwrap(),
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("r.jsonl");
        let mut eval = command(&[
            "eval",
            "sudoku-check.csv",
            "--device",
            "cpu",
            "--segments",
            "8",
            "--batch",
            "1",
        ]);
        let mut child = spawn(eval.arg("--out").arg(&out));
        while std::fs::metadata(&out).map_or(0, |out| out.len()) < 300 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        change(&out);
        let (code, stderr) = sound(&child.wait_with_output().unwrap(), "out");
        assert!(
            code == 2 && stderr.contains("removed or written to by another program"),
            "{code}: {stderr}"
        );
    }
}

/// Numbers that leave their range: before anything is computed, or told of.
#[test]
fn numbers_that_are_none_are_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let large = model(&folder.path().join("large"), |_, tensors| set(tensors, "gate_up", 7e4));
    let large = large.to_str().unwrap();
    let copy = folder.path().join("copy");
    for args in [
        vec!["convert", large, copy.to_str().unwrap(), "--dtype", "f16"],
        vec!["solve", "-m", large, "--device", "cpu", "--dtype", "f16", HARD],
        vec![
            "eval",
            "-m",
            large,
            "--device",
            "cpu",
            "--dtype",
            "f16",
            "sudoku-check.csv",
        ],
    ] {
        let ran = hrm(&args, "");
        assert!(
            ran.code == 3 && ran.stderr.contains("holds 70000 at element 0: too large for f16"),
            "{}",
            ran.stderr
        );
    }
    let huge = model(&folder.path().join("huge"), |_, tensors| {
        for (_, tensor) in tensors.iter_mut() {
            let values = tensor.f32s().unwrap().iter().map(|value| value * 1e30).collect();
            *tensor = Tensor::from_f32(tensor.shape(), values).unwrap();
        }
    });
    let huge = huge.to_str().unwrap();
    let ran = hrm(["solve", "-m", huge, "--device", "cpu", HARD], "");
    assert!(
        ran.code == 1 && ran.stderr.contains("numbers are not finite") && !ran.stderr.contains("--tries"),
        "{}",
        ran.stderr
    );
    let ran = hrm(
        [
            "eval",
            "-m",
            huge,
            "--device",
            "cpu",
            "--segments",
            "1",
            "sudoku-check.csv",
        ],
        "",
    );
    assert!(
        ran.code == 0 && ran.stderr.contains("60 samples: the network's numbers are not finite"),
        "{}",
        ran.stderr
    );
    // A file that was damaged says so before it is used.
    let weights = Path::new(large).join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&weights, bytes).unwrap();
    let ran = hrm(["inspect", large], "");
    assert!(
        ran.code == 3 && ran.stdout.contains("holds a value that is not finite"),
        "{}",
        ran.stdout
    );
}

/// A kilobyte of text claims what would fill any machine: factors that are possible by themselves.
#[test]
fn products_of_settings_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let golden = repository().join("tests/golden/hrm-tiny");
    for name in ["model.safetensors", "config.yaml", "dataset.json"] {
        std::fs::copy(golden.join(name), folder.path().join(name)).unwrap();
    }
    let yaml = std::fs::read_to_string(golden.join("config.yaml")).unwrap();
    let text = folder.path().to_str().unwrap();
    for (h, l) in [(2000, 2000), (65_536, 1), (1, 65_536), (128, 128)] {
        let changed = yaml.replace("H_cycles: 2", &format!("H_cycles: {h}"));
        let changed = changed.replace("L_cycles: 2", &format!("L_cycles: {l}"));
        assert_ne!(changed, yaml);
        std::fs::write(folder.path().join("config.yaml"), changed).unwrap();
        let ran = hrm(["inspect", text], "");
        assert!(
            ran.code == 3 && ran.stdout.contains("updates × layers of a segment"),
            "{h} {l}: {}",
            ran.stdout
        );
    }
    std::fs::write(folder.path().join("config.yaml"), &yaml).unwrap();
    let data = std::fs::read_to_string(golden.join("dataset.json")).unwrap();
    let at = data.find("\"seq_len\"").unwrap();
    let end = at + data[at..].find([',', '}']).unwrap();
    let data = format!("{}\"seq_len\": 1048576{}", &data[..at], &data[end..]);
    std::fs::write(folder.path().join("dataset.json"), data).unwrap();
    let started = Instant::now();
    assert!(matches!(
        hrm(["solve", "-m", text, "--device", "cpu", HARD], "").code,
        2 | 3
    ));
    assert!(started.elapsed() < Duration::from_secs(20));
    for args in [
        &["bench", "--batch", "1000000000", "--quick", "--device", "cpu"][..],
        &["solve", "--batch", "65537", "--device", "cpu", HARD],
        &["solve", "--threads", "1000000", "--device", "cpu", HARD],
    ] {
        let ran = hrm(args, "");
        assert!(
            ran.code == 2 && ran.stderr.contains("expected 1 to "),
            "{args:?}: {}",
            ran.stderr
        );
    }
    let io = golden.join("io.safetensors");
    let (io, golden) = (io.to_str().unwrap(), golden.to_str().unwrap());
    let ran = hrm(
        [
            "run",
            "-m",
            golden,
            "--inputs",
            io,
            "--outputs",
            "-",
            "--segments",
            "100000000",
            "--device",
            "cpu",
        ],
        "",
    );
    assert!(
        ran.code == 2 && ran.stderr.contains("outputs of at most 4 GiB"),
        "{}",
        ran.stderr
    );
}

/// What files say stays text.
#[test]
fn files_do_not_command_a_terminal() {
    let (title, clear) = ("\u{1b}]0;pwned\u{7}", "\u{1b}[2J");
    let csv = std::fs::read_to_string(repository().join("tests/data/sudoku-check.csv")).unwrap();
    let mut lines = csv.lines();
    let (head, row) = (lines.next().unwrap(), lines.next().unwrap());
    let (_, rest) = row.split_once(',').unwrap();
    let data = format!("{head}\n{title}{clear}\u{9b}2J,{rest}\n");
    let (folder, path) = super::file("d.csv", data);
    let eval = ["eval", path.to_str().unwrap(), "--device", "cpu", "--segments", "1"];
    let broken = folder.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    let header = format!(
        r#"{{"a{0}":{{"dtype":"F32{0}","shape":[1],"data_offsets":[0,4]}}}}"#,
        "\\u001b]0;pwned\\u0007"
    );
    let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat();
    std::fs::write(broken.join("model.safetensors"), file).unwrap();
    std::fs::write(
        broken.join("config.json"),
        format!(r#"{{"format": 1, "family": "{}"}}"#, "\\u001b[2Jx"),
    )
    .unwrap();
    let garbage = super::file("p.txt", format!("{title}{clear}\n{HARD}\n"));
    for args in [
        &eval[..],
        &[&eval[..], &["--json"]].concat(),
        &["inspect", broken.to_str().unwrap()],
        &["solve", "-m", broken.to_str().unwrap(), HARD],
        &["solve", "--device", "cpu", garbage.1.to_str().unwrap()],
    ] {
        let ran = hrm(args, "");
        for text in [&ran.stdout, &ran.stderr] {
            let bad = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(bad, None, "{args:?}: {text:?}");
        }
        ran.stdout
            .lines()
            .filter(|line| line.starts_with('{'))
            .for_each(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap();
            });
    }
}

/// An answer is the same, however many tries run side by side.
#[test]
fn an_answer_does_not_depend_on_the_batch() {
    let maze = "   #  ########  #############    #  ######   ## ######### #      #  ##   #  ### ##### ###    # #####   # ## # ##### # # ########   # # ######## ##### S####### #G  #  ####### ### #  #         # #  ### ##### # #            #   ";
    let (_folder, path) = super::file("m.csv", format!("source,question,answer,rating\nx,{maze},,50\n"));
    let answer = |batch: &str| {
        let args = [
            "solve",
            path.to_str().unwrap(),
            "--json",
            "--device",
            "cpu",
            "--tries",
            "8",
            "--segments",
            "4",
            "--batch",
            batch,
        ];
        let mut object = hrm(args, "").json().remove(0);
        object.as_object_mut().unwrap().remove("ms");
        object
    };
    let wide = answer("64");
    for batch in ["1", "3"] {
        assert_eq!(answer(batch), wide, "{batch}");
    }
}

/// An empty variable of a shell is no choice.
#[test]
fn an_empty_device_is_left_open() {
    for device in ["", " "] {
        let (open, auto) = (
            hrm(["solve", "--json", "--device", device, HARD], ""),
            hrm(["solve", "--json", HARD], ""),
        );
        assert_eq!(open.json()[0]["device"], auto.json()[0]["device"]);
    }
}
