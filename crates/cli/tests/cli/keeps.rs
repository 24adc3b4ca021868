//! Nothing that people have is lost, and nothing false is said: what is replaced, and lines that keep step.

use std::path::{Path, PathBuf};

use super::{HARD, Ran, file, hrm, questions, repository};

/// A folder with something of everything that commands could spoil.
struct Things(tempfile::TempDir);

impl Things {
    fn new() -> Things {
        let things = Things(tempfile::tempdir().unwrap());
        let golden = repository().join("tests/golden/hrm-tiny/io.safetensors");
        std::fs::copy(golden, things.path("io.st")).unwrap();
        let model = things.path("model");
        let converted = hrm(["convert".into(), "sudoku".into(), model.into_os_string()], "");
        assert_eq!(converted.code, 0, "{}", converted.stderr);
        std::fs::write(things.path("puzzle.png"), HARD).unwrap();
        std::fs::create_dir(things.path("project")).unwrap();
        std::fs::write(things.path("project/config.json"), "{\"my\":\"precious\"}").unwrap();
        things
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a command whose words that begin with `@` are paths here.
    fn run(&self, line: &str) -> Ran {
        let words = line.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).into_os_string(),
            None => word.into(),
        });
        hrm(words, "")
    }

    /// Everything that is there, by path.
    fn state(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, found),
                    false => found.push((path.clone(), std::fs::read(path).unwrap())),
                }
            }
        }
        let mut found = Vec::new();
        walk(self.0.path(), &mut found);
        found.sort();
        found
    }
}

/// One rule for every command that writes.
#[test]
fn nothing_is_replaced_unasked() {
    let things = Things::new();
    let before = things.state();
    let golden = repository().join("tests/golden/hrm-tiny");
    let run = format!("run -q --device cpu --segments 1 -m {}", golden.display());
    for (line, says) in [
        (
            format!("{run} --inputs @io.st --outputs @io.st"),
            "is what this command reads",
        ),
        (
            "run -q --device cpu -m @model --inputs @io.st --outputs @model/model.safetensors".to_owned(),
            "is what this command reads",
        ),
        (
            format!("{run} --inputs @io.st --outputs @project/config.json"),
            "exists",
        ),
        (format!("{run} --inputs @io.st --outputs @project"), "is a folder"),
        ("convert sudoku @project".to_owned(), "a folder that is not empty"),
        ("convert @model @model".to_owned(), "a folder that is not empty"),
        ("convert sudoku @io.st".to_owned(), "is not a folder"),
        (
            "solve --image @puzzle.png @puzzle.png".to_owned(),
            "is what this command reads",
        ),
        (format!("solve --image @puzzle.png {HARD}"), "exists"),
        (
            "eval @puzzle.png --out @puzzle.png".to_owned(),
            "is what this command reads",
        ),
        (
            "eval @puzzle.png --out @puzzle.png --force".to_owned(),
            "is what this command reads",
        ),
        ("merge @io.st --out -".to_owned(), "is standard output here"),
        ("convert sudoku -".to_owned(), "is standard output here"),
        ("merge - --out @new".to_owned(), "expected files, found `-`"),
        ("eval @puzzle.png --out @io.st".to_owned(), "no file of records"),
        ("eval @puzzle.png --out @project".to_owned(), "is a folder"),
        ("merge @io.st --out @project/config.json".to_owned(), "exists"),
    ] {
        let error = things.run(&line).error(2);
        assert!(error.contains(says), "{line}: {error}");
        assert_eq!(things.state(), before, "{line}");
    }
    // Outputs of an earlier run are no loss, and with --force the same is done.
    for line in [
        format!("{run} --inputs @io.st --outputs @out.st"),
        format!("{run} --inputs @io.st --outputs @out.st"),
        format!("{run} --inputs @io.st --outputs @io.st --force"),
        "convert sudoku @project --force".to_owned(),
        format!("solve --device cpu --image @puzzle.png --force {HARD}"),
    ] {
        let ran = things.run(&line);
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
    }
}

