//! ARC data with faults: each fault is reported with its place, and spoils nothing else.

use super::{Ran, command, hrm};
use serde_json::{Map, Value, json};

/// A folder with files of tasks that the bundled model knows, and what to run there.
struct World(tempfile::TempDir);

impl World {
    fn new(files: &[(&str, &Value)]) -> World {
        let folder = tempfile::tempdir().unwrap();
        for (name, value) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, value.to_string()).unwrap();
        }
        World(folder)
    }

    fn hrm(&self, args: &[&str]) -> Ran {
        Ran::of(command().current_dir(self.0.path()).args(args))
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.0.path().join(name)).unwrap()).unwrap()
    }

    fn has(&self, name: &str) -> bool {
        self.0.path().join(name).exists()
    }
}

/// Tasks with a test each, by name.
fn tasks(count: usize) -> Map<String, Value> {
    let count = count.to_string();
    let made = hrm(["generate", "arc", "--seed", "3", "--count", &count], "").stdout;
    let lines = made
        .lines()
        .map(|line| serde_json::from_str::<Map<_, _>>(line).unwrap());
    lines.flatten().collect()
}

#[test]
fn a_board_that_is_too_large_spoils_its_own_test() {
    let mut all = tasks(5);
    let name = all.keys().next().unwrap().clone();
    let tests = all[&name]["test"].as_array_mut().unwrap();
    tests.push(json!({"input": vec![vec![2; 11]; 3]}));
    let world = World::new(&[("x.json", &Value::Object(all.clone()))]);
    let ran = world.hrm(&["eval", "x.json", "--submission", "submission.json"]);
    let says =
        format!("error: task {name}, test 2: model arc takes puzzles of up to 10×10 cells, this one has 3×11 cells");
    assert!(ran.code == 2 && ran.stderr.contains(&says), "{}", ran.stderr);
    assert!(ran.stdout.contains("1 test without an answer"), "{}", ran.stdout);
    let written = world.json("submission.json");
    assert_eq!(written.as_object().unwrap().len(), all.len());
    assert_eq!(written[&name][1]["attempt_1"], json!([[0, 0], [0, 0]]));
    assert_ne!(written[&name][0]["attempt_1"], json!([[0, 0], [0, 0]]));
    // Where no board fits, it is the wrong model.
    let large: Map<String, Value> = all
        .into_iter()
        .map(|(name, mut task)| {
            task["test"] = json!([{"input": vec![vec![2; 11]; 3]}]);
            (name, task)
        })
        .collect();
    let ran = World::new(&[("x.json", &Value::Object(large))]).hrm(&["eval", "x.json"]);
    assert!(
        ran.stderr.starts_with("error: model arc takes puzzles of up to 10×10"),
        "{}",
        ran.stderr
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
}

#[test]
fn records_and_submission_are_two_files() {
    let world = World::new(&[("x.json", &Value::Object(tasks(2)))]);
    for same in ["r", "./r", "r.run.json"] {
        let error = world
            .hrm(&["eval", "x.json", "--out", "r", "--submission", same])
            .error(2);
        assert!(
            error.contains("expected two files for --out and --submission, and one for the conditions"),
            "{error}"
        );
        assert!(!world.has("r"));
    }
}

#[test]
fn a_shard_has_no_vote() {
    let world = World::new(&[("x.json", &Value::Object(tasks(4)))]);
    let error = world
        .hrm(&["eval", "x.json", "--shard", "1/2", "--submission", "s"])
        .error(2);
    assert!(
        error.contains("expected --submission or --shard, found both"),
        "{error}"
    );
    for part in ["1", "2"] {
        let ran = world.hrm(&["eval", "x.json", "--shard", &format!("{part}/2"), "--out", part]);
        assert!(ran.code == 0 && !ran.stdout.contains("pass@"), "{}", ran.stdout);
        assert!(!ran.stdout.contains("without an answer"), "{}", ran.stdout);
    }
    assert_eq!(world.hrm(&["merge", "1", "2", "--out", "all"]).code, 0);
    let ran = world.hrm(&["eval", "x.json", "--out", "all", "--submission", "s"]);
    assert!(
        ran.code == 0 && ran.stdout.contains("HRM: pass@1"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    let whole = world.hrm(&["eval", "x.json", "--submission", "whole"]);
    assert_eq!((whole.code, world.json("s")), (0, world.json("whole")));
}

#[test]
fn a_task_in_two_files_of_a_folder_counts_once() {
    let all = tasks(3);
    let (name, first) = all.iter().next().unwrap();
    let alone = format!("t/{name}.json");
    let world = World::new(&[("t/0.json", &Value::Object(all.clone())), (&alone, first)]);
    let ran = world.hrm(&["eval", "t", "--submission", "s"]);
    let says = format!(
        "{alone}: expected puzzles that no other file of the folder has, found 1 that are left out, as {name} of t/0.json"
    );
    assert!(ran.code == 2 && ran.stderr.contains(&says), "{}", ran.stderr);
    let written = world.json("s");
    assert_eq!(written.as_object().unwrap().len(), all.len());
    assert_eq!(written[name].as_array().unwrap().len(), 1);
}

#[test]
fn json_that_holds_no_puzzle_is_called_so() {
    const OTHER: &str =
        "expected JSON with puzzles, objects with a `question` or ARC tasks with `train` and `test`, found other JSON";
    for (json, says) in [
        ("{}", OTHER),
        ("[]", OTHER),
        (r#"{"a": 1}"#, OTHER),
        (r#"["<blank>", "a"]"#, OTHER),
        ("{", "expected JSON: expected more, found the end, in line 1, column 1"),
    ] {
        let ran = hrm(["solve", "-"], json);
        assert!(ran.code == 2 && (ran.stderr + &ran.stdout).contains(says), "{json}");
    }
    // In a folder of tasks, it is a task that is expected.
    let world = World::new(&[("t/a.json", &Value::Object(tasks(1))), ("t/b.json", &json!({}))]);
    let ran = world.hrm(&["eval", "t"]);
    assert!(ran.stderr.contains("t/b.json: expected an ARC task"), "{}", ran.stderr);
}

#[test]
fn a_name_cannot_break_a_line() {
    let task = tasks(1).into_iter().next().unwrap().1;
    let names = ["a\nb", "a\rb\u{1b}[2Jc"];
    let all: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), task.clone())).collect();
    let world = World::new(&[("x.json", &Value::Object(all))]);
    let (solved, evaluated) = (world.hrm(&["solve", "x.json"]), world.hrm(&["eval", "x.json"]));
    for text in [&solved.stdout, &solved.stderr, &evaluated.stderr] {
        let is_whole = |line: &str| ["# ", "error: ", "hint: "].iter().any(|start| line.starts_with(start));
        assert!(text.lines().all(is_whole) && !text.contains(['\r', '\u{1b}']), "{text}");
    }
    for text in [&solved.stdout, &evaluated.stderr] {
        assert!(text.contains("a\\nb"), "{text}");
    }
}
