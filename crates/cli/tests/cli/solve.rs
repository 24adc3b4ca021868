//! `hrm solve`: the forms of a puzzle, boards, JSON, exit codes.

use super::{HARD, Ran, command, file, hrm, questions};
use insta::assert_snapshot;

const ANSWER: &str = "953874612461293857872651439547128963629345781138967245784512396295436178316789524";

fn solve(args: &[&str], stdin: &str) -> Ran {
    hrm([&["solve", "--device", "cpu"], args].concat(), stdin)
}

/// Nine lines of nine.
fn rows(puzzle: &str) -> Vec<&str> {
    (0..9).map(|row| &puzzle[9 * row..][..9]).collect()
}

fn drawn(puzzle: &str) -> String {
    let line = |row: &str| format!("| {} | {} | {} |\n", &row[..3], &row[3..6], &row[6..]);
    let band = |band: &[&str]| band.iter().map(|row| line(row)).collect::<String>();
    let border = "+-----+-----+-----+\n";
    rows(puzzle)
        .chunks(3)
        .map(|rows| border.to_owned() + &band(rows))
        .collect::<String>()
        + border
}

#[test]
fn a_hard_puzzle_is_solved_and_drawn() {
    assert_snapshot!(solve(&[HARD], "").shown(), @r"
    exit 0
    -- stdout
    ┌──────────┬──────────┬──────────┐
    │ 9  5  3  │ 8  7  4  │ 6  1  2  │
    │ 4' 6  1  │ 2  9  3  │ 8' 5' 7  │
    │ 8  7' 2  │ 6  5  1' │ 4  3  9  │
    ├──────────┼──────────┼──────────┤
    │ 5  4  7  │ 1  2' 8  │ 9' 6  3' │
    │ 6  2  9' │ 3  4  5' │ 7' 8  1  │
    │ 1  3' 8' │ 9  6' 7  │ 2' 4  5  │
    ├──────────┼──────────┼──────────┤
    │ 7  8  4  │ 5  1  2' │ 3' 9  6  │
    │ 2  9' 5' │ 4' 3  6  │ 1  7  8  │
    │ 3  1  6' │ 7' 8' 9  │ 5  2  4  │
    └──────────┴──────────┴──────────┘
    -- stderr
    note: solved; 4 segments, [time] ms on cpu
    ");
}

#[test]
fn every_form_of_a_puzzle_gives_the_same_answer() {
    let lines = rows(HARD).join("\n");
    let (_folder, path) = file("puzzle.txt", drawn(HARD));
    let path = path.to_str().unwrap();
    let zeros = HARD.replace('.', "0");
    let nine = rows(HARD);
    let csv = format!("source,question,answer,rating\nmine,{HARD},{ANSWER},11\n");
    for (args, stdin) in [
        (&[HARD][..], ""),
        (&[&zeros], ""),
        (&[&lines], ""),
        (&[path], ""),
        (&["-"], HARD),
        (&nine, ""),
        (&[], HARD),
        (&[], &lines),
        (&[], &drawn(HARD)),
        (&[], &csv),
    ] {
        let ran = solve(&[&["--quiet"], args].concat(), stdin);
        let shown = (ran.code, ran.stdout.trim_end(), ran.stderr.as_str());
        assert_eq!(shown, (0, ANSWER, ""), "{args:?} {stdin}");
    }
}

#[test]
fn many_puzzles_are_answered_in_their_order() {
    let many = questions("givens36");
    let (_folder, path) = file("many.txt", many.join("\n"));
    let ran = solve(&[path.to_str().unwrap(), "--batch", "3"], "");
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (0, "note: 10 of 10 answers are valid\n")
    );
    let answers: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(answers.len(), many.len());
    for (question, answer) in many.iter().zip(answers) {
        let kept = question.chars().zip(answer.chars()).all(|(q, a)| q == '.' || q == a);
        assert!(kept, "{answer} does not answer {question}");
    }
}

