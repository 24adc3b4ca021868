//! What files of puzzles hold, before it is a data set.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::tasks::{Entry, Task, Text, decoded, read};

/// What files of puzzles hold.
#[derive(Default)]
pub(super) struct Found {
    pub(super) entries: Vec<Result<Entry>>,
    /// What is wrong besides, which keeps no puzzle from being asked.
    pub(super) problems: Vec<Error>,
    /// The numbers of questions by the name of their puzzle, those that cannot be read counted.
    pub(super) questions: Vec<(String, usize)>,
}

impl Found {
    /// Reads the bytes of a file.
    pub(super) fn new(bytes: &[u8], path: &Path, task: Option<Task>) -> Found {
        let name = path.display().to_string();
        let entries = read(bytes, &name, task);
        let first = entries.iter().flatten().next().map(|entry| entry.puzzle.task);
        let questions = task.or(first).map(|task| {
            let content = decoded(bytes);
            task.questions(&Text::new(&content, &name, task))
        });
        Found {
            entries,
            problems: Vec::new(),
            questions: questions.unwrap_or_default(),
        }
    }

    /// Reads a file of puzzles, and of a contest's `…challenges…` the answers in the `…solutions…` beside it.
    pub(super) fn in_file(path: &Path, task: Option<Task>) -> Result<Found> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let mut found = Found::new(&bytes, path, task);
        let name = path.file_name().and_then(|name| name.to_str());
        let solutions = name
            .filter(|name| name.contains("challenges"))
            .map(|name| name.replace("challenges", "solutions"));
        let solutions = solutions
            .map(|name| path.with_file_name(name))
            .filter(|path| path.is_file());
        let mut known: Vec<&mut Entry> = found.entries.iter_mut().flatten().collect();
        let first = known.first().map(|entry| entry.puzzle.task);
        if let Some((path, task)) = solutions.zip(first) {
            let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
            let (content, name) = (decoded(&bytes), path.display().to_string());
            found.problems = task.add_answers(&mut known, &Text::new(&content, &name, task));
        }
        Ok(found)
    }

    /// Reads the files of a folder, each with puzzles of its own.
    pub(super) fn in_files(files: &[PathBuf], task: Option<Task>) -> Result<Found> {
        let is_json = |file: &PathBuf| file.extension().is_some_and(|name| name.eq_ignore_ascii_case("json"));
        let foreign = |file: &PathBuf| Error::Input {
            what: file.display().to_string(),
            reason: "expected a file with a puzzle, a name that ends in .json, found another".to_owned(),
        };
        let (mut found, mut places) = (Found::default(), HashMap::new());
        for file in files {
            match is_json(file) {
                true => {
                    let mut more = Found::in_file(file, task)?;
                    more.leave_out(file, &mut places);
                    found.extend(more);
                }
                false => found.entries.push(Err(foreign(file))),
            }
        }
        Ok(found)
    }

    /// Leaves out the puzzles whose names an earlier file has already: they are not further questions.
    fn leave_out<'f>(&mut self, file: &'f Path, places: &mut HashMap<String, &'f Path>) {
        let mut again: BTreeMap<&str, &Path> = BTreeMap::new();
        for (name, _) in &self.questions {
            if let Some(earlier) = places.get(name.as_str()) {
                again.insert(name, earlier);
            } else {
                places.insert(name.clone(), file);
            }
        }
        let Some((first, earlier)) = again.first_key_value() else {
            return;
        };
        self.problems.push(Error::Input {
            what: file.display().to_string(),
            reason: format!(
                "expected puzzles that no other file of the folder has, found {} that are left out, as {first} of {}",
                again.len(),
                earlier.display()
            ),
        });
        let is_again = |name: &str| again.contains_key(name);
        let is_new = |entry: &Result<Entry>| {
            let name = entry.as_ref().ok().and_then(|entry| entry.puzzle.name.as_deref());
            !name.is_some_and(is_again)
        };
        self.entries.retain(is_new);
        let left: Vec<(String, usize)> = self
            .questions
            .iter()
            .filter(|(name, _)| !is_again(name))
            .cloned()
            .collect();
        self.questions = left;
    }

    fn extend(&mut self, more: Found) {
        self.entries.extend(more.entries);
        self.problems.extend(more.problems);
        self.questions.extend(more.questions);
    }
}
