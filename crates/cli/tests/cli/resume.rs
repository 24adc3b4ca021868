//! `hrm eval --out`: killed, resumed, shared out.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{hrm, repository};

/// Sixty puzzles, four segments each.
const EVAL: [&str; 6] = ["eval", "sudoku-official/same.csv", "--device", "cpu", "--segments", "4"];

fn eval(out: &Path, more: &[&str]) -> super::Ran {
    let out = ["--out", out.to_str().unwrap()];
    hrm([&EVAL[..], &out, more].concat(), "")
}

/// The lines of a file of records, by index.
fn records(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort_by_key(|line| serde_json::from_str::<Value>(line).unwrap()["index"].as_u64().unwrap());
    lines
}

/// A run killed at twenty moments loses nothing and repeats nothing.
#[test]
fn a_killed_evaluation_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (killed, undisturbed) = (folder.path().join("killed.jsonl"), folder.path().join("whole.jsonl"));
    let len = || std::fs::metadata(&killed).map_or(0, |file| file.len());
    let mut random = 1u64;
    for _ in 0..20 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Killed after so many more bytes, somewhere in the work that follows.
        let (growth, wait) = ((random >> 33) % 250, (random >> 50) % 8);
        let target = len() + growth;
        let mut command = Command::new(env!("CARGO_BIN_EXE_hrm"));
        command.args(EVAL).args(["--batch", "1", "--out"]).arg(&killed);
        command.current_dir(repository().join("tests/data"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while len() < target && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let half = std::fs::read_to_string(&killed).unwrap().lines().count();
    assert!((1..60).contains(&half), "{half} records after the kills");
    let resumed = eval(&killed, &[]);
    let whole = eval(&undisturbed, &["--batch", "64"]);
    assert_eq!((resumed.code, whole.code), (0, 0), "{}{}", resumed.stderr, whole.stderr);
    assert_eq!(records(&killed).len(), 60);
    assert_eq!(records(&killed), records(&undisturbed));
    // The figures are of all samples, those of earlier runs too.
    let figures = |ran: &super::Ran| {
        let (figures, speed) = ran.stdout.rsplit_once(", ").unwrap();
        assert!(speed.contains("samples/s"));
        figures.to_owned()
    };
    assert_eq!(figures(&resumed), figures(&whole));
    // Nothing is left to do.
    let again = eval(&killed, &["--json"]);
    assert_eq!(again.json().len(), 1, "{}", again.stdout);
    assert_eq!(again.json()[0]["samples"], 60);
}

/// Merged parts are the file that the undivided evaluation writes, to the last byte.
#[test]
fn merged_shards_are_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let run = |name: &str, more: &[&str]| {
        let more = [&["--save", "predictions", "--curve"], more].concat();
        assert_eq!(eval(&path(name), &more).code, 0);
    };
    for (name, shard) in [("a", "1/3"), ("b", "2/3"), ("c", "3/3")] {
        run(name, &["--shard", shard, "--batch", "7"]);
    }
    run("whole", &["--batch", "64"]);
    let merge = |parts: &[&str], out: &str| {
        let parts = parts.iter().map(|part| path(part).into_os_string());
        let out = ["--out".into(), path(out).into_os_string()];
        hrm(
            [std::ffi::OsString::from("merge")].into_iter().chain(parts).chain(out),
            "",
        )
    };
    assert_eq!(merge(&["c", "a", "b"], "all").code, 0);
    for (all, whole) in [("all", "whole"), ("all.run.json", "whole.run.json")] {
        assert_eq!(std::fs::read(path(all)).unwrap(), std::fs::read(path(whole)).unwrap());
    }
    // What is missing is said, also to programs, and evaluated by going on.
    let ran = merge(&["a", "c"], "some");
    assert!(
        ran.code == 1 && ran.stdout.starts_with("40 of 60 samples: ") && ran.stderr.contains("20 are missing"),
        "{}",
        ran.stderr
    );
    run("some", &[]);
    assert_eq!(records(&path("some")), records(&path("whole")));
    // Nothing is replaced.
    assert!(merge(&["a"], "all").stderr.contains("exists"));
    assert!(merge(&["a", "b"], "a").error(2).contains("is what this command reads"));
    assert_eq!(
        eval(
            &path("other"),
            &["--halt", "stable", "--save", "predictions", "--curve"]
        )
        .code,
        0
    );
    let error = merge(&["a", "other"], "none").error(2);
    assert!(
        error.contains("different evaluations (halt \"stable\" there, \"fixed\" here)")
            || error.contains("different evaluations (halt \"fixed\" there, \"stable\" here)"),
        "{error}"
    );
    assert!(!path("none").exists());
    // Records hold the predictions, and a curve with a point a segment.
    let record: Value = serde_json::from_str(&records(&path("whole"))[0]).unwrap();
    assert_eq!(record["prediction"].as_array().unwrap().len(), 81);
    assert_eq!(record["curve"].as_array().unwrap().len(), 4);
    assert_eq!(record["curve"][3]["exact"], record["exact"]);
}

