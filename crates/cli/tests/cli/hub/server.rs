//! A hub on localhost: lists of files, files in parts, a second host for large ones, and whatever goes wrong.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use serde_json::{Value, json};

pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What was asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Path and query.
    pub path: String,
    pub token: Option<String>,
    /// The first byte that was asked for.
    pub from: Option<usize>,
    pub to: Option<usize>,
    /// How often it had been asked for before.
    pub before: usize,
    /// Of the second host.
    pub second: bool,
}

pub(super) struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection breaks after so many bytes of the body.
    pub cut: Option<usize>,
    /// Pause after each 1000 bytes.
    pub pause: Duration,
    pub length: Length,
}

/// What an answer says of its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Right,
    /// Something else.
    Claimed(usize),
    /// It comes in chunks, each with its own.
    Chunked,
    Unsaid,
}

impl Reply {
    pub(super) fn new(status: u16, body: impl Into<Vec<u8>>) -> Reply {
        Reply {
            status,
            headers: Vec::new(),
            body: body.into(),
            cut: None,
            pause: Duration::ZERO,
            length: Length::Right,
        }
    }

    pub(super) fn of_length(self, length: Length) -> Reply {
        Reply { length, ..self }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Reply {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A file of a repository; large ones are kept on the second host.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub file: String,
    pub bytes: Vec<u8>,
    pub large: bool,
}

pub(super) fn kept(file: &str, bytes: impl Into<Vec<u8>>, large: bool) -> Kept {
    let (file, bytes) = (file.to_owned(), bytes.into());
    Kept { file, bytes, large }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Kept {
    pub(super) fn id(&self) -> String {
        match self.large {
            true => hexadecimal(digest(&SHA256, &self.bytes).as_ref()),
            false => {
                let whole = [format!("blob {}\0", self.bytes.len()).as_bytes(), &self.bytes].concat();
                hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, &whole).as_ref())
            }
        }
    }
}

/// Answers in place of the hub, where it has something to say.
type Fault = Box<dyn Fn(&Asked) -> Option<Reply> + Send + Sync>;

pub(super) struct Hub {
    pub url: String,
    log: Arc<Mutex<Vec<Asked>>>,
}

struct Shared {
    /// Files by `models/OWNER/NAME` or `datasets/OWNER/NAME`.
    repositories: HashMap<String, Vec<Kept>>,
    fault: Fault,
    second: String,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Hub {
    pub(super) fn new(repositories: impl IntoIterator<Item = (String, Vec<Kept>)>) -> Hub {
        Hub::with(repositories, |_| None)
    }

    pub(super) fn with(
        repositories: impl IntoIterator<Item = (String, Vec<Kept>)>,
        fault: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
    ) -> Hub {
        let [first, second] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let hub = Hub {
            url: url(&first),
            log: log.clone(),
        };
        let shared = Arc::new(Shared {
            repositories: repositories.into_iter().collect(),
            fault: Box::new(fault),
            second: url(&second),
            log,
        });
        for (listener, second) in [(first, false), (second, true)] {
            let shared = shared.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let shared = shared.clone();
                    // Who has asked may be gone.
                    std::thread::spawn(move || serve(&shared, &stream, second));
                }
            });
        }
        hub
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }
}

