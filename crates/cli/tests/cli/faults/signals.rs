//! Signals at any moment.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use hrm::model::Tensor;

use super::{HARD, command, hrm, model, numbers, run_into, sound, spawn};

/// Interrupted, terminated and killed at seeded moments: what was there stays whole, and what is half written goes with the
/// program, unless that had no moment left to care.
#[test]
fn a_signal_at_any_moment_leaves_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
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
    let run = run_into(&tensors);
    let commands = [
        vec!["convert", large, &to, "--force", "--dtype", "f16"],
        run.iter().map(String::as_str).collect(),
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
