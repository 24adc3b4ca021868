//! `--tries`, and what a model card says about `--segments`.

use super::{file, hrm, questions};

/// The bundled model solves some of the hardest class in few segments, and more of them in variants.
#[test]
fn more_tries_solve_more_and_say_which_variant_won() {
    let puzzles = questions("deep").join("\n");
    let run = |tries: &str| {
        let args = [
            "solve",
            "--device",
            "cpu",
            "--json",
            "--segments",
            "6",
            "--tries",
            tries,
        ];
        hrm(args, &puzzles).json()
    };
    let (one, eight) = (run("1"), run("8"));
    let valid = |objects: &[serde_json::Value]| objects.iter().filter(|o| o["valid"] == true).count();
    assert!(valid(&eight) > valid(&one), "{} and {}", valid(&eight), valid(&one));
    for (one, eight) in one.iter().zip(&eight) {
        assert_eq!((&one["tries"], &one["variant"]), (&1.into(), &"given".into()));
        assert_eq!(one["puzzle"], eight["puzzle"]);
        if one["valid"] == true {
            let same = ["valid", "answer", "segments", "q_halt", "tries", "variant"];
            same.iter().for_each(|key| assert_eq!(one[key], eight[key]));
        } else {
            assert_eq!(eight["tries"], 8);
        }
    }
    let won = eight.iter().find(|o| o["valid"] == true && o["tries"] == 8).unwrap();
    assert!(won["variant"].as_str().unwrap().starts_with("symmetry "), "{won}");
}

#[test]
fn a_trace_is_of_the_try_that_gave_the_answer() {
    for (tries, puzzle) in [("4", &questions("deep")[0]), ("3", &questions("few")[1])] {
        let args = [
            "solve",
            "--device",
            "cpu",
            "--json",
            "--trace",
            "--segments",
            "2",
            "--tries",
            tries,
            puzzle,
        ];
        let object = hrm(args, "").json().remove(0);
        let trace = object["trace"].as_array().unwrap();
        assert_eq!(trace.len(), object["segments"].as_u64().unwrap() as usize);
        let last = &trace[trace.len() - 1];
        assert_eq!((&last["grid"], &last["q_halt"]), (&object["answer"], &object["q_halt"]));
    }
}

#[test]
fn an_evaluation_tells_tries_and_keeps_them_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("deep.txt"), folder.path().join("results.jsonl"));
    std::fs::write(&data, questions("deep")[..4].join("\n")).unwrap();
    let (data, out) = (data.to_str().unwrap(), out.to_str().unwrap());
    let run = |tries: &str| {
        let args = [
            "--halt",
            "valid",
            "--segments",
            "3",
            "--json",
            "--out",
            out,
            "--tries",
            tries,
        ];
        hrm(["eval", data, "--device", "cpu"].into_iter().chain(args), "")
    };
    let objects = run("3").json();
    let (records, summary) = objects.split_at(4);
    let tries: Vec<i64> = records.iter().map(|record| record["tries"].as_i64().unwrap()).collect();
    assert!(
        tries.iter().all(|tries| [1, 3].contains(tries)) && tries.contains(&3),
        "{tries:?}"
    );
    assert_eq!(summary[0]["samples"], 4);
    let other = run("2");
    assert!(other.code == 2 && other.stderr.contains("tries"), "{}", other.stderr);
}

/// Only a card that reports harm causes a warning, and only if no rules stop the model in time.
#[test]
fn more_segments_are_warned_of_where_the_card_says_that_they_hurt() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    let model = model.to_str().unwrap();
    assert_eq!(hrm(["convert", "sudoku", model], "").code, 0);
    let puzzle = &questions("givens36")[0];
    let notes = |args: &[&str]| {
        let all = [&["solve", "--device", "cpu", "--model", model], args, &[puzzle]].concat();
        hrm(all, "").stderr.lines().filter(|line| line.contains("card")).count()
    };
    let long = ["--halt", "stable", "--segments", "40"];
    assert_eq!(notes(&long), 0);
    let path = folder.path().join("model/config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        config.replacen("\"segments_measured\": 64", "\"segments_measured\": 32", 1),
    )
    .unwrap();
    assert_eq!(notes(&long), 1);
    assert_eq!(notes(&["--halt", "stable", "--segments", "32"]), 0);
    assert_eq!(notes(&["--halt", "valid", "--segments", "40"]), 0);
    assert_eq!(notes(&["--quiet", "--halt", "stable", "--segments", "40"]), 0);
    // The field survives a conversion.
    let again = folder.path().join("again");
    assert_eq!(hrm(["convert", model, again.to_str().unwrap()], "").code, 0);
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(again.join("config.json")).unwrap()).unwrap();
    assert_eq!(config["segments_measured"], 32);
}

/// An answer is the same, however many tries run side by side.
#[test]
fn an_answer_does_not_depend_on_the_batch() {
    let maze = "   #  ########  #############    #  ######   ## ######### #      #  ##   #  ### ##### ###    # #####   # ## # ##### # # ########   # # ######## ##### S####### #G  #  ####### ### #  #         # #  ### ##### # #            #   ";
    let (_folder, path) = file("m.csv", format!("source,question,answer,rating\nx,{maze},,50\n"));
    let answer = |batch: &str| {
        let args = [
            "solve",
            path.to_str().unwrap(),
            "--json",
            "--device",
            "cpu",
            "--tries",
            "8",
            "--segments",
            "4",
            "--batch",
            batch,
        ];
        let mut object = hrm(args, "").json().remove(0);
        object.as_object_mut().unwrap().remove("ms");
        object
    };
    let wide = answer("64");
    for batch in ["1", "3"] {
        assert_eq!(answer(batch), wide, "{batch}");
    }
}
