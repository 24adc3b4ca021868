//! Data sets: the official folder of `.npy` files, CSV, or puzzles in a text or a folder of texts (specification, section 7).

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::files::Found;
use super::fnv::Fnv;
use super::folder::{self, Set};
use super::npy::invalid;
use super::votes::Tests;
use crate::error::{Error, Result};
use crate::solve::{Query, Solver};
use crate::tasks::{Entry, IDENTIFIERS_FILE, Identifiers, Puzzle, Task, all};

/// A data set: questions, and their answers if known.
#[non_exhaustive]
pub struct Dataset {
    /// The task of the data, if known.
    pub task: Option<Task>,
    /// The number of readable samples.
    pub len: usize,
    /// What could not be read, in order, each with its place.
    pub problems: Vec<Error>,
    /// The questions that are put to the vote by the name of their puzzle, and their right answers where they are known, all
    /// as text; the text of one that cannot be read is empty. Empty for tasks whose puzzles have no names.
    pub tests: BTreeMap<String, Vec<(String, Option<String>)>>,
    content: Content,
    /// The names of the puzzles of an official folder.
    names: Option<Identifiers>,
}

enum Content {
    Arrays(Vec<Set>),
    /// Entries with their index in the file.
    Text(Vec<(usize, Entry)>),
    Memory(Vec<Sample>),
}

/// One question of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The sample's number in the data set, from 0; unreadable ones count, too.
    pub index: usize,
    /// The column `source` of a CSV file, or the name of the set if an official folder has several.
    pub source: Option<String>,
    /// Input ids, `[S]`.
    pub tokens: Vec<u32>,
    /// The ids of the right answer, `[S]`; 0 is ignored in every metric.
    pub labels: Option<Vec<u32>>,
    /// The row of the puzzle embedding.
    pub puzzle_identifier: u32,
    /// The name of the puzzle or of its augmentation, if it has one.
    pub name: Option<String>,
    /// The puzzle, if it comes from a text.
    pub puzzle: Option<Arc<Puzzle>>,
}

impl Sample {
    /// Returns the sample as a network of this `seq_len` takes it, where its puzzle can be encoded so.
    pub(super) fn fitted(mut self, seq_len: usize) -> Sample {
        if let Some(task) = self.puzzle.as_ref().map(|puzzle| puzzle.task) {
            self.tokens = task.fitted(self.tokens, seq_len);
            self.labels = self.labels.map(|labels| task.fitted(labels, seq_len));
        }
        self
    }

    /// Returns what errors call the sample.
    pub(super) fn called(&self) -> String {
        match self
            .puzzle
            .as_ref()
            .and_then(|puzzle| Some((puzzle.name.as_deref()?, puzzle.part)))
        {
            Some((name, part)) => format!("task {name}, test {}", part + 1),
            None => format!("sample {}", self.index),
        }
    }

    /// Returns the query that asks `solver` this sample.
    ///
    /// # Errors
    /// [`Error::Usage`] for a sample of another length or task than the model's, [`Error::Input`] for labels that are none of
    /// its ids; as [`Puzzle::new`] and [`Solver::check`].
    pub(super) fn query(&self, solver: &Solver) -> Result<Query> {
        let (config, name) = (&solver.model().config, &solver.model().name);
        if let Some(puzzle) = &self.puzzle {
            solver.check(puzzle)?;
            return Ok(Query::from(puzzle.clone()));
        }
        if self.tokens.len() != config.seq_len {
            return Err(Error::Usage(format!(
                "sample {}: expected {} tokens, as model {name} takes, found {}: give another model",
                self.index,
                config.seq_len,
                self.tokens.len()
            )));
        }
        let mut labels = self.labels.iter().flatten().enumerate();
        if let Some((element, label)) = labels.find(|(_, label)| **label as usize >= config.vocab_size) {
            return Err(Error::Input {
                what: self.called(),
                reason: format!(
                    "expected labels below {}, as the vocabulary of model {name} has them, found {label} in element {element}",
                    config.vocab_size
                ),
            });
        }
        let puzzle = config.task.map(|task| Puzzle::new(task, self.tokens.clone()));
        let mut query = match puzzle.transpose()? {
            Some(mut puzzle) => {
                puzzle.identifier = Some(self.puzzle_identifier);
                Query::from(puzzle)
            }
            None => Query::new(self.tokens.clone()),
        };
        query.puzzle_identifier = self.puzzle_identifier as usize;
        Ok(query)
    }
}

