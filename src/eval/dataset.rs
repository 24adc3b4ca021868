//! Data sets: the official folder of `.npy` files, CSV, or puzzles in a text (specification, section 7).

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::fnv::Fnv;
use super::npy::{Array, invalid};
use crate::error::{Error, Result};
use crate::tasks::{Entry, Task, read};

/// A data set: questions, and their answers if known.
#[non_exhaustive]
pub struct Dataset {
    /// The task of the data, if known.
    pub task: Option<Task>,
    /// The number of readable samples.
    pub len: usize,
    /// What could not be read, in order, each with its place.
    pub problems: Vec<Error>,
    content: Content,
}

enum Content {
    Arrays(Vec<Set>),
    /// Entries with their index in the file.
    Text(Vec<(usize, Entry)>),
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
}

impl Dataset {
    /// Opens an official folder (its root or its `test`), or a file of any kind that [`read`] knows.
    ///
    /// An official folder must be sound as a whole; in a text, whatever is not a puzzle becomes one of the
    /// [`Dataset::problems`] and the rest is available. `task` is needed if the data do not reveal it.
    pub fn open(path: impl AsRef<Path>, task: Option<Task>) -> Result<Dataset> {
        let path = path.as_ref();
        if path.is_dir() {
            open_folder(path, task)
        } else {
            let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
            Dataset::parse(&bytes, path, task)
        }
    }

    /// Reads a data set from the bytes of a file, which errors call `path`.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn parse(bytes: &[u8], path: &Path, task: Option<Task>) -> Result<Dataset> {
        open_text(bytes, path, task)
    }

    /// Returns a hash of what every sample holds, whatever the file's name and form.
    pub(super) fn content_hash(&self) -> u64 {
        let mut hash = Fnv::default();
        for sample in self.samples() {
            hash.number(sample.index as u64);
            hash.bytes(sample.source.unwrap_or_default().as_bytes());
            hash.number(u64::from(sample.puzzle_identifier));
            hash.ids(&sample.tokens);
            hash.ids(&sample.labels.unwrap_or_default());
        }
        hash.value()
    }

    /// Returns every readable sample, in order.
    pub fn samples(&self) -> Box<dyn Iterator<Item = Sample> + '_> {
        match &self.content {
            Content::Arrays(sets) => {
                let samples = sets.iter().flat_map(|set| (0..set.len()).map(|row| set.sample(row)));
                Box::new(samples.enumerate().map(|(index, sample)| Sample { index, ..sample }))
            }
            Content::Text(entries) => Box::new(entries.iter().map(|(index, entry)| Sample {
                index: *index,
                source: entry.source.clone(),
                tokens: entry.puzzle.sample().tokens,
                labels: entry.answer.clone(),
                puzzle_identifier: entry.puzzle.identifier.unwrap_or(0),
            })),
        }
    }
}

fn open_text(bytes: &[u8], path: &Path, task: Option<Task>) -> Result<Dataset> {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for (index, entry) in read(bytes, &path.display().to_string(), task).into_iter().enumerate() {
        match entry {
            Ok(entry) => entries.push((index, entry)),
            Err(problem) => problems.push(problem),
        }
    }
    let first = entries.first().map(|(_, entry)| entry.puzzle.task);
    if let Some((_, other)) = entries.iter().find(|(_, entry)| Some(entry.puzzle.task) != first) {
        let reason = format!(
            "expected puzzles of one task, found another in line {}: say which task it is",
            other.line
        );
        return Err(invalid(path, reason));
    }
    Ok(Dataset {
        task: task.or(first),
        len: entries.len(),
        content: Content::Text(entries),
        problems,
    })
}

/// The label that the official code ignores in every loss and metric.
const IGNORED: i64 = -100;

/// The keys of the official `dataset.json` that reading needs.
#[derive(Deserialize)]
struct Metadata {
    seq_len: usize,
    vocab_size: u32,
    num_puzzle_identifiers: Option<u32>,
    /// The label that is ignored; null where labels hold the official code's own mark, -100, already.
    #[serde(default)]
    ignore_label_id: Option<i64>,
    #[serde(default = "default_sets")]
    sets: Vec<String>,
}

fn default_sets() -> Vec<String> {
    vec!["all".to_string()]
}