/// Whatever is in the way, the file that was named is named, and no temporary one.
#[test]
fn what_cannot_be_written_is_named_as_it_was_asked_for() {
    let things = Things::new();
    let golden = repository().join("tests/golden/hrm-tiny");
    for (line, names) in [
        (
            format!(
                "run -q --device cpu --segments 1 -m {} --inputs @io.st --outputs @none/out.st",
                golden.display()
            ),
            "none/out.st",
        ),
        ("convert sudoku @io.st/model".to_owned(), "io.st/model"),
        (
            "eval @puzzle.png --device cpu --out @none/out.jsonl".to_owned(),
            "none/out.jsonl",
        ),
        ("merge @io.st --out @none/all.jsonl".to_owned(), "io.st"),
    ] {
        let error = things.run(&line).error(2).replace('\\', "/");
        assert!(error.contains(names) && !error.contains(".hrm-"), "{line}: {error}");
    }
}

/// Nobody can make a file in that folder of the system.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_comes_before_a_picture_that_cannot_be_written() {
    let ran = hrm(["solve", "--device", "cpu", "--image", "/proc/x.gif", HARD], "");
    assert!(ran.code == 2 && ran.stdout.starts_with('┌'), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("cannot write /proc/x.gif: ") && !ran.stderr.contains(".hrm-"),
        "{}",
        ran.stderr
    );
}

/// The device that is always full stands for a full disk.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_an_error_everywhere() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["solve", "--help"],
        &["man"],
        &["solve", HARD],
        &["inspect", "sudoku"],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hrm"));
        let output = command.args(args).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("cannot write standard output"), "{stderr}");
    }
}

#[test]
fn lines_keep_step_with_the_puzzles() {
    let good = questions("givens36");
    // No solution: nothing fits the last cell of the first row.
    let impossible = format!("12345678.{}9{}", ".".repeat(17), ".".repeat(54));
    let text = format!("{}\n{}\n{}\n{}\n", good[0], &good[1][..80], impossible, good[2]);
    let (_folder, path) = file("some.txt", &text);
    let ran = hrm(
        [
            "solve",
            "-q",
            "--device",
            "cpu",
            "--segments",
            "4",
            path.to_str().unwrap(),
        ],
        "",
    );
    assert_eq!(ran.code, 2);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.stdout);
    assert!(lines[0].len() == 81 && lines[3].len() == 81);
    assert!(
        lines[1].starts_with("# ") && lines[1].ends_with("line 2: expected 81 cells, found 80"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].get(81..84) == Some(" # ") && lines[2].contains(" more fault"),
        "{}",
        lines[2]
    );
    // The marks are comments: the output can be read again.
    let again = hrm::tasks::read(ran.stdout.as_bytes(), "x", None);
    assert_eq!(again.len(), 3);
    let objects = hrm(
        [
            "solve",
            "--json",
            "--device",
            "cpu",
            "--segments",
            "4",
            path.to_str().unwrap(),
        ],
        "",
    )
    .json();
    assert_eq!(objects.len(), 4);
    for (i, object) in objects.iter().enumerate() {
        assert_eq!((&object["index"], &object["line"]), (&i.into(), &(i + 1).into()));
        assert_eq!(object.get("error").is_some(), i == 1, "{object}");
        assert_eq!(object.get("answer").is_none(), i == 1, "{object}");
    }
}

#[test]
fn without_any_puzzle_each_still_says_what_is_wrong() {
    let ran = hrm(["solve", "--json", &HARD[..80]], "");
    assert_eq!(ran.code, 2);
    let object = ran.json().remove(0);
    assert_eq!((&object["index"], &object["line"]), (&0.into(), &1.into()));
    assert_eq!(object["error"], "puzzle, line 1: expected 81 cells, found 80");
    let ran = hrm(["solve", "-"], &format!("{}\n{}\n", &HARD[..80], &HARD[..79]));
    assert_eq!(ran.code, 2);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "# standard input, line 1: expected 81 cells, found 80",
            "# standard input, line 2: expected 81 cells, found 79"
        ]
    );
    // Of one puzzle, a message is enough.
    assert_eq!(hrm(["solve", &HARD[..80]], "").stdout, "");
}
