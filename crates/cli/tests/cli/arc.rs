//! ARC from the task's file to the submission, with small random models in the official form.

use hrm::model::Family;
use serde_json::{Value, json};

use super::arc_world::official::{self, Grid, Test};
use super::arc_world::world;
use super::hrm;

/// Both official forms (T = 916 with P = 16, and 901): data, task files and the contest's files give the same figures and the
/// same submission as a second implementation; so do parts that are merged, and what goes on.
#[test]
fn predictions_votes_and_submission_are_the_official_ones() {
    for family in [Family::Trm, Family::Hrm] {
        let world = world(family);
        let distinct: std::collections::BTreeSet<_> = world.predictions.iter().collect();
        assert!(distinct.len() > 10, "the model hardly looks at its input");

        let from_data = [
            "eval",
            "data",
            "--json",
            "--save",
            "predictions",
            "--submission",
            "data.json",
            "--out",
            "all.jsonl",
        ];
        let ran = world.hrm(&from_data);
        world.check(&ran, "data.json");
        let records = ran.json();
        assert_eq!(records.len(), world.predictions.len() + 1);
        for record in &records[..world.predictions.len()] {
            let index = record["index"].as_u64().unwrap() as usize;
            assert_eq!(record["prediction"], json!(world.predictions[index]), "sample {index}");
        }

        for (name, data) in [
            ("tasks", "tasks"),
            ("contest", "contest/arc-agi_evaluation_challenges.json"),
        ] {
            let out = format!("{name}.jsonl");
            let submission = format!("{name}.json");
            let ran = world.hrm(&[
                "eval",
                data,
                "--json",
                "--tries",
                "1000",
                "--submission",
                &submission,
                "--out",
                &out,
            ]);
            world.check(&ran, &submission);
            assert_eq!(ran.json().len(), 5, "a record a test");
        }

        for shard in ["1/3", "2/3", "3/3"] {
            let out = format!("part{}.jsonl", &shard[..1]);
            let part = [
                "eval",
                "data",
                "--save",
                "predictions",
                "--shard",
                shard,
                "--out",
                &out,
                "--batch",
                "3",
            ];
            assert_eq!(world.hrm(&part).code, 0);
        }
        let folder = world.folder.path();
        let parts = [
            "merge",
            "part3.jsonl",
            "part1.jsonl",
            "part2.jsonl",
            "--out",
            "merged.jsonl",
        ];
        assert!(
            super::command()
                .current_dir(folder)
                .args(parts)
                .output()
                .is_ok_and(|output| output.status.success())
        );
        assert_eq!(world.read("merged.jsonl"), world.read("all.jsonl"));
        // Nothing is computed again; the votes of earlier runs count.
        let again = [
            "eval",
            "data",
            "--json",
            "--save",
            "predictions",
            "--submission",
            "again.json",
            "--out",
            "merged.jsonl",
        ];
        let ran = world.hrm(&again);
        assert_eq!(ran.json().len(), 1);
        world.check(&ran, "again.json");
        let error = world.hrm(&again).error(2);
        assert!(
            error.contains("again.json exists") && error.contains("--force would begin merged.jsonl anew, too"),
            "{error}"
        );
    }
}

