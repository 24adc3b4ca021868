//! Mazes on the command line: `solve`, `eval` and `generate`, with small random models.

use std::path::Path;

use super::{Ran, common, file, hrm};
use hrm::model::Positions;
use insta::assert_snapshot;
use serde_json::Value;

const MAZE: &str = "#####\n#S  #\n# # #\n#  G#\n#####";

/// A folder with a random model for 5×5 mazes.
fn model() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = common::tiny().config.clone().with(|c| {
        c.positions = Positions::Learned;
        c.task = Some(hrm::tasks::maze::TASK);
        c.seq_len = 25;
        c.vocab_size = 6;
    });
    common::random_model(&config).save(folder.path(), None).unwrap();
    folder
}

fn with(model: &Path, args: &[&str], stdin: &str) -> Ran {
    let (command, rest) = args.split_first().unwrap();
    let device = ["--device", "cpu", "--segments", "2", "--model", model.to_str().unwrap()];
    hrm([&[*command], &device[..], rest].concat(), stdin)
}

fn flat(maze: &str) -> String {
    maze.replace('\n', "")
}

#[test]
fn every_form_of_a_maze_gives_the_same_answer() {
    let model = model();
    let csv = format!("source,question,answer,rating\nmine,{},,1\n", flat(MAZE));
    let (_folder, path) = file("maze.txt", MAZE);
    let answers: Vec<Value> = [
        (&["solve", "--json", MAZE][..], ""),
        (&["solve", "--json", &flat(MAZE)], ""),
        (&["solve", "--json", path.to_str().unwrap()], ""),
        (&["solve", "--json"], MAZE),
        (&["solve", "--json", "--task", "maze", "-"], &csv),
    ]
    .into_iter()
    .map(|(args, stdin)| {
        let ran = with(model.path(), args, stdin);
        assert_eq!(ran.code, 1, "{}", ran.stderr); // a random model solves nothing
        ran.json().remove(0)
    })
    .collect();
    let first = &answers[0];
    assert_eq!((&first["task"], &first["puzzle"]), (&"maze".into(), &MAZE.into()));
    assert_eq!((&first["valid"], &first["shortest"]), (&false.into(), &Value::Null));
    let rows: Vec<usize> = first["answer"].as_str().unwrap().lines().map(str::len).collect();
    assert_eq!(rows, [5; 5]);
    assert!(answers.iter().all(|a| a["answer"] == first["answer"]));
}

#[test]
fn several_mazes_are_answered_in_order_and_can_be_read_again() {
    let other = MAZE.replace("# # #", "# ###");
    let blocked = MAZE.replace("# # #", "#####");
    let (_folder, path) = file("mazes.txt", format!("{MAZE}\n\n{other}\n{blocked}\n"));
    let ran = with(model().path(), &["solve", path.to_str().unwrap()], "");
    assert_eq!(ran.code, 1);
    let again = hrm::tasks::read(ran.stdout.as_bytes(), "x", Some(hrm::tasks::maze::TASK));
    // A random model leaves characters that no question has, and no row is lost by the marks.
    assert_eq!(again.len(), 3, "{}", ran.stdout);
    let blocks: Vec<&str> = ran.stdout.split("\n\n").collect();
    assert_eq!(blocks.len(), 4, "{}", ran.stdout);
    assert!(
        blocks[..3]
            .iter()
            .all(|block| block.lines().count() == 6 && block.contains("\n# not valid: "))
    );
    let stderr = ran.stderr.replace(path.to_str().unwrap(), "mazes.txt");
    assert!(
        stderr.contains("note: mazes.txt, line 12: no way leads from S to G in this maze\n"),
        "{stderr}"
    );
    assert!(stderr.contains("note: mazes.txt, line 7: not solved: "), "{stderr}");
    assert!(stderr.ends_with("note: 0 of 3 answers are valid\n"), "{stderr}");
}

