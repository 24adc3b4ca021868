//! The file of `hrm eval --out`: one record per line, each written once, however the run ends.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::metrics::Record;
use crate::error::{Error, Result};
use crate::files::write_whole;
use crate::halt::Halt;
use crate::tries::Tries;

/// The conditions under which all records of a file were made. They are stored beside it as `FILE.run.json`, and a run
/// under other conditions is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The model, as it was requested.
    pub model: String,
    /// The data set.
    pub data: String,
    /// Number of samples in the data set.
    pub samples: usize,
    /// The halting rule.
    pub halt: Halt,
    /// Maximum segments of a sample.
    pub segments: usize,
    /// Maximum tries, and how they differ.
    pub tries: Tries,
    /// The precision of the weights, if one was requested.
    pub dtype: Option<String>,
}

/// A file of records, one JSON object per line.
#[derive(Debug)]
pub struct Results {
    path: PathBuf,
    file: File,
}

impl Results {
    /// Opens the file for more records, or creates it, and returns the records that it has. A partial last line, which
    /// a killed run may leave, is cut off.
    ///
    /// # Errors
    /// [`Error::Usage`] if the existing records were made under other conditions, or another process is writing;
    /// [`Error::Input`] for a line that is not a record; [`Error::Io`].
    pub fn open(path: &Path, conditions: &Conditions) -> Result<(Results, Vec<Record>)> {
        let open = OpenOptions::new().read(true).append(true).create(true).open(path);
        let mut file = open.map_err(Error::io("write", path))?;
        if file.try_lock().is_err() {
            return Err(Error::Usage(format!(
                "{} is in use by another process: let it end, or choose another file",
                path.display()
            )));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(Error::io("read", path))?;
        agree(path, conditions, bytes.is_empty())?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(Error::io("write", path))?;
        }
        let lines = bytes[..whole].split_inclusive(|&byte| byte == b'\n');
        let records = lines.enumerate().map(|(i, line)| {
            serde_json::from_slice(line).map_err(|e| Error::Input {
                what: format!("{}, line {}", path.display(), i + 1),
                reason: format!("expected a record of hrm eval: {e}"),
            })
        });
        let records = records.collect::<Result<_>>()?;
        let path = path.to_owned();
        Ok((Results { path, file }, records))
    }

    /// Appends a record.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn add(&mut self, record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record).map_err(|e| Error::Input {
            what: "record".into(),
            reason: e.to_string(),
        })?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(Error::io("write", &self.path))
    }
}

/// Writes the conditions before the first record, and compares them from then on.
fn agree(path: &Path, conditions: &Conditions, new: bool) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".run.json");
    let beside = PathBuf::from(name);
    let other = |what: String| {
        Error::Usage(format!(
            "{} holds results of another run ({what}): choose another file, or remove it and {}",
            path.display(),
            beside.display()
        ))
    };
    if new {
        return write_whole(&beside, |out| {
            serde_json::to_writer_pretty(&mut *out, conditions)
                .map_err(std::io::Error::from)
                .and_then(|()| out.write_all(b"\n"))
                .map_err(Error::io("write", &beside))
        });
    }
    let Ok(text) = std::fs::read_to_string(&beside) else {
        return Err(other(format!("{} is not there", beside.display())));
    };
    let found = serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
    let needed = serde_json::to_value(conditions).unwrap_or_default();
    let fields = needed.as_object().into_iter().flatten();
    match fields.into_iter().find(|(key, value)| found.get(key) != Some(value)) {
        None => Ok(()),
        Some((key, value)) => Err(other(format!(
            "{key} {} there, {value} here",
            found.get(key).unwrap_or(&serde_json::Value::Null)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions() -> Conditions {
        Conditions {
            model: "sudoku".into(),
            data: "test.csv".into(),
            samples: 3,
            halt: Halt::Stable,
            segments: 16,
            tries: Tries::default(),
            dtype: None,
        }
    }

    fn record(index: usize) -> Record {
        Record {
            index,
            // A cut may fall into the middle of a character.
            source: Some("für alle".into()),
            exact: Some(true),
            valid: None,
            optimal: Default::default(),
            cells_correct: Some(81),
            segments: 4,
            stopped: "stable".into(),
            q_halt: 0.1,
            tries: 1,
        }
    }

    #[test]
    fn a_file_cut_anywhere_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let (mut results, none) = Results::open(&path, &conditions()).unwrap();
        assert!(none.is_empty());
        (0..3).for_each(|index| results.add(&record(index)).unwrap());
        drop(results);
        let whole = std::fs::read(&path).unwrap();
        let line = whole.len() / 3;
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut results, records) = Results::open(&path, &conditions()).unwrap();
            assert_eq!(records, (0..cut / line).map(record).collect::<Vec<_>>());
            (records.len()..3).for_each(|index| results.add(&record(index)).unwrap());
            drop(results);
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let (mut results, _) = Results::open(&path, &conditions()).unwrap();
        results.add(&record(0)).unwrap();
        let says = |conditions: Conditions| Results::open(&path, &conditions).unwrap_err().to_string();
        assert!(says(conditions()).contains("in use by another process"));
        drop(results);
        let segments = 8;
        let text = says(Conditions {
            segments,
            ..conditions()
        });
        assert!(text.contains("segments 16 there, 8 here"), "{text}");
        std::fs::write(&path, "{\"index\":0}\n").unwrap();
        assert!(says(conditions()).contains("line 1: expected a record of hrm eval"));
        std::fs::remove_file(path.with_extension("jsonl.run.json")).unwrap();
        assert!(says(conditions()).contains("is not there"));
    }
}
