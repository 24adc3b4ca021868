//! Files of a hub, whole and with the right checksum.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::iter;
use std::path::Path;

use crate::cache::{Cache, create_folder};
use crate::checksum::Checksum;
use crate::client::{Answer, Client, Entry, is_part};
use crate::tries::{Broken, Tries};
use crate::watch::{Aside, Watch};
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
        part.read_again(entry.size, self.watch)?;
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
        let answer = self.get(&url, (from > 0).then_some((from, None)))?;
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
        // Who reads has no part in the file: where a fetch ends, nothing is added any more, whatever still comes.
        let chunks = chunks(answer)?;
        while let Some(bytes) = chunks.next(self.watch)? {
            let bytes = &*bytes.map_err(|error| Broken::off(error.to_string()))?;
            let more = part.length + bytes.len() as u64 > entry.size;
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
        match part.length < entry.size {
            true => Err(Broken::off("the connection was closed")),
            false => Ok(()),
        }
    }
}

/// The bytes of an answer as they come.
fn chunks(answer: Answer) -> Result<Aside<io::Result<Vec<u8>>>> {
    let mut reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
    Aside::new(iter::from_fn(move || {
        let mut bytes = vec![0; 1 << 16];
        match reader.read(&mut bytes) {
            Ok(0) => None,
            Ok(count) => {
                bytes.truncate(count);
                Some(Ok(bytes))
            }
            Err(error) => Some(Err(error)),
        }
    }))
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
    fn read_again(&mut self, most: u64, watch: &dyn Watch) -> Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            watch.waits()?;
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

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::io::{BufRead, BufReader};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::{Address, Kind};

    /// Ends a fetch, if it is not patient, as soon as no more comes of what has begun to come.
    #[derive(Default)]
    struct Person {
        is_patient: bool,
        arrived: Cell<u64>,
        notes: RefCell<Vec<String>>,
    }

    impl Watch for Person {
        fn note(&self, text: &str) {
            self.notes.borrow_mut().push(text.to_owned());
        }

        fn begin(&self, _: &str, _: Option<u64>) {}

        fn arrived(&self, bytes: u64) -> Result<()> {
            self.arrived.set(bytes);
            Ok(())
        }

        fn waits(&self) -> Result<()> {
            match !self.is_patient && self.arrived.get() > 0 {
                true => Err(Error::Cancelled),
                false => Ok(()),
            }
        }

        fn end(&self) {}
    }

    /// Takes a question, and returns from which byte on it asks.
    fn asked(listener: &TcpListener) -> (TcpStream, usize) {
        let (stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(&stream).lines().map_while(|line| line.ok());
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let from = head.iter().find_map(|line| {
            let line = line.to_lowercase();
            line.strip_prefix("range: bytes=")?.split('-').next()?.parse().ok()
        });
        (stream, from.unwrap_or(0))
    }

    #[test]
    fn a_fetch_that_ends_while_the_hub_is_silent_leaves_its_file_to_the_next() {
        const SIZE: usize = 300_000;
        let contents: Vec<u8> = (0..SIZE).map(|at| (at / 7) as u8).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let served = contents.clone();
        let hub = std::thread::spawn(move || {
            let (mut first, _) = asked(&listener);
            write!(first, "HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n").unwrap();
            first.write_all(&served[..100_000]).unwrap();
            // What it says at last is said in the middle of the other answer.
            let (mut second, from) = asked(&listener);
            write!(second, "HTTP/1.1 206 OK\r\nContent-Length: {}\r\n", SIZE - from).unwrap();
            write!(second, "Content-Range: bytes {from}-{}/{SIZE}\r\n\r\n", SIZE - 1).unwrap();
            second.write_all(&served[from..200_000]).unwrap();
            for _ in 0..5 {
                // Nobody may be there any more to hear it.
                let _ = first.write_all(&[7; 10_000]);
                std::thread::sleep(Duration::from_millis(20));
            }
            second.write_all(&served[200_000..]).unwrap();
            from
        });

        let folder = tempfile::tempdir().unwrap();
        let cache = Cache {
            folder: folder.path().join("models"),
            locks: folder.path().join("locks"),
        };
        let address = Address::parse("some/model", Kind::Model).unwrap();
        let mut sum = Checksum::new(&"0".repeat(64), SIZE as u64);
        sum.add(&contents);
        let entry = Entry {
            file: "weights".to_owned(),
            size: SIZE as u64,
            id: sum.finish(),
        };
        let fetch = |watch: &Person| {
            let endpoint = endpoint.clone();
            let client = Client {
                endpoint,
                ..Client::new(&address, watch)?
            };
            client.fetch(&cache, "0", &entry)
        };

        assert!(matches!(fetch(&Person::default()), Err(Error::Cancelled)));
        let patient = Person {
            is_patient: true,
            ..Person::default()
        };
        fetch(&patient).unwrap();
        // Had the first kept the lock, this would tell of waiting.
        assert_eq!(patient.notes.take(), [""; 0]);
        assert!((1..=100_000).contains(&hub.join().unwrap()));
        assert_eq!(std::fs::read(cache.blob(&entry.id)).unwrap(), contents);
    }
}
