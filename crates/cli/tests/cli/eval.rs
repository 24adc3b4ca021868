//! `hrm eval`: the forms of a data set, the records and the summary.

use super::{file, hrm};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// Runs `hrm eval --json`; returns its objects and the summary, without its speed.
fn eval(args: &[&str]) -> (Vec<Value>, Value) {
    let ran = hrm([&["eval", "--json", "--device", "cpu"], args].concat(), "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let mut objects = ran.json();
    let mut summary = objects.pop().unwrap();
    assert_eq!(summary["summary"], true);
    assert!(summary["samples_per_s"].take().as_f64().unwrap() > 0.0);
    objects.sort_by_key(|object| object["index"].as_u64());
    (objects, summary)
}

/// Both hold the same sixty puzzles; only the CSV knows their sources.
#[test]
fn the_official_folder_equals_the_csv() {
    let (mut arrays, from_arrays) = eval(&["sudoku-official"]);
    let (mut csv, from_csv) = eval(&["sudoku-official/same.csv"]);
    for (a, b) in arrays.iter_mut().zip(&mut csv) {
        a["source"].take();
        b["source"].take();
        assert_eq!(a, b);
    }
    assert_eq!((arrays.len(), csv.len()), (60, 60));
    for key in [
        "samples",
        "accuracy",
        "exact_accuracy",
        "q_halt_accuracy",
        "mean_segments",
    ] {
        assert_eq!(from_arrays[key], from_csv[key], "{key}");
    }
    assert_eq!(from_csv["samples"], 60);
    // The model card says how much the bundled model solves.
    assert!(from_csv["exact_accuracy"].as_f64().unwrap() >= 0.8);
}

#[test]
fn a_record_a_sample_and_a_summary() {
    let easy = super::questions("givens36");
    let answer = "761354982253978146498612537847126359912435678635789421189547263526893714374261895";
    // With every digit one higher, no cell agrees.
    let wrong: String = answer
        .bytes()
        .map(|digit| char::from(b'1' + (digit - b'0') % 9))
        .collect();
    let (_folder, path) = file(
        "three.csv",
        format!(
            "source,question,answer,rating\na,{q},{answer},0\na,{q},{wrong},0\nb,{q},,0\n",
            q = easy[0]
        ),
    );
    let (mut records, summary) = eval(&[path.to_str().unwrap()]);
    for record in &mut records {
        assert!(record["q_halt"].take().as_f64().unwrap() > 0.0);
    }
    let record = |index: usize, source: &str, exact: bool, cells: Value| {
        json!({"index": index, "source": source, "exact": exact, "valid": true, "cells_correct": cells,
               "segments": 16, "stopped": "limit", "q_halt": null, "tries": 1})
    };
    let expected = [
        record(0, "a", true, 81.into()),
        record(1, "a", false, 0.into()),
        record(2, "b", true, Value::Null),
    ];
    assert_eq!(records, expected);
    let two_thirds = 2.0 / 3.0;
    let expected = json!({
        "summary": true, "samples": 3, "accuracy": 0.5, "exact_accuracy": two_thirds,
        "q_halt_accuracy": two_thirds, "mean_segments": 16.0, "histogram": {"16": 3}, "samples_per_s": null,
        "by": {"a": {"samples": 2, "exact_accuracy": 0.5, "mean_segments": 16.0},
               "b": {"samples": 1, "exact_accuracy": 1.0, "mean_segments": 16.0}},
    });
    assert_eq!(summary, expected);
}

#[test]
fn puzzles_without_answers_are_judged_by_the_rules() {
    let (_folder, path) = file("puzzles.txt", super::questions("givens36").join("\n"));
    let (records, summary) = eval(&[path.to_str().unwrap(), "--halt", "valid"]);
    assert!(
        records
            .iter()
            .all(|r| r["exact"] == true && r["cells_correct"].is_null() && r["stopped"] == "valid")
    );
    assert_eq!(
        (&summary["accuracy"], &summary["exact_accuracy"]),
        (&Value::Null, &json!(1.0))
    );
}

#[test]
fn a_bad_row_is_named_and_the_others_are_evaluated() {
    let mut lines = super::questions("givens36");
    lines[3].truncate(80);
    let (_folder, path) = file("puzzles.txt", lines.join("\n"));
    let ran = hrm(
        ["eval", "--device", "cpu", path.to_str().unwrap(), "--segments", "4"],
        "",
    );
    assert_eq!(ran.code, 2);
    assert_snapshot!(ran.stderr.replace(path.to_str().unwrap(), "puzzles.txt"), @r"
    error: puzzles.txt, line 4: expected 81 cells, found 80
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box: see `hrm solve --help`
    ");
    assert_snapshot!(ran.stdout.lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    source                samples      exact  segments
    all                         9   100.00 %      4.00
    ");
}