impl Dataset {
    /// Opens an official folder (its root or its `test`), a file of any kind that [`read`](crate::tasks::read) knows, or a
    /// folder of files of JSON with a puzzle each. Of a contest's file of challenges the solutions beside it are read, too.
    ///
    /// An official folder must be sound as a whole; in a text, whatever is not a puzzle becomes one of the
    /// [`Dataset::problems`] and the rest is available. `task` is needed if the data do not reveal it.
    pub fn open(path: impl AsRef<Path>, task: Option<Task>) -> Result<Dataset> {
        let path = path.as_ref();
        if !path.is_dir() {
            return of_found(Found::in_file(path, task)?, path, task);
        }
        let Some((of_files, files)) = all().iter().find_map(|task| Some((*task, task.files(path)?))) else {
            return open_folder(path, task);
        };
        let task = task.or(Some(of_files));
        of_found(Found::in_files(&files, task)?, path, task)
    }

    /// Reads a data set from the bytes of a file, which errors call `path`.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn parse(bytes: &[u8], path: &Path, task: Option<Task>) -> Result<Dataset> {
        of_found(Found::new(bytes, path, task), path, task)
    }

    /// Checks that there is something to ask.
    ///
    /// # Errors
    /// [`Error::Input`] about `path` where there is no sample.
    pub fn check_any(&self, path: &Path) -> Result<()> {
        if self.len > 0 {
            return Ok(());
        }
        Err(Error::Input {
            what: path.display().to_string(),
            reason: "expected at least one sample, found none".to_owned(),
        })
    }

    /// Checks that the files of a folder are as they were when it was opened: where one was written to, samples lack what it
    /// held.
    ///
    /// # Errors
    /// [`Error::Input`].
    pub(crate) fn unchanged(&self) -> Result<()> {
        let Content::Arrays(sets) = &self.content else {
            return Ok(());
        };
        let changed = sets.iter().try_for_each(Set::unchanged);
        changed.map_err(|reason| Error::Input {
            what: "data set".to_owned(),
            reason,
        })
    }

    /// Checks that each identifier stands for the same puzzle in the data and in the model, which their number does not tell.
    ///
    /// # Errors
    /// [`Error::Input`].
    pub(super) fn check_names(&self, solver: &Solver) -> Result<()> {
        let Some((own, known)) = self.names.as_ref().zip(solver.known().names()) else {
            return Ok(());
        };
        let Some(id) = own.difference(known) else { return Ok(()) };
        let [here, there] = [own, known].map(|names| names.name(id).unwrap_or("none"));
        Err(Error::Input {
            what: IDENTIFIERS_FILE.to_owned(),
            reason: format!(
                "expected the names of the data that model {} was trained on, found others: identifier {id} is {there} in the model, {here} in the data",
                solver.model().name
            ),
        })
    }

    /// Returns the number past the last sample's index: the number of samples, unless some between them are unreadable.
    pub(super) fn end(&self) -> usize {
        match &self.content {
            Content::Text(entries) => entries.last().map_or(0, |(index, _)| index + 1),
            Content::Arrays(_) | Content::Memory(_) => self.len,
        }
    }

    /// Returns a hash of what every sample holds, whatever the file's name and form.
    pub(super) fn content_hash(&self) -> u64 {
        let mut hash = Fnv::default();
        for sample in self.samples() {
            hash.number(sample.index as u64);
            hash.bytes(sample.source.unwrap_or_default().as_bytes());
            sample.name.iter().for_each(|name| hash.bytes(name.as_bytes()));
            hash.number(u64::from(sample.puzzle_identifier));
            hash.ids(&sample.tokens);
            hash.ids(&sample.labels.unwrap_or_default());
        }
        hash.value()
    }

    /// Returns every readable sample, in order.
    pub fn samples(&self) -> Box<dyn Iterator<Item = Sample> + Send + '_> {
        match &self.content {
            Content::Arrays(sets) => {
                let samples = sets.iter().flat_map(|set| (0..set.len()).map(|row| set.sample(row)));
                // The blank one is none.
                let name = |id: u32| Some(self.names.as_ref().filter(|_| id > 0)?.name(id as usize)?.to_owned());
                Box::new(samples.enumerate().map(move |(index, sample)| Sample {
                    index,
                    name: name(sample.puzzle_identifier),
                    ..sample
                }))
            }
            Content::Text(entries) => Box::new(entries.iter().map(|(index, entry)| Sample {
                index: *index,
                source: entry.source.clone(),
                tokens: entry.puzzle.sample().tokens,
                labels: entry.answer.clone(),
                puzzle_identifier: entry.puzzle.identifier.unwrap_or(0),
                name: entry.puzzle.name.clone(),
                puzzle: Some(Arc::new(entry.puzzle.clone())),
            })),
            Content::Memory(samples) => Box::new(samples.iter().cloned()),
        }
    }
}

