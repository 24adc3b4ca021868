//! Mazes: rules, questions, symmetries and the generator.

use super::generate::{Board, Generator, Style, hard};
use super::rules::{faults, is_valid, shortest};
use super::{FREE, GOAL, PATH, START, WALL, id};
use crate::tasks::{Fault, Puzzle, Question, Recipe, Transform, answer_text};
use proptest::prelude::*;

fn ids(text: &str) -> Vec<u32> {
    text.chars().filter(|c| *c != '\n').map(|c| id(c).unwrap()).collect()
}

fn said(question: &str, answer: &str) -> Vec<String> {
    let faults = faults(&ids(question), &ids(answer));
    faults.iter().map(Fault::to_string).collect()
}

const RING: &str = "S    \n ### \n #G  \n ### \n     ";

#[test]
fn valid_and_shortest_are_told_apart() {
    let puzzle = Puzzle::parse("     \n ### \nS#G  \n #   \n     ", Some(super::TASK)).unwrap();
    let judge = |text: &str| {
        let verdict = puzzle.judge(&ids(text)).unwrap();
        assert_eq!(puzzle.is_valid(&ids(text)), Some(verdict.valid));
        (verdict.valid, verdict.optimal)
    };
    assert_eq!(judge("     \n ### \nS#G  \no#o  \nooo  "), (true, Some(true)));
    assert_eq!(judge("ooooo\no###o\nS#Goo\n #   \n     "), (true, Some(false)));
    assert_eq!(judge("     \n ### \nS#G  \no#   \nooo  "), (false, None));
    assert_eq!(shortest(&puzzle.board.tokens), Some(6));
}

#[test]
fn each_fault_is_named() {
    let none: [&str; 0] = [];
    assert_eq!(said(RING, "Soooo\n ###o\n #Goo\n ### \n     "), none);
    assert_eq!(
        said(RING, "Soooo\n ###o\n #G o\n ### \n     "),
        [
            "the path breaks off in row 3, column 3",
            "the path breaks off in row 3, column 5"
        ]
    );
    assert_eq!(
        said(RING, "Soooo\no###o\n #Goo\n ### \n     "),
        [
            "the path branches or touches itself in row 1, column 1",
            "the path breaks off in row 2, column 1"
        ]
    );
    assert_eq!(
        said(RING, "Soooo\n o##o\n #Goo\n ### \n    G")[..2],
        ["`#` in row 2, column 2 became `o`", "` ` in row 5, column 5 became `G`"]
    );
    assert_eq!(
        said("SG   \n     \n     \n     \n     ", "SG   \n     \n  ooo\n  o o\n  ooo"),
        ["8 cells of the path lie apart, from row 3, column 3 on"]
    );
    assert_eq!(said("S   ", "S  G"), ["expected one `S` and one `G`, found 1 and 0"]);
    assert_eq!(said(RING, "S"), ["expected 25 cells, found 1"]);
    let pad = faults(&ids("SG  "), &[3, 4, 0, 9]);
    assert_eq!(pad[0].to_string(), "` ` in row 2, column 1 became `?`");
    assert_eq!((&*pad[1].cells, pad.len()), (&[3][..], 2));
}

#[test]
fn questions_without_a_way_or_an_end_are_seen() {
    let ask = |text: &str| Puzzle::new(super::TASK, ids(text)).unwrap().question().unwrap();
    assert_eq!(ask(RING), Question::Unique);
    assert_eq!(ask("S  \n # \n  G"), Question::Several);
    assert_eq!(ask("S #\n ##\n#G#"), Question::None);
    assert_eq!(ask("S##\n  #\n#G#"), Question::Unique);
    assert_eq!(ask("SG  "), Question::Unique);
    assert_eq!(
        ask("S  \n  G\nG  ").to_string(),
        "the givens clash: expected one `S` and one `G`, found 1 and 2"
    );
    let parse = |text: &str| {
        Puzzle::parse(text, Some(super::TASK))
            .map(|p| p.board.rows)
            .map_err(|e| e.to_string())
    };
    assert_eq!(
        parse("   \n #G\n   "),
        Err("puzzle, line 1: no maze: expected one `S` and one `G`, found 0 and 1".to_owned())
    );
}

fn boards(side: usize, seed: u64, count: usize) -> Vec<Board> {
    let mut generator = Generator::new(side, seed);
    let style = |i| [Style::Scattered, Style::Corridors][i % 2];
    (0..count).map(|i| generator.board(style(i), hard(side))).collect()
}

