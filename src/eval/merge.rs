//! Joins the records of the parts of a data set.

use std::collections::BTreeMap;
use std::path::Path;

use super::record::Record;
use super::results::{Results, conditions_file, read_conditions, write_records};
use crate::error::{Error, Result};

/// Writes the records of several files, made of parts of one data set under the same conditions, into the file `out`: the
/// file that the undivided evaluation would have written. Nothing is written before all has been read, and what is at
/// `out` is then replaced. Returns how many records it holds, and how many samples the data set has.
///
/// # Errors
/// [`Error::Usage`] for files made under different conditions, where `out` would replace the conditions of one, or while
/// another process writes to `out`; [`Error::Input`]
/// for a line that is not a record, for records of one sample that differ, and for what is no plain file; [`Error::Io`].
pub fn merge<P: AsRef<Path>>(parts: &[P], out: &Path) -> Result<(usize, usize)> {
    let mut records: BTreeMap<usize, Record> = BTreeMap::new();
    let mut first = None;
    for part in parts {
        let part = part.as_ref();
        if is_same(out, &conditions_file(part)) || is_same(&conditions_file(out), part) {
            return Err(Error::Usage(format!(
                "{} would replace a part of {}: name another file",
                out.display(),
                part.display()
            )));
        }
        let conditions = read_conditions(part)?;
        let (first_part, shared) = first.get_or_insert_with(|| (part.to_path_buf(), conditions.clone()));
        if let Some(difference) = conditions.difference(shared) {
            return Err(Error::Usage(format!(
                "{} and {} are of different evaluations ({difference})",
                first_part.display(),
                part.display()
            )));
        }
        let (_, own) = Results::open(part, &conditions, false)?;
        for record in own {
            let known = records.entry(record.index).or_insert_with(|| record.clone());
            if !known.is(&record) {
                let reason = format!("sample {} has another record in an earlier file", record.index);
                let what = part.display().to_string();
                return Err(Error::Input { what, reason });
            }
        }
    }
    let Some((_, conditions)) = first else {
        return Err(Error::Usage(
            "expected files of records to merge, found none".to_owned(),
        ));
    };
    write_records(out, &conditions, records.values())?;
    Ok((records.len(), conditions.samples))
}

/// Whether two paths that exist lead to the same file.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || one
            .canonicalize()
            .is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::conditions::Conditions;
    use crate::eval::results::tests::record;

    #[test]
    fn parts_become_the_whole_and_what_contradicts_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, records: &[Record]| {
            let path = folder.path().join(name);
            let (mut results, _) = Results::open(&path, &Conditions::example(), false).unwrap();
            records.iter().for_each(|record| results.add(record).unwrap());
            path
        };
        let whole = write("whole", &[record(0), record(1), record(2)]);
        let (odd, even) = (write("odd", &[record(1)]), write("even", &[record(2), record(0)]));
        let out = folder.path().join("out");
        assert_eq!(merge(&[&odd, &even, &odd], &out).unwrap(), (3, 3));
        for (a, b) in [("whole", "out"), ("whole.run.json", "out.run.json")] {
            let read = |name| std::fs::read(folder.path().join(name)).unwrap();
            assert_eq!(read(a), read(b));
        }
        let mut other = record(1);
        other.segments = 5;
        let other = write("other", &[other]);
        let says = merge(&[&whole, &other], &folder.path().join("none"))
            .unwrap_err()
            .to_string();
        assert!(says.contains("sample 1 has another record"), "{says}");
        // A sample that the data set does not have.
        let foreign = folder.path().join("foreign");
        std::fs::write(
            &foreign,
            std::fs::read_to_string(&whole)
                .unwrap()
                .replace("\"index\":2", "\"index\":3"),
        )
        .unwrap();
        std::fs::copy(conditions_file(&whole), conditions_file(&foreign)).unwrap();
        let says = merge(&[&foreign], &folder.path().join("none")).unwrap_err().to_string();
        assert!(says.contains("line 3: expected a sample below 3, found 3"), "{says}");
        // The conditions of a part are a part of it.
        let says = merge(&[&odd, &even], &conditions_file(&even)).unwrap_err().to_string();
        assert!(says.contains("would replace a part of"), "{says}");
        // What cannot be merged leaves the file as it was.
        let read = || std::fs::read(&out).unwrap();
        let before = read();
        assert!(merge(&[&whole, &other], &out).is_err());
        assert_eq!(read(), before);
        assert_eq!(merge(&[&odd], &out).unwrap(), (1, 3));
        assert!(read().len() < before.len());
    }
}
