//! Data sets of a hub, and the catalogue's figures.

use super::*;
use serde_json::Value;

const DATA: &str = "sapientinc/sudoku-extreme";

/// A table with the columns and so many rows.
fn table(rows: usize) -> String {
    let text = std::fs::read_to_string(repository().join("tests/data/sudoku-check.csv")).unwrap();
    let (heading, lines) = text.split_once('\n').unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let rows = (0..rows).map(|row| format!("{}\n", lines[row % lines.len()]));
    format!("{heading}\n{}", rows.collect::<String>())
}

fn data(files: Vec<Kept>) -> (String, Vec<Kept>) {
    (format!("datasets/{DATA}"), files)
}

#[test]
fn a_table_is_pulled_and_evaluated_by_name() {
    let files = vec![
        kept("test.csv", table(40), true),
        kept("train.csv", "source,question\n", true),
    ];
    let visit = Visit::new(Hub::new([data(files)]));
    let eval = [
        "eval",
        "hub:sapientinc/sudoku-extreme",
        "--device",
        "cpu",
        "--segments",
        "1",
        "--json",
    ];
    let summary = visit.run(&eval);
    assert_eq!(
        (summary.code, summary.json().last().unwrap()["samples"].as_u64()),
        (0, Some(40)),
        "{}",
        summary.stderr
    );
    let pulled = visit.offline(&["pull", "--data", DATA]);
    assert!(
        pulled.stdout.contains("test.csv, in the cache") && !pulled.stdout.contains("train"),
        "{}",
        pulled.stdout
    );
    let error = visit.run(&["eval", "hub:sapientinc/nothing"]).error(2);
    assert!(
        error.starts_with("error: hub:sapientinc/nothing: the hub gives the list of its files to nobody"),
        "{error}"
    );
}

#[test]
fn arrays_are_pulled_as_a_folder() {
    let folder = repository().join("tests/data/sudoku-official/test");
    let mut files: Vec<Kept> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = format!("test/{}", path.file_name().unwrap().to_str().unwrap());
            kept(&name, std::fs::read(&path).unwrap(), name.ends_with(".npy"))
        })
        .collect();
    files.push(kept("train/all__inputs.npy", "large", true));
    let visit = Visit::new(Hub::new([data(files)]));
    let eval = [
        "eval",
        "hub:sapientinc/sudoku-extreme",
        "--device",
        "cpu",
        "--segments",
        "1",
        "--json",
    ];
    let ran = visit.run(&eval);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.json().last().unwrap()["samples"].as_u64() > Some(0));
    assert!(!visit.hub.asked().iter().any(|asked| asked.path.contains("train")));
    assert_eq!(visit.offline(&eval).stdout.lines().count(), ran.stdout.lines().count());
}

