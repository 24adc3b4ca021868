//! The cache folder of the hub's clients, in their layout, so that they all share what is in it:
//! `models--OWNER--NAME/` holds `refs/REVISION` (a commit), `blobs/ID` (contents) and `snapshots/COMMIT/FILE` (links to
//! them). `.no_exist/COMMIT/FILE` remembers that a revision lacks a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::address::{Address, Kind, is_safe};
use crate::settings;
use crate::watch::{Watch, sleep};
use hrm::error::{Error, Result};
use hrm::files::write_whole;

/// The names of all files of a commit, in our own folder for it.
const LISTING: &str = "files.txt";
/// What the names of our own temporary folders begin with.
pub(super) const OWN: &str = ".hrm-";

/// A repository's folder in the cache.
#[derive(Debug)]
pub(super) struct Cache {
    pub folder: PathBuf,
    pub locks: PathBuf,
}

impl Cache {
    pub(super) fn of(address: &Address) -> Result<Cache> {
        let root = settings::cache().ok_or_else(|| {
            address.error("expected a home folder for the cache, found none: set HF_HUB_CACHE to a folder")
        })?;
        let kind = match address.kind {
            Kind::Model => "models",
            Kind::Data => "datasets",
        };
        let name = format!("{kind}--{}--{}", address.owner, address.name);
        Ok(Cache {
            folder: root.join(&name),
            locks: root.join(".locks").join(name),
        })
    }

    /// The commit that a revision is known to be.
    pub(super) fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        let commit = fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        Some(commit.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Remembers which commit a revision is.
    pub(super) fn remember(&self, revision: &str, commit: &str) {
        if revision != commit && self.commit(revision).as_deref() != Some(commit) {
            // Where nothing can be noted, the hub is asked again.
            let _ = write(&self.folder.join("refs").join(revision), commit.as_bytes());
        }
    }

    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// The files of a commit that are here, in order.
    pub(super) fn files(&self, commit: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![(self.snapshot(commit), String::new())];
        while let Some((folder, prefix)) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                match entry.path() {
                    // A link on its way to its place.
                    _ if entry.file_name().to_string_lossy().starts_with(OWN) => {}
                    path if path.is_dir() => open.push((path, name + "/")),
                    path if path.is_file() => found.push(name),
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }

    /// Every file of a commit, if it has been asked for.
    pub(super) fn listing(&self, commit: &str) -> Option<Vec<String>> {
        let names = fs::read_to_string(self.kept(commit, LISTING)?).ok()?;
        Some(names.lines().map(str::to_owned).collect())
    }

    /// Remembers every file of a commit, so that a choice among them stays the same whichever of them are here.
    #[cfg(feature = "client")]
    pub(super) fn remember_listing(&self, commit: &str, files: &[String]) {
        // Where nothing can be noted, the hub is asked again.
        let _ = self.keep(commit, LISTING, files.join("\n").as_bytes());
    }

    /// Whether a commit is known to lack a file.
    pub(super) fn lacks(&self, commit: &str, file: &str) -> bool {
        self.lacking(commit, file).is_file()
    }

    /// Remembers that a commit lacks a file, for other clients, too.
    pub(super) fn note_lack(&self, commit: &str, file: &str) {
        let _ = write(&self.lacking(commit, file), b"");
    }

    fn lacking(&self, commit: &str, file: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit).join(file)
    }

    /// Where the contents with this id are, or will be.
    pub(super) fn blob(&self, id: &str) -> PathBuf {
        self.folder.join("blobs").join(id)
    }

    /// Keeps others, of this process or another, from fetching the contents of `name`, which have this id, for as long as
    /// the returned file is open; waits where somebody is at it.
    pub(super) fn lock(&self, id: &str, name: &str, watch: &dyn Watch) -> Result<fs::File> {
        let path = self.locks.join(format!("{id}.lock"));
        create_folder(&path)?;
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(Error::io("open", &path))?;
        // Where a file system has no locks, two fetch the same, and the second finds what the first has kept.
        let is_taken = || matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock));
        if is_taken() {
            watch.note(&format!("`{name}` is being fetched already: waiting for it"));
            while is_taken() {
                sleep(watch, Duration::from_millis(100))?;
            }
        }
        Ok(file)
    }

    /// Makes the contents with this id the file of a commit.
    pub(super) fn place(&self, commit: &str, file: &str, id: &str) -> Result<()> {
        link(&self.blob(id), &self.snapshot(commit).join(file))
    }

    /// Our own folders for a commit: one in the repository's, which goes with it, and one in the user's cache, where
    /// others keep the repository and let it only be read.
    fn own(&self, commit: &str) -> (PathBuf, Option<PathBuf>) {
        let elsewhere = || {
            let name = self.folder.file_name()?;
            Some(settings::caches()?.join("hrm").join("hub").join(name).join(commit))
        };
        (self.folder.join(".hrm").join(commit), elsewhere())
    }

    /// Makes something in the first of our own folders that lets it be made, or fails as in the first.
    pub(super) fn make<T>(&self, commit: &str, make: impl Fn(&Path) -> Result<T>) -> Result<T> {
        let (folder, elsewhere) = self.own(commit);
        make(&folder).or_else(|failed| match elsewhere {
            Some(folder) => make(&folder).map_err(|_| failed),
            None => Err(failed),
        })
    }

    /// A file of our own, if it is there.
    pub(super) fn kept(&self, commit: &str, name: &str) -> Option<PathBuf> {
        let (folder, elsewhere) = self.own(commit);
        let mut paths = std::iter::once(folder).chain(elsewhere).map(|folder| folder.join(name));
        paths.find(|path| path.is_file())
    }

    /// Keeps a file of our own.
    pub(super) fn keep(&self, commit: &str, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        self.make(commit, |folder| {
            let path = folder.join(name);
            write(&path, bytes).map(|()| path)
        })
    }
}

