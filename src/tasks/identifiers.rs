//! The puzzles that a model knows: their names in its training data, by identifier.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use serde::de::{Deserializer, SeqAccess, Visitor};

use super::Task;
use super::text::decoded;
use crate::error::{Error, Result};
use crate::words::plain;

/// The file of a data set that lists the names, the blank one first.
pub(crate) const IDENTIFIERS_FILE: &str = "identifiers.json";

/// The name of identifier 0.
const BLANK: &str = "<blank>";

/// The names of all puzzles and their augmentations, by identifier. There may be a million.
#[derive(Default)]
pub(crate) struct Identifiers {
    /// The names, one behind the other, and where each ends.
    text: String,
    ends: Vec<usize>,
    /// The identifiers of each puzzle by its own name: that of the puzzle as it is, then those of its augmentations.
    puzzles: HashMap<String, Vec<u32>>,
}

impl Identifiers {
    /// Reads the names of puzzles of a task from a file, or from the file of that kind in a folder.
    pub(crate) fn open(path: &Path, task: Task) -> Result<Identifiers> {
        let inside = path.join(IDENTIFIERS_FILE);
        let path = if path.is_dir() { &inside } else { path };
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Identifiers::parse(&bytes, &path.display().to_string(), task)
    }

    /// Reads the names of puzzles of a task; errors call their source `what`.
    pub(crate) fn parse(bytes: &[u8], what: &str, task: Task) -> Result<Identifiers> {
        let wrong = |reason: String| Error::Input {
            what: what.to_owned(),
            reason,
        };
        let mut identifiers = serde_json::Deserializer::from_str(&decoded(bytes))
            .deserialize_seq(Names)
            .map_err(|problem| wrong(format!("expected a list of names: {}", plain(problem))))?;
        if identifiers.is_empty() {
            return Err(wrong("expected a list of names, found an empty one".to_owned()));
        }
        if let Some(first) = identifiers.name(0).filter(|first| *first != BLANK) {
            let reason =
                format!("expected {BLANK} as the first name, since identifier 0 stands for no puzzle, found {first}");
            return Err(wrong(reason));
        }
        if let Some((name, first, again)) = identifiers.twice() {
            let reason = format!("expected each name once, found {name} as identifiers {first} and {again}");
            return Err(wrong(reason));
        }
        identifiers.group(task);
        Ok(identifiers)
    }

    /// Returns a name that two identifiers share, with both of them: nobody knows which of the two was trained on it.
    fn twice(&self) -> Option<(&str, usize, usize)> {
        let mut known: HashMap<&str, usize> = HashMap::with_capacity(self.len());
        let names = (0..self.len()).filter_map(|id| Some((self.name(id)?, id)));
        let mut again = names.filter_map(|(name, id)| Some((name, known.insert(name, id)?, id)));
        again.next()
    }

    /// Groups the names by puzzle, all but the blank one.
    fn group(&mut self, task: Task) {
        let mut puzzles: HashMap<String, Vec<u32>> = HashMap::new();
        for id in 1..self.len() {
            let Some((own, augmentation)) = self.name(id).map(|name| task.named(name)) else {
                continue;
            };
            let ids = match puzzles.get_mut(own) {
                Some(ids) => ids,
                None => puzzles.entry(own.to_owned()).or_default(),
            };
            let at = if augmentation.is_none() { 0 } else { ids.len() };
            ids.insert(at, id as u32);
        }
        self.puzzles = puzzles;
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the name of an identifier.
    pub(crate) fn name(&self, id: usize) -> Option<&str> {
        let start = id
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..*self.ends.get(id)?)
    }

    /// Returns the first identifier that has another name in `other`.
    #[cfg(feature = "eval")]
    pub(crate) fn difference(&self, other: &Identifiers) -> Option<usize> {
        (0..self.len().max(other.len())).find(|&id| self.name(id) != other.name(id))
    }

    /// Lists the names of the puzzles, or says how many there are.
    pub(crate) fn told(&self) -> String {
        const MOST: usize = 40;
        let mut names: Vec<&str> = self.puzzles.keys().map(String::as_str).collect();
        names.sort_unstable();
        match names.len() {
            count if count > MOST => format!("{count} puzzles"),
            _ => names.join(", "),
        }
    }

    /// Returns the identifiers of a puzzle, that of the puzzle as it is first; none for one that is not known.
    pub(crate) fn of(&self, puzzle: &str) -> &[u32] {
        self.puzzles.get(puzzle).map_or(&[], |ids| ids)
    }
}

impl fmt::Debug for Identifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifiers({} names, {} puzzles)", self.len(), self.puzzles.len())
    }
}

/// Takes the names as they come, without a string of their own for each.
struct Names;

impl<'d> Visitor<'d> for Names {
    type Value = Identifiers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut names: A) -> std::result::Result<Identifiers, A::Error> {
        let mut identifiers = Identifiers::default();
        while let Some(name) = names.next_element::<std::borrow::Cow<'d, str>>()? {
            identifiers.text.push_str(&name);
            identifiers.ends.push(identifiers.text.len());
        }
        Ok(identifiers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::arc;

    fn open(json: &str) -> Result<Identifiers> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(IDENTIFIERS_FILE), json).unwrap();
        Identifiers::open(folder.path(), arc::TASK)
    }

    #[test]
    fn augmentations_stand_behind_their_puzzles() {
        let (a, b) = ("a|||t3|||0213456789", "b_t1_0123456789");
        let identifiers = open(&format!(r#"["<blank>", "{a}", "b", "a", "{b}", "\u0063"]"#)).unwrap();
        assert_eq!(identifiers.len(), 6);
        let names: Vec<&str> = (0..7).filter_map(|id| identifiers.name(id)).collect();
        assert_eq!(names, ["<blank>", a, "b", "a", b, "c"]);
        let of = |name| identifiers.of(name).to_vec();
        assert_eq!([of("a"), of("b"), of("c")], [vec![3, 1], vec![2, 4], vec![5]]);
        assert!([of("<blank>"), of("d"), of(a)].iter().all(Vec::is_empty));
    }

    #[test]
    fn names_may_be_in_any_unicode() {
        let json = r#"["<blank>", "a"]"#;
        let utf16: Vec<u8> = json.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [
            json.as_bytes(),
            format!("\u{feff}{json}").as_bytes(),
            &[&[0xff, 0xfe], &utf16[..]].concat(),
        ] {
            let identifiers = Identifiers::parse(bytes, IDENTIFIERS_FILE, arc::TASK).unwrap();
            assert_eq!(identifiers.of("a"), [1]);
        }
    }

    #[test]
    fn what_is_no_list_of_names_is_refused() {
        for (json, says) in [
            (
                "",
                "expected a list of names: expected more, found the end, in line 1, column 0",
            ),
            ("[]", "expected a list of names, found an empty one"),
            ("{}", "expected a list of names: expected a list, found an object"),
            (
                r#"["<blank>", "a", "b", "a"]"#,
                "expected each name once, found a as identifiers 1 and 3",
            ),
            (
                "[\"a\", \"<blank>\"]",
                "expected <blank> as the first name, since identifier 0 stands for no puzzle, found a",
            ),
            (
                "[\"a\", 1]",
                "expected a list of names: expected a string, found integer `1`",
            ),
        ] {
            let message = open(json).unwrap_err().to_string();
            assert!(
                message.contains(says) && message.contains(IDENTIFIERS_FILE),
                "{message}"
            );
        }
    }
}
