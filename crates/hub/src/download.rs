//! Files of a hub, whole and with the right checksum.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::cache::{Cache, create_folder};
use crate::checksum::Checksum;
use crate::client::{Client, Entry, is_part};
use crate::tries::{Broken, Tries};
use hrm::error::{Error, Result};

/// The beginning of what Git keeps in the place of a large file.
const POINTER: &[u8] = b"version https://git-lfs";

impl Client<'_> {
    /// Puts a file into the cache, whole and with the right checksum, or fails; what has arrived by then is kept for the
    /// next time.
    pub(super) fn fetch(&self, cache: &Cache, commit: &str, entry: &Entry) -> Result<()> {
        let blob = cache.blob(&entry.id);
        let is_whole = || {
            blob.metadata()
                .is_ok_and(|blob| blob.is_file() && blob.len() == entry.size)
        };
        if !is_whole() {
            let _lock = cache.lock(&entry.id, &entry.file, self.watch)?;
            if !is_whole() {
                self.download(commit, entry, &blob)?;
            }
        }
        cache.place(commit, &entry.file, &entry.id)
    }

    fn download(&self, commit: &str, entry: &Entry, blob: &Path) -> Result<()> {
        create_folder(blob)?;
        let mut name = blob.file_name().unwrap_or_default().to_os_string();
        name.push(".incomplete");
        let path = blob.with_file_name(name);
        let options = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut part = Part {
            file: options.map_err(Error::io("open", &path))?,
            path: &path,
            sum: Checksum::new(&entry.id, entry.size),
            length: 0,
            is_pieced: false,
        };
        part.read_again(entry.size)?;
        self.complete(commit, entry, &mut part)?;
        // Pieces may be of different things, those of an earlier run above all: then all comes anew, once.
        if part.is_pieced && part.sum.finish() != entry.id {
            part.begin_again()?;
            self.complete(commit, entry, &mut part)?;
        }
        let found = part.sum.finish();
        drop(part.file);
        if found != entry.id {
            let _ = std::fs::remove_file(&path);
            let (file, expected) = (&entry.file, &entry.id);
            return Err(self.error(format!(
                "`{file}`: expected checksum {expected}, found {found}: nothing of it is kept"
            )));
        }
        std::fs::rename(&path, blob).map_err(Error::io("write", blob))
    }

    /// Adds to a file what is missing.
    fn complete(&self, commit: &str, entry: &Entry, part: &mut Part<'_>) -> Result<()> {
        self.watch.arrived(part.length)?;
        // What was reached already is no progress: a file that is shorter than the hub says would be fetched for ever.
        let (mut tries, mut most) = (Tries::default(), part.length);
        while part.length < entry.size {
            match self.continue_with(commit, entry, part) {
                Ok(()) => {}
                Err(Broken::Finally(error)) => {
                    if part.length == 0 {
                        let _ = std::fs::remove_file(part.path);
                    }
                    return Err(error);
                }
                Err(Broken::Off(off)) => {
                    if part.length > most {
                        tries.got_on();
                    }
                    most = most.max(part.length);
                    if !tries.again(&off, self.watch)? {
                        let (file, size) = (&entry.file, entry.size);
                        return Err(match part.length {
                            0 => self.not_given(&format!("`{file}`"), &off),
                            length => self.error(format!(
                                "`{file}` broke off after {length} of {size} bytes: {}",
                                off.reason
                            )),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds to a file as much of what is missing as comes.
    fn continue_with(&self, commit: &str, entry: &Entry, part: &mut Part<'_>) -> std::result::Result<(), Broken> {
        let from = part.length;
        part.is_pieced |= from > 0;
        let url = self.url(commit, &entry.file);
        let mut answer = self.get(&url, (from > 0).then_some((from, None)))?;
        if answer.status().is_success() {
            self.check_form(&answer, &format!("`{}`", entry.file))?;
        }
        match answer.status().as_u16() {
            206 if is_part(&answer, from, entry.size) => {}
            200 => part.begin_again()?,
            // Something else than before: from the beginning.
            206 | 416 => {
                part.begin_again()?;
                return Err(Broken::off("another part came than was asked for"));
            }
            _ => return Err(self.refused(&answer, &format!("`{}`", entry.file)).into()),
        }
        let mut reader = answer.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = reader
                .read(&mut buffer)
                .map_err(|error| Broken::off(error.to_string()))?;
            let bytes = &buffer[..count];
            if count == 0 {
                return match part.length < entry.size {
                    true => Err(Broken::off("the connection was closed")),
                    false => Ok(()),
                };
            }
            let more = part.length + count as u64 > entry.size;
            if part.length == 0 && bytes.starts_with(POINTER) {
                part.begin_again()?;
                let (file, size) = (&entry.file, entry.size);
                return Err(Broken::Finally(self.error(format!(
                    "`{file}`: expected a file of {size} bytes, found a pointer of Git LFS to it"
                ))));
            }
            if more {
                part.begin_again()?;
                let (file, size) = (&entry.file, entry.size);
                return Err(Broken::Finally(
                    self.error(format!("`{file}`: expected {size} bytes, found more")),
                ));
            }
            part.add(bytes)?;
            self.watch.arrived(part.length)?;
        }
    }
}

/// A file that is not complete yet.
struct Part<'a> {
    file: File,
    path: &'a Path,
    sum: Checksum,
    length: u64,
    /// Whether it came in several pieces.
    is_pieced: bool,
}

impl Part<'_> {
    /// Takes up what an earlier run has left; more than `most` bytes cannot be right.
    fn read_again(&mut self, most: u64) -> Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = self.file.read(&mut buffer).map_err(Error::io("read", self.path))?;
            if count == 0 {
                return Ok(());
            }
            self.sum.add(&buffer[..count]);
            self.length += count as u64;
            self.is_pieced = true;
            if self.length > most {
                return self.begin_again();
            }
        }
    }

    fn begin_again(&mut self) -> Result<()> {
        self.sum.begin_again();
        (self.length, self.is_pieced) = (0, false);
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map(drop).map_err(Error::io("write", self.path))
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io("write", self.path))?;
        self.sum.add(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }
}
