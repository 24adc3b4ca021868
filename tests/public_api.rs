//! The public surface of the library: `tests/public-api.txt` lists it, so that a change of it is seen in review.
//!
//! The lint `unreachable_pub` is denied: each `pub` in `src/` is a promise to users, and is found by its text.

use std::fmt::Write;

use crate::common::{repository, sources};

/// Items that a version of the library may promise; each is one more that cannot be changed.
const MOST: usize = 250;

/// What a line declares publicly: "fn solve", "struct Solver".
fn declared(line: &str) -> Option<String> {
    let mut words = line.trim_start().strip_prefix("pub ")?.split_whitespace().peekable();
    while words
        .next_if(|word| ["async", "unsafe", "const"].contains(word))
        .is_some()
    {}
    let kind = words.next()?;
    let name = match kind {
        "fn" | "struct" | "enum" | "trait" | "mod" | "type" | "static" => words.next()?,
        // `const` went with the qualifiers: what is left is "NAME: Type".
        name if name.ends_with(':') && name.chars().all(|c| !c.is_lowercase()) => {
            return Some(format!("const {}", &name[..name.len() - 1]));
        }
        _ => return None,
    };
    let end = name
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(name.len());
    Some(format!("{kind} {}", &name[..end]))
}

/// The type that an `impl` block is for, or the trait that a `trait` block declares.
fn owner(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("impl")?.trim_end_matches(['{', ' ']);
    let subject = rest.rsplit(" for ").next()?;
    let subject = subject
        .rsplit('>')
        .next()
        .filter(|name| !name.trim().is_empty())
        .unwrap_or(subject);
    let name = subject.trim().split(['<', ' ']).next()?;
    Some(name.rsplit("::").next().unwrap_or(name))
}

#[test]
fn the_public_surface_is_what_was_agreed_on() {
    let root = repository();
    let (mut listed, mut items) = (String::new(), 0);
    for file in sources(&root.join("src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut inside = None;
        let mut found = Vec::new();
        for line in shipped.lines() {
            inside = match line {
                "}" => None,
                _ => owner(line).or(inside),
            };
            if let Some(item) = declared(line) {
                found.push(inside.map_or_else(|| item.clone(), |inside| format!("{inside}: {item}")));
            }
        }
        if found.is_empty() {
            continue;
        }
        items += found.len();
        let name = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        writeln!(listed, "{name}").unwrap();
        found.iter().for_each(|item| writeln!(listed, "    {item}").unwrap());
    }
    let snapshot = root.join("tests/public-api.txt");
    if std::env::var_os("HRM_BLESS").is_some() {
        std::fs::write(&snapshot, &listed).unwrap();
    }
    assert!(items < MOST, "expected fewer than {MOST} public items, found {items}");
    assert_eq!(
        listed,
        std::fs::read_to_string(&snapshot).unwrap(),
        "the public surface changed: where that is meant, HRM_BLESS=1 writes the list anew"
    );
}
