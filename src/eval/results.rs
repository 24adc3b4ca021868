//! The file of `hrm eval --out`: one record per line, each written once, however the run ends.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::conditions::Conditions;
use super::record::Record;
use crate::error::{Error, Result};
use crate::files::write_whole;
use crate::words::plain;

/// A file of records, one JSON object per line.
#[derive(Debug)]
pub(super) struct Results {
    path: PathBuf,
    file: File,
    /// Bytes of the file, as far as this program knows.
    len: u64,
    /// What the file beside it holds.
    conditions: Conditions,
}

impl Results {
    /// Opens the file for more records, or creates it, and returns the records that it has: none where it begins `anew`. A
    /// partial last line, which a killed run may leave, is cut off.
    ///
    /// # Errors
    /// [`Error::Usage`] if the existing records were made under other conditions, or another process is writing;
    /// [`Error::Input`] for a line that is not a record or not one of these conditions, for two records of a sample that
    /// differ, and for what is no plain file; [`Error::Io`].
    pub(super) fn open(path: &Path, conditions: &Conditions, anew: bool) -> Result<(Results, Vec<Record>)> {
        let found = path.metadata().ok();
        if found.as_ref().is_some_and(|found| !found.is_file()) {
            return Err(Error::Input {
                what: path.display().to_string(),
                reason: "expected a plain file to keep records in, found something else".to_owned(),
            });
        }
        let open = OpenOptions::new().read(true).append(true).create(true).open(path);
        let mut file = open.map_err(Error::io("write", path))?;
        if file.try_lock().is_err() {
            return Err(Error::Usage(format!(
                "{} is in use by another process: let it end, or choose another file",
                path.display()
            )));
        }
        let mut bytes = Vec::new();
        if !anew {
            file.read_to_end(&mut bytes).map_err(Error::io("read", path))?;
        }
        if let Err(error) = agree(path, conditions, bytes.is_empty()) {
            // A file that was made just now is not left behind.
            let _ = found.is_none() && std::fs::remove_file(path).is_ok();
            return Err(error);
        }
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        if anew || whole < bytes.len() {
            file.set_len(whole as u64).map_err(Error::io("write", path))?;
        }
        let lines = bytes[..whole].split_inclusive(|&byte| byte == b'\n');
        let records = lines.enumerate().map(|(i, line)| {
            let record =
                serde_json::from_slice(line).map_err(|e| format!("expected a record of hrm eval: {}", plain(e)));
            let record = record.and_then(|record| conditions.check(&record).map(|()| record));
            record.map_err(|reason| Error::Input {
                what: format!("{}, line {}", path.display(), i + 1),
                reason,
            })
        });
        let mut own: Vec<Record> = Vec::new();
        let mut places: HashMap<usize, usize> = HashMap::new();
        for record in records {
            let record: Record = record?;
            let Some(&first) = places.get(&record.index) else {
                places.insert(record.index, own.len());
                own.push(record);
                continue;
            };
            // A record that was copied is one record.
            if !own[first].is(&record) {
                let reason = format!("expected one record of a sample, found two for sample {}", record.index);
                let what = path.display().to_string();
                return Err(Error::Input { what, reason });
            }
        }
        let results = Results {
            path: path.to_owned(),
            file,
            len: whole as u64,
            conditions: conditions.clone(),
        };
        Ok((results, own))
    }

    /// Puts the records in the order of the samples, once all of them are there: whatever ran beside what, the same
    /// evaluation leaves the same file.
    ///
    /// # Errors
    /// [`Error::Usage`] or [`Error::Input`] where another program has removed the conditions or written to them;
    /// [`Error::Io`].
    pub(super) fn finish(self) -> Result<()> {
        let Results { path, mut file, .. } = self;
        agree(&path, &self.conditions, false)?;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(Error::io("read", &path))?;
        let index = |line: &[u8]| serde_json::from_slice::<Record>(line).map_or(usize::MAX, |record| record.index);
        let mut lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
        if lines.is_sorted_by(|a, b| index(a) < index(b)) {
            return Ok(());
        }
        lines.sort_by_cached_key(|line| index(line));
        lines.dedup_by_key(|line| index(line));
        // Not every system replaces a file that is open.
        drop(file);
        write_whole(&path, |out| {
            lines
                .iter()
                .try_for_each(|line| out.write_all(line))
                .map_err(Error::io("write", &path))
        })
    }

    /// Appends a record.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Input`] where another program has removed the file or written to it.
    pub(super) fn add(&mut self, record: &Record) -> Result<()> {
        let line = line(record)?;
        self.file.write_all(&line).map_err(Error::io("write", &self.path))?;
        self.len += line.len() as u64;
        let beside = conditions_file(&self.path);
        let taken = match self.path.metadata() {
            Ok(found) if found.len() == self.len && beside.is_file() => return Ok(()),
            Ok(found) if found.len() == self.len => beside,
            _ => self.path.clone(),
        };
        Err(Error::Input {
            what: taken.display().to_string(),
            reason:
                "expected the file to stay while records are added, found it removed or written to by another program"
                    .to_owned(),
        })
    }
}

/// Returns a record as a line of the file.
fn line(record: &Record) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record).map_err(|e| Error::Input {
        what: "record".into(),
        reason: e.to_string(),
    })?;
    line.push(b'\n');
    Ok(line)
}

/// Writes a whole file of records, and replaces what is there.
pub(super) fn write_records<'a>(
    path: &Path,
    conditions: &Conditions,
    records: impl Iterator<Item = &'a Record>,
) -> Result<()> {
    let lines = records.map(line).collect::<Result<Vec<_>>>()?;
    if conditions_file(path).exists() {
        read_conditions(path)?;
    }
    write_whole(path, |out| {
        let mut lines = lines.iter();
        lines
            .try_for_each(|line| out.write_all(line))
            .map_err(Error::io("write", path))
    })?;
    write_conditions(path, conditions)
}