fn open_folder(root: &Path, task: Option<Task>) -> Result<Dataset> {
    let test = root.join("test");
    let folder = if test.is_dir() { test } else { root.to_path_buf() };
    let path = folder.join("dataset.json");
    let json = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let metadata: Metadata = serde_json::from_slice(&json).map_err(|e| invalid(&path, crate::words::plain(e)))?;
    let ignored = metadata.ignore_label_id.unwrap_or(0);
    if metadata.seq_len == 0 || ignored > 0 {
        let reason = format!(
            "expected seq_len above 0 and ignore_label_id 0, negative or null, found {} and {ignored}",
            metadata.seq_len
        );
        return Err(invalid(&path, reason));
    }
    if metadata.sets.is_empty() {
        return Err(invalid(
            &path,
            "expected at least one set, found `sets` empty".to_string(),
        ));
    }
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_ ".contains(c));
    if let Some(name) = metadata.sets.iter().find(|name| !plain(name)) {
        return Err(invalid(
            &path,
            format!("expected names of letters, digits, `-` and `_` in `sets`, found {name:?}"),
        ));
    }
    let named = metadata.sets.len() > 1;
    let sets: Result<Vec<Set>> = metadata
        .sets
        .iter()
        .map(|name| Set::open(&folder, name, &metadata, named))
        .collect();
    let known = Task::guess(metadata.seq_len, metadata.vocab_size as usize);
    let sets = sets?;
    Ok(Dataset {
        task: task.or(known),
        len: sets.iter().map(Set::len).sum(),
        content: Content::Arrays(sets),
        problems: Vec::new(),
    })
}

/// The arrays of one set: `inputs` and `labels` `[E, S]`, and the puzzle identifier of each example.
struct Set {
    name: Option<String>,
    inputs: Array,
    labels: Array,
    identifiers: Vec<u32>,
}

impl Set {
    fn open(folder: &Path, name: &str, metadata: &Metadata, named: bool) -> Result<Set> {
        let file = |array: &str| folder.join(format!("{name}__{array}.npy"));
        let ignored = match metadata.ignore_label_id {
            Some(0) => Vec::new(),
            own => [IGNORED].into_iter().chain(own).collect(),
        };
        let tokens = |path: PathBuf, shape: Option<&[usize]>| {
            let mut array = Array::open(&path, 2)?;
            let needed = shape.map_or([array.shape[0], metadata.seq_len], |shape| [shape[0], shape[1]]);
            if array.shape != needed {
                return Err(invalid(
                    &path,
                    format!("expected shape {needed:?}, found {:?}", array.shape),
                ));
            }
            // Of labels, not of inputs.
            if shape.is_some() {
                array.blank(&ignored);
            }
            array.check(&path, &format!("ids below {}", metadata.vocab_size), |id| {
                id < metadata.vocab_size
            })?;
            Ok(array)
        };
        let inputs = tokens(file("inputs"), None)?;
        let labels = tokens(file("labels"), Some(&inputs.shape))?;

        let path = file("puzzle_identifiers");
        let puzzles = Array::open(&path, 1)?;
        let rows = metadata.num_puzzle_identifiers.unwrap_or(u32::MAX);
        puzzles.check(&path, &format!("identifiers below {rows}"), |id| id < rows)?;

        let path = file("puzzle_indices");
        let starts = Array::open(&path, 1)?;
        let identifiers = spread(&puzzles, &starts, inputs.shape[0]).map_err(|reason| invalid(&path, reason))?;
        Ok(Set {
            name: named.then(|| name.to_string()),
            inputs,
            labels,
            identifiers,
        })
    }

    fn len(&self) -> usize {
        self.identifiers.len()
    }

    /// Returns the sample in a row below [`Set::len`]; the data set fills in its index.
    fn sample(&self, row: usize) -> Sample {
        let ids = |array: &Array| -> Vec<u32> {
            let width = array.shape[1];
            array.values(row * width, (row + 1) * width).flatten().collect()
        };
        Sample {
            index: 0,
            source: self.name.clone(),
            tokens: ids(&self.inputs),
            labels: Some(ids(&self.labels)),
            puzzle_identifier: self.identifiers[row],
        }
    }
}

/// Returns each example's identifier: the rows from `starts[p]` up to `starts[p + 1]` have that of puzzle `p`.
fn spread(puzzles: &Array, starts: &Array, examples: usize) -> std::result::Result<Vec<u32>, String> {
    let starts: Vec<usize> = starts
        .values(0, starts.len())
        .map(|start| start.and_then(|s| s.try_into().ok()).unwrap_or(usize::MAX))
        .collect();
    if starts.len() != puzzles.len() + 1 {
        return Err(format!(
            "expected {} indices for {} puzzles, found {}",
            puzzles.len() + 1,
            puzzles.len(),
            starts.len()
        ));
    }
    let (first, last) = (starts[0], starts[puzzles.len()]);
    if first != 0 || last != examples || !starts.is_sorted() {
        return Err(format!(
            "expected ascending indices from 0 to {examples} examples, found {first} to {last}"
        ));
    }
    let each = puzzles.values(0, puzzles.len()).flatten().zip(starts.windows(2));
    Ok(each
        .flat_map(|(id, bounds)| std::iter::repeat_n(id, bounds[1] - bounds[0]))
        .collect())
}
