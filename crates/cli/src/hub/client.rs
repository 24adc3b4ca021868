//! The part of a hub's interface that reads: lists of files, and the files.

use std::io::ErrorKind;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;
use ureq::http::Response;
use ureq::http::header::{AUTHORIZATION, CONTENT_RANGE, LOCATION, RANGE};

use super::address::{Address, Kind};
use super::cache::{check, is_commit, is_hexadecimal};
use super::settings;
use hrm::error::{Error, Result};

/// The hub that is asked where HF_ENDPOINT names no other.
const ENDPOINT: &str = "https://huggingface.co";
/// How often something that failed in passing is tried again before anything arrives.
pub(super) const TRIES: u32 = 5;
const REDIRECTS: usize = 8;
/// Largest answer that is kept in memory.
const LARGEST: u64 = 32 << 20;
/// A file as the hub lists it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub file: String,
    pub size: u64,
    /// SHA-256 of the contents, or their id in Git.
    pub id: String,
}

/// The files of a commit.
#[derive(Debug)]
pub(super) struct Listing {
    pub commit: String,
    pub entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Repository {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: Option<u64>,
}

pub(super) struct Client<'a> {
    pub(super) address: &'a Address,
    agent: Agent,
    endpoint: String,
    token: Option<String>,
}

type Answer = Response<ureq::Body>;

impl<'a> Client<'a> {
    pub(super) fn new(address: &'a Address) -> Client<'a> {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(seconds(20))
            .timeout_per_read(seconds(30))
            .user_agent(concat!("hrm/", env!("CARGO_PKG_VERSION")))
            .build();
        Client {
            address,
            agent: config.into(),
            endpoint: settings::endpoint().unwrap_or_else(|| ENDPOINT.to_owned()),
            token: settings::token(),
        }
    }

    /// Returns the files of the revision.
    pub(super) fn list(&self) -> Result<Listing> {
        let kind = match self.address.kind {
            Kind::Model => "models",
            Kind::Data => "datasets",
        };
        let (repository, revision) = (self.address.repository(), self.address.revision());
        let url = format!(
            "{}/api/{kind}/{repository}/revision/{revision}?blobs=true",
            self.endpoint
        );
        let mut answer = self.expect(&url, None, "the list of its files")?;
        let text = answer.body_mut().with_config().limit(LARGEST).read_to_string();
        let text = text.map_err(|error| self.error(format!("the list of its files broke off: {error}")))?;
        let found: Repository = serde_json::from_str(&text).map_err(|error| {
            self.error(format!(
                "expected a list of files from {}, found something else: {error}",
                self.endpoint
            ))
        })?;
        if !is_commit(&found.sha) {
            let sha = found.sha.escape_debug();
            return Err(self.error(format!("expected the id of a commit, found `{sha}`")));
        }
        // Names are used as paths and in messages: none before all have been checked.
        found
            .siblings
            .iter()
            .try_for_each(|sibling| check(self.address, &sibling.rfilename))?;
        let entries = found.siblings.into_iter().map(|sibling| self.entry(sibling));
        Ok(Listing {
            commit: found.sha,
            entries: entries.collect::<Result<_>>()?,
        })
    }

    fn entry(&self, sibling: Sibling) -> Result<Entry> {
        let Sibling {
            rfilename: file,
            size,
            blob_id,
            lfs,
        } = sibling;
        let (size, id) = match lfs {
            Some(lfs) => (lfs.size.or(size), Some(lfs.sha256).filter(|id| id.len() == 64)),
            None => (size, blob_id.filter(|id| id.len() == 40)),
        };
        match (size, id.filter(|id| is_hexadecimal(id))) {
            (Some(size), Some(id)) => Ok(Entry { file, size, id }),
            _ => Err(self.error(format!(
                "expected size and checksum of `{}` in the list of files, found none",
                file.escape_debug()
            ))),
        }
    }

    /// Returns some bytes of a file.
    pub(super) fn part(&self, commit: &str, entry: &Entry, range: Range<u64>) -> Result<Vec<u8>> {
        let range = range.start..range.end.min(entry.size);
        let (what, url) = (format!("a part of `{}`", entry.file), self.url(commit, &entry.file));
        let mut failures = 0;
        loop {
            let mut answer = self.expect(&url, Some((range.start, Some(range.end))), &what)?;
            let whole = answer.status() != 206 && range != (0..entry.size);
            if whole || (answer.status() == 206 && starts_at(&answer) != Some(range.start)) {
                return Err(self.error(format!(
                    "expected {what}, found another: this hub gives no parts of files"
                )));
            }
            let reason = match answer.body_mut().with_config().limit(LARGEST).read_to_vec() {
                Ok(bytes) if bytes.len() as u64 == range.end - range.start => return Ok(bytes),
                Ok(bytes) => format!("expected {} bytes, found {}", range.end - range.start, bytes.len()),
                Err(error) => error.to_string(),
            };
            failures += 1;
            if failures >= TRIES {
                return Err(self.error(format!("{what} broke off: {reason}")));
            }
            wait(failures);
        }
    }

    pub(super) fn url(&self, commit: &str, file: &str) -> String {
        let kind = match self.address.kind {
            Kind::Model => "",
            Kind::Data => "datasets/",
        };
        let file: String = file.split('/').map(encoded).collect::<Vec<_>>().join("/");
        format!(
            "{}/{kind}{}/resolve/{commit}/{file}",
            self.endpoint,
            self.address.repository()
        )
    }

    /// Asks until there is an answer, or reason to give up.
    fn expect(&self, url: &str, range: Option<(u64, Option<u64>)>, what: &str) -> Result<Answer> {
        let mut failures = 0;
        loop {
            match self.get(url, range) {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) => return Err(self.refused(&answer, what)),
                Err(Broken::Finally(error)) => return Err(error),
                Err(Broken::Off(reason)) => {
                    failures += 1;
                    if failures >= TRIES {
                        return Err(self.error(format!("{} does not answer: {reason}", host(&self.endpoint))));
                    }
                    wait(failures);
                }
            }
        }
    }

