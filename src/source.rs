//! Files that are read by position and must stay as they were: whatever another program does to one, what is read is what
//! the file held when it was opened, or an error. A memory map would show the change, or end the process.

use std::fs::{File, Metadata};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// An open file of which parts are read when they are needed.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    file: File,
    stamp: Stamp,
}

/// What tells that a file was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp {
            len: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl Source {
    /// Opens a plain file; the error is the reason why not.
    pub(crate) fn open(path: &Path) -> Result<Source, String> {
        let unreadable = |e: std::io::Error| format!("it cannot be read: {e}");
        // Checked before opening: opening a pipe would wait for its writer.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err("it is not a file".to_owned());
        }
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        match (metadata.is_file(), metadata.len()) {
            (false, _) => Err("it is not a file".to_owned()),
            (true, 0) => Err("the file is empty".to_owned()),
            _ => Ok(Source {
                path: path.to_path_buf(),
                file,
                stamp: Stamp::of(&metadata),
            }),
        }
    }

    /// Returns where the file was when it was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the size in bytes when the file was opened.
    pub(crate) fn len(&self) -> usize {
        usize::try_from(self.stamp.len).unwrap_or(usize::MAX)
    }

    /// Fails where the file has changed since it was opened.
    pub(crate) fn unchanged(&self) -> Result<(), String> {
        match self.file.metadata() {
            Ok(metadata) if Stamp::of(&metadata) == self.stamp => Ok(()),
            Ok(_) => Err(CHANGED.to_owned()),
            Err(e) => Err(format!("it cannot be read: {e}")),
        }
    }

    /// Fills `out` with the bytes from `start` on; fails where the file has changed since it was opened.
    pub(crate) fn read(&self, start: usize, out: &mut [u8]) -> Result<(), String> {
        let read = self.read_exact(start as u64, out);
        // Afterwards, so that a change while it was read counts, too.
        self.unchanged()?;
        read.map_err(|e| format!("it cannot be read: {e}"))
    }

    #[cfg(unix)]
    fn read_exact(&self, start: u64, out: &mut [u8]) -> std::io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, out, start)
    }

    #[cfg(windows)]
    fn read_exact(&self, mut start: u64, mut out: &mut [u8]) -> std::io::Result<()> {
        while !out.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, out, start)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => (start, out) = (start + read as u64, &mut out[read..]),
            }
        }
        Ok(())
    }

    /// Returns the bytes of a range, which lies within the file.
    pub(crate) fn bytes(&self, range: Range<usize>) -> Result<Vec<u8>, String> {
        let mut out = vec![0; range.len()];
        self.read(range.start, &mut out)?;
        Ok(out)
    }
}

const CHANGED: &str = "expected a file that stays as it is while it is used, found that it was written to";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        type Change = (&'static str, fn(&Path));
        let changes: [Change; 5] = [
            ("truncated", |path| drop(File::create(path).unwrap())),
            ("shortened", |path| {
                File::options().write(true).open(path).unwrap().set_len(3).unwrap();
            }),
            ("longer", |path| std::fs::write(path, b"12345678").unwrap()),
            ("the same size", |path| std::fs::write(path, b"654321").unwrap()),
            // Another file of this name is no change of this one.
            ("replaced", |path| {
                std::fs::write(path.with_extension("new"), b"654321").unwrap();
                std::fs::rename(path.with_extension("new"), path).unwrap();
            }),
        ];
        for (what, change) in changes {
            std::fs::write(&path, b"123456").unwrap();
            let source = Source::open(&path).unwrap();
            assert_eq!(source.bytes(2..5).unwrap(), b"345");
            // Systems tell times of files in ticks of some milliseconds.
            std::thread::sleep(std::time::Duration::from_millis(20));
            change(&path);
            let read = source.bytes(2..5);
            match what {
                "replaced" => assert_eq!(read.unwrap(), b"345"),
                _ => assert_eq!(read.unwrap_err(), CHANGED, "{what}"),
            }
        }
        for (path, says) in [
            (folder.path().to_owned(), "not a file"),
            (path.with_extension("no"), "cannot be read"),
        ] {
            assert!(Source::open(&path).is_err_and(|e| e.contains(says)));
        }
    }
}