#[test]
fn the_bundled_model_finds_shortest_paths() {
    let mazes = hrm(
        [
            "generate",
            "maze",
            "--style",
            "scattered",
            "--seed",
            "2",
            "--count",
            "4",
        ],
        "",
    )
    .stdout;
    let ran = hrm(["solve", "--device", "cpu", "--json"], &mazes);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for answer in ran.json() {
        assert_eq!((&answer["valid"], &answer["shortest"]), (&true.into(), &true.into()));
        assert_eq!(
            (&answer["model"], &answer["stopped"]),
            (&"maze".into(), &"valid".into())
        );
    }
    assert_snapshot!(hrm(["solve", "--device", "cpu"], MAZE).error(2), @r"
    error: model maze takes mazes of 15×15 cells, this one has 5×5 cells: give another model
    hint: see `hrm solve --help`
    ");
}

#[test]
fn a_maze_of_another_size_does_not_hold_up_the_others() {
    let ran = with(
        model().path(),
        &["solve", "--json"],
        &format!("S  \n # \n  G\n\n{MAZE}\n"),
    );
    assert_eq!((ran.code, ran.json().len()), (2, 2));
    let (wrong, answered) = (&ran.json()[0], &ran.json()[1]);
    assert!(
        wrong["error"].as_str().unwrap().contains("takes mazes of 5×5 cells"),
        "{wrong}"
    );
    assert_eq!((&answered["index"], &answered["line"]), (&1.into(), &5.into()));
    assert!(
        ran.stderr.starts_with("error: standard input, line 1: model "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("takes mazes of 5×5 cells, this one has 3×3"),
        "{}",
        ran.stderr
    );
}

#[test]
fn one_maze_is_drawn() {
    let ran = with(model().path(), &["solve", "--trace"], MAZE);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2 * 9);
    assert_eq!(lines[0], "┌──────────┐");
    // What stays as it was asked is no change.
    let changed = lines[7]
        .strip_prefix("segment 1: ")
        .and_then(|rest| rest.split(' ').next());
    let changed: usize = changed.unwrap().parse().unwrap();
    assert!((1..25).contains(&changed), "{}", lines[7]);
    assert!(ran.stdout.contains('!'));
}

#[test]
fn what_is_no_maze_for_this_model_is_said() {
    let model = model();
    assert_snapshot!(with(model.path(), &["solve"], "S   \n    \n    \n   G").error(2).replace(model.path().file_name().unwrap().to_str().unwrap(), "[model]"), @r"
    error: model [model] takes mazes of 5×5 cells, this one has 4×4 cells: give another model
    hint: see `hrm solve --help`
    ");
    let inspected = hrm(["inspect", model.path().to_str().unwrap()], "").stdout;
    assert!(inspected.contains("maze, 5×5 cells"), "{inspected}");
    assert_snapshot!(with(model.path(), &["solve"], &MAZE.replace('S', " ")).error(2), @r"
    error: standard input, line 1: no maze: expected one `S` and one `G`, found 0 and 1
    hint: a maze is rows of `#`, space, `S` and `G`: see `hrm solve --help`
    ");
    assert_snapshot!(with(model.path(), &["solve"], &MAZE.replace('S', "x")).error(2), @r"
    error: standard input, line 2, column 2: expected one of `#`, space, `S`, `G`, `o`, found `x`
    hint: a maze is rows of `#`, space, `S` and `G`: see `hrm solve --help`
    ");
}

/// An array file of bytes, as NumPy writes it.
fn npy(shape: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.bytes());
    file.extend(bytes);
    file
}

#[test]
fn csv_and_official_folders_are_evaluated_alike() {
    let model = model();
    let csv = hrm(["generate", "maze", "--side", "5", "--count", "6", "--csv"], "").stdout;
    let (_folder, path) = file("mazes.csv", &csv);
    let folder = tempfile::tempdir().unwrap();
    let test = folder.path().join("test");
    std::fs::create_dir(&test).unwrap();
    let column = |at: usize| -> Vec<u8> {
        let rows = csv
            .lines()
            .skip(1)
            .flat_map(|row| row.split(',').nth(at).unwrap().chars());
        rows.map(|c| "?# SGo".find(c).unwrap() as u8).collect()
    };
    for (name, content) in [
        ("inputs", npy("(6, 25)", &column(1))),
        ("labels", npy("(6, 25)", &column(2))),
        ("puzzle_identifiers", npy("(6,)", &[0; 6])),
        ("puzzle_indices", npy("(7,)", &[0, 1, 2, 3, 4, 5, 6])),
    ] {
        std::fs::write(test.join(format!("all__{name}.npy")), content).unwrap();
    }
    std::fs::write(
        test.join("dataset.json"),
        r#"{"seq_len": 25, "vocab_size": 6, "num_puzzle_identifiers": 1}"#,
    )
    .unwrap();
    let summary = |path: &Path| {
        let ran = with(model.path(), &["eval", "--json", path.to_str().unwrap()], "");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let mut lines = ran.json();
        let mut summary = lines.pop().unwrap();
        assert!(
            lines
                .iter()
                .all(|record| record["valid"] == false && record["shortest"] == false)
        );
        summary["samples_per_s"].take();
        let by = summary["by"].take();
        (summary, by)
    };
    let (from_csv, by) = summary(&path);
    assert_eq!(from_csv, summary(folder.path()).0);
    assert_eq!(
        (&from_csv["valid_paths"], &from_csv["shortest_paths"]),
        (&0.0.into(), &0.0.into())
    );
    assert_eq!(
        (&by["scattered"]["samples"], &by["corridors"]["valid_paths"]),
        (&3.into(), &0.0.into())
    );
    let table = with(model.path(), &["eval", path.to_str().unwrap()], "").stdout;
    assert_snapshot!(table.lines().take(4).collect::<Vec<_>>().join("\n"), @r"
    source                samples      exact      valid   shortest  segments
    corridors                   3     0.00 %     0.00 %     0.00 %      2.00
    scattered                   3     0.00 %     0.00 %     0.00 %      2.00
    all                         6     0.00 %     0.00 %     0.00 %      2.00
    ");
}

/// Least moves from the start to the goal, by breadth-first search.
fn moves(maze: &str) -> Option<usize> {
    let rows: Vec<Vec<char>> = maze.lines().map(|row| row.chars().collect()).collect();
    let is = |row: usize, column: usize, c: char| rows.get(row).and_then(|r| r.get(column)) == Some(&c);
    let cells = (0..rows.len()).flat_map(|row| (0..rows.len()).map(move |column| (row, column)));
    let mut reached = std::collections::BTreeSet::new();
    let mut edge: Vec<(usize, usize)> = cells.filter(|&(row, column)| is(row, column, 'S')).collect();
    for moves in 0.. {
        if edge.is_empty() {
            return None;
        }
        if edge.iter().any(|&(row, column)| is(row, column, 'G')) {
            return Some(moves);
        }
        reached.extend(edge.iter().copied());
        let next = edge.iter().flat_map(|&(row, column)| {
            let [up, left] = [row.wrapping_sub(1), column.wrapping_sub(1)];
            [(up, column), (row + 1, column), (row, left), (row, column + 1)]
        });
        let open = |&(row, column): &(usize, usize)| is(row, column, ' ') || is(row, column, 'G');
        edge = next.filter(open).filter(|cell| !reached.contains(cell)).collect();
        edge.sort_unstable();
        edge.dedup();
    }
    None
}

#[test]
fn generated_mazes_are_read_again() {
    let generate = |args: &[&str]| hrm([&["generate", "maze", "--side", "9"], args].concat(), "");
    let text = generate(&["--count", "4", "--seed", "5"]).stdout;
    let entries = hrm::tasks::read(text.as_bytes(), "x", Some(hrm::tasks::maze::TASK));
    assert_eq!(entries.len(), 4);
    assert_eq!(text, generate(&["--count", "4", "--seed", "5"]).stdout);
    assert_ne!(text, generate(&["--count", "4", "--seed", "6"]).stdout);
    for entry in entries {
        assert!(moves(&entry.unwrap().puzzle.text()) >= Some(26));
    }
    let easy = generate(&["--moves", "1", "--style", "corridors", "--csv"]).stdout;
    assert!(easy.starts_with("source,question,answer,rating\ncorridors,"));
    assert_snapshot!(generate(&["--moves", "27"]).error(2), @r"
    error: expected 1 to 26 moves of the shortest path at side 9, found 27
    hint: see `hrm generate --help`
    ");
    assert_snapshot!(generate(&["--givens", "27"]).error(2), @r"
    error: expected a maze, which has no givens, found 27
    hint: see `hrm generate --help`
    ");
    assert_snapshot!(hrm(["generate", "maze", "--side", "100"], "").error(2), @r"
    error: expected a side of 5 to 64 cells, found 100
    hint: see `hrm generate --help`
    ");
}
