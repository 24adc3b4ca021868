//! Names of what is on a hub.

use std::fmt;
use std::path::Path;

use hrm::error::{Error, Result};

/// What a name begins with where it could be a path, too.
const SCHEME: &str = "hub:";

/// What a repository of a hub holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A model.
    Model,
    /// A data set.
    Data,
}

/// A repository on a hub, and what is asked for in it: `OWNER/NAME[@REVISION][/PATH]`. A slash of a revision is written
/// `%2F`, except in `refs/pr/1` and its like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What the repository holds.
    pub kind: Kind,
    /// Whose it is.
    pub owner: String,
    /// Its name, without the owner's.
    pub name: String,
    /// A branch, a tag or a commit.
    pub revision: Option<String>,
    /// A file or a folder.
    pub path: Option<String>,
}

impl Address {
    /// Reads a name; `hub:` before it is optional.
    ///
    /// # Errors
    /// [`Error::Usage`] for anything else.
    pub fn parse(text: &str, kind: Kind) -> Result<Address> {
        let refuse = || {
            Error::Usage(format!(
                "expected OWNER/NAME[@REVISION][/PATH], found `{}`",
                text.escape_debug()
            ))
        };
        let text_of_name = text.strip_prefix(SCHEME).unwrap_or(text);
        let (owner, rest) = text_of_name.split_once('/').ok_or_else(refuse)?;
        // A revision has slashes only as refs/pr/1 and refs/convert/parquet do.
        let slashes = if rest.split('/').next().is_some_and(|named| named.ends_with("@refs")) {
            2
        } else {
            0
        };
        let (named, path) = match rest.match_indices('/').nth(slashes) {
            Some((at, _)) => (&rest[..at], Some(rest[at + 1..].trim_end_matches('/'))),
            None => (rest, None),
        };
        let path = path.filter(|path| !path.is_empty());
        let (name, revision) = match named.split_once('@') {
            Some((name, revision)) => (name, Some(revision.replace("%2F", "/").replace("%2f", "/"))),
            None => (named, None),
        };
        let revised = revision.iter().flat_map(|revision| revision.split('/'));
        let sound = [owner, name].into_iter().chain(revised).all(is_name) && path.is_none_or(is_safe);
        if !sound {
            return Err(refuse());
        }
        Ok(Address {
            kind,
            owner: owner.to_owned(),
            name: name.to_owned(),
            revision,
            path: path.map(str::to_owned),
        })
    }

    /// Reads what is given in the place of a path; None where it does not begin as a hub's names do.
    pub fn of_path(path: &Path, kind: Kind) -> Option<Result<Address>> {
        let text = path.to_str().filter(|text| text.starts_with(SCHEME))?;
        Some(Address::parse(text, kind))
    }

    /// Returns `OWNER/NAME`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(crate) fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// The name of a model folder that stands for it; others may have the same.
    pub(crate) fn short(&self) -> String {
        let parts = [Some(&self.name), self.path.as_ref()].into_iter().flatten();
        parts.map(|part| part.replace('/', "-")).collect::<Vec<_>>().join("-")
    }

    /// An error about what it names.
    pub(crate) fn error(&self, reason: impl Into<String>) -> Error {
        let (what, reason) = (self.to_string(), reason.into());
        match self.kind {
            Kind::Model => Error::NoModel { what, reason },
            Kind::Data => Error::Input { what, reason },
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.owner, self.name)?;
        if let Some(revision) = &self.revision {
            let is_plain = revision.starts_with("refs/") && revision.matches('/').count() == 2;
            match is_plain {
                true => write!(f, "@{revision}")?,
                false => write!(f, "@{}", revision.replace('/', "%2F"))?,
            }
        }
        if let Some(path) = &self.path {
            write!(f, "/{path}")?;
        }
        Ok(())
    }
}

/// Returns a file's path as one name, which no other path has.
pub(super) fn flat(path: &str) -> String {
    path.replace('%', "%25").replace('/', "%2F")
}

/// Whether a text can be a part of a repository's name.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(plain)
}

/// Whether a file of a repository stays inside the folder that it is put into, on any system.
pub(crate) fn is_safe(file: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    // What would be escaped is a control character, or turns the direction of what a terminal shows.
    let plain = |c: char| c != ':' && (c.escape_debug().count() == 1 || matches!(c, '\'' | '"'));
    file.split('/').all(part) && file.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for text in [
            "hub:a/b",
            "hub:a/b@v1.0",
            "hub:a/b/c/d.pt",
            "hub:a/b@0f/step_1",
            "hub:a/b@refs/pr/1",
            "hub:a/b@refs/pr/1/c/d.pt",
            "hub:a/b@feature%2Fx/c",
            "hub:a/b@refs%2Fx",
        ] {
            assert_eq!(Address::parse(text, Kind::Model).unwrap().to_string(), text);
        }
        let address = Address::parse("locuslab/EqR-model/sudoku-extreme/eqr.pth", Kind::Model).unwrap();
        assert_eq!(address.path.as_deref(), Some("sudoku-extreme/eqr.pth"));
        assert_eq!(address.short(), "EqR-model-sudoku-extreme-eqr.pth");
        assert_eq!(Address::parse("a/b/", Kind::Model).unwrap().path, None);
        let proposed = Address::parse("a/b@refs/pr/1/c/d.pt", Kind::Model).unwrap();
        assert_eq!(
            (proposed.revision(), proposed.path.as_deref()),
            ("refs/pr/1", Some("c/d.pt"))
        );
        let branch = Address::parse("a/b@feature%2fx/c", Kind::Model).unwrap();
        assert_eq!((branch.revision(), branch.path.as_deref()), ("feature/x", Some("c")));
        for text in [
            "",
            "hub:",
            "a",
            "/a",
            "a/",
            "a//b",
            "a/../b",
            "../b",
            "a/b@",
            "a/b/../c",
            "a/b/c\\d",
            "a b/c",
            "a/b/C:d",
            "a/.b",
            "a/b@refs/../x",
            "a/b@refs//1",
            "a/b@refs/pr/",
            "a/b@%2Fx",
            "a/b@x%2F..%2Fy",
            "a/b@x%2",
        ] {
            assert!(Address::parse(text, Kind::Model).is_err(), "{text}");
        }
        assert!(Address::of_path(Path::new("a/b"), Kind::Model).is_none());
    }
}