#[test]
fn of_a_hundred_puzzles_with_a_bad_one_the_others_are_answered() {
    let mut many: Vec<String> = std::iter::repeat_n(questions("givens36"), 10).flatten().collect();
    many[41].replace_range(6..7, "x");
    let (_folder, path) = file("hundred.txt", many.join("\n"));
    let ran = solve(&["--json", path.to_str().unwrap()], "");
    assert_eq!(ran.code, 2);
    let mut objects = ran.json();
    many.remove(41);
    assert_eq!(objects.len(), 100);
    let wrong = objects.remove(41);
    assert_eq!((&wrong["index"], &wrong["line"]), (&41.into(), &42.into()));
    assert!(
        wrong["error"].as_str().unwrap().contains("line 42, column 7: expected"),
        "{wrong}"
    );
    assert!(
        (0..)
            .zip(&objects)
            .all(|(i, object)| object["index"] == i + i64::from(i >= 41))
    );
    assert!(
        objects
            .iter()
            .zip(&many)
            .all(|(object, puzzle)| object["puzzle"] == *puzzle)
    );
    assert!(objects.iter().all(|object| object["valid"] == true));
    let stderr = ran.stderr.replace(path.to_str().unwrap(), "[path]");
    assert_snapshot!(stderr, @r"
    error: [path], line 42, column 7: expected a digit or `.`, found `x`
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box: see `hrm solve --help`
    ");
}

#[test]
fn json_is_one_object_a_puzzle() {
    let ran = solve(&["--json", HARD], "");
    let mut object = ran.json().remove(0);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
    let needed = [
        "answer", "device", "index", "line", "model", "ms", "puzzle", "q_halt", "segments", "stopped", "task", "tries",
        "valid", "variant", "votes",
    ];
    assert_eq!(keys, needed);
    for measured in ["ms", "q_halt"] {
        assert!(object[measured].take().as_f64().unwrap() > 0.0);
    }
    let expected = serde_json::json!({
        "index": 0, "line": 1, "task": "sudoku", "puzzle": HARD, "answer": ANSWER, "valid": true, "segments": 4, "stopped": "valid",
        "q_halt": null, "tries": 1, "variant": "given", "votes": 1, "ms": null, "device": "cpu", "model": "sudoku",
    });
    assert_eq!(object, expected);
}

#[test]
fn json_with_a_trace_has_every_segment() {
    let object = solve(&["--json", "--trace", HARD], "").json().remove(0);
    let trace = object["trace"].as_array().unwrap();
    assert_eq!(trace.len(), 4);
    for (i, segment) in trace.iter().enumerate() {
        assert_eq!(segment["segment"], i + 1);
        assert_eq!(segment["valid"], i == 3);
        assert_eq!(segment["grid"].as_str().unwrap().len(), 81);
        assert!(segment["q_halt"].is_f64() && segment["q_continue"] == 0.0);
    }
    assert_eq!(trace[3]["grid"], object["answer"]);
    let grid = |i: usize| trace[i]["grid"].as_str().unwrap().chars();
    let changed = grid(2).zip(grid(3)).enumerate().filter(|(_, (a, b))| a != b);
    let changed: Vec<usize> = changed.map(|(cell, _)| cell).collect();
    let first = HARD.chars().zip(grid(0)).enumerate().filter(|(_, (a, b))| a != b);
    let first: Vec<usize> = first.map(|(cell, _)| cell).collect();
    assert_eq!(trace[0]["changed"], serde_json::json!(first));
    assert_eq!(trace[3]["changed"], serde_json::json!(changed));
    for (i, segment) in trace.iter().enumerate() {
        let cells = |value: &serde_json::Value| value.as_array().map_or(0, Vec::len);
        assert_eq!(cells(&segment["confidence"]), 81);
        for z in ["z_H", "z_L"] {
            assert_eq!(cells(&segment[z]["norm"]), 81);
            assert_eq!(cells(&segment[z]["change"]), if i == 0 { 0 } else { 81 });
        }
    }
}

#[test]
fn a_trace_draws_every_segment() {
    let ran = solve(&["--trace", HARD], "");
    assert_eq!(ran.code, 0);
    assert_eq!(
        ran.stdout.lines().filter(|line| line.starts_with("segment ")).count(),
        4
    );
    assert_eq!(ran.stdout.lines().filter(|line| line.starts_with('┌')).count(), 4);
}

/// Rules judge but never change an answer: what the first segment got wrong is shown as it is.
#[test]
fn a_wrong_answer_is_shown_as_it_is_and_gives_1() {
    let ran = solve(&["--segments", "1", HARD], "");
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains('!'), "{}", ran.stdout);
    let notes: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        notes[0].starts_with("note: not solved: ") && notes[0].contains("; 1 segment"),
        "{}",
        ran.stderr
    );
    assert_eq!(notes[1], "note: more thought may help: --tries 16, or --segments 4");

    let object = solve(&["--json", "--segments", "1", HARD], "").json().remove(0);
    assert_eq!((&object["valid"], &object["stopped"]), (&false.into(), &"limit".into()));
}

