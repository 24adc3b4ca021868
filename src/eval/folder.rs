//! The official folder of `.npy` files.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::dataset::Sample;
use super::npy::{Array, invalid};
use crate::error::{Error, Result};
use crate::tasks::decoded;

/// The file that describes an official data set.
const METADATA_FILE: &str = "dataset.json";

/// The label that the official code ignores in every loss and metric.
const IGNORED: i64 = -100;

/// The keys of the official `dataset.json` that reading needs.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) seq_len: usize,
    pub(super) vocab_size: u32,
    pub(super) num_puzzle_identifiers: Option<u32>,
    /// The label that is ignored; null where labels hold the official code's own mark, -100, already.
    #[serde(default)]
    ignore_label_id: Option<i64>,
    #[serde(default = "default_sets")]
    sets: Vec<String>,
}

fn default_sets() -> Vec<String> {
    vec!["all".to_string()]
}

/// Reads the sets of a folder, or of its `test`; returns that folder, too.
pub(super) fn open(root: &Path) -> Result<(PathBuf, Metadata, Vec<Set>)> {
    let test = root.join("test");
    let folder = if test.is_dir() { test } else { root.to_path_buf() };
    let path = folder.join(METADATA_FILE);
    let json = std::fs::read(&path).map_err(Error::io("read", &path))?;
    let metadata: Metadata =
        serde_json::from_str(&decoded(&json)).map_err(|e| invalid(&path, crate::words::plain(e)))?;
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
    Ok((folder, metadata, sets?))
}

/// The arrays of one set: `inputs` and `labels` `[E, S]`, and the puzzle identifier of each example.
pub(super) struct Set {
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
                array.blank(&path, &ignored)?;
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

    pub(super) fn len(&self) -> usize {
        self.identifiers.len()
    }

    /// Fails where a file has changed since it was opened.
    pub(super) fn unchanged(&self) -> std::result::Result<(), String> {
        self.inputs.unchanged().and_then(|()| self.labels.unchanged())
    }

    /// Returns the sample in a row below [`Set::len`]; the data set fills in its index. Where a file has changed it has no
    /// tokens, so that it cannot be asked.
    pub(super) fn sample(&self, row: usize) -> Sample {
        let ids = |array: &Array| -> Option<Vec<u32>> {
            let width = array.shape[1];
            let values = array.values(row * width, (row + 1) * width);
            Some(values.into_iter().flatten().collect()).filter(|ids: &Vec<u32>| ids.len() == width)
        };
        let (tokens, labels) = ids(&self.inputs).zip(ids(&self.labels)).unwrap_or_default();
        Sample {
            index: 0,
            source: self.name.clone(),
            tokens,
            labels: Some(labels),
            puzzle_identifier: self.identifiers[row],
            name: None,
            puzzle: None,
        }
    }
}

/// Returns each example's identifier: the rows from `starts[p]` up to `starts[p + 1]` have that of puzzle `p`.
fn spread(puzzles: &Array, starts: &Array, examples: usize) -> std::result::Result<Vec<u32>, String> {
    let starts: Vec<usize> = starts
        .values(0, starts.len())
        .into_iter()
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
    let each = puzzles
        .values(0, puzzles.len())
        .into_iter()
        .flatten()
        .zip(starts.windows(2));
    Ok(each
        .flat_map(|(id, bounds)| std::iter::repeat_n(id, bounds[1] - bounds[0]))
        .collect())
}
