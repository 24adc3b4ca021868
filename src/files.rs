//! Files that are written completely or not at all.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// Temporary files that are being written. Whoever holds the lock is about to make, rename or remove some.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what has not been written to its end, for handlers of Ctrl-C that are about to end the process: from now on
/// nothing more is written whole.
pub fn discard_unfinished() {
    let unfinished = unfinished();
    for path in unfinished.iter() {
        let _ = std::fs::remove_file(path);
    }
    // Held for as long as the process lives.
    std::mem::forget(unfinished);
}

/// Writes a file beside `path` and renames it there: readers never see half of it.
///
/// # Errors
/// [`Error::Io`] when the folder does not exist or cannot be written; any error of `write`.
pub fn write_whole<W>(path: &Path, write: W) -> Result<()>
where
    W: FnOnce(&mut BufWriter<&mut File>) -> Result<()>,
{
    Staged::write(path, write)?.place(&mut unfinished())
}

/// A file that is written and not at its place yet.
pub(crate) struct Staged {
    path: PathBuf,
    file: Temporary,
}

/// A temporary file, which goes with the process.
struct Temporary(Option<NamedTempFile>);

impl Temporary {
    fn forget(&mut self, unfinished: &mut BTreeSet<PathBuf>) -> Option<NamedTempFile> {
        let file = self.0.take()?;
        unfinished.remove(file.path());
        Some(file)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.0.is_some() {
            drop(self.forget(&mut unfinished()));
        }
    }
}

/// Beginning of the names of temporary files, and of files that are out of the way while others take their places.
const PREFIX: &str = ".hrm-";
const ASIDE: &str = ".hrm-old-";

impl Staged {
    /// Writes a file beside `path`.
    pub(crate) fn write<W>(path: &Path, write: W) -> Result<Staged>
    where
        W: FnOnce(&mut BufWriter<&mut File>) -> Result<()>,
    {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        // A temporary file is private; this makes the result as readable as the umask lets any new file be.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut unfinished = unfinished();
        let file = builder.tempfile_in(folder(path));
        let file = file.map_err(|e| Error::io("write", path)(plain(&e)))?;
        unfinished.insert(file.path().to_path_buf());
        drop(unfinished);
        let mut file = Temporary(Some(file));
        if let Some(file) = &mut file.0 {
            let mut out = BufWriter::new(file.as_file_mut());
            write(&mut out)?;
            out.flush().map_err(Error::io("write", path))?;
        }
        let path = path.to_path_buf();
        Ok(Staged { path, file })
    }

    /// Puts the file at its place, and replaces what is there.
    fn place(mut self, unfinished: &mut BTreeSet<PathBuf>) -> Result<()> {
        let Some(file) = self.file.forget(unfinished) else {
            return Ok(());
        };
        file.persist(&self.path)
            .map_err(|e| Error::io("write", &self.path)(e.error))?;
        Ok(())
    }
}

/// Puts files of one folder at their places: all of them, or none. In between the last one is missing, so that no reader
/// takes a part of them for the whole.
pub(crate) fn replace_together(files: Vec<Staged>) -> Result<()> {
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let Some(folder) = paths.first().map(|path| folder(path).to_path_buf()) else {
        return Ok(());
    };
    // Of two programs that write here, one waits for the other, where the system can lock folders.
    let lock = File::open(&folder).ok();
    let _ = lock.as_ref().is_some_and(|folder| folder.lock().is_ok());
    let mut unfinished = unfinished();
    if let Some(path) = paths.iter().find(|path| path.exists() && !path.is_file()) {
        return Err(Error::io("write", path)(std::io::ErrorKind::IsADirectory.into()));
    }
    // What is there is kept until all is done.
    let kept = |path: &Path| {
        let mut name = std::ffi::OsString::from(ASIDE);
        name.push(path.file_name().unwrap_or_default());
        path.with_file_name(name)
    };
    let mut aside = Vec::new();
    let moved = paths.iter().rev().filter(|path| path.exists()).try_for_each(|path| {
        let kept = kept(path);
        std::fs::rename(path, &kept).map_err(Error::io("write", path))?;
        aside.push((path.clone(), kept));
        Ok(())
    });
    let mut placed = 0;
    let done = moved.and_then(|()| {
        files.into_iter().try_for_each(|file| {
            file.place(&mut unfinished)?;
            placed += 1;
            Ok(())
        })
    });
    if done.is_err() {
        for path in &paths[..placed] {
            let _ = std::fs::remove_file(path);
        }
        for (path, kept) in aside.iter().rev() {
            let _ = std::fs::rename(kept, path);
        }
    } else {
        // With what a killed program has left there.
        for path in &paths {
            let _ = std::fs::remove_file(kept(path));
        }
    }
    done
}