#[test]
fn a_task_that_the_model_does_not_know_is_explained_and_asked_when_told_to() {
    let world = world(Family::Trm);
    let task = |name: &str| world.folder.path().join(name);
    std::fs::copy(task("tasks/017c7c7b.json"), task("ffffffff.json")).unwrap();
    let error = world.hrm(&["solve", "ffffffff.json"]).error(2);
    assert!(
        error.contains("task ffffffff: model step_723 has no identifier for it"),
        "{error}"
    );
    assert!(error.contains("--blank-identifier"), "{error}");
    let blank = world.hrm(&[
        "solve",
        "ffffffff.json",
        "--blank-identifier",
        "--quiet",
        "--tries",
        "3",
    ]);
    assert_eq!(blank.code, 0, "{}", blank.stderr);

    // The others are evaluated, and the figures know what is missing.
    std::fs::copy(task("ffffffff.json"), task("tasks/ffffffff.json")).unwrap();
    std::fs::write(task("tasks/README.md"), "about").unwrap();
    let ran = world.hrm(&["eval", "tasks", "--submission", "s.json"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("task ffffffff") && ran.stderr.contains("README.md: expected a file with a puzzle"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.contains("HRM: pass@1 ") && ran.stdout.contains("1 test without an answer"),
        "{}",
        ran.stdout
    );
    let submission: Value = serde_json::from_str(&world.read("s.json")).unwrap();
    assert_eq!(
        submission["ffffffff"],
        json!([{"attempt_1": [[0, 0], [0, 0]], "attempt_2": [[0, 0], [0, 0]]}])
    );

    // Other data's names are refused, also where there are as many of them; without names nothing is known.
    let names = world.read("data/identifiers.json");
    let mut swapped: Vec<String> = serde_json::from_str(&names).unwrap();
    swapped.swap(1, 2);
    std::fs::write(task("data/identifiers.json"), json!(swapped).to_string()).unwrap();
    let error = world.hrm(&["eval", "data"]).error(2);
    assert!(
        error.contains(&format!(
            "identifier 1 is {} in the model, {} in the data",
            swapped[2], swapped[1]
        )),
        "{error}"
    );
    std::fs::write(task("data/identifiers.json"), names).unwrap();
    std::fs::write(task("run/identifiers.json"), "[\"<blank>\"]").unwrap();
    let error = world.hrm(&["solve", "tasks/017c7c7b.json"]).error(2);
    assert!(
        error.contains("expected the 16 names of the data that model step_723 was trained on, found 1"),
        "{error}"
    );
    std::fs::remove_file(task("run/identifiers.json")).unwrap();
    let error = world.hrm(&["solve", "tasks/017c7c7b.json"]).error(2);
    assert!(
        error.contains("expected the identifiers.json of its training data beside model step_723"),
        "{error}"
    );
    let named = world.hrm(&["solve", "tasks/017c7c7b.json", "--identifiers", "data"]);
    assert_eq!(named.code, 0, "{}", named.stderr);
}

#[test]
fn a_task_is_shown_with_its_demonstrations() {
    let world = world(Family::Trm);
    let ran = world.hrm(&[
        "solve",
        "tasks/017c7c7b.json",
        "--image",
        "answer.png",
        "--digits",
        "--palette",
        "safe",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout
            .starts_with("1 2   →  5 \n3 4      \n\n0 2 4 6 8 0 2 4 6 \n\n"),
        "{}",
        ran.stdout
    );
    let ran = world.hrm(&["solve", "tasks/007bbfb7.json", "--tries", "4"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let best = |test: &Test| official::ranked(&test.0[..4], official::in_f64).remove(0);
    let text = |grid: Grid| {
        let rows = grid
            .iter()
            .map(|row| row.iter().map(u8::to_string).collect::<String>() + "\n");
        rows.collect::<String>()
    };
    let answers: Vec<String> = world.tests["007bbfb7"].iter().map(|test| text(best(test))).collect();
    assert_eq!(ran.stdout.replace("\n\n", "\n"), answers.concat());
    let ran = world.hrm(&["solve", "tasks/00d62c1b.json", "--trace", "--image", "thinking.gif"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("segment 2: "));
    for (name, start) in [("answer.png", &b"\x89PNG"[..]), ("thinking.gif", b"GIF89a")] {
        assert!(
            std::fs::read(world.folder.path().join(name))
                .unwrap()
                .starts_with(start)
        );
    }
}

#[test]
fn a_folder_of_tasks_is_solved_in_order() {
    let world = world(Family::Hrm);
    let objects = world.hrm(&["solve", "tasks", "--json"]).json();
    assert_eq!(objects.len(), 4);
    assert!(
        objects
            .iter()
            .all(|object| object["task"] == "arc" && object["valid"].is_null())
    );
    assert_eq!(objects[3]["puzzle"], "024680246");
    // A converted model keeps the names.
    let ran = super::command()
        .current_dir(world.folder.path())
        .args(["convert", "run/step_723", "own"])
        .output();
    assert!(ran.unwrap().status.success());
    let again = super::command()
        .current_dir(world.folder.path())
        .args(["solve", "tasks", "--json", "--device", "cpu", "--model", "own"])
        .output();
    let again = String::from_utf8(again.unwrap().stdout).unwrap();
    for (line, object) in again.lines().zip(&objects) {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["answer"], object["answer"]);
    }
    assert_eq!(again.lines().count(), 4);
    // Bare `hrm`, and a board that is typed.
    assert!(
        hrm(["solve", "--task", "arc", "-"], "12\n3\n")
            .error(2)
            .contains("line 2: expected 2 colours, as above, found 1")
    );
}

/// The answers that a generated file holds, as text, in the order of its questions.
fn right(generated: &str) -> Vec<String> {
    let board = |value: &Value| {
        let rows = value.as_array().unwrap().iter().map(|row| {
            let row = row.as_array().unwrap().iter().map(Value::to_string);
            row.collect::<String>()
        });
        rows.collect::<Vec<_>>().join("\n")
    };
    let line = |line: &str| {
        let tasks: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        board(&tasks.values().next().unwrap()["test"][0]["output"])
    };
    generated.lines().map(line).collect()
}

/// What the bundled model was trained for, from the generator to the figures. The card says how much it solves.
#[test]
fn the_bundled_model_solves_most_questions_of_its_own_tasks() {
    let made = hrm(["generate", "arc", "--count", "58", "--seed", "41"], "");
    assert_eq!(made.code, 0, "{}", made.stderr);
    let ran = hrm(["solve", "--json", "-"], &made.stdout);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (objects, right) = (ran.json(), right(&made.stdout));
    assert!(
        objects
            .iter()
            .all(|object| object["model"] == "arc" && object["valid"].is_null())
    );
    let solved = objects
        .iter()
        .zip(&right)
        .filter(|(object, right)| object["answer"] == **right)
        .count();
    assert!(solved >= 44, "{solved} of 58");

    let (_folder, path) = super::file("made.json", &made.stdout);
    let ran = hrm(["eval".as_ref(), path.as_os_str(), "--json".as_ref()], "");
    let summary = ran.json().pop().unwrap();
    let exact = summary["exact_accuracy"].as_f64().unwrap();
    assert!(summary["pass"]["hrm"]["1"].as_f64().unwrap() > 0.5, "{summary}");
    // `exact` looks at the end marks, too.
    assert!((exact - solved as f64 / 58.0).abs() < 0.05, "{summary}");

    // More forms are asked where the model knows them, and no more than it knows.
    let one = made.stdout.lines().next().unwrap();
    let tries = hrm(["solve", "--json", "--tries", "9", "-"], one).json().remove(0);
    assert_eq!(tries["tries"], 4, "{tries}");
    // Another board under the same name, of any size that fits.
    let mut own: serde_json::Map<String, Value> = serde_json::from_str(one).unwrap();
    own.values_mut().next().unwrap()["test"] = json!([{"input": vec![vec![2; 11]; 3]}]);
    let error = hrm(["solve", "-"], &json!(own).to_string()).error(2);
    assert!(
        error.contains("model arc takes puzzles of up to 10×10 cells, this one has 3×11 cells"),
        "{error}"
    );
    // What it does not know is refused with what it knows.
    let unknown = one.replacen("{\"", "{\"x", 1);
    let error = hrm(["solve", "-"], &unknown).error(2);
    assert!(
        error.contains("no identifier for it") && error.contains("gravity-down"),
        "{error}"
    );
}

#[test]
fn what_is_generated_is_of_the_level_and_the_same_for_a_seed() {
    let of = |level: &str| {
        hrm(
            ["generate", "arc", "--level", level, "--count", "20", "--seed", "3"],
            "",
        )
    };
    let (family, task) = (of("gravity").stdout, of("gravity-down").stdout);
    assert_eq!(of("gravity").stdout, family);
    assert!(
        task.lines().all(|line| line.starts_with("{\"gravity-down\":")),
        "{task}"
    );
    assert!(
        family.contains("{\"gravity-left\":") && !family.contains("mirror"),
        "{family}"
    );
    let error = of("hard").error(2);
    assert!(
        error.contains("expected the level recolour, mirror,") && error.contains("found hard"),
        "{error}"
    );
    let error = hrm(["generate", "arc", "--csv"], "").error(2);
    assert!(error.contains("which CSV cannot hold: leave out --csv"), "{error}");
}