/// Samples of a program's own, which are numbered in their order.
impl From<Vec<Sample>> for Dataset {
    fn from(samples: Vec<Sample>) -> Dataset {
        let numbered = samples.into_iter().enumerate();
        let samples: Vec<Sample> = numbered.map(|(index, sample)| Sample { index, ..sample }).collect();
        Dataset {
            task: None,
            len: samples.len(),
            problems: Vec::new(),
            tests: BTreeMap::new(),
            content: Content::Memory(samples),
            names: None,
        }
    }
}

/// The question of a named puzzle, as text, and its right answer if known.
fn test_of(task: Task, name: &str, tokens: &[u32], label: Option<&[u32]>) -> Option<(String, Option<String>)> {
    let question = task.original(name, tokens)?;
    // Where nothing is labelled, nothing is known.
    let label = label.filter(|label| label.iter().any(|&id| id != 0));
    Some((question, label.and_then(|label| task.original(name, label))))
}

/// The tests of named puzzles. Each keeps its number, whichever of the others cannot be read.
fn tests_of(task: Task, entries: &[(usize, Entry)], questions: Vec<(String, usize)>) -> Tests {
    let unread = |(name, count): (String, usize)| (name, vec![(String::new(), None); count]);
    let mut tests: Tests = questions
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(unread)
        .collect();
    for (_, entry) in entries {
        let Some(name) = entry.puzzle.name.as_deref() else {
            continue;
        };
        let Some(test) = test_of(task, name, &entry.puzzle.sample().tokens, entry.answer.as_deref()) else {
            continue;
        };
        let all = tests.entry(task.named(name).0.to_owned()).or_default();
        match all
            .get_mut(entry.puzzle.part)
            .filter(|(question, _)| question.is_empty())
        {
            Some(unread) => *unread = test,
            None => all.push(test),
        }
    }
    tests
}

fn of_found(found: Found, path: &Path, task: Option<Task>) -> Result<Dataset> {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for (index, entry) in found.entries.into_iter().enumerate() {
        match entry {
            Ok(entry) => entries.push((index, entry)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(found.problems);
    let first = entries.first().map(|(_, entry)| entry.puzzle.task);
    if let Some((_, other)) = entries.iter().find(|(_, entry)| Some(entry.puzzle.task) != first) {
        let reason = format!(
            "expected puzzles of one task, found another in line {}: say which task it is",
            other.line
        );
        return Err(invalid(path, reason));
    }
    let named = first.filter(|task| task.is_named());
    Ok(Dataset {
        task: task.or(first),
        len: entries.len(),
        tests: named.map_or_else(Tests::new, |task| tests_of(task, &entries, found.questions)),
        content: Content::Text(entries),
        problems,
        names: None,
    })
}

/// The file of an official data set of puzzles with names that has them as they were before they were augmented.
const PUZZLES_FILE: &str = "test_puzzles.json";

fn open_folder(root: &Path, task: Option<Task>) -> Result<Dataset> {
    let (folder, metadata, sets) = folder::open(root)?;
    let known = Task::guess(metadata.seq_len, metadata.vocab_size as usize);
    let task = task.or(known);
    let mut data = Dataset {
        task,
        len: sets.iter().map(Set::len).sum(),
        content: Content::Arrays(sets),
        problems: Vec::new(),
        tests: BTreeMap::new(),
        names: None,
    };
    // The names lie at the root, above `test`.
    let above = folder.parent().filter(|_| folder.ends_with("test")).unwrap_or(&folder);
    if let Some(task) = task.filter(|task| task.is_named() && above.join(IDENTIFIERS_FILE).is_file()) {
        let names = Identifiers::open(above, task)?;
        let rows = metadata.num_puzzle_identifiers.unwrap_or(0) as usize;
        if rows != names.len() {
            let found = names.len();
            let reason = format!("expected {rows} names, as many as `num_puzzle_identifiers` says, found {found}");
            return Err(invalid(&above.join(IDENTIFIERS_FILE), reason));
        }
        data.names = Some(names);
        data.tests = match above.join(PUZZLES_FILE) {
            puzzles if puzzles.is_file() => {
                let whole = of_found(Found::in_file(&puzzles, Some(task))?, &puzzles, Some(task))?;
                data.problems = whole.problems;
                whole.tests
            }
            _ => tests_in(&data, task),
        };
    }
    Ok(data)
}

/// The tests that the samples of an official folder ask in many forms.
fn tests_in(data: &Dataset, task: Task) -> Tests {
    let (mut seen, mut tests) = (HashSet::new(), Tests::new());
    for sample in data.samples() {
        let Some(name) = sample.name.as_deref() else { continue };
        let Some(test) = test_of(task, name, &sample.tokens, sample.labels.as_deref()) else {
            continue;
        };
        let puzzle = task.named(name).0.to_owned();
        if seen.insert((puzzle.clone(), test.0.clone())) {
            tests.entry(puzzle).or_default().push(test);
        }
    }
    tests
}