    /// Asks once, and follows where the answer points. Only the hub itself gets the token.
    pub(super) fn get(&self, url: &str, range: Option<(u64, Option<u64>)>) -> std::result::Result<Answer, Broken> {
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            let mut request = self.agent.get(&url);
            if let Some(token) = self.token.as_ref().filter(|_| origin(&url) == origin(&self.endpoint)) {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            if let Some((from, to)) = range {
                let to = to.map_or(String::new(), |to| to.saturating_sub(1).to_string());
                request = request.header(RANGE, format!("bytes={from}-{to}"));
            }
            let answer = request.call().map_err(|error| self.unreached(&url, &error))?;
            let status = answer.status();
            if status.is_server_error() || status == 429 {
                return Err(Broken::Off(format!("it answers {status}")));
            }
            if !status.is_redirection() || status == 304 {
                return Ok(answer);
            }
            let target = answer.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            url = target.and_then(|target| joined(&url, target)).ok_or_else(|| {
                let found = target.unwrap_or("nothing").escape_debug();
                self.error(format!("expected an address to go on to from {url}, found {found}"))
            })?;
        }
        Err(self
            .error(format!("expected at most {REDIRECTS} redirects, found more, at {url}"))
            .into())
    }

    fn unreached(&self, url: &str, error: &ureq::Error) -> Broken {
        let host = host(url);
        // The system says so in words alone.
        let is_unknown = |error: &std::io::Error| {
            matches!(error.kind(), ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
                || error.to_string().contains("failed to lookup address")
        };
        match error {
            ureq::Error::Io(error) if is_unknown(error) => self
                .error(format!("no network, or no such host: {host} was not found"))
                .into(),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) if !url.contains("://") => self
                .error(format!(
                    "expected an address that begins with https://, found {}",
                    host.escape_debug()
                ))
                .into(),
            ureq::Error::HostNotFound => self
                .error(format!("no network, or no such host: {host} was not found"))
                .into(),
            ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => self
                .error(format!("no network, or nobody there: {host} takes no connections"))
                .into(),
            error => Broken::Off(format!("{host}: {error}")),
        }
    }

    /// Says what it means that the hub does not give something.
    pub(super) fn refused(&self, answer: &Answer, what: &str) -> Error {
        let with = if self.token.is_some() { "this token" } else { "no token" };
        let code = answer.headers().get("x-error-code").and_then(|code| code.to_str().ok());
        let reason = match (answer.status().as_u16(), code) {
            (_, Some("RevisionNotFound")) => format!("it has no revision `{}`", self.address.revision()),
            (_, Some("GatedRepo")) => format!("its owner gives it to those who asked, and {with} says who asks"),
            (401 | 403, _) => {
                format!("the hub gives {what} to nobody with {with}: either it is private, or does not exist")
            }
            (404, _) => format!("expected {what} on {}, found nothing of that name", self.endpoint),
            (status, _) => format!("expected {what} from {}, found status {status}", self.endpoint),
        };
        self.error(reason)
    }

    pub(super) fn error(&self, reason: impl Into<String>) -> Error {
        self.address.error(reason)
    }
}

/// Why something did not arrive.
pub(super) enum Broken {
    /// It may arrive if it is asked for again.
    Off(String),
    Finally(Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        Broken::Finally(error)
    }
}

/// Waits longer the more often something has failed.
pub(super) fn wait(failures: u32) {
    std::thread::sleep(Duration::from_millis(200 * 2_u64.pow(failures.min(3))));
}

/// The first byte of a partial answer.
pub(super) fn starts_at(answer: &Answer) -> Option<u64> {
    let range = answer.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// `https://host:port` of an address, for messages: without the name and password of a user.
fn host(url: &str) -> String {
    let origin = origin(url).unwrap_or(url);
    match origin.split_once("://").zip(origin.rsplit_once('@')) {
        Some(((scheme, _), (_, host))) => format!("{scheme}://{host}"),
        None => origin.to_owned(),
    }
}

/// `https://host:port` of an address.
fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..scheme.len() + 3 + end)
}

/// Where a redirect leads; None for an address that is none, or that leaves encryption.
fn joined(from: &str, to: &str) -> Option<String> {
    let own = origin(from)?;
    if to.starts_with("https://") || (to.starts_with("http://") && own.starts_with("http://")) {
        return Some(to.to_owned());
    }
    (to.starts_with('/') && !to.starts_with("//")).then(|| format!("{own}{to}"))
}

/// A part of a path as it stands in an address.
fn encoded(part: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    part.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_encrypted() {
        let from = "https://hub.example/a/b?c";
        assert_eq!(origin(from), Some("https://hub.example"));
        assert_eq!(joined(from, "/x"), Some("https://hub.example/x".into()));
        assert_eq!(
            joined(from, "https://cdn.example/x"),
            Some("https://cdn.example/x".into())
        );
        for to in ["http://hub.example/x", "//cdn.example/x", "x", "file:///etc/passwd", ""] {
            assert_eq!(joined(from, to), None, "{to}");
        }
        assert_eq!(encoded("a b%é"), "a%20b%25%C3%A9");
        assert_eq!(host("http://user:word@127.0.0.1:1/x@y"), "http://127.0.0.1:1");
        assert_eq!(host("https://hub.example/x"), "https://hub.example");
    }
}