#[test]
fn a_puzzle_with_several_solutions_is_named_and_the_model_still_runs() {
    let open = format!("53{}", ".".repeat(79));
    let ran = solve(&["--segments", "1", &open], "");
    assert!(ran.stdout.starts_with('┌'));
    let first = ran.stderr.lines().next().unwrap();
    assert_snapshot!(first, @"note: puzzle, line 1: this puzzle has more than one solution");
}

#[test]
fn a_puzzle_without_a_solution_is_named_and_the_model_still_runs() {
    // The last cell of the first row can hold no digit: 1 to 8 stand beside it, 9 below.
    let impossible = format!("12345678.{}9{}", ".".repeat(17), ".".repeat(54));
    let ran = solve(&["--segments", "1", &impossible], "");
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.starts_with('┌'));
    let first = ran.stderr.lines().next().unwrap();
    assert_snapshot!(first, @"note: puzzle, line 1: this puzzle has no solution");
}

#[test]
fn halting_rules_are_obeyed() {
    for (halt, stopped) in [
        ("fixed", "limit"),
        ("stable", "stable"),
        ("learned", "learned"),
        ("valid", "valid"),
    ] {
        let object = solve(&["--json", "--halt", halt, HARD], "").json().remove(0);
        assert_eq!(object["stopped"], stopped);
        assert_eq!(object["segments"] == 16, halt == "fixed");
    }
}

#[test]
fn threads_batches_and_stored_precision_change_nothing() {
    let expected = solve(&["-q", HARD], "").stdout;
    for args in [
        ["--threads", "1"],
        ["--threads", "3"],
        ["--batch", "1"],
        ["--dtype", "f16"],
    ] {
        assert_eq!(solve(&[&args[..], &["-q", HARD]].concat(), "").stdout, expected);
    }
}

#[test]
fn colours_are_for_terminals_and_no_color_is_honoured() {
    let stdout = |variables: &[(&str, &str)]| {
        let mut command = command();
        command
            .args(["solve", "--device", "cpu", HARD])
            .envs(variables.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let plain = stdout(&[]);
    let coloured = stdout(&[("CLICOLOR_FORCE", "1")]);
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}[36m"));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    assert_eq!(stdout(&[("NO_COLOR", "1")]), plain);
}

#[test]
fn verbose_says_which_model_runs_on_which_device() {
    let ran = solve(&["--verbose", "--json", HARD], "");
    assert_eq!(ran.stderr, "note: model sudoku on cpu\n");
}

/// An empty variable of a shell is no choice.
#[test]
fn an_empty_device_is_left_open() {
    for device in ["", " "] {
        let (open, auto) = (
            hrm(["solve", "--json", "--device", device, HARD], ""),
            hrm(["solve", "--json", HARD], ""),
        );
        assert_eq!(open.json()[0]["device"], auto.json()[0]["device"]);
    }
}

/// New Sudokus have as many givens as are wanted, the same for everybody, and can be solved as they come.
#[test]
fn made_with_so_many_givens_and_solved() {
    let generate = |givens: &str| hrm(["generate", "sudoku", "--givens", givens, "--count", "2"], "");
    for givens in [23, 30, 60] {
        let made = generate(&givens.to_string()).stdout;
        assert_eq!(made, generate(&givens.to_string()).stdout);
        let counts: Vec<usize> = made.lines().map(|line| line.replace('.', "").len()).collect();
        assert_eq!(counts, [givens, givens], "{made}");
    }
    let solved = hrm(["solve", "--device", "cpu"], &generate("36").stdout);
    assert_eq!(solved.code, 0, "{}", solved.stderr);
    assert_snapshot!(generate("22").error(2), @r"
    error: expected 23 to 60 givens, found 22
    hint: see `hrm generate --help`
    ");
    let csv = hrm(["generate", "sudoku", "--givens", "36", "--csv"], "").stdout;
    assert!(csv.lines().nth(1).unwrap().starts_with("givens,"), "{csv}");
}
