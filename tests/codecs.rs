//! Text to puzzles and back: every layout, and what is wrong in one place stays there.

use hrm::tasks::{Entry, Puzzle, Question, read as read_bytes};
use proptest::prelude::*;

const A: &str = "7....49.......8..64..6.2.3.84..2...............5.8.4....95....3.2...3.1..7......5";
const B: &str = "7...5498.2..9781.649.6.2.37847.2....9.24...78..5.8.4.1..9547..3.2.8.371..7..61..5";

fn read(content: &str) -> Vec<hrm::Result<Entry>> {
    read_bytes(content.as_bytes(), "puzzles.txt", None)
}

/// What each entry is: its canonical text, or its error's message.
fn said(content: &str) -> Vec<String> {
    read(content)
        .into_iter()
        .map(|e| e.map_or_else(|e| e.to_string(), |e| e.puzzle.text()))
        .collect()
}

fn rows(puzzle: &str) -> Vec<&str> {
    (0..9).map(|row| &puzzle[row * 9..][..9]).collect()
}

fn nine(puzzle: &str) -> String {
    rows(puzzle).join("\n")
}

fn bands(puzzle: &str) -> String {
    rows(puzzle)
        .chunks(3)
        .map(|band| band.join("\n"))
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn drawn(puzzle: &str, side: char, border: &str, outer: bool) -> String {
    let spaced = |part: &str| part.chars().map(String::from).collect::<Vec<_>>().join(" ");
    let row = |row: &&str| {
        let parts: Vec<String> = (0..3).map(|i| spaced(&row[i * 3..][..3])).collect();
        format!("{side} {} {side}", parts.join(&format!(" {side} ")))
    };
    let drawn: Vec<String> = rows(puzzle)
        .chunks(3)
        .map(|band| band.iter().map(row).collect::<Vec<_>>().join("\n"))
        .collect();
    let inside = drawn.join(&format!("\n{border}\n"));
    if outer {
        format!("{border}\n{inside}\n{border}")
    } else {
        inside
    }
}

fn in_layout(puzzle: &str, layout: usize) -> String {
    match layout {
        0 => puzzle.to_string(),
        1 => nine(puzzle),
        2 => bands(puzzle),
        3 => drawn(puzzle, '|', "+-------+-------+-------+", true),
        4 => drawn(puzzle, '│', "├───────┼───────┼───────┤", false),
        5 => puzzle.replace('.', "0"),
        6 => [&puzzle[..27], &puzzle[27..54], &puzzle[54..]].join("\n"),
        _ => rows(puzzle).join("\t\n"),
    }
}

#[test]
fn every_layout_gives_the_same_puzzle() {
    for layout in 0..8 {
        for content in [in_layout(A, layout), in_layout(A, layout).replace('\n', "\r\n")] {
            assert_eq!(said(&format!("\u{feff}{content}\n")), [A], "layout {layout}");
        }
    }
}

#[test]
fn of_a_hundred_puzzles_with_one_bad_line_ninety_nine_are_answered() {
    let mut lines = vec![A; 100];
    let short = &A[1..];
    lines[41] = short;
    let said = said(&lines.join("\n"));
    assert_eq!(said[41], "puzzles.txt, line 42: expected 81 cells, found 80");
    assert_eq!((said.len(), said.iter().filter(|text| *text == A).count()), (100, 99));
}

#[test]
fn a_bad_row_spoils_its_own_board_only() {
    let bad_rows = [
        "7....49..x",
        "7....49.",
        "7....49.00",
        "abc",
        "7x..",
        "53",
        "my favourite puzzle, number one, of many more",
    ];
    for bad in bad_rows {
        for at in [0, 4, 8] {
            let mut board = rows(A);
            board[at] = bad;
            let content = [nine(B), board.join("\n"), nine(B), nine(A)].join("\n\n");
            let said = said(&content);
            assert!(
                said[1].contains(&format!("line {}", 11 + at)) || said[1].contains("rows"),
                "{}",
                said[1]
            );
            assert_eq!(
                [&said[0], &said[said.len() - 2], &said[said.len() - 1]],
                [B, B, A],
                "{bad} at {at}"
            );
        }
    }
}

#[test]
fn without_blank_lines_a_bad_row_keeps_the_others_in_step() {
    for (bad, at) in [("7....49.", 0), ("7....49..11", 3), ("7....x9..", 8), ("53", 5)] {
        let mut board = rows(A);
        board[at] = bad;
        let said = said(&[nine(B), board.join("\n"), nine(B), nine(A)].join("\n"));
        assert_eq!([&said[0], &said[2], &said[3]], [B, B, A], "{bad} at {at}");
        assert!(said[1].contains(&format!("line {}", 10 + at)), "{}", said[1]);
    }
}

#[test]
fn a_board_cut_short_does_not_take_from_the_next() {
    for kept in 1..9 {
        let cut = rows(A)[..kept].join("\n");
        let said = said(&format!("{cut}\n\n{}\n\n{B}", nine(B)));
        assert_eq!(said.len(), 3, "{kept}");
        assert_eq!(said[1..], [B, B], "{kept}");
    }
    assert_eq!(
        said(&format!("{}\n{B}", rows(A)[..4].join("\n"))),
        ["puzzles.txt, line 1: expected 9 rows of 9 cells, found 4", B]
    );
}

#[test]
fn titles_and_comments_stand_between_boards() {
    let content = format!(
        "# two puzzles\n#\nGrid 01\n{}\nGrid 02\n{}\n  # the end\n",
        nine(A),
        nine(B)
    );
    assert_eq!(said(&content), [A, B]);
    assert_eq!(
        said("Grid 01\n"),
        ["puzzles.txt, line 1, column 1: expected a digit or `.`, found `G`"]
    );
}

/// Each file of `tests/data/texts` holds the two Sudokus, or the maze twice, in a form that people use.
#[test]
fn the_forms_that_people_use_are_read() {
    let maze = "#S ##\n#   #\n### #\n  #  \n#   G";
    let mut files = 0;
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/texts")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let wanted = if name.starts_with("maze") { [maze; 2] } else { [A, B] };
        let read: Vec<String> = read_bytes(&std::fs::read(&path).unwrap(), &name, None)
            .into_iter()
            .map(|e| e.map_or_else(|e| e.to_string(), |e| e.puzzle.text()))
            .collect();
        assert_eq!(read, wanted, "{name}");
        files += 1;
    }
    assert!(files >= 30, "{files}");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let letter = A.replacen('9', "q", 1);
    let eighty_two = format!("{A}.");
    let equal = format!("5..5{}", ".".repeat(77));
    let column = format!("5........{}5{}", ".".repeat(63), ".".repeat(8));
    for (content, says) in [
        ("", "puzzles.txt: expected a puzzle, found none"),
        ("\n \r\n# nothing\n---\n", "puzzles.txt: expected a puzzle, found none"),
        (&A[1..], "puzzles.txt, line 1: expected 81 cells, found 80"),
        (&eighty_two, "puzzles.txt, line 1: expected 81 cells, found 82"),
        (
            &letter,
            "puzzles.txt, line 1, column 7: expected a digit or `.`, found `q`",
        ),
        ("123", "puzzles.txt, line 1: expected 81 cells, found 3"),
        ("123456789", "puzzles.txt, line 1: expected 81 cells, found 9"),
        (
            &equal,
            "puzzles.txt, line 1: two equal givens: 5 stands more than once in row 1: columns 1 and 4",
        ),
        (
            &column,
            "puzzles.txt, line 1: two equal givens: 5 stands more than once in column 1: rows 1 and 9",
        ),
    ] {
        assert_eq!(said(content), [says]);
    }
    let bytes = [A.as_bytes(), b"\n\xff\xfe\n", B.as_bytes()].concat();
    let read = read_bytes(&bytes, "x", None);
    assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn the_question_column_of_a_csv_is_read() {
    let content = format!("\u{feff}source,question,answer,rating\na,{A},,0\nb,x{A},,1\n,\"{B}\",,2\n\nonly\n");
    let entries = read(&content);
    assert_eq!(entries.len(), 4);
    let first = entries[0].as_ref().unwrap();
    assert_eq!(
        (first.line, first.source.as_deref(), &first.answer),
        (2, Some("a"), &None)
    );
    let said: Vec<String> = said(&content);
    assert_eq!(
        said[1],
        "puzzles.txt, line 3, column 3: expected a digit or `.`, found `x`"
    );
    assert_eq!(said[2], B);
    assert_eq!(
        said[3],
        "puzzles.txt, line 6: expected a question, the record ends with column 1"
    );
}

const MAZE: &str = "#####\n#S  #\n# # #\n#  G#\n#####";

#[test]
fn mazes_keep_their_spaces() {
    let other = MAZE.replace("#S  #", "    S").replace("#  G#", "G    ");
    assert_eq!(said(MAZE), [MAZE]);
    assert_eq!(said(&format!("{MAZE}\r\n\r\n{other}\n{MAZE}\n")), [MAZE, &other, MAZE]);
    let flat = |maze: &str| maze.replace('\n', "");
    assert_eq!(said(&flat(MAZE)), [MAZE]);
    assert_eq!(
        said(&format!("{}\n{}\n{}\n", flat(MAZE), flat(&other), &flat(MAZE)[1..])).len(),
        3
    );
    let csv = format!(
        "source,question,answer,rating\n,{},{},1\n",
        flat(&other),
        flat(&other).replace("#   #", "#ooo#")
    );
    let entries = read(&csv);
    let entry = entries[0].as_ref().unwrap();
    assert_eq!(
        (entry.puzzle.task, entry.puzzle.board.rows, entry.puzzle.text()),
        (hrm::tasks::maze::TASK, 5, other)
    );
    assert_eq!(entry.answer.as_ref().map(Vec::len), Some(25));
    let verdict = entry.puzzle.judge(entry.answer.as_ref().unwrap()).unwrap();
    assert_eq!((verdict.valid, verdict.optimal), (false, None));
}

#[test]
fn faults_of_mazes_are_said_with_their_place() {
    let maze = |content: &str| {
        let entry = read_bytes(content.as_bytes(), "maze.txt", Some(hrm::tasks::maze::TASK)).remove(0);
        entry.unwrap_err().to_string()
    };
    assert_eq!(
        maze(&MAZE.replace('G', "X")),
        "maze.txt, line 4, column 4: expected one of `#`, space, `S`, `G`, `o`, found `X`"
    );
    assert_eq!(
        maze(&MAZE.replace("  G", " G")),
        "maze.txt, line 4: expected 5 cells in a row, found 4"
    );
    assert_eq!(
        maze("#####\n#S G#"),
        "maze.txt, line 1: expected 5 rows of 5 cells, found 2"
    );
    assert_eq!(maze("S     G"), "maze.txt, line 1: expected 7 rows of 7 cells, found 1");
    assert_eq!(maze(""), "maze.txt: expected a puzzle, found none");
    // What `solve` prints can be read back: the path of an answer goes where free cells were.
    let answer = read_bytes(MAZE.replace("S  ", "Soo").as_bytes(), "maze.txt", None).remove(0);
    assert_eq!(answer.unwrap().puzzle.text(), MAZE);
    let csv = format!("question,answer\n{}", MAZE.replace('\n', "").replace("S  ", "S o"));
    assert_eq!(
        said(&csv),
        ["puzzles.txt, line 2, column 9: expected a question, found `o`, the path of an answer"]
    );
    assert_eq!(
        maze(&MAZE.replace('G', "S")),
        "maze.txt, line 1: no maze: expected one `S` and one `G`, found 2 and 0"
    );
}

#[test]
fn a_key_that_stands_twice_in_json_is_refused() {
    let board = ".".repeat(81);
    let (record, twice) = (
        format!(r#"{{"question": "{board}"}}"#),
        format!(r#"{{"question": "{board}", "question": "{board}"}}"#),
    );
    let refused =
        |line: usize| format!("puzzles.txt, line {line}, column 108: expected each key once, found `question` again");
    for (content, says) in [
        (twice.clone(), vec![refused(1)]),
        (format!("[\n{record},\n{twice}]"), vec![refused(3)]),
        (format!("{record}\n{twice}\n"), vec![board.clone(), refused(2)]),
        (format!("{twice}\n{record}\n"), vec![refused(1), board.clone()]),
    ] {
        assert_eq!(said(&content), says, "{content}");
    }
}

#[test]
fn proper_puzzles_have_one_solution_and_their_answers_are_valid() {
    let content = include_str!("data/sudoku-check.csv");
    let entries: Vec<Entry> = read(content).into_iter().map(Result::unwrap).collect();
    assert_eq!(entries.len(), 60);
    for Entry {
        puzzle, answer, line, ..
    } in entries
    {
        assert_eq!(puzzle.question(), Some(Question::Unique), "line {line}");
        let answer = answer.unwrap();
        assert_eq!(puzzle.is_valid(&answer), Some(true));
        assert!(puzzle.judge(&answer).unwrap().valid);
        assert_eq!(puzzle.is_valid(&puzzle.board.tokens), Some(false));
    }
}

proptest! {
    #[test]
    fn many_puzzles_in_any_layouts_are_as_many(
        puzzles in prop::collection::vec((any::<bool>(), 0usize..8, 0usize..3), 1..12),
    ) {
        let mut content = String::new();
        for (which, layout, separator) in &puzzles {
            // Layouts with blank lines inside, or with long rows, need one around them.
            let parted = if [2, 6].contains(layout) { "\n\n" } else { "\n" };
            content += parted;
            content += &in_layout(if *which { A } else { B }, *layout);
            content += parted;
            content += ["", "\n", "# a comment\n"][*separator];
        }
        let wanted: Vec<&str> = puzzles.iter().map(|(which, ..)| if *which { A } else { B }).collect();
        prop_assert_eq!(said(&content), wanted);
    }

    #[test]
    fn text_and_tokens_are_one_to_one(
        mut tokens in prop::collection::vec(prop::sample::select(vec![1u32, 2]), 25),
        ends in (0usize..24, 0usize..24),
        digit in 2u32..11,
        at in 0usize..81,
    ) {
        tokens[ends.0] = 3;
        tokens[if ends.0 == ends.1 { 24 } else { ends.1 }] = 4;
        let maze = Puzzle::new(hrm::tasks::maze::TASK, tokens).unwrap();
        prop_assert_eq!(Puzzle::parse(&maze.text(), Some(hrm::tasks::maze::TASK)).ok(), Some(maze));
        let mut tokens = vec![1; 81];
        tokens[at] = digit;
        let sudoku = Puzzle::new(hrm::tasks::sudoku::TASK, tokens).unwrap();
        prop_assert_eq!(Puzzle::parse(&sudoku.text(), None).ok(), Some(sudoku));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), maze in any::<bool>()) {
        let entries = read_bytes(&bytes, "x", maze.then_some(hrm::tasks::maze::TASK));
        prop_assert!(!entries.is_empty());
    }

    #[test]
    fn any_text_of_puzzle_characters_is_read_without_a_panic(content in "[1-9.0|+\\-#SGo x,\"\n\r]{0,400}") {
        prop_assert!(!read(&content).is_empty());
        let table = format!("question,answer\n{content}");
        prop_assert!(!read(&table).is_empty());
    }
}
