//! Manners: few errors, hints and advice that fit, words that anybody knows.

use super::{HARD, file, hrm, questions};

#[test]
fn ten_errors_of_a_kind_then_a_count_and_the_hint_once() {
    let bad: Vec<String> = (0..30)
        .map(|i| questions("givens36")[i % 10][..80].to_owned())
        .collect();
    let (_folder, path) = file("bad.txt", bad.join("\n"));
    for args in [&["solve"][..], &["eval", "--device", "cpu"]] {
        let ran = hrm([args, &[path.to_str().unwrap()]].concat(), "");
        assert_eq!(ran.code, 2);
        // Lines of output keep step with the input, which `eval` has none of.
        assert_eq!(ran.stdout.lines().count(), if args == ["solve"] { 30 } else { 0 });
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 12, "{}", ran.stderr);
        assert!(lines[9].contains(", line 10: expected 81 cells, found 80"));
        assert_eq!(lines[10], "error: and 20 more of these");
        assert!(lines[11].starts_with("hint: "));
    }
}

/// Files of all kinds by mistake: one sentence each.
#[test]
fn what_is_no_text_is_one_sentence() {
    let mut npy = b"\x93NUMPY\x01\x00v\x00{'descr': '<i4'}".to_vec();
    npy.extend([0; 324]);
    let table: [(&str, Vec<u8>, &str); 8] = [
        ("a.npy", npy, "found a NumPy array"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR".to_vec(), ""),
        ("a.gif", b"GIF89a\x01\x00\n\x01\n".to_vec(), "found a GIF picture"),
        ("a.zip", b"PK\x03\x04\n\n\n\n".to_vec(), "found a ZIP archive"),
        ("a.gz", b"\x1f\x8b\x08\n\n\n".to_vec(), "found a gzip archive"),
        ("a.bin", b"1\n2\n\x00\n3\n".repeat(50), "found bytes that are none"),
        (
            "a.html",
            b"<html>\n<body>\n<p>1\n<p>2\n</body>".to_vec(),
            "found XML or HTML without one",
        ),
        (
            "arc.json",
            br#"{"train":[{"input":[[0]],"output":[[1]]}],"test":[{"input":[[10]]}]}"#.to_vec(),
            "task arc, test pair 1, input, row 1, cell 1: expected a colour from 0 to 9, found 10",
        ),
    ];
    for (name, bytes, says) in table {
        let (_folder, path) = file(name, bytes);
        let error = hrm(["solve", path.to_str().unwrap()], "").error(2);
        assert!(error.contains(says), "{name}: {error}");
    }
}

#[test]
fn advice_is_given_where_it_can_help() {
    let impossible = format!("12345678.{}9{}", ".".repeat(17), ".".repeat(54));
    let advice = |args: &[&str]| {
        let ran = hrm([&["solve", "--device", "cpu", "--halt", "fixed"], args].concat(), "");
        let line = ran.stderr.lines().find(|line| line.contains("more thought"));
        line.unwrap_or_default().to_owned()
    };
    let few = advice(&["--segments", "1", HARD]);
    assert_eq!(few, "note: more thought may help: --tries 16, or --segments 4");
    assert_eq!(
        advice(&["--segments", "1", "--tries", "64", HARD]),
        "note: more thought may help: --segments 4"
    );
    assert_eq!(advice(&["--segments", "1", &impossible]), "");
    let hardest = questions("deep");
    let wrong = hardest.iter().map(|puzzle| advice(&["--segments", "65", puzzle]));
    assert!(wrong.into_iter().all(|advice| !advice.contains("--segments")));
}

#[test]
fn one_is_not_many() {
    let ran = hrm(["solve", "--device", "cpu", "--segments", "1", HARD], "");
    assert!(ran.stderr.contains("; 1 segment, "), "{}", ran.stderr);
}

#[test]
fn threads_have_a_ceiling_and_words() {
    for threads in ["257", "20000", "1000000"] {
        let error = hrm(["solve", "--threads", threads, HARD], "").error(2);
        assert!(
            error.starts_with("error: threads: expected 1 to 256, found "),
            "{error}"
        );
    }
    let ran = hrm(["solve", "--threads", "0", HARD], "");
    assert!(ran.stderr.contains("1 or more"), "{}", ran.stderr);
}

#[test]
fn a_puzzle_or_a_file_needs_no_command() {
    let (_folder, path) = file("puzzle.txt", HARD);
    let answer = hrm(["solve", "-q", HARD], "").stdout;
    let rows: Vec<&str> = (0..9).map(|row| &HARD[9 * row..][..9]).collect();
    for args in [
        &[HARD, "-q"][..],
        &[path.to_str().unwrap(), "-q"],
        &[&rows[..], &["-q"]].concat(),
    ] {
        let ran = hrm(args, "");
        assert_eq!((ran.code, &ran.stdout), (0, &answer), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(hrm(["-", "-q"], HARD).stdout, answer);
    assert_eq!(hrm(["-q", HARD], "").stdout, answer);
    let ran = hrm(["solv"], "");
    assert!(
        ran.code == 2 && ran.stderr.contains("unrecognized subcommand"),
        "{}",
        ran.stderr
    );
    assert!(hrm(["puzzel.txt"], "").error(2).contains("cannot read puzzel.txt"));
    let error = hrm(["solve", ""], "").error(2);
    assert!(
        error.contains("expected a puzzle, a file or `-`, found an empty text"),
        "{error}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn paths_need_not_be_utf8() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &[u8]| folder.path().join(OsString::from_vec(name.to_vec()));
    let (puzzle, model) = (named(b"r\xe4tsel.txt"), named(b"mod\xe8le"));
    std::fs::write(&puzzle, HARD).unwrap();
    let run = |args: &[&std::ffi::OsStr]| hrm(args, "");
    assert_eq!(run(&["convert".as_ref(), "sudoku".as_ref(), model.as_ref()]).code, 0);
    let ran = run(&[
        "solve".as_ref(),
        "-q".as_ref(),
        "-m".as_ref(),
        model.as_ref(),
        puzzle.as_ref(),
    ]);
    assert_eq!((ran.code, ran.stdout.trim_end().len()), (0, 81), "{}", ran.stderr);
    assert_eq!(run(&["inspect".as_ref(), model.as_ref()]).code, 0);
}

#[test]
fn every_command_has_a_manual_page() {
    let page = hrm(["man"], "").stdout;
    let commands = [
        "solve",
        "run",
        "eval",
        "merge",
        "generate",
        "inspect",
        "convert",
        "bench",
        "completions",
        "licences",
        "man",
    ];
    for command in commands {
        assert!(page.contains(&format!("hrm\\-{command}(1)")), "{command}");
        let page = hrm(["man", command], "").stdout;
        assert!(
            page.contains(&format!(".TH HRM-{} 1", command.to_uppercase())),
            "{page}"
        );
        assert!(!page.contains("EXTRA") && page.contains(".SH OPTIONS"), "{page}");
    }
    let solve = hrm(["man", "solve"], "").stdout;
    for needed in [
        "\\-\\-halt",
        "\\-\\-image",
        ".SH EXAMPLES",
        ".nf",
        "puzzles.csv \\-\\-json",
    ] {
        assert!(solve.contains(needed), "{needed}: {solve}");
    }
    assert!(
        hrm(["man", "nothing"], "")
            .error(2)
            .contains("expected one of solve, run")
    );
}

/// What parsers say reaches people in words that they know.
#[test]
fn no_raw_words_of_libraries() {
    let raw = [
        "EOF",
        "u32",
        "usize",
        "DuplicateKeyPolicy",
        "Options",
        "Nodes {",
        "invalid type",
        "struct ",
    ];
    let folder = tempfile::tempdir().unwrap();
    let golden = super::repository().join("tests/golden/trm-mlp-tiny");
    let copy = |name: &str, to: &str| std::fs::copy(golden.join(name), folder.path().join(to)).unwrap();
    copy("checkpoint.pt", "step_1");
    let yaml = std::fs::read_to_string(golden.join("config.yaml")).unwrap();
    for (name, content) in [
        ("all_config.yaml", format!("{yaml}\narch: {{}}\narch: {{}}\n")),
        (
            "all_config.yaml",
            "a: &x [1,1,1,1,1,1,1,1]\n".to_owned() + &"b: [*x,*x,*x,*x,*x,*x,*x]\n".repeat(3),
        ),
        ("all_config.yaml", "a: [".to_owned()),
        ("all_config.yaml", "---\na: 1\n---\nb: 2\n".to_owned()),
        ("config.json", "{".to_owned()),
        ("config.json", "[]".to_owned()),
        ("dataset.json", "{\"seq_len\": \"x\"}".to_owned()),
        ("dataset.json", "{\"seq_len\": 81, ".to_owned()),
    ] {
        std::fs::write(folder.path().join("all_config.yaml"), &yaml).unwrap();
        let _ = std::fs::remove_file(folder.path().join("config.json"));
        std::fs::write(folder.path().join(name), &content).unwrap();
        for command in ["solve", "eval"] {
            let input = if command == "eval" {
                folder.path().to_str().unwrap()
            } else {
                HARD
            };
            let ran = hrm(
                [command, "--device", "cpu", "-m", folder.path().to_str().unwrap(), input],
                "",
            );
            assert_ne!(ran.code, 0, "{name} {content}");
            let said = raw.iter().find(|raw| ran.stderr.contains(**raw));
            assert_eq!(said, None, "{name} {content}: {}", ran.stderr);
            assert_eq!(
                ran.stderr.lines().filter(|line| line.starts_with("error: ")).count(),
                1,
                "{}",
                ran.stderr
            );
        }
        let _ = std::fs::remove_file(folder.path().join("dataset.json"));
    }
}

/// A machine without a GPU is not asked to open a software adapter; one that has a GPU is.
#[cfg(all(target_os = "linux", feature = "gpu"))]
#[test]
fn auto_looks_for_a_device_first() {
    let has_gpu = std::fs::read_dir("/dev").unwrap().flatten().any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("nvidia") || name == "dri" || name == "dxg"
    });
    let ran = hrm(["solve", "--verbose", HARD], "");
    assert_eq!(ran.code, 0);
    if !has_gpu {
        assert!(
            ran.stderr.contains("found no device of one in the system"),
            "{}",
            ran.stderr
        );
    }
}
