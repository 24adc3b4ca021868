//! Dependencies are what `deny.toml` allows, on machines without cargo-deny too: their licences, and no crate twice without
//! a reason.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::process::Command;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The strings of the list `name = [ … ]` in `deny.toml`.
fn list(name: &str) -> HashSet<String> {
    let text = read("deny.toml");
    let start = text.find(&format!("\n{name} = [")).unwrap();
    let lines = text[start + 1..].lines().skip(1).take_while(|line| *line != "]");
    let strings = lines
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split('"').nth(1));
    strings.map(str::to_owned).collect()
}

/// Whether an SPDX expression can be kept with licences of `allowed` alone: each side of an AND, one side of an OR. The
/// older form `MIT/Apache-2.0` is an OR.
fn allows(allowed: &HashSet<String>, expression: &str) -> bool {
    fn either(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>, allowed: &HashSet<String>) -> bool {
        let mut found = both(words, allowed);
        while words.next_if(|word| word == "OR").is_some() {
            found |= both(words, allowed);
        }
        found
    }
    fn both(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>, allowed: &HashSet<String>) -> bool {
        let mut found = one(words, allowed);
        while words.next_if(|word| word == "AND").is_some() {
            found &= one(words, allowed);
        }
        found
    }
    fn one(words: &mut std::iter::Peekable<std::vec::IntoIter<String>>, allowed: &HashSet<String>) -> bool {
        let word = words.next().unwrap();
        if word == "(" {
            let found = either(words, allowed);
            assert_eq!(words.next().as_deref(), Some(")"));
            return found;
        }
        match words.next_if(|word| word == "WITH") {
            Some(_) => allowed.contains(&format!("{word} WITH {}", words.next().unwrap())),
            None => allowed.contains(&word),
        }
    }
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
    let mut words = words.into_iter().peekable();
    either(&mut words, allowed) && words.next().is_none()
}

#[test]
fn expressions_are_understood() {
    let allowed: HashSet<String> = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"]
        .map(String::from)
        .into();
    let cases = [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Zlib", true),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", false),
        ("MIT OR GPL-3.0 AND LGPL-3.0", true),
        ("Apache-2.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
    ];
    for (expression, expected) in cases {
        assert_eq!(allows(&allowed, expression), expected, "{expression}");
    }
}

/// Of all that is compiled for this system; others have their own few.
#[test]
fn every_licence_is_allowed() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let version = Command::new(&cargo).arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(&cargo)
        .args([
            "metadata",
            "--offline",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            host,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "{}", packages.len());
    let allowed = list("allow");
    for package in packages {
        let (name, licence) = (&package["name"], package["license"].as_str());
        assert!(
            licence.is_some_and(|licence| allows(&allowed, licence)),
            "{name} has the licence {licence:?}, which deny.toml does not allow"
        );
    }
}

#[test]
fn no_crate_is_there_twice_without_a_reason() {
    let lock = read("Cargo.lock");
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(found) = line.strip_prefix("name = ") {
            name = found;
        } else if let Some(version) = line.strip_prefix("version = ") {
            versions.entry(name.trim_matches('"')).or_default().insert(version);
        }
    }
    let known = list("skip");
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        assert!(
            known.contains(*name),
            "{name} is there in the versions {versions:?}: see deny.toml"
        );
    }
}