#[test]
fn some_rows_of_a_large_table_come_without_the_rest() {
    let rows = table(30_000);
    let visit = Visit::new(Hub::new([data(vec![kept("test.csv", rows.clone(), true)])]));
    let lines: Vec<&str> = rows.lines().collect();
    let pull = |rows: &str| {
        let ran = visit.run(&["pull", "--data", DATA, "--rows", rows]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        std::fs::read_to_string(ran.stdout.trim_end()).unwrap()
    };
    let range = pull("7..10");
    assert_eq!(range.lines().collect::<Vec<_>>(), [&lines[..1], &lines[8..11]].concat());
    let spread = pull("100");
    assert_eq!(spread.lines().count(), 101);
    assert!(spread.lines().all(|line| lines.contains(&line)));
    let fetched: usize = visit
        .hub
        .asked()
        .iter()
        .filter(|a| a.second)
        .map(|a| a.to.unwrap() + 1 - a.from.unwrap())
        .sum();
    assert!(fetched < rows.len() + (2 << 20), "{fetched} of {}", rows.len());
    // The second time nobody is asked.
    let asked = visit.hub.asked().len();
    assert_eq!(pull("100"), spread);
    assert_eq!(visit.hub.asked().len(), asked);
    let error = visit.run(&["pull", "--data", DATA, "--rows", "50000..50010"]).error(2);
    assert!(
        error.contains("expected rows 50000..50010 of `test.csv`, found that it has fewer"),
        "{error}"
    );
    let error = visit.offline(&["pull", "--data", DATA, "--rows", "1..2"]).error(2);
    assert!(error.contains("HF_HUB_OFFLINE"), "{error}");
    // Where there are fewer rows, it says so.
    let ran = visit.run(&["pull", "--data", DATA, "--rows", "29995..30005"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("expected 10 rows of `test.csv`, found 5"),
        "{}",
        ran.stderr
    );
    // Rows of a table that is here whole need nobody.
    assert_eq!(visit.run(&["pull", "--data", DATA]).code, 0);
    let ran = visit.offline(&["pull", "--data", DATA, "--rows", "3..5"]);
    let rows = std::fs::read_to_string(ran.stdout.trim_end()).unwrap();
    assert_eq!(rows.lines().collect::<Vec<_>>(), [&lines[..1], &lines[4..6]].concat());
}

/// A small table comes whole, so that its checksum is known, whatever it is called.
#[test]
fn rows_of_a_small_table_have_a_checksum() {
    let files = vec![kept("sets/puzzles.csv", table(40), true)];
    let visit = Visit::new(Hub::new([data(files)]));
    let pull = ["pull", "--data", DATA, "--rows", "5"];
    let rows = visit.run(&pull);
    assert_eq!((rows.code, rows.stderr.as_str()), (0, ""));
    let asked = visit.hub.asked().len();
    assert_eq!(visit.run(&pull).stdout, rows.stdout);
    assert_eq!(visit.offline(&["pull", "--data", DATA, "--rows", "6"]).code, 0);
    assert_eq!(visit.hub.asked().len(), asked);
    let other = table(40).replace('1', "2");
    let files = vec![kept("sets/puzzles.csv", table(40), true)];
    let visit = Visit::new(Hub::with([data(files)], move |asked| {
        asked.second.then(|| server::part(other.as_bytes(), asked))
    }));
    assert!(visit.run(&pull).error(2).contains("expected checksum"));
    let empty = Visit::new(Hub::new([data(vec![kept("test.csv", "", false)])]));
    let error = empty.run(&pull).error(2);
    assert!(
        error.contains("expected rows 5 of `test.csv`, found that it has fewer"),
        "{error}"
    );
}

/// Random weights solve nothing, so that the score differs.
#[test]
fn a_model_is_held_to_its_score() {
    let rows = vec![kept("test.csv", table(40), true)];
    let visit = Visit::new(Hub::new([sudoku(), data(rows)]));
    let check = [
        "models",
        "check",
        NAME,
        "--samples",
        "40",
        "--segments",
        "4",
        "--device",
        "cpu",
    ];
    let ran = visit.run(&check);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
    for said in [
        "40 puzzles of sapientinc/sudoku-extreme",
        "1 exact       0.0 %     0.0 to  14.2      1.6 %",
        "4 exact       0.0 %     0.0 to  14.2     34.8 %",
        "differs from what was measured by one independent evaluator",
        "published: 55.0 % exact after 16 segments (the TRM paper's table)",
    ] {
        assert!(ran.stdout.contains(said), "{said}:\n{}", ran.stdout);
    }
    let json = visit.offline(&[&check[..], &["--json"]].concat()).json().remove(0);
    assert_eq!(
        (&json["agrees"], &json["points"][1]["measured"]),
        (&Value::Bool(false), &34.8.into())
    );
    let error = visit.run(&["models", "check", "nobody/nothing"]).error(2);
    assert!(error.contains("hub:nobody/nothing is not in the catalogue"), "{error}");
    let error = visit
        .run(&["models", "check", "arcprize/trm_arc_prize_verification"])
        .error(2);
    assert!(
        error.contains("has no test set here to hold it to: what is published is 40 % of ARC-AGI-1"),
        "{error}"
    );
}
