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

#[test]
fn shards_add_up_to_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let shard = |shard: &str| {
        let path = folder.path().join(shard.replace('/', "-"));
        assert_eq!(eval(&path, &["--shard", shard]).code, 0);
        records(&path)
    };
    let mut parts: Vec<String> = ["1/3", "2/3", "3/3"].into_iter().flat_map(shard).collect();
    parts.sort();
    let mut whole = shard("1/1");
    whole.sort();
    assert_eq!((parts.len(), parts), (60, whole));
    let bad = hrm([&EVAL[..], &["--shard", "0/3"]].concat(), "");
    assert_eq!(bad.code, 2);
    assert!(bad.stderr.contains("expected I/N with I from 1 to N"), "{}", bad.stderr);
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