fn serve(shared: &Shared, mut stream: &TcpStream, second: bool) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let headers: HashMap<String, String> = lines
        .map_while(|line| line.ok().filter(|line| !line.is_empty()))
        .filter_map(|line| {
            Some((
                line.split_once(": ")?.0.to_lowercase(),
                line.split_once(": ")?.1.to_owned(),
            ))
        })
        .collect();
    let range = headers
        .get("range")
        .and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let mut log = shared.log.lock().unwrap();
    let asked = Asked {
        before: log
            .iter()
            .filter(|asked| asked.path == path && asked.second == second)
            .count(),
        token: headers.get("authorization").cloned(),
        from: range.and_then(|(from, _)| from.parse().ok()),
        to: range.and_then(|(_, to)| to.parse().ok()),
        path,
        second,
    };
    log.push(asked.clone());
    drop(log);
    let reply = (shared.fault)(&asked).unwrap_or_else(|| answer(shared, &asked));
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    match reply.length {
        Length::Right => head += &format!("Content-Length: {}\r\n", reply.body.len()),
        Length::Claimed(length) => head += &format!("Content-Length: {length}\r\n"),
        Length::Chunked => head += "Transfer-Encoding: chunked\r\n",
        Length::Unsaid => {}
    }
    stream.write_all((head + "\r\n").as_bytes()).ok()?;
    let body = &reply.body[..reply.cut.unwrap_or(reply.body.len()).min(reply.body.len())];
    let is_chunked = reply.length == Length::Chunked;
    for piece in body.chunks(if reply.pause.is_zero() { usize::MAX } else { 1000 }) {
        if is_chunked {
            write!(stream, "{:x}\r\n", piece.len()).ok()?;
        }
        stream.write_all(piece).ok()?;
        stream.write_all(if is_chunked { b"\r\n" } else { b"" }).ok()?;
        std::thread::sleep(reply.pause);
    }
    if is_chunked && reply.cut.is_none() {
        stream.write_all(b"0\r\n\r\n").ok()?;
    }
    Some(())
}

fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let path = asked.path.split('?').next().unwrap();
    let mut all = shared.repositories.values().flatten();
    if let Some(id) = path.strip_prefix("/blob/").filter(|_| asked.second) {
        let found = all.find(|file| file.id() == id);
        return found.map_or_else(|| Reply::new(404, ""), |file| part(&file.bytes, asked));
    }
    let list = path
        .strip_prefix("/api/")
        .and_then(|rest| rest.split_once("/revision/"));
    if let Some((name, revision)) = list {
        return match shared.repositories.get(name) {
            Some(_) if !["main", COMMIT].contains(&revision) => {
                Reply::new(404, "{}").with("X-Error-Code", "RevisionNotFound")
            }
            Some(files) => Reply::new(200, listed(files).to_string()),
            None => Reply::new(401, "{}").with("X-Error-Code", "RepoNotFound"),
        };
    }
    let (name, file) = path.trim_start_matches('/').split_once("/resolve/").unwrap_or_default();
    let name = match name.starts_with("datasets/") {
        true => name.to_owned(),
        false => format!("models/{name}"),
    };
    let file = decoded(file.split_once('/').map_or("", |(_, file)| file));
    let files = shared.repositories.get(&name);
    match files.and_then(|files| files.iter().find(|kept| kept.file == file)) {
        Some(kept) if kept.large => {
            Reply::new(302, "elsewhere").with("Location", format!("{}/blob/{}", shared.second, kept.id()))
        }
        Some(kept) => part(&kept.bytes, asked),
        None => Reply::new(404, ""),
    }
}

/// A path without the escapes of an address.
fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// What the hub's interface says of files.
pub(super) fn listed(files: &[Kept]) -> Value {
    let file = |kept: &Kept| match kept.large {
        true => json!({
            "rfilename": kept.file, "size": kept.bytes.len(), "blobId": "0".repeat(40),
            "lfs": { "sha256": kept.id(), "size": kept.bytes.len(), "pointerSize": 130 },
        }),
        false => json!({ "rfilename": kept.file, "size": kept.bytes.len(), "blobId": kept.id() }),
    };
    json!({ "id": "x", "sha": COMMIT, "siblings": files.iter().map(file).collect::<Vec<_>>() })
}

pub(super) fn part(bytes: &[u8], asked: &Asked) -> Reply {
    match asked.from {
        Some(from) if from < bytes.len() => {
            let to = asked.to.map_or(bytes.len(), |to| bytes.len().min(to + 1));
            let range = format!("bytes {from}-{}/{}", to - 1, bytes.len());
            Reply::new(206, &bytes[from..to]).with("Content-Range", range)
        }
        Some(_) => Reply::new(416, ""),
        None => Reply::new(200, bytes),
    }
}
