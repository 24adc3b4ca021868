//! ARC as people and the contest have it: files of tasks, boards as text, and what is wrong with them.

use std::sync::Arc;

use crate::common::{options, random_model};
use hrm::Solver;
use hrm::eval::Dataset;
use hrm::executor::Executor;
use hrm::model::{Config, Family, Model};
use hrm::solve::Query;
use hrm::tasks::{Board, Entry, Likelihood, arc, read};
use serde_json::{Value, json};

fn read_as(name: &str, content: &str) -> Vec<hrm::Result<Entry>> {
    read(content.as_bytes(), name, None)
}

/// The rows of a board as digits.
fn rows(board: &Board) -> String {
    arc::TASK.text(board).replace('\n', "/")
}

const TASK: &str = r#"{"train": [{"input": [[1, 2]], "output": [[3], [4]]}, {"input": [[0]], "output": [[9]]}],
 "test": [{"input": [[5, 6], [7, 8]], "output": [[1, 2, 3]]}, {"input": [[0, 0]]}]}"#;

#[test]
fn a_task_gives_a_puzzle_a_test_with_its_demonstrations() {
    let entries = read_as("some/folder/007bbfb7.json", TASK);
    let [Ok(first), Ok(second)] = &entries[..] else {
        panic!("{entries:?}")
    };
    for (entry, part, asked) in [(first, 0, "56/78"), (second, 1, "00")] {
        let puzzle = &entry.puzzle;
        assert_eq!((puzzle.name.as_deref(), puzzle.part), (Some("007bbfb7"), part));
        assert_eq!((rows(&puzzle.board), puzzle.task), (asked.to_owned(), arc::TASK));
        let shown: Vec<[String; 2]> = puzzle.demonstrations.iter().map(|(a, b)| [rows(a), rows(b)]).collect();
        assert_eq!(shown, [["12", "3/4"], ["0", "9"]]);
        assert_eq!(puzzle.sample().tokens.len(), 900);
    }
    let label = first.answer.as_ref().unwrap();
    assert_eq!(label[..5], [3, 4, 5, 1, 0]);
    assert_eq!(
        (label[30..33].to_vec(), label.len(), &second.answer),
        (vec![1; 3], 900, &None)
    );
    assert_eq!(rows(&arc::TASK.decode(label).unwrap()), "123");
}

