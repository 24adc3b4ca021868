//! Where a command may write: one rule for all of them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::output::is_stdio;
use hrm::error::{Error, Result};

/// What may be at a place already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Nothing.
    File,
    /// Outputs of `hrm run`, which are replaced.
    Outputs,
    /// Records that are added to; whoever opens them judges them.
    Records,
    /// An empty folder.
    Folder,
}

/// A place that a command writes to.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub path: &'a Path,
    pub taken: Taken,
    /// Whether what is there may be replaced.
    pub force: bool,
    /// What the command reads: files, and folders with all that is in them.
    pub reads: &'a [PathBuf],
}

impl Place<'_> {
    /// Refuses the place, before any work, where writing would lose something.
    ///
    /// # Errors
    /// [`Error::Usage`] for what is no plain file, whatever `force` says; without it for what exists.
    pub(super) fn check(&self) -> Result<()> {
        let refuse = |what: &str, instead: &str| {
            let path = self.path.display();
            Err(Error::Usage(format!("{path} {what}, and is not written to: {instead}")))
        };
        if is_stdio(self.path) {
            return refuse("is standard output here", "name a file or a folder");
        }
        let Ok(found) = self.path.metadata() else {
            return Ok(());
        };
        match self.taken {
            Taken::Folder if found.is_dir() => {
                let empty = self.path.read_dir().is_ok_and(|mut entries| entries.next().is_none());
                return match empty || self.force {
                    true => Ok(()),
                    false => refuse("is a folder that is not empty", "name another, or give --force"),
                };
            }
            Taken::Folder => return refuse("is not a folder", "name another"),
            _ if found.is_dir() => return refuse("is a folder", "name a file"),
            _ if !found.is_file() => return refuse("is no plain file", "name one, or `-` where that is taken"),
            // Records are added to at once, so that not even --force lets them replace what is read.
            _ if self.force && !(self.taken == Taken::Records && self.is_read()) => return Ok(()),
            _ => {}
        }
        if self.is_read() {
            return refuse("is what this command reads", "name another file");
        }
        match self.taken {
            Taken::Records => Ok(()),
            Taken::Outputs if is_outputs(self.path) => Ok(()),
            _ => refuse("exists", "name another file, or give --force to replace it"),
        }
    }

    /// Whether the place is, or lies in, what the command reads.
    pub(super) fn is_read(&self) -> bool {
        let own = self.path.canonicalize().unwrap_or_else(|_| self.path.to_path_buf());
        let holds = |read: &PathBuf| read.canonicalize().is_ok_and(|read| own.starts_with(read));
        self.reads.iter().any(holds)
    }
}

/// Whether two paths lead to the same file, which need not exist yet.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize();
        let there = || Some(folder.ok()?.join(path.file_name()?));
        path.canonicalize().ok().or_else(there)
    };
    one == other || real(one).is_some_and(|one| real(other) == Some(one))
}

/// Whether a file holds what `hrm run` writes, and nothing else: tensors that are named by segment.
fn is_outputs(path: &Path) -> bool {
    let names = || {
        let mut file = std::fs::File::open(path).ok()?;
        let mut length = [0; 8];
        file.read_exact(&mut length).ok()?;
        let mut header = Vec::new();
        file.take(u64::from_le_bytes(length)).read_to_end(&mut header).ok()?;
        serde_json::from_slice::<BTreeMap<String, serde_json::Value>>(&header).ok()
    };
    let is_own = |name: &String| name.starts_with("seg") && name.contains('.');
    names().is_some_and(|names| !names.is_empty() && names.keys().all(is_own))
}
