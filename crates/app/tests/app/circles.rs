//! The modules of the window do not depend on each other in circles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Returns the modules that each module names by `crate::`, leaving out tests.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for module in std::fs::read_dir(folder).unwrap() {
        let path = module.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // The files of a folder are a part of the module that has its name.
        let files = match path.is_dir() {
            true => std::fs::read_dir(&path)
                .unwrap()
                .map(|file| file.unwrap().path())
                .collect(),
            false => vec![path],
        };
        let text = sources.entry(name).or_default();
        for file in files {
            let whole = std::fs::read_to_string(file).unwrap();
            text.push_str(whole.split("#[cfg(test)]\nmod tests").next().unwrap());
        }
    }
    let named = |text: &str| {
        let paths = text.split("crate::").skip(1);
        // `use crate::{a, b};` names several modules.
        let names = paths.flat_map(|path| match path.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap().split(',').map(str::trim).collect(),
            None => vec![path],
        });
        let first = |name: &str| {
            name.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap()
                .to_owned()
        };
        names.map(first).filter(|name| sources.contains_key(name)).collect()
    };
    let others = |name: &String, text: &str| -> BTreeSet<String> {
        let named: BTreeSet<String> = named(text);
        named.into_iter().filter(|other| other != name).collect()
    };
    sources
        .iter()
        .map(|(name, text)| (name.clone(), others(name, text)))
        .collect()
}

#[test]
fn no_module_needs_one_that_needs_it() {
    let mut edges = edges();
    assert!(edges["window"].contains("contents"), "the edges are found: {edges:?}");
    // Removes modules that need no others until none are left.
    while let Some(leaf) = edges
        .iter()
        .find(|(name, needs)| needs.iter().all(|need| need == *name))
        .map(|(name, _)| name.clone())
    {
        edges.remove(&leaf);
        edges.values_mut().for_each(|needs| {
            needs.remove(&leaf);
        });
    }
    assert!(edges.is_empty(), "these modules need each other: {edges:#?}");
}