#[test]
fn a_shard_that_is_none_is_refused() {
    let bad = hrm([&EVAL[..], &["--shard", "0/3"]].concat(), "");
    assert_eq!(bad.code, 2);
    assert!(bad.stderr.contains("expected I/N with I from 1 to N"), "{}", bad.stderr);
}

/// The same data under another name are the same; other data, weights or options are not, whatever their names.
#[test]
fn only_what_is_the_same_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("d.csv"), folder.path().join("d.jsonl"));
    let csv = std::fs::read_to_string(repository().join("tests/data/sudoku-check.csv")).unwrap();
    let of = |class: &str| {
        let lines = csv
            .lines()
            .filter(|line| line.starts_with("source") || line.starts_with(class));
        lines.collect::<Vec<_>>().join("\n")
    };
    let model = folder.path().join("m");
    assert_eq!(hrm(["convert", "sudoku", model.to_str().unwrap()], "").code, 0);
    let run = |data: &Path, more: &[&str]| {
        let fixed = [
            "eval",
            data.to_str().unwrap(),
            "--device",
            "cpu",
            "--segments",
            "2",
            "--out",
            out.to_str().unwrap(),
        ];
        hrm([&fixed[..], &["-m", model.to_str().unwrap()], more].concat(), "")
    };
    std::fs::write(&data, of("deep")).unwrap();
    assert_eq!(run(&data, &[]).code, 0);
    let copy = folder.path().join("copy.csv");
    std::fs::copy(&data, &copy).unwrap();
    assert_eq!(run(&copy, &["--quiet"]).code, 0);
    std::fs::write(&data, of("givens36")).unwrap();
    let error = run(&data, &[]).error(2);
    assert!(error.contains("the data: ") && error.contains(" there, "), "{error}");
    // The way out is asked for.
    let anew = run(&data, &["--force"]);
    assert!(
        anew.stdout.contains("all                        10"),
        "{}{}",
        anew.stdout,
        anew.stderr
    );
    for (more, says) in [
        (&["--dtype", "f32"][..], "dtype"),
        (&["--halt", "valid"], "halt"),
        (&["--tries", "2"], "tries"),
        (&["--save", "predictions"], "predictions"),
        (&["--curve"], "curve"),
    ] {
        let error = run(&data, more).error(2);
        assert!(
            error.contains(&format!("another run ({says}")) || error.contains("another run (the model"),
            "{error}"
        );
    }
    let weights = std::fs::read(repository().join("weights/sudoku/model.safetensors")).unwrap();
    let mut other = weights.clone();
    let last = other.len() - 1;
    other[last] ^= 1;
    std::fs::write(model.join("model.safetensors"), other).unwrap();
    let error = run(&data, &[]).error(2);
    assert!(error.contains("another run (the model: m (hash "), "{error}");
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for (out, says) in [
        (Path::new("/dev/null"), "no plain file"),
        (&fifo, "no plain file"),
        (folder.path(), "a folder"),
        (Path::new("-"), "standard output"),
        (
            &repository().join("tests/data/sudoku-official/same.csv"),
            "what this command reads",
        ),
        (&repository().join("tests/data/sudoku-check.csv"), "no file of records"),
    ] {
        let error = eval(out, &[]).error(2);
        assert!(error.contains(says), "{error}");
    }
    assert!(!Path::new("/dev/null.run.json").exists());
}

#[test]
fn results_of_another_run_are_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results.jsonl");
    assert_eq!(eval(&path, &["--shard", "1/30"]).code, 0);
    let before = records(&path);
    let error = eval(&path, &["--halt", "stable"]).error(2);
    assert!(error.contains("halt \"fixed\" there, \"stable\" here"), "{error}");
    assert_eq!(records(&path), before);
    let nowhere = eval(&folder.path().join("none/results.jsonl"), &[]);
    assert_eq!(nowhere.code, 2, "{}", nowhere.stderr);
}
