//! Every form in which people have Sudokus, and what is none.

use proptest::prelude::*;

use super::cells;
use super::character::{Character, character};
use crate::tasks::sudoku::TASK;
use crate::tasks::{paste, read};

const GRID: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

fn said(content: &str) -> Vec<String> {
    let entries = read(content.as_bytes(), "x", Some(TASK));
    entries
        .into_iter()
        .map(|e| e.map_or_else(|e| e.to_string(), |e| e.puzzle.text()))
        .collect()
}

fn rows(grid: &str, cell: impl Fn(char) -> String, separator: &str, end: &str) -> String {
    let chars: Vec<char> = grid.chars().collect();
    let row = |row: &[char]| row.iter().map(|&c| cell(c)).collect::<Vec<_>>().join(separator);
    chars.chunks(9).map(row).collect::<Vec<_>>().join(end)
}

fn boxes(grid: &str, bar: &str, border: &str) -> String {
    let nine = rows(grid, |c| c.to_string(), "", "\n");
    let line = |line: &str| {
        let part = |at: usize| line[at..at + 3].chars().map(String::from).collect::<Vec<_>>().join(" ");
        format!("{bar} {} {bar} {} {bar} {} {bar}", part(0), part(3), part(6))
    };
    let lines: Vec<String> = nine.lines().map(line).collect();
    let bands: Vec<String> = lines.chunks(3).map(|band| band.join("\n")).collect();
    format!("{border}\n{}\n{border}", bands.join(&format!("\n{border}\n")))
}

/// A board in every form that is read.
fn forms(grid: &str) -> Vec<String> {
    let plain = |c: char| c.to_string();
    let empty = |c: char| if c == '.' { String::new() } else { c.to_string() };
    let zero = |c: char| if c == '.' { "0".to_owned() } else { c.to_string() };
    let space = |c: char| if c == '.' { " ".to_owned() } else { c.to_string() };
    let wide = |c: char| {
        c.to_digit(10)
            .and_then(|d| char::from_u32(0xff10 + d))
            .unwrap_or('.')
            .to_string()
    };
    let zeros: String = grid.chars().map(|c| if c == '.' { '0' } else { c }).collect();
    let candidates = |c: char| match c.to_digit(10) {
        None => "123456789".to_owned(),
        Some(d) => (1..=9).map(|k| if k == d { c } else { '.' }).collect(),
    };
    let mut forms = vec![
        rows(grid, empty, "\t", "\n"),
        rows(grid, empty, ",", "\n"),
        rows(grid, empty, ";", "\r\n"),
        rows(grid, zero, ", ", "\n"),
        format!("|{}|", rows(grid, |c| format!(" {} ", space(c)), "|", "|\n|")),
        format!(
            "|{}|\n|---|---|---|---|---|---|---|---|---|\n|{}|",
            ["   "; 9].join("|"),
            rows(grid, |c| format!(" {} ", space(c)), "|", "|\n|")
        ),
        format!("[[{}]]", rows(grid, zero, ", ", "],\n [")),
        format!("grid = [[{}]]", rows(grid, zero, ", ", "], [")),
        format!("[[{}]]", rows(grid, zero, " ", "]\n [")),
        format!("[{}]", rows(grid, zero, ",", ",")),
        format!("int grid[9][9] = {{{{{}}}}};", rows(grid, zero, ",", "},\n{")),
        format!("[[\"{}\"]]", rows(grid, plain, "\",\"", "\"],[\"")),
        format!("[\"{}\"]", rows(grid, plain, "", "\",\n\"")),
        format!(
            "[[{}]]",
            rows(
                grid,
                |c| if c == '.' { "null".into() } else { c.to_string() },
                ",",
                "],["
            )
        ),
        rows(grid, wide, "", "\n"),
        rows(grid, wide, "", ""),
        rows(grid, candidates, "", ""),
        boxes(grid, "|", "+-------+-------+-------+"),
        boxes(grid, "│", "├───────┼───────┼───────┤"),
        boxes(grid, "|", "*-----------------------*"),
        format!(
            "[Puzzle]\n{}\n[State]\n{}",
            rows(grid, plain, "", "\n"),
            rows(grid, zero, "", "\n")
        ),
        format!("#Aname\n#Dday\n{}", rows(grid, plain, "", "\n")),
        format!(":0000:x:{grid}:::"),
        format!("https://example.org/sudoku?bd={zeros}&theme=2"),
        format!("{grid} # easy"),
        format!("1: {grid}"),
        format!("0000183b305c {zeros}  1.2"),
        format!("<game data=\"{zeros}\" />"),
        format!("Grid 01\n{}", rows(grid, zero, "", "\n")),
        format!("28.11.2026\n{}", rows(grid, plain, "", "\n")),
        format!("Level: hard\n{}\n(c) someone", rows(grid, plain, "", "\n")),
        format!("{{\"puzzle\": \"{grid}\"}}"),
        format!("```\n{}\n```", rows(grid, plain, " ", "\n")),
        rows(grid, plain, "", " # comment\n"),
    ];
    for blank in ["_", "*", "x", "X", "?", "-", "·", "0"] {
        let marked = |c: char| if c == '.' { blank.to_owned() } else { c.to_string() };
        forms.push(rows(grid, marked, "", ""));
        forms.push(rows(grid, marked, "", "\n"));
        forms.push(rows(grid, marked, " ", "\n"));
    }
    forms
}

