//! Files that change under the command.

use std::fs::File;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use hrm::model::Tensor;

use super::{HARD, command, hrm, model, numbers, sound, spawn};

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