/// Whether a text is the id of a commit.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && is_hexadecimal(text)
}

pub(super) fn is_hexadecimal(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Makes the folder that a file is to be in.
pub(super) fn create_folder(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(Error::io("create", folder))
}

/// Writes a small file, whole.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    create_folder(path)?;
    write_whole(path, |file| {
        std::io::Write::write_all(file, bytes).map_err(Error::io("write", path))
    })
}

/// Makes `link` another name of the file `target`, in place of what is there: a symbolic link, otherwise a copy. Other
/// processes may do the same: they find the old link or the new one, and nothing is written through either.
pub(super) fn link(target: &Path, link: &Path) -> Result<()> {
    create_folder(link)?;
    let failed = |e| Error::io("write", link)(e);
    if let (Ok(old), Ok(new)) = (link.canonicalize(), target.canonicalize())
        && old == new
    {
        return Ok(());
    }
    let folder = link.parent().unwrap_or(Path::new(""));
    // A folder of this process alone, from which the link is moved to its place.
    let own = tempfile::Builder::new()
        .prefix(OWN)
        .tempdir_in(folder)
        .map_err(failed)?;
    let made = own.path().join("link");
    let linked = || {
        #[cfg(unix)]
        if std::os::unix::fs::symlink(relative(target, link), &made).is_ok() {
            return Ok(());
        }
        fs::hard_link(target, &made).or_else(|_| fs::copy(target, &made).map(drop))
    };
    linked().and_then(|()| fs::rename(&made, link)).map_err(failed)
}

/// The way from the folder of `link` to `target`, so that a cache may be moved.
#[cfg(unix)]
fn relative(target: &Path, link: &Path) -> PathBuf {
    let (mut to, mut from) = (target.components().peekable(), link.components().peekable());
    while to.peek().is_some() && to.peek() == from.peek() {
        to.next();
        from.next();
    }
    let up = from.count().saturating_sub(1);
    std::iter::repeat_n(std::path::Component::ParentDir, up)
        .chain(to)
        .collect()
}

/// Refuses a file name that leaves the folder.
pub(super) fn check(address: &Address, file: &str) -> Result<()> {
    match is_safe(file) {
        true => Ok(()),
        false => Err(address.error(format!(
            "expected a file inside the repository, found the name `{}`",
            file.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link is made anew by every process that opens the model: none of them may write through it.
    #[test]
    fn links_made_at_once_leave_the_contents() {
        let folder = tempfile::tempdir().unwrap();
        let (blob, name) = (folder.path().join("blobs/a"), folder.path().join("snapshots/b/c"));
        let other = folder.path().join("blobs/other");
        for (path, contents) in [(&blob, "contents"), (&other, "others")] {
            create_folder(path).unwrap();
            fs::write(path, contents).unwrap();
        }
        for round in 0..50 {
            let target = if round % 2 == 0 { &blob } else { &other };
            std::thread::scope(|scope| {
                (0..8).for_each(|_| drop(scope.spawn(|| link(target, &name).unwrap())));
            });
            let expected = if round % 2 == 0 { "contents" } else { "others" };
            assert_eq!(fs::read_to_string(&name).unwrap(), expected);
        }
        assert_eq!(fs::read_to_string(&blob).unwrap(), "contents");
        assert_eq!(fs::read_dir(name.parent().unwrap()).unwrap().count(), 1);
    }
}