/// What there is to do where files stay out of the way, since the program that replaces them was killed.
pub(crate) fn left_aside() -> String {
    format!(
        "files that begin with `{ASIDE}` are what it was before a program that replaced it was killed: rename them back, \
         or write the model anew"
    )
}

/// Whether files of a folder are being replaced right now.
pub(crate) fn is_being_replaced(folder: &Path) -> bool {
    let aside = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().as_encoded_bytes().starts_with(ASIDE.as_bytes()))
    };
    folder.read_dir().is_ok_and(|mut entries| entries.any(aside))
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// The system's error inside one that also names the temporary file, which is nobody's concern.
fn plain(error: &std::io::Error) -> std::io::Error {
    let said = error.to_string();
    let said = said.split(" at path ").next().unwrap_or_default();
    std::io::Error::new(error.kind(), said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(path: &Path, text: &str) -> Staged {
        Staged::write(path, |out| {
            out.write_all(text.as_bytes()).map_err(Error::io("write", path))
        })
        .unwrap()
    }

    fn state(folder: &Path) -> Vec<(String, String)> {
        let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap());
        let files = entries.filter(|entry| entry.path().is_file()).map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        files
    }

    #[test]
    fn files_change_together_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        let both = |text: &str| replace_together(vec![staged(&a, text), staged(&b, text)]);
        let is = |text: &str| vec![("a".to_owned(), text.to_owned()), ("b".to_owned(), text.to_owned())];
        for text in ["1", "2"] {
            both(text).unwrap();
            assert_eq!(state(folder.path()), is(text));
        }
        // The second cannot be replaced: the first stays what it was.
        std::fs::remove_file(&b).unwrap();
        std::fs::create_dir(&b).unwrap();
        assert!(both("3").is_err_and(|e| e.to_string().contains(&b.display().to_string())));
        assert_eq!(state(folder.path()), is("2")[..1]);
        // A killed program's are gone once all is replaced.
        std::fs::remove_dir(&b).unwrap();
        std::fs::write(folder.path().join(".hrm-old-b"), "0").unwrap();
        both("2").unwrap();
        assert_eq!(state(folder.path()), is("2"));
        std::fs::remove_file(&b).unwrap();
        // What is not placed is not left behind.
        drop(staged(&a, "4"));
        assert_eq!(state(folder.path()), is("2")[..1]);
        assert!(!is_being_replaced(folder.path()));
    }

    /// Whoever reads while others write sees files that belong together, or that one is missing.
    #[test]
    fn two_writers_never_mix() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        std::thread::scope(|scope| {
            for writer in 0..2 {
                let (a, b) = (&a, &b);
                scope.spawn(move || {
                    for i in 0..100 {
                        let text = format!("{writer}{i}");
                        replace_together(vec![staged(a, &text), staged(b, &text)]).unwrap();
                        let [a, b] = [a, b].map(|path| std::fs::read_to_string(path).ok());
                        // Read one after the other: the second may be newer, and never half.
                        assert!(a.is_none_or(|a| a.len() > 1) && b.is_none_or(|b| b.len() > 1));
                    }
                });
            }
        });
        assert_eq!(state(folder.path())[0].1, state(folder.path())[1].1);
        assert_eq!(state(folder.path()).len(), 2);
    }
}
