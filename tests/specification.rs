//! The references to `docs/specification.md` in sources, shaders and tests lead somewhere.

use std::collections::BTreeSet;

use crate::common::{repository, sources};

const FOLDERS: [&str; 6] = ["src", "shaders", "crates", "tests", "examples", "benches"];

/// The text of a file's comments and code as one line, so that a reference may be broken by the end of a line.
fn flat(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches(['/', '!']).trim());
    lines.collect::<Vec<_>>().join(" ")
}

/// The numbers that open `text`: "3 to 5" is 3, 4 and 5, and "1 and 3" is both.
fn numbers(text: &str) -> Vec<String> {
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let mut found: Vec<String> = Vec::new();
    let mut range = false;
    for word in text.split_whitespace() {
        let ends = word.ends_with([')', ';', ':']) || word.ends_with('.');
        let number = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        match word {
            "to" => range = true,
            "and" | "or" => {}
            _ if is_number(word) => {
                if range {
                    let whole = |n: &str| n.split('.').next().unwrap().parse::<u32>().unwrap();
                    let from = whole(found.last().unwrap());
                    found.extend((from + 1..whole(number)).map(|n| n.to_string()));
                    range = false;
                }
                found.push(number.to_owned());
            }
            _ => break,
        }
        if ends {
            break;
        }
    }
    found
}

/// Section numbers that `text` cites.
fn cited(text: &str) -> Vec<String> {
    let text = flat(text);
    let mut found = Vec::new();
    for (place, word) in text.match_indices("pecification") {
        let rest = &text[place + word.len()..];
        let rest = rest.strip_prefix("'s").or(rest.strip_prefix(".md")).unwrap_or(rest);
        let rest = rest.trim_start_matches(['`', ',', ' ', '(']);
        let rest = rest.trim_start_matches("words, ").trim_start_matches("table (");
        let rest = match rest.strip_prefix("sections").or_else(|| rest.strip_prefix("section")) {
            Some(rest) => rest,
            None => rest,
        };
        found.extend(numbers(rest));
    }
    found
}

#[test]
fn references_are_recognised() {
    let cases = [
        ("//! Metrics (specification, section 7), and", vec!["7"]),
        ("// (specification, sections 3 to 5).", vec!["3", "4", "5"]),
        ("/// sizes (specification, sections 1 and 3).", vec!["1", "3"]),
        ("//! pickle (specification, 2.2).", vec!["2.2"]),
        (
            "/// counted as in the specification's section\n    /// 10; 0 for",
            vec!["10"],
        ),
        ("/// The specification's words, section 6.3.", vec!["6.3"]),
        ("/// The specification's table (section 10).", vec!["10"]),
        ("/// (`docs/specification.md`, section 2.3).", vec!["2.3"]),
        ("/// written from the specification.", vec![]),
    ];
    for (text, expected) in cases {
        assert_eq!(cited(text), expected, "{text}");
    }
}

#[test]
fn every_cited_section_exists() {
    let document = std::fs::read_to_string(repository().join("docs/specification.md")).unwrap();
    let headings: BTreeSet<&str> = document
        .lines()
        .filter(|line| line.starts_with("## ") || line.starts_with("### "))
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    let files: Vec<_> = FOLDERS
        .iter()
        .flat_map(|folder| sources(&repository().join(folder)))
        .collect();
    let mut count = 0;
    for path in files.iter().filter(|path| !path.ends_with("tests/specification.rs")) {
        for section in cited(&std::fs::read_to_string(path).unwrap()) {
            assert!(
                headings.contains(section.as_str()),
                "{}: the specification has no section {section}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count >= 30, "only {count} references were found");
}