/// Writes the conditions under which the records at `path` are made.
fn write_conditions(path: &Path, conditions: &Conditions) -> Result<()> {
    let beside = conditions_file(path);
    write_whole(&beside, |out| {
        serde_json::to_writer_pretty(&mut *out, conditions)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(Error::io("write", &beside))
    })
}

/// Returns the file beside the records at `path` that says under which conditions they were made.
pub fn conditions_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".run.json");
    PathBuf::from(name)
}

/// Reads the conditions under which the records at `path` were made.
pub(super) fn read_conditions(path: &Path) -> Result<Conditions> {
    let beside = conditions_file(path);
    let text = std::fs::read(&beside).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::Usage(format!(
            "{} is no file of records of hrm eval, or one of another version: {} is not there",
            path.display(),
            beside.display()
        )),
        _ => Error::io("read", &beside)(e),
    })?;
    serde_json::from_slice(&text).map_err(|e| Error::Input {
        what: beside.display().to_string(),
        reason: format!("expected the conditions of an evaluation by this version: {}", plain(e)),
    })
}

/// Writes the conditions before the first record, and compares them from then on.
fn agree(path: &Path, conditions: &Conditions, new: bool) -> Result<()> {
    let beside = conditions_file(path);
    if !new {
        return match conditions.difference(&read_conditions(path)?) {
            None => Ok(()),
            Some(difference) => Err(Error::Usage(format!(
                "{} holds results of another run ({difference}): choose another file, or remove it and {}",
                path.display(),
                beside.display()
            ))),
        };
    }
    // Conditions without records may go; what is none of ours stays.
    if beside.exists() {
        read_conditions(path)?;
    }
    write_conditions(path, conditions)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::eval) fn record(index: usize) -> Record {
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
            answers: Vec::new(),
            prediction: None,
            curve: Vec::new(),
        }
    }

    #[test]
    fn a_record_that_stands_twice_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let conditions = Conditions::example();
        let (mut results, _) = Results::open(&path, &conditions, false).unwrap();
        [1, 0, 1].iter().for_each(|&index| results.add(&record(index)).unwrap());
        drop(results);
        let (mut results, records) = Results::open(&path, &conditions, false).unwrap();
        assert_eq!(records, [record(1), record(0)]);
        results.add(&record(2)).unwrap();
        results.finish().unwrap();
        let (mut results, records) = Results::open(&path, &conditions, false).unwrap();
        assert_eq!(records, [0, 1, 2].map(record));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3);
        let other = Record {
            segments: 5,
            ..record(1)
        };
        results.add(&other).unwrap();
        drop(results);
        let error = Results::open(&path, &conditions, false).unwrap_err().to_string();
        assert!(error.contains("found two for sample 1"), "{error}");
    }

    #[test]
    fn a_file_cut_anywhere_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let (mut results, none) = Results::open(&path, &Conditions::example(), false).unwrap();
        assert!(none.is_empty());
        (0..3).for_each(|index| results.add(&record(index)).unwrap());
        drop(results);
        let whole = std::fs::read(&path).unwrap();
        let line = whole.len() / 3;
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut results, records) = Results::open(&path, &Conditions::example(), false).unwrap();
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
        let (mut results, _) = Results::open(&path, &Conditions::example(), false).unwrap();
        results.add(&record(0)).unwrap();
        let says = |conditions: Conditions| Results::open(&path, &conditions, false).unwrap_err().to_string();
        assert!(says(Conditions::example()).contains("in use by another process"));
        // Whoever begins anew does not take it away either.
        let error = Results::open(&path, &Conditions::example(), true)
            .unwrap_err()
            .to_string();
        assert!(error.contains("in use by another process"), "{error}");
        results.add(&record(1)).unwrap();
        std::fs::remove_file(conditions_file(&path)).unwrap();
        let error = results.add(&record(2)).unwrap_err().to_string();
        assert!(
            error.contains("run.json") && error.contains("found it removed"),
            "{error}"
        );
        write_conditions(&path, &Conditions::example()).unwrap();
        drop(results);
        let (results, none) = Results::open(&path, &Conditions::example(), true).unwrap();
        assert!(none.is_empty() && path.metadata().unwrap().len() == 0);
        drop(results);
        std::fs::write(&path, line(&record(0)).unwrap()).unwrap();
        let mut other = Conditions::example();
        other.predictions = true;
        let text = says(other);
        assert!(text.contains("predictions false there, true here"), "{text}");
        std::fs::write(&path, "{\"index\":0}\n").unwrap();
        assert!(says(Conditions::example()).contains("line 1: expected a record of hrm eval"));
        std::fs::remove_file(path.with_extension("jsonl.run.json")).unwrap();
        assert!(says(Conditions::example()).contains("is not there"));
        std::fs::write(path.with_extension("jsonl.run.json"), "{\"mine\": 1}").unwrap();
        assert!(says(Conditions::example()).contains("expected the conditions"));
        std::fs::remove_file(&path).unwrap();
        assert!(says(Conditions::example()).contains("expected the conditions"));
        assert!(!path.exists());
    }

    #[test]
    fn a_finished_file_is_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let (mut results, _) = Results::open(&path, &Conditions::example(), false).unwrap();
        [2, 0, 1]
            .into_iter()
            .for_each(|index| results.add(&record(index)).unwrap());
        results.finish().unwrap();
        let (_, records) = Results::open(&path, &Conditions::example(), false).unwrap();
        assert_eq!(records, (0..3).map(record).collect::<Vec<_>>());
    }
}
