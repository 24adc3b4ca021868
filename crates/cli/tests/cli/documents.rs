//! Runs every command of `README.md`, `docs/guide.md` and `docs/arc.md` as it stands there, and compares the outputs that they show.

use std::path::Path;

use serde_json::Value;

use super::{Ran, command, repository};

const DOCUMENTS: [&str; 3] = ["README.md", "docs/guide.md", "docs/arc.md"];

/// Commands that take long or need a GPU, each with the file beside this one that tests it.
const ELSEWHERE: [(&str, &str); 3] = [
    ("hrm verify --device gpu", "devices.rs"),
    ("hrm solve --device gpu ", "devices.rs"),
    ("hrm bench --quick", "bench.rs"),
];

/// Commands whose exit code is not 0, and why.
const CODES: [(&str, i32, &str); 1] = [(
    "hrm solve tests/data/sudoku-check.csv --quiet",
    1,
    "a few of the sixty puzzles are not solved",
)];

/// A command of a document, and the lines of output that it shows.
struct Shown {
    document: &'static str,
    line: String,
    output: Vec<String>,
}

/// Returns the contents of fenced blocks: in `sh` only commands, in `console` commands after `$` and their output.
fn shown() -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(repository().join(document)).unwrap();
        let mut block = None;
        for line in text.lines() {
            if let Some(language) = line.strip_prefix("```") {
                block = Some(language).filter(|_| block.is_none());
                continue;
            }
            let command = match block {
                Some("sh") => line.split(" #").next().unwrap(),
                Some("console") => match line.strip_prefix("$ ") {
                    Some(command) => command,
                    None => {
                        found.last_mut().unwrap().output.push(line.to_owned());
                        continue;
                    }
                },
                _ => continue,
            };
            let line = command.trim().to_owned();
            found.extend((!line.is_empty()).then_some(Shown {
                document,
                line,
                output: Vec::new(),
            }));
        }
    }
    found
}

/// Runs a line of `hrm` commands, joined by `|`, in `folder`; what the last prints may go to a file.
fn run(line: &str, folder: &Path) -> Ran {
    if let Some((line, file)) = line.split_once(" > ") {
        let ran = run(line, folder);
        std::fs::write(folder.join(file), &ran.stdout).unwrap();
        return ran;
    }
    let mut stdin = String::new();
    let mut last = None;
    for part in line.split('|') {
        let args: Vec<&str> = part.split_whitespace().collect();
        assert_eq!(args[0], "hrm", "{line}");
        let ran = Ran::of(command().current_dir(folder).args(&args[1..]).write_stdin(stdin));
        stdin = ran.stdout.clone();
        last = Some(ran);
    }
    last.unwrap()
}

/// Copies the files that the documents' commands use: an official checkpoint, its data, tensors, puzzles.
fn furnish(folder: &Path) {
    let copy = |from: &str, to: &str| {
        let to = folder.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(repository().join(from), to).unwrap();
    };
    let golden = "tests/golden/hrm-sudoku-small";
    copy("tests/data/sudoku-check.csv", "tests/data/sudoku-check.csv");
    copy(&format!("{golden}/checkpoint.pt"), "path/to/run/step_26040");
    copy(&format!("{golden}/config.yaml"), "path/to/run/all_config.yaml");
    copy(&format!("{golden}/dataset.json"), "path/to/run/dataset.json");
    copy(&format!("{golden}/io.safetensors"), "inputs.safetensors");
    let official = repository().join("tests/data/sudoku-official/test");
    for entry in std::fs::read_dir(official).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let to = format!("data/sudoku-extreme-1k-aug-1000/test/{name}");
        copy(&format!("tests/data/sudoku-official/test/{name}"), &to);
    }
}

/// Checks that what a command other than `hrm` names exists.
fn names_what_is_there(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let manifest = |folder: &str| std::fs::read_to_string(repository().join(folder).join("Cargo.toml")).unwrap();
    match words[..] {
        ["cargo", "install", "--path", folder] => manifest(folder).contains("[[bin]]"),
        ["cargo", "run", "--release", "-p", "hrm-app"] => manifest("crates/app").contains("name = \"hrm-app\""),
        ["cargo", "run", "--release", "--example", name] => repository().join(format!("examples/{name}.rs")).is_file(),
        [script] => repository().join(script).is_file(),
        _ => false,
    }
}