#[test]
fn challenges_are_tasks_by_name() {
    let json = format!(r#"{{"b": {TASK}, "a": {TASK}}}"#);
    let entries: Vec<Entry> = read_as("x.json", &json).into_iter().map(Result::unwrap).collect();
    let names: Vec<_> = entries
        .iter()
        .map(|e| (e.puzzle.name.clone().unwrap(), e.puzzle.part))
        .collect();
    let of = |name: &str, part| (name.to_owned(), part);
    assert_eq!(names, [of("a", 0), of("a", 1), of("b", 0), of("b", 1)]);
}

#[test]
fn boards_of_digits_are_puzzles_where_the_task_is_named() {
    let text = "# 007bbfb7\n1 2 3\n4,5,6\n\n00\n\n\n#\n7\n";
    let entries = read(text.as_bytes(), "boards.txt", Some(arc::TASK));
    let found: Vec<_> = entries
        .into_iter()
        .map(Result::unwrap)
        .map(|e| (e.puzzle.name.clone(), rows(&e.puzzle.board), e.line))
        .collect();
    let of = |name: Option<&str>, board: &str, line| (name.map(str::to_owned), board.to_owned(), line);
    assert_eq!(
        found,
        [of(Some("007bbfb7"), "123/456", 2), of(None, "00", 5), of(None, "7", 9)]
    );
    assert_eq!(arc::TASK.sniff("012\n345"), Likelihood::No);
}

/// A task with one of its parts replaced.
fn with(part: &str, by: &str) -> String {
    let json = TASK.replacen(part, by, 1);
    assert_ne!(json, TASK);
    json
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let (many, wide) = (vec!["[0]"; 31].join(","), format!("[{}]", vec!["0"; 31].join(",")));
    let place = |rest: &str| format!("t.json: task t, {rest}");
    for (json, says) in [
        (with("[3], [4]", "[3], [4, 4]"), place("train pair 1, output, row 2: expected 1 cells, as in row 1, found 2")),
        (with("[[9]]", "[[10]]"), place("train pair 2, output, row 1, cell 1: expected a colour from 0 to 9, found 10")),
        (with("[[9]]", "[[-1]]"), place("train pair 2, output, row 1, cell 1: expected a colour from 0 to 9, found -1")),
        (with("[[9]]", "[[1.5]]"), place("train pair 2, output, row 1, cell 1: expected a colour from 0 to 9, found 1.5")),
        (with("[[9]]", "[[\"9\"]]"), place("train pair 2, output, row 1, cell 1: expected a colour from 0 to 9, found a text")),
        (with("[[9]]", &format!("[{many}]")), place("train pair 2, output: expected 1 to 30 rows, found 31")),
        (with("[[9]]", &format!("[{wide}]")), place("train pair 2, output, row 1: expected 1 to 30 cells, found 31")),
        (with("[[9]]", "[]"), place("train pair 2, output: expected 1 to 30 rows, found 0")),
        (with("[[9]]", "[[]]"), place("train pair 2, output, row 1: expected 1 to 30 cells, found 0")),
        (with("[[9]]", "9"), place("train pair 2, output: expected a list of rows, found a number")),
        (with("[[9]]", "[9]"), place("train pair 2, output, row 1: expected a list of cells, found a number")),
        (with("[[9]]", "null"), place("train pair 2: expected `output`, found none")),
        (with(", \"output\": [[9]]", ""), place("train pair 2: expected `output`, found none")),
        (with("\"test\"", "\"rest\""), place("test: expected a list of pairs, found none")),
        (with("\"train\"", "\"trains\""), place("train: expected a list of pairs, found none")),
        (r#"{"train": [], "test": [{"input": 1}]}"#.into(), place("train: expected a list of pairs, found an empty one")),
        (r#"{"train": 7, "test": [{"input": 1}]}"#.into(), place("train: expected a list of pairs, found a number")),
        (with("{\"input\": [[0, 0]]}", "7"), place("test pair 2: expected an object with `input` and `output`, found a number")),
        (with("[[0, 0]]", "[[0, 12]]"), place("test pair 2, input, row 1, cell 2: expected a colour from 0 to 9, found 12")),
        (
            TASK[..60].to_owned(),
            "t.json: expected the JSON of ARC tasks: expected more, found the end, in line 1, column 60".into(),
        ),
        (
            with("\"train\"", "\"train\": [], \"train\""),
            "t.json: expected the JSON of ARC tasks: expected each key once, found `train` again, in line 1, column 21".into(),
        ),
        (
            r#"{"a": {}, "a": {}}"#.into(),
            "t.json, line 1, column 13: expected each key once, found `a` again".into(),
        ),
        (
            format!(r#"{{"a": {TASK}, "b": 7}}"#),
            "t.json: task b: expected an object, found a number".into(),
        ),
        (
            r#"{"a": [{"attempt_1": [[0]], "attempt_2": [[0]]}]}"#.into(),
            "t.json: expected an ARC task, an object with `train` and `test`, or an object of tasks by name, found a submission, which has answers alone".into(),
        ),
    ] {
        let problems: Vec<String> = read_as("t.json", &json)
            .into_iter()
            .filter_map(Result::err)
            .map(|problem| problem.to_string())
            .collect();
        assert_eq!(problems, [says], "{json}");
    }
}

#[test]
fn what_is_no_task_at_all_is_said_where_the_task_is_named() {
    const TASKS: &str =
        "t: expected an ARC task, an object with `train` and `test`, or an object of tasks by name, found ";
    for (text, says) in [
        ("{}", format!("{TASKS}an empty object")),
        ("[1, 2]", format!("{TASKS}a list")),
        (
            r#"{"a": [[[0]]]}"#,
            format!("{TASKS}solutions: name the file of challenges beside them"),
        ),
        ("12\n3", "t, line 2: expected 2 colours, as above, found 1".to_owned()),
        (
            "12\n3x",
            "t, line 2, column 2: expected a colour from `0` to `9`, found `x`".to_owned(),
        ),
        (
            &"1".repeat(31),
            "t, line 1: expected 1 to 30 colours, found 31".to_owned(),
        ),
        (
            &"1\n".repeat(31),
            "t, line 31: expected at most 30 rows, found more".to_owned(),
        ),
        ("", "t: expected a puzzle, found none".to_owned()),
    ] {
        let entry = read(text.as_bytes(), "t", Some(arc::TASK)).remove(0);
        assert_eq!(entry.unwrap_err().to_string(), says);
    }
}

/// Only what is wrong in a test of its own spoils that one alone.
#[test]
fn a_test_that_is_wrong_leaves_the_others() {
    let entries = read_as("t.json", &with("[[0, 0]]", "[[0], [0, 1]]"));
    assert!(entries[0].is_ok() && entries[1].is_err());
}

/// Names come with a model that has no folder. Of many tries, those that answer the same keep logits once, and the one that
/// wins has its own.
#[test]
fn a_model_that_was_given_its_names_knows_forms_and_its_answer_keeps_its_logits() {
    let config = Config::published(Family::Trm, 900, 12).with(|c| {
        (c.hidden_size, c.num_heads, c.puzzle_emb_ndim) = (16, 2, 16);
        (c.h_cycles, c.l_cycles, c.l_layers, c.expansion) = (1, 1, 1, 1.0);
        (c.halt_max_steps, c.num_puzzle_identifiers) = (1, 4);
        c.task = Some(arc::TASK);
    });
    let names = br#"["<blank>", "a", "a|||t1|||0123456789", "a|||t2|||0213456789"]"#;
    let solver = |names: &[u8]| {
        let model = random_model(&config).with_identifiers(names)?;
        let options = options(|options| {
            options.tries = Some(9);
            options.want.logits = true;
        });
        Solver::on(Executor::cpu(Arc::new(model), Some(1))?, &options)
    };
    let named = |name: &str| {
        let json = with(", {\"input\": [[0, 0]]}", "");
        read_as(&format!("{name}.json"), &json).remove(0).unwrap().puzzle
    };
    let known = solver(names).unwrap();
    assert!(known.check(&named("a")).is_ok() && known.check(&named("b")).is_err());
    for every in [false, true] {
        let query = [Query::from(named("a"))];
        let run = if every { known.run(query) } else { known.answers(query) };
        let (mut run, mut decided) = (run.unwrap(), None);
        while let Some(segment) = run.next_blocking() {
            let segment = segment.unwrap();
            decided = segment.decision.map(|decision| (decision.tries, segment)).or(decided);
        }
        let (tries, segment) = decided.unwrap();
        assert_eq!((tries, segment.outputs.logits.unwrap().len()), (3, 900 * 12));
    }
    let wrong = solver(b"[\"<blank>\"]").unwrap_err().to_string();
    assert!(wrong.starts_with("identifiers.json: expected the 4 names"), "{wrong}");
    let other = Model::bundled("sudoku").unwrap().with_identifiers(names).unwrap_err();
    let says = "identifiers.json: expected a model that knows puzzles by name, found sudoku";
    assert_eq!(other.to_string(), says);
    // Pasted, a task has no name.
    let pasted = read_as("text", TASK).remove(0).unwrap();
    assert_eq!(pasted.puzzle.name, None);
}

/// Whatever cannot be read, each question keeps its number, for a submission has a place for every one; and an answer that is
/// not known keeps no question from being asked.
#[test]
fn questions_keep_their_numbers() {
    let board = |colour: usize| json!([[colour, colour]]);
    let pair = |colour: usize| json!({"input": board(colour), "output": board(colour)});
    let task = |tests: &[usize]| {
        let tests: Vec<Value> = tests.iter().map(|&colour| json!({"input": board(colour)})).collect();
        json!({"train": [pair(1)], "test": tests})
    };
    let challenges = json!({"a": task(&[1, 2, 3]), "b": task(&[4]), "c": task(&[5, 6])});
    let solutions = json!({"a": [board(1), board(2), board(3)], "b": [board(4)], "c": [board(5), board(6)]});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("challenges.json");
    // The questions that are asked, and those whose answers are known, by task and number; and what is reported.
    let read = |challenges: &Value, solutions: &str| {
        std::fs::write(&path, challenges.to_string()).unwrap();
        std::fs::write(folder.path().join("solutions.json"), solutions).unwrap();
        let data = Dataset::open(&path, None).unwrap();
        let all = data.tests.iter().flat_map(|(name, tests)| {
            let numbered = tests.iter().enumerate();
            numbered.map(move |(number, test)| (format!("{name}{}", number + 1), test))
        });
        let all: Vec<_> = all.collect();
        let places: Vec<&str> = all.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, ["a1", "a2", "a3", "b1", "c1", "c2"]);
        for ((place, (question, right)), colour) in all.iter().zip(1..) {
            let text = format!("{colour}{colour}");
            assert!(question.is_empty() || question.trim() == text, "{place}: {question}");
            assert!(
                right.as_ref().is_none_or(|right| right.trim() == text),
                "{place}: {right:?}"
            );
        }
        let of = |keep: fn(&(String, Option<String>)) -> bool| {
            let kept = all.iter().filter(|(_, test)| keep(test));
            kept.map(|(place, _)| place.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(data.len, all.iter().filter(|(_, test)| !test.0.is_empty()).count());
        let asked = of(|test| !test.0.is_empty());
        (asked, of(|test| test.1.is_some()), data.problems.len())
    };
    let whole = "a1 a2 a3 b1 c1 c2";
    let known = solutions.to_string();
    assert_eq!(read(&challenges, &known), (whole.into(), whole.into(), 0));
    for wrong in [
        json!({"input": [[1, 2], [3]]}),
        json!({}),
        json!(1),
        json!({"input": [[10]]}),
    ] {
        for (number, left) in [(0, "a2 a3 b1 c1 c2"), (1, "a1 a3 b1 c1 c2"), (2, "a1 a2 b1 c1 c2")] {
            let mut broken = challenges.clone();
            broken["a"]["test"][number] = wrong.clone();
            assert_eq!(read(&broken, &known), (left.into(), left.into(), 1), "{wrong}");
        }
    }
    // A demonstration spoils its task, whose questions have their places all the same.
    let mut broken = challenges.clone();
    broken["a"]["train"][0]["input"] = json!("none");
    assert_eq!(read(&broken, &known), ("b1 c1 c2".into(), "b1 c1 c2".into(), 1));
    type Break = fn(&mut Value);
    let breaks: [(Break, &str, usize); 5] = [
        (|all| all["a"][1] = json!([[10]]), "a1 a3 b1 c1 c2", 1),
        (|all| all["a"] = json!([[[1, 1]]]), "a1 b1 c1 c2", 2),
        (
            |all| drop(all.as_object_mut().unwrap().remove("b")),
            "a1 a2 a3 c1 c2",
            1,
        ),
        (|all| *all = json!({}), "", 6),
        (|all| *all = json!([]), "", 1),
    ];
    for (change, left, problems) in breaks {
        let mut broken = solutions.clone();
        change(&mut broken);
        assert_eq!(
            read(&challenges, &broken.to_string()),
            (whole.into(), left.into(), problems),
            "{broken}"
        );
    }
    assert_eq!(read(&challenges, "{"), (whole.into(), String::new(), 1));
    // With a byte order mark, as some editors write it.
    assert_eq!(
        read(&challenges, &format!("\u{feff}{known}")),
        (whole.into(), whole.into(), 0)
    );
}
