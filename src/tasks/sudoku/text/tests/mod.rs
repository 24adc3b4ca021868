//! Every form in which people have Sudokus, and what is none.

use proptest::prelude::*;

mod forms;

use forms::{boxes, forms, rows};

use super::cells;
use super::character::{Character, character};
use crate::tasks::sudoku::TASK;
use crate::tasks::{Entry, Puzzle, read, read_boards};

const GRID: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

fn said(content: &str) -> Vec<String> {
    texts(read(content.as_bytes(), "x", Some(TASK)))
}

fn boards(content: &str) -> Vec<String> {
    texts(read_boards(content.as_bytes(), "x", Some(TASK)))
}

fn texts(entries: Vec<crate::error::Result<Entry>>) -> Vec<String> {
    entries
        .into_iter()
        .map(|e| e.map_or_else(|e| e.to_string(), |e| e.puzzle.text()))
        .collect()
}

#[test]
fn every_form_gives_the_same_board() {
    assert!(forms(GRID).len() > 110);
    for form in forms(GRID) {
        assert_eq!(said(&form), [GRID], "{form}");
        let ends = if form.contains('\r') { "\n" } else { "\r\n" };
        assert_eq!(said(&form.replace('\n', ends)), [GRID], "{form}");
        let alone = Puzzle::parse(&form, None).map(|puzzle| puzzle.text());
        assert_eq!(alone.ok().as_deref(), Some(GRID), "{form}");
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
fn an_answer_beside_a_puzzle_is_read() {
    let answer = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let lists = |grid: &str| {
        let digits = |row: &[u8]| {
            row.iter()
                .map(|c| c.saturating_sub(b'0').to_string())
                .collect::<Vec<_>>()
                .join(",")
        };
        let rows: Vec<String> = grid
            .as_bytes()
            .chunks(9)
            .map(|row| format!("[{}]", digits(row)))
            .collect();
        format!("[{}]", rows.join(","))
    };
    for content in [
        format!("{GRID},{answer}"),
        format!("quizzes,solutions\n{GRID},{answer}\n"),
        format!("id;puzzle;solution\n7;{GRID};{answer}\n"),
        format!("\"Puzzle\",\"Solution\"\n\"{GRID}\",\"{answer}\"\n"),
        format!(
            "puzzle,solution\n\"{}\",{answer}\n",
            rows(GRID, |c| c.to_string(), "", "\n")
        ),
        format!("{{\"puzzle\": \"{GRID}\", \"solution\": \"{answer}\"}}\n"),
        format!("{{\"initial\": {}, \"solution\": {}}}", lists(GRID), lists(answer)),
        format!("[{{\"start\": {}, \"answer\": {}}}]", lists(GRID), lists(answer)),
        format!("{{\"a\": {{\"boards\": [{{\"value\": \"{GRID}\", \"solution\": \"{answer}\"}}]}}}}"),
    ] {
        let entries = read(content.as_bytes(), "x", None);
        let [Ok(entry)] = entries.as_slice() else {
            panic!("{content}: {entries:?}");
        };
        let label: String = entry
            .answer
            .iter()
            .flatten()
            .map(|id| char::from(b'0' + *id as u8 - 1))
            .collect();
        assert_eq!(
            (entry.puzzle.text().as_str(), label.as_str()),
            (GRID, answer),
            "{content}"
        );
    }
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
        "*****",
        "~~~~~",
        "=========",
        "Nº 12",
        "Hard, from 2010-06-05:",
        "Saturday, November 28, 2026",
        "=== 1 ===",
        "*** 1 ***",
        "-- 1 --",
        "- 1 -",
        "*1*",
        "5*",
        "X",
        "x-x-x",
        "9 x 9",
        "★★★☆☆ 1",
        "€ 5",
        "© 2020",
        "<1>",
        "{3}",
        "• 3",
        "% 1",
        "; 1",
        "ID 000000001",
        "Nr. 123456789",
        "20260105",
        "Copyright 1999-2001",
        "Sudoku 123-456-789-000",
        "https://example.org/sudoku/2024",
        "12:30\n(3)",
        "xxxxxxxxx",
    ] {
        for parted in ["", "\n"] {
            let content = format!("{title}\n{parted}{nine}\n").repeat(3);
            assert_eq!(said(&content), [GRID; 3], "{title} {parted:?}");
            let content = format!("{nine}\n{parted}{title}\n").repeat(3);
            assert_eq!(said(&content), [GRID; 3], "footer {title} {parted:?}");
            let content = format!("{title}\n{GRID}\n{title}\n");
            assert_eq!(said(&content), [GRID], "line {title}");
        }
    }
}

/// Whatever a damaged board lies between, no board but its own is lost and none is shifted.
#[test]
fn a_damaged_board_is_an_error_beside_whole_ones() {
    let nine = rows(GRID, |c| c.to_string(), "", "\n");
    let lines: Vec<&str> = nine.lines().collect();
    for title in ["Puzzle 1", "=== 1 ===", "ID 000000001", "(3)", "20260105"] {
        for row in 0..9 {
            for damaged in ["53..7...", "53..7....1", "53..7..q.", "@@@@@@@@@", ""] {
                let mut rows = lines.clone();
                rows[row] = damaged;
                rows.retain(|row| !row.is_empty());
                let broken = rows.join("\n");
                for parted in ["", "\n"] {
                    let content = format!("{title}\n{nine}\n{parted}{title}\n{broken}\n{parted}{title}\n{nine}\n");
                    let entries = read(content.as_bytes(), "x", Some(TASK));
                    assert!(entries.iter().any(Result::is_err), "{content}");
                    let whole = entries.iter().flatten();
                    assert!(whole.clone().all(|entry| entry.puzzle.text() == GRID), "{content}");
                    assert!(!parted.is_empty() || whole.count() <= 2, "{content}");
                }
            }
        }
    }
    // A board in signs that are no Sudoku's is no heading of the others.
    for sign in ["@", "o", "~", "/"] {
        let other = nine.replace('.', sign);
        for content in [
            format!("{nine}\n\n{other}\n\n{nine}\n"),
            format!("{GRID}\n{other}\n{GRID}\n"),
        ] {
            assert!(
                read(content.as_bytes(), "x", Some(TASK)).iter().any(Result::is_err),
                "{content}"
            );
        }
    }
}

/// Bands may be parted by empty lines, and boards by a comment or by nothing; where rows are lost, nothing is joined.
#[test]
fn bands_of_two_boards_make_no_third() {
    let lines: Vec<String> = rows(GRID, |c| c.to_string(), "", "\n")
        .lines()
        .map(String::from)
        .collect();
    let bands: Vec<String> = lines.chunks(3).map(|band| band.join("\n")).collect();
    let board = bands.join("\n\n");
    for between in ["\n", "\n# 2\n", "\n\n", "\nPuzzle\n", "\n\n(2)\n"] {
        let content = [board.as_str(); 3].join(between);
        assert_eq!(said(&content), [GRID; 3], "{content}");
        for at in 0..27 {
            let mut all: Vec<&str> = content.lines().collect();
            let row = (0..all.len()).filter(|&line| all[line].len() == 9).nth(at).unwrap();
            all.remove(row);
            let entries = read(all.join("\n").as_bytes(), "x", Some(TASK));
            assert!(entries.iter().any(Result::is_err), "{}", all.join("\n"));
            let mut whole = entries.iter().flatten();
            assert!(whole.all(|entry| entry.puzzle.text() == GRID), "{}", all.join("\n"));
        }
    }
}

/// Boards in fixed columns stand among others, under headings of all kinds.
#[test]
fn spaced_boards_stand_among_others() {
    let space = |c: char| if c == '.' { " ".to_owned() } else { c.to_string() };
    let boxed = boxes(&GRID.replace('.', " "), "│", "├───────┼───────┼───────┤");
    for board in [rows(GRID, space, "", "\n"), boxed] {
        for title in ["Puzzle 1", "1.", "=== 1 ===", "28.11.2026"] {
            let content = format!("{title}\n{board}\n\n{GRID}\n{title}\n{board}\n");
            assert_eq!(said(&content), [GRID; 3], "{content}");
        }
    }
    // An empty row that lost its spaces counts where a heading shows the nine lines.
    let row = "53  7    \n6  195   \n";
    let sparse = format!("1 5\n\n{}", row.repeat(4).trim_end());
    assert!(read(sparse.as_bytes(), "x", Some(TASK)).iter().any(Result::is_err));
}

#[test]
fn what_is_uncertain_is_refused() {
    let nine = rows(GRID, |c| c.to_string(), "", "\n");
    let candidates = forms(GRID).into_iter().find(|form| form.len() == 729).unwrap();
    let list = format!("[{}]", ["[5,3,0,0,7,0,0,0,0]"; 9].join(","));
    for text in [
        // The fields of a row have moved: what stands under `puzzle` is the solution.
        format!("id,puzzle,solution\n{GRID},{}\n", "1".repeat(81)),
        format!("puzzle,puzzle\n{GRID},{GRID}\n"),
        format!("{{\"given\": {list}, \"final\": {list}}}"),
        format!("{{\"input\": {list}, \"output\": {list}}}"),
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
    assert_eq!(boards(&drawn), [answer]);
}

#[test]
fn a_board_may_break_rules_in_every_form_where_nothing_is_asked() {
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    for grid in [&solved.replace('1', "2"), &GRID.replacen("..", "55", 1)] {
        for form in forms(grid) {
            assert_eq!(boards(&form), [grid.as_str()], "{form}");
        }
    }
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