#[test]
fn every_form_gives_the_same_board() {
    for form in forms(GRID) {
        assert_eq!(said(&form), [GRID], "{form}");
        assert_eq!(said(&form.replace('\n', "\r\n")), [GRID], "{form}");
        assert_eq!(
            paste(&form, None).map(|puzzle| puzzle.text()).ok().as_deref(),
            Some(GRID),
            "{form}"
        );
    }
}

#[test]
fn spaces_are_empty_cells_in_fixed_columns() {
    let space = |c: char| if c == '.' { " ".to_owned() } else { c.to_string() };
    let boxed = boxes(&GRID.replace('.', " "), "|", "+-------+-------+-------+");
    for form in [
        rows(GRID, space, "", "\n"),
        rows(GRID, space, " ", "\n"),
        rows(GRID, space, "", ""),
        boxed.clone(),
        rows(GRID, space, "", "\n")
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n"),
    ] {
        assert_eq!(said(&form), [GRID], "{form}");
    }
    // Without its columns nobody can tell where a digit stood.
    let form = rows(GRID, space, "", "\n")
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        read(form.as_bytes(), "x", Some(TASK)).iter().all(Result::is_err),
        "{form}"
    );
    let form = boxed.replacen("     ", "    ", 1);
    assert!(
        read(form.as_bytes(), "x", Some(TASK)).iter().all(Result::is_err),
        "{form}"
    );
}

#[test]
fn titles_shift_no_board() {
    let nine = rows(GRID, |c| c.to_string(), "", "\n");
    for title in [
        "Puzzle 1",
        "Grid 01",
        "28.11.2026",
        "1.11.2026",
        "2026-11-28",
        "11/28/2026",
        "Level: hard",
        "4",
        "(3)",
        "12:30",
        "[Puzzle]",
        "#7",
    ] {
        for parted in ["", "\n"] {
            let content = format!("{title}\n{parted}{nine}\n").repeat(3);
            assert_eq!(said(&content), [GRID; 3], "{title} {parted:?}");
        }
    }
}

#[test]
fn what_is_uncertain_is_refused() {
    let nine = rows(GRID, |c| c.to_string(), "", "\n");
    let candidates = forms(GRID).into_iter().find(|form| form.len() == 729).unwrap();
    for text in [
        "hello".to_owned(),
        GRID[1..].to_owned(),
        format!("{GRID}."),
        format!("{GRID} ."),
        GRID.replacen('.', "x", 1),
        GRID.replacen('.', "q", 1),
        GRID.replacen("53", "55", 1),
        format!("{GRID} {GRID}"),
        format!("........1\n{nine}"),
        format!("{nine}\n........1"),
        candidates.replacen("123456789", "12345678.", 1),
        format!("https://example.org/?bd={}", &GRID[1..]),
        format!(":0000:x:{}:::", &GRID[1..]),
        format!(
            "[[{}]]",
            &rows(GRID, |c| c.to_string().replace('.', "0"), ",", "],[")[2..]
        ),
        rows(GRID, |c| c.to_string().replace('.', ""), "\t", "\n")[2..].to_owned(),
    ] {
        assert!(
            read(text.as_bytes(), "x", Some(TASK)).iter().all(Result::is_err),
            "{text}"
        );
    }
    let dashes = GRID.replace('.', "-");
    assert_eq!(
        said(&dashes[1..]),
        ["x, line 1: expected 81 cells, found 29 and skipped `-`"]
    );
}

#[test]
fn a_drawn_answer_gives_its_question() {
    let answer = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let mut drawn = String::from("┌──────────┬──────────┬──────────┐\n");
    for row in 0..9 {
        for column in 0..9 {
            let cell = 9 * row + column;
            let given = if &GRID[cell..=cell] == "." { ' ' } else { '\'' };
            drawn += if column % 3 == 0 { "│ " } else { "" };
            drawn += &format!("{}{given} ", &answer[cell..=cell]);
        }
        drawn += "│\n";
    }
    assert_eq!(said(&drawn), [GRID]);
}

#[test]
fn ids_are_those_of_the_specification() {
    assert_eq!(cells(".0129"), Ok(vec![1, 1, 2, 3, 10]));
    assert_eq!(cells("| 1+2-3\t│ ┼"), Ok(vec![2, 3, 4]));
    assert_eq!(cells("1 q"), Err((2, 'q')));
    assert_eq!(cells("1.x"), Err((2, 'x')));
    assert_eq!(character('#'), Character::Foreign);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_board_is_read_in_every_form(seed in any::<u64>(), at in 0usize..81) {
        let puzzle = super::super::generate::generate(super::super::generate::Difficulty::default(), seed);
        let grid = puzzle.text();
        for form in forms(&grid) {
            prop_assert_eq!(said(&form), std::slice::from_ref(&grid), "{}", form);
        }
        let mut wrong: Vec<char> = grid.chars().collect();
        wrong[at] = 'q';
        let wrong: String = wrong.into_iter().collect();
        let missing = format!("{}{}", &grid[..at], &grid[at + 1..]);
        for text in [wrong.clone(), rows(&wrong, |c| c.to_string(), "", "\n"), missing.clone(), rows(&missing, |c| c.to_string(), "", "\n")] {
            prop_assert!(read(text.as_bytes(), "x", Some(TASK)).iter().all(Result::is_err), "{}", text);
        }
    }
}