#[test]
fn boards_are_hard_and_have_one_shortest_path() {
    for (side, count) in [(5, 20), (9, 20), (15, 20), (30, 4), (11, 20)] {
        for Board { question, answer, .. } in boards(side, 3, count) {
            let puzzle = Puzzle::new(super::TASK, question.clone()).unwrap();
            assert_eq!(puzzle.question(), Some(Question::Unique));
            assert_eq!(puzzle.judge(&answer).unwrap().optimal, Some(true));
            assert!(shortest(&question) >= Some(4 * side - 10), "{}", puzzle.text());
            assert_eq!(Puzzle::parse(&puzzle.text(), Some(super::TASK)).unwrap(), puzzle);
        }
    }
    // Out of bounds becomes the nearest that can be made.
    assert_eq!(Generator::new(0, 1).board(Style::Corridors, 1000).question.len(), 25);
}

#[test]
fn open_boards_have_a_way_of_the_length_that_was_asked() {
    for (style, name) in [
        (Style::Official, "official"),
        (Style::Rooms, "rooms"),
        (Style::Drawn, "drawn"),
    ] {
        let (mut several, mut longest) = (0, 0);
        for (side, moves) in [(5, 1), (6, 4), (9, 12), (15, 1), (15, 24), (30, 40)] {
            let recipe = Recipe {
                seed: 3,
                side: Some(side),
                level: Some(name),
                least: Some(moves),
                ..Recipe::default()
            };
            for made in super::TASK.generate(&recipe).unwrap().take(30) {
                assert_eq!((made.level, made.answer.as_ref()), (name, None));
                assert!(made.rating >= moves, "{}", made.puzzle.text());
                longest = longest.max(made.rating);
                several += usize::from(made.puzzle.question() == Some(Question::Several));
            }
            let Board { question, answer, .. } = Generator::new(side, 4).board(style, moves);
            let puzzle = Puzzle::new(super::TASK, question).unwrap();
            assert_eq!(puzzle.judge(&answer).unwrap().optimal, Some(true));
        }
        assert!(several > 60 && longest >= 54, "{name}: {several}, {longest}");
    }
    // The longest way in a room without walls inside leads from corner to corner.
    let least = |moves| Recipe {
        side: Some(9),
        level: Some("rooms"),
        least: Some(moves),
        ..Recipe::default()
    };
    assert!(super::TASK.generate(&least(12)).unwrap().next().is_some());
    let said = super::TASK.generate(&least(13)).err().unwrap().to_string();
    assert_eq!(said, "expected 1 to 12 moves of the shortest path at side 9, found 13");
}

