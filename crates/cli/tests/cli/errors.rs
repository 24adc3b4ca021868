//! Wrong input: one line that says what and where, one that says what to do, and the exit code.

use super::{HARD, file, hrm};
use insta::assert_snapshot;

fn puzzle_error(puzzle: &str) -> String {
    hrm(["solve", puzzle], "").error(2)
}

#[test]
fn eighty_characters() {
    assert_snapshot!(puzzle_error(&HARD[..80]), @r"
    error: puzzle, line 1: expected 81 cells, found 80
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box: see `hrm solve --help`
    ");
}

#[test]
fn letters() {
    assert_snapshot!(puzzle_error(&HARD.replace('2', "b")), @r"
    error: puzzle, line 1, column 32: expected a digit or `.`, found `b`
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box: see `hrm solve --help`
    ");
}

#[test]
fn two_equal_givens_in_a_row() {
    assert_snapshot!(puzzle_error(&HARD.replacen("...", "5.5", 1)), @r"
    error: puzzle, line 1: two equal givens: 5 stands more than once in row 1: columns 1 and 3
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box: see `hrm solve --help`
    ");
}

#[test]
fn a_bad_cell_in_a_file_has_its_line_and_column() {
    let rows: Vec<&str> = (0..9).map(|row| &HARD[9 * row..][..9]).collect();
    let text = rows.join("\n").replace("85.", "8?.");
    let (folder, _) = file("puzzle.txt", text);
    let output = super::command()
        .current_dir(folder.path())
        .args(["solve", "puzzle.txt"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
    error: puzzle.txt, line 2, column 8: expected a digit or `.`, found `?`
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box: see `hrm solve --help`
    ");
}

#[test]
fn no_file() {
    assert_snapshot!(hrm(["solve", "nowhere.txt"], "").error(2), @r"
    error: cannot read nowhere.txt: [the system's words]
    hint: check the path and its permissions
    ");
    // Long as a puzzle, and yet a path.
    let long = "a-folder/that-is-not-there/with-a-name-that-is-rather-long/puzzles.txt";
    assert_snapshot!(hrm(["solve", long], "").error(2), @r"
    error: cannot read a-folder/that-is-not-there/with-a-name-that-is-rather-long/puzzles.txt: [the system's words]
    hint: check the path and its permissions
    ");
}

#[test]
fn an_empty_file_or_nothing_on_standard_input() {
    let (_folder, path) = file("empty.txt", "");
    let error = hrm(["solve", path.to_str().unwrap()], "").error(2);
    assert_snapshot!(error.replace(path.to_str().unwrap(), "empty.txt"), @r"
    error: empty.txt: expected a puzzle, found none
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box; a maze is rows of `#`, space, `S` and `G`; an ARC task is JSON with the lists `train` and `test` of pairs `input` and `output`, boards of up to 30×30 colours from 0 to 9: see `hrm solve --help`
    ");
    let error = hrm(["eval", path.to_str().unwrap()], "").error(2);
    assert_snapshot!(error.replace(path.to_str().unwrap(), "empty.txt"), @r"
    error: empty.txt: expected a puzzle, found none
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box; a maze is rows of `#`, space, `S` and `G`; an ARC task is JSON with the lists `train` and `test` of pairs `input` and `output`, boards of up to 30×30 colours from 0 to 9: see `hrm solve --help`
    ");
    assert_snapshot!(hrm(["solve"], "").error(2), @r"
    error: standard input: expected a puzzle, found none
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box; a maze is rows of `#`, space, `S` and `G`; an ARC task is JSON with the lists `train` and `test` of pairs `input` and `output`, boards of up to 30×30 colours from 0 to 9: see `hrm solve --help`
    ");
}

#[test]
fn a_directory() {
    assert_snapshot!(hrm(["solve", "sudoku-official"], "").error(2), @r"
    error: sudoku-official: expected a puzzle or a file, found a folder
    hint: see `hrm solve --help`
    ");
    let error = hrm(["eval", "."], "").error(2);
    assert_snapshot!(error.replace('\\', "/"), @r"
    error: cannot read ./dataset.json: [the system's words]
    hint: check the path and its permissions
    ");
}

#[test]
fn bytes_that_are_no_text() {
    let (_folder, path) = file("noise.bin", [0xff, 0x00, 0x80, 0x0a]);
    let error = hrm(["solve", path.to_str().unwrap()], "").error(2);
    assert_snapshot!(error.replace(path.to_str().unwrap(), "noise.bin"), @r"
    error: noise.bin: expected a text with puzzles, found bytes that are none
    hint: a Sudoku is 81 characters, `.` or `0` for an empty cell, and no digit stands twice in a row, a column or a box; a maze is rows of `#`, space, `S` and `G`; an ARC task is JSON with the lists `train` and `test` of pairs `input` and `output`, boards of up to 30×30 colours from 0 to 9: see `hrm solve --help`
    ");
}

#[test]
fn a_maze_for_a_sudoku_model() {
    let maze = "#####\n#S G#\n#   #\n#   #\n#####\n";
    assert_snapshot!(hrm(["solve", "--model", "sudoku"], maze).error(2), @r"
    error: bundled/sudoku/config.json says that this model is for sudoku, not maze
    hint: see `hrm solve --help`
    ");
}

#[test]
fn unknown_devices() {
    for name in ["no-such-adapter", "99"] {
        let ran = hrm(["solve", "--device", name, HARD], "");
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
        // Drivers may have said something of their own before.
        let lines: Vec<&str> = ran.stderr.lines().rev().take(2).collect();
        assert!(
            lines[0].starts_with("hint: ") && lines[1].starts_with("error: device: "),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_board_of_another_task_is_refused_with_its_place() {
    assert_snapshot!(hrm(["solve", "--task", "arc", HARD], "").error(2), @r"
    error: puzzle, line 1, column 1: expected a colour from `0` to `9`, found `.`
    hint: an ARC task is JSON with the lists `train` and `test` of pairs `input` and `output`, boards of up to 30×30 colours from 0 to 9: see `hrm solve --help`
    ");
}

#[test]
fn wrong_options() {
    for args in [
        &["solve", "--segments", "0", HARD][..],
        &["solve", "--halt", "never", HARD],
        &["solve", "--tries", "0", HARD],
        &["solve", "--tries", "-1", HARD],
        &["solve", "--tries", "18446744073709551615", HARD],
        &["solve", "--tries", "4", "--variants", "symmetry", "--noise", "1", HARD],
        &["solve", "--tries", "4", "--variants", "noise", "--noise", "nan", HARD],
        &["solve", "--image", "out.jpg", HARD],
        &["solve", "--image", "out", HARD],
        &["solve", "--image", "no-such-folder/out.gif", HARD],
        &["solve", "--look", "dark", HARD],
        &["frobnicate"],
    ] {
        let ran = hrm(args, "");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert_eq!(
            ran.stderr.lines().filter(|line| line.starts_with("error: ")).count(),
            1,
            "{}",
            ran.stderr
        );
    }
    let ran = hrm(["solve", "--segments", "0", HARD], "");
    assert_snapshot!(ran.stderr.lines().next().unwrap(), @"error: invalid value '0' for '--segments <N>': expected a whole number, 1 or more");
}