/// Returns whether a line is as shown, where `…` stands for anything.
fn fits(shown: &str, found: &str) -> bool {
    let mut rest = found;
    let parts: Vec<&str> = shown.split('…').collect();
    let found = parts.iter().enumerate().all(|(i, part)| {
        let at = if i == 0 {
            rest.starts_with(part).then_some(0)
        } else {
            rest.find(part)
        };
        at.inspect(|at| rest = &rest[at + part.len()..]).is_some()
    });
    found && (rest.is_empty() || parts.last() == Some(&""))
}

/// Looks for the lines that the document shows; `…` in them stands for what depends on the machine.
fn compare(shown: &Shown, ran: &Ran) {
    let all = ran.stdout.clone() + &ran.stderr;
    for line in &shown.output {
        if line.starts_with('{') {
            let objects = [line.as_str(), ran.stdout.trim()].map(|text| {
                let mut object: Value = serde_json::from_str(text).unwrap();
                let q_halt = object["q_halt"].take().as_f64().unwrap();
                object["ms"].take();
                object["device"].take();
                (object, q_halt)
            });
            let [(shown, q_shown), (found, q_found)] = objects;
            assert_eq!(shown, found);
            assert!(
                (q_shown - q_found).abs() < 0.1,
                "q_halt {q_shown} is shown, {q_found} found"
            );
        } else {
            let found = all.lines().any(|found| fits(line.trim_end(), found));
            assert!(found, "{}: {line}\nfound:\n{all}", shown.document);
        }
    }
}

#[test]
fn every_command_does_what_the_documents_say() {
    // Commands may build on earlier ones of the same document only.
    let folders = DOCUMENTS.map(|document| (document, tempfile::tempdir().unwrap()));
    folders.iter().for_each(|(_, folder)| furnish(folder.path()));
    super::arc_world::furnish(folders[2].1.path());
    let folder = |document: &str| folders.iter().find(|(name, _)| *name == document).unwrap().1.path();
    let mut count = 0;
    for shown in shown() {
        let place = format!("{}: {}", shown.document, shown.line);
        let hrm = shown.line.replace("cargo run --release -- ", "hrm ");
        let elsewhere = ELSEWHERE.iter().any(|(start, _)| hrm.starts_with(start));
        if elsewhere || hrm.starts_with("hrm app") {
            continue;
        }
        if !hrm.starts_with("hrm ") {
            assert!(names_what_is_there(&hrm), "{place}");
            continue;
        }
        let ran = run(&hrm, folder(shown.document));
        let code = CODES.iter().find(|(line, ..)| *line == hrm).map_or(0, |code| code.1);
        assert_eq!(ran.code, code, "{place}\n{}{}", ran.stdout, ran.stderr);
        compare(&shown, &ran);
        count += 1;
    }
    assert!(count >= 20, "only {count} commands were run");
    for made in [
        "thinking.gif",
        "answer.png",
        "results.jsonl",
        "my-model/config.json",
        "outputs.safetensors",
    ] {
        assert!(folder("docs/guide.md").join(made).is_file(), "{made}");
    }
}

/// Returns the row of a Markdown table whose first cell is `class`, without blanks and units.
fn row(document: &str, class: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join(document)).unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("| {class} |")));
    let line = line.unwrap_or_else(|| panic!("{document} has no row {class}"));
    let cells = line
        .trim_matches('|')
        .split('|')
        .map(|cell| cell.trim().trim_end_matches(" %"));
    cells.map(str::to_owned).collect()
}

/// The README's rounded figures are those of the model card.
#[test]
fn the_figures_of_the_readme_are_those_of_the_card() {
    for class in [
        "36 to 45 givens",
        "30 to 35 givens",
        "minimal, 21 to 28 givens",
        "at most 20 givens",
        "minimal, at least 1 guess",
        "minimal, at least 10 guesses",
    ] {
        let (readme, card) = (row("README.md", class), row("weights/sudoku/README.md", class));
        // class, puzzles, then the grid after 1, 2, 4, 8, 16, 32 segments
        for (shown, measured) in [(1, 4), (2, 6), (3, 7)] {
            let of = |cells: &[String], i: usize| cells[i].parse::<f64>().unwrap();
            let (shown, measured) = (of(&readme, shown), of(&card, measured));
            assert!(
                (shown - measured).abs() <= 0.5,
                "{class}: {shown} is shown, {measured} measured"
            );
        }
    }
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let maze = row("weights/maze/README.md", "`valid`");
    for share in [&maze[2], &maze[3]] {
        assert!(
            readme.contains(&format!("{share} % get a valid path"))
                || readme.contains(&format!("{share} % the shortest"))
        );
    }
}