/// The boards of a seed are part of the project's figures: they must not change unseen.
#[test]
fn a_seed_makes_the_same_boards_everywhere() {
    let [scattered, corridors] = boards(9, 1, 2).try_into().unwrap();
    insta::assert_snapshot!(answer_text(super::TASK, &scattered.answer).replace(' ', "."), @r"
    #..#.#ooS
    ####ooo##
    .##oo###.
    ##oo##..#
    ooo#.#...
    o##.##.#G
    o#ooooooo
    o#o###...
    ooo#...#.
    ");
    insta::assert_snapshot!(answer_text(super::TASK, &corridors.answer).replace(' ', "."), @r"
    ....Soooo
    .#######o
    .#ooo..#o
    .#G#o###o
    .#.#o#ooo
    .#.#o#o##
    .#.#o#ooo
    ##.#o###o
    ...#ooooo
    ");
}

proptest! {
    #[test]
    fn the_cheap_verdict_agrees_with_the_faults(
        seed in 0u64..1000,
        changes in prop::collection::vec((0usize..49, 0u32..7), 0..4),
    ) {
        let Board { question, mut answer, .. } = boards(7, seed, 1).remove(0);
        changes.into_iter().for_each(|(cell, id)| answer[cell] = id);
        prop_assert_eq!(is_valid(&question, &answer), faults(&question, &answer).is_empty());
    }

    /// An independent definition: a path is valid if its cells can be walked from S to G, one after the other, each
    /// touching none but its neighbours in that order.
    #[test]
    fn valid_is_what_its_words_say(cells in prop::collection::vec(0u32..3, 16), ends in (0usize..16, 0usize..16)) {
        prop_assume!(ends.0 != ends.1);
        let mut answer: Vec<u32> = cells.iter().map(|c| [WALL, FREE, PATH][*c as usize]).collect();
        (answer[ends.0], answer[ends.1]) = (START, GOAL);
        let question: Vec<u32> = answer.iter().map(|id| if *id == PATH { FREE } else { *id }).collect();
        let touch = |a: usize, b: usize| (a / 4).abs_diff(b / 4) + (a % 4).abs_diff(b % 4) == 1;
        let chain: Vec<usize> = (0..16).filter(|&cell| answer[cell] >= START).collect();
        let mut order = vec![ends.0];
        while let Some(next) = chain.iter().find(|&&c| touch(c, order[order.len() - 1]) && !order.contains(&c)) {
            order.push(*next);
        }
        let clean = order.iter().enumerate().all(|(i, &a)| {
            order.iter().enumerate().all(|(j, &b)| touch(a, b) == (i.abs_diff(j) == 1))
        });
        let expected = clean && order.len() == chain.len() && order.last() == Some(&ends.1);
        prop_assert_eq!(is_valid(&question, &answer), expected);
    }

    #[test]
    fn any_tokens_are_judged_without_a_panic(
        question in prop::collection::vec(any::<u32>(), 15..18),
        answer in prop::collection::vec(0u32..7, 15..18),
    ) {
        prop_assert!(!is_valid(&question, &answer));
        prop_assert!(!faults(&question, &answer).is_empty());
    }

    /// The rules see no difference between a board and its images, and a prediction finds its way back.
    #[test]
    fn symmetries_keep_what_the_rules_say(seed in 0u64..1000, t in 0usize..8, change in (0usize..49, 1u32..6)) {
        let Board { question, mut answer, .. } = boards(7, seed, 1).remove(0);
        answer[change.0] = change.1;
        let (puzzle, symmetry) = (Puzzle::new(super::TASK, question).unwrap(), Transform::dihedral(t, 7, 7));
        let image = Puzzle::new(puzzle.task, symmetry.apply(&puzzle.board.tokens)).unwrap();
        prop_assert_eq!(image.question(), Some(Question::Unique));
        let optimal = |puzzle: &Puzzle, answer: &[u32]| puzzle.judge(answer).unwrap().optimal;
        prop_assert_eq!(optimal(&image, &symmetry.apply(&answer)), optimal(&puzzle, &answer));
        prop_assert_eq!(symmetry.undo(&symmetry.apply(&answer)), answer);
        prop_assert_eq!(symmetry.undo(&image.board.tokens), puzzle.board.tokens);
    }
}

/// A maze in the forms in which people and programs write it.
fn forms(maze: &str) -> Vec<String> {
    let rows: Vec<&str> = maze.lines().collect();
    let written = |pairs: &[(char, &str)]| -> String {
        let sign = |c: char| {
            pairs
                .iter()
                .find(|(from, _)| *from == c)
                .map_or(c.to_string(), |(_, to)| (*to).to_owned())
        };
        maze.chars().map(sign).collect()
    };
    let each = |of: &dyn Fn(&str) -> String| rows.iter().map(|row| of(row)).collect::<Vec<_>>().join("\n");
    let between = |row: &str, separator: &str| row.chars().map(String::from).collect::<Vec<_>>().join(separator);
    let quoted: Vec<String> = rows.iter().map(|row| format!("\"{row}\"")).collect();
    let listed = |row: &&str| format!("[\"{}\"]", between(row, "\", \""));
    vec![
        maze.replace('\n', "\r\n"),
        maze.replace('\n', ""),
        written(&[(' ', ".")]),
        written(&[(' ', "_")]),
        written(&[('G', "E")]),
        written(&[('S', "s"), ('G', "g")]),
        written(&[('S', "s"), ('G', "e")]),
        written(&[('S', "A"), ('G', "B")]),
        written(&[('G', "F")]),
        written(&[('#', "1"), (' ', "0")]),
        written(&[('#', "█")]),
        written(&[('#', "▓"), (' ', "░")]),
        written(&[('#', "██"), (' ', "  "), ('S', "S "), ('G', "G "), ('o', "o ")]),
        written(&[('#', "X"), (' ', ".")]),
        written(&[('#', "W"), (' ', ".")]),
        written(&[('#', "+")]),
        written(&[('#', "%")]),
        written(&[('#', "⬛"), (' ', "⬜"), ('S', "🟩"), ('G', "🟥")]),
        format!("My maze\n{maze}"),
        format!("2026-11-28\n\n{maze}"),
        format!("# a maze\n{maze}"),
        format!("// a maze\n{maze}"),
        format!("; a maze\n{maze}"),
        format!("```\n{maze}\n```\n"),
        format!("maze = \"\"\"\n{maze}\n\"\"\""),
        each(&|row| format!("> {row}")),
        each(&|row| between(row, " ")),
        each(&|row| between(row, ",")),
        each(&|row| between(row, "\t")),
        each(&|row| format!("\"{row}\",")),
        format!("[{}]", quoted.join(",\n")),
        format!("[{}]", rows.iter().map(listed).collect::<Vec<_>>().join(",\n")),
        format!("maze = [\n  {}\n]", quoted.join(",\n  ")),
        format!("{{\"maze\": [{}]}}", quoted.join(", ")),
        format!("{{\"question\": \"{}\"}}", maze.replace('\n', "")),
        format!("question\n{}", maze.replace('\n', "")),
    ]
}

/// What `solve` prints in a batch, and further forms of people; open mazes alone where spaces at the ends are lost.
fn further(maze: &str) -> Vec<String> {
    let each = |of: &dyn Fn(&str) -> String| maze.lines().map(of).collect::<Vec<_>>().join("\n");
    let between = |row: &str| row.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let digits = maze.replace('#', "1").replace(' ', "0");
    vec![
        maze.replacen("  ", "oo", 2),
        maze.replace('\n', "\r"),
        maze.replace('#', "＃").replace(' ', "\u{3000}").replace('S', "Ｓ"),
        maze.replace(' ', "\u{a0}"),
        maze.replace('#', "\u{1b}[7m#\u{1b}[0m"),
        maze.replace('#', "⬛")
            .replace(' ', "⬜")
            .replace('S', "🟢")
            .replace('G', "🔴"),
        maze.replace('#', "1"),
        maze.replace('#', "██")
            .replace(' ', "  ")
            .replace('S', " S")
            .replace('G', " G"),
        digits.lines().map(between).collect::<Vec<_>>().join("\n"),
        each(&|row| format!("\t{row}")),
        each(&|row| format!("{row}   // a row")),
    ]
}

#[test]
fn an_answer_keeps_its_path_in_every_form() {
    for (seed, side) in [(1, 9), (3, 15)] {
        for Board { question, answer, .. } in boards(side, seed, 4) {
            let puzzle = Puzzle::new(super::TASK, question).unwrap();
            let text = puzzle.task.text(&puzzle.answer(&answer));
            for form in forms(&text) {
                let read = crate::tasks::read_boards(form.as_bytes(), "x", Some(super::TASK));
                let read: Vec<Vec<u32>> = read
                    .into_iter()
                    .map(|entry| entry.unwrap().puzzle.board.tokens)
                    .collect();
                assert_eq!(read, std::slice::from_ref(&answer), "{form}");
            }
        }
    }
}

#[test]
fn every_form_gives_the_same_maze() {
    for (seed, side) in [(1, 9), (2, 9), (3, 15), (4, 15)] {
        for Board { question, .. } in boards(side, seed, 4) {
            let puzzle = Puzzle::new(super::TASK, question).unwrap();
            for form in forms(&puzzle.text()).into_iter().chain(further(&puzzle.text())) {
                let entries = crate::tasks::read(form.as_bytes(), "x", None);
                let read: Vec<String> = entries
                    .into_iter()
                    .map(|entry| entry.map_or_else(|e| e.to_string(), |e| e.puzzle.text()))
                    .collect();
                assert_eq!(read, [puzzle.text()], "{form}");
            }
        }
    }
}

#[test]
fn mazes_in_frames_of_spaces_are_cropped() {
    let walled = "#####\n#S  #\n# # #\n#  G#\n#####";
    let each = |of: &dyn Fn(&str) -> String| walled.lines().map(of).collect::<Vec<_>>().join("\n");
    for form in [
        each(&|row| format!("   {row}")),
        each(&|row| format!("{row}   ")),
        each(&|row| format!("  {row} ")),
    ] {
        assert_eq!(
            Puzzle::parse(&form, None).map(|puzzle| puzzle.text()).ok().as_deref(),
            Some(walled),
            "{form}"
        );
    }
    // Spaced out, and trimmed by an editor.
    let open = "S #  \n # # \n   # \n # # \n #  G";
    let row = |row: &str| {
        row.chars()
            .map(String::from)
            .collect::<Vec<_>>()
            .join(" ")
            .trim_end()
            .to_owned()
    };
    let trimmed = open.lines().map(row).collect::<Vec<_>>().join("\n");
    assert_eq!(
        Puzzle::parse(&trimmed, None)
            .map(|puzzle| puzzle.text())
            .ok()
            .as_deref(),
        Some(open)
    );
    let closed = walled.lines().map(row).collect::<Vec<_>>().join("\n");
    assert!(Puzzle::parse(&closed.replacen("#   #   #", "#   #", 1), None).is_err());
    // Here a column of spaces may be the maze's first or stand outside.
    let open = "    \n S# \n  G \n    ";
    let shifted = open.lines().map(|row| format!(" {row}")).collect::<Vec<_>>().join("\n");
    assert!(Puzzle::parse(&shifted, Some(super::TASK)).is_err());
    for other in [
        "S#\n#",
        "S1\n0G2",
        "SG\nGS",
        "#####\n#S  #\n# #\n#  G#\n#####",
        "X.\n.O",
    ] {
        assert!(Puzzle::parse(other, None).is_err(), "{other}");
    }
}
