//! The part of a hub's interface that reads: lists of files, and the files.

use std::cell::Cell;
use std::io::ErrorKind;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;
use ureq::http::Response;
use ureq::http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, LOCATION, RANGE, RETRY_AFTER,
};

use super::address::{Address, Kind};
use super::cache::{check, is_commit, is_hexadecimal};
use super::settings;
use super::tries::{Broken, Off, Tries};
use super::url::{encoded, host, joined, origin};
use hrm::error::{Error, Result};

/// The hub that is asked where HF_ENDPOINT names no other.
const ENDPOINT: &str = "https://huggingface.co";
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

/// The part of a file from one byte to before another, or to its end.
type Part = (u64, Option<u64>);

/// The files of a commit.
#[derive(Debug)]
pub(super) struct Listing {
    pub commit: String,
    files: Vec<Sibling>,
}

impl Listing {
    pub(super) fn names(&self) -> Vec<String> {
        self.files.iter().map(|sibling| sibling.rfilename.clone()).collect()
    }
}

#[derive(Deserialize)]
struct Repository {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Debug, Clone, Deserialize)]
struct Lfs {
    sha256: String,
    size: Option<u64>,
}

pub(super) struct Client<'a> {
    pub(super) address: &'a Address,
    agent: Agent,
    endpoint: String,
    token: Option<HeaderValue>,
    pub(super) quiet: bool,
    /// Whether the last try met nobody.
    unreached: Cell<bool>,
}

type Answer = Response<ureq::Body>;

impl<'a> Client<'a> {
    /// # Errors
    /// Those of [`Address::error`] for a token that cannot be sent.
    pub(super) fn new(address: &'a Address, quiet: bool) -> Result<Client<'a>> {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(seconds(20))
            .timeout_per_read(seconds(30))
            .user_agent(concat!("hrm/", env!("CARGO_PKG_VERSION")))
            .build();
        let token = settings::token().map(|token| HeaderValue::from_str(&format!("Bearer {token}")));
        Ok(Client {
            address,
            agent: config.into(),
            endpoint: settings::endpoint().unwrap_or_else(|| ENDPOINT.to_owned()),
            token: token.transpose().map_err(|_| {
                address
                    .error("expected a token of one line, found control characters in it: see HF_TOKEN, or log in anew")
            })?,
            quiet,
            unreached: Cell::new(false),
        })
    }

    /// Whether nobody was reached, as without a network.
    pub(super) fn is_alone(&self) -> bool {
        self.unreached.get()
    }

    /// Returns the files of the revision.
    pub(super) fn list(&self) -> Result<Listing> {
        let kind = match self.address.kind {
            Kind::Model => "models",
            Kind::Data => "datasets",
        };
        let repository = self.address.repository();
        let url = format!(
            "{}/api/{kind}/{repository}/revision/{}?blobs=true",
            self.endpoint,
            encoded(self.address.revision())
        );
        let bytes = self.read(&url, None, "the list of its files", |_| Ok(()))?;
        let found: Repository = serde_json::from_slice(&bytes).map_err(|error| {
            self.error(format!(
                "expected a list of files from {}, found something else: {error}",
                host(&self.endpoint)
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
        Ok(Listing {
            commit: found.sha,
            files: found.siblings,
        })
    }

    /// Returns what is needed to fetch a file of a list, None where the list lacks it.
    pub(super) fn entry(&self, listing: &Listing, file: &str) -> Result<Option<Entry>> {
        let Some(sibling) = listing.files.iter().find(|sibling| sibling.rfilename == file) else {
            return Ok(None);
        };
        let Sibling {
            rfilename: file,
            size,
            blob_id,
            lfs,
        } = sibling.clone();
        let (size, id) = match lfs {
            Some(lfs) => (lfs.size.or(size), Some(lfs.sha256).filter(|id| id.len() == 64)),
            None => (size, blob_id.filter(|id| id.len() == 40)),
        };
        match (size, id.filter(|id| is_hexadecimal(id))) {
            (Some(size), Some(id)) => Ok(Some(Entry { file, size, id })),
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
        let length = range.end - range.start;
        self.read(&url, Some((range.start, Some(range.end))), &what, |answer| {
            let whole = answer.status() != 206 && range != (0..entry.size);
            if whole || (answer.status() == 206 && starts_at(answer) != Some(range.start)) {
                let reason = format!("expected {what}, found another: this hub gives no parts of files");
                return Err(self.error(reason).into());
            }
            match answer.body().content_length().filter(|&found| found != length) {
                Some(found) => Err(Broken::off(format!("expected {length} bytes, found {found}"))),
                None => Ok(()),
            }
        })
    }

    /// Asks until an answer that is right has come whole, or there is reason to give up.
    fn read(
        &self,
        url: &str,
        part: Option<Part>,
        what: &str,
        is_right: impl Fn(&Answer) -> std::result::Result<(), Broken>,
    ) -> Result<Vec<u8>> {
        let once = || {
            let mut answer = self.get(url, part)?;
            if !matches!(answer.status().as_u16(), 200 | 206) {
                return Err(self.refused(&answer, what).into());
            }
            self.check_form(&answer, what)?;
            is_right(&answer)?;
            let expected = answer.body().content_length();
            match answer.body_mut().with_config().limit(LARGEST).read_to_vec() {
                Ok(bytes) if expected.is_none_or(|expected| bytes.len() as u64 == expected) => Ok(bytes),
                Ok(bytes) => Err(Broken::off(format!(
                    "the connection was closed after {} bytes",
                    bytes.len()
                ))),
                Err(ureq::Error::BodyExceedsLimit(_)) => Err(self
                    .error(format!("expected {what} of at most {LARGEST} bytes, found more"))
                    .into()),
                Err(error) => Err(self.unreached(url, &error)),
            }
        };
        let mut tries = Tries::default();
        loop {
            match once() {
                Ok(bytes) => return Ok(bytes),
                Err(Broken::Finally(error)) => return Err(error),
                Err(Broken::Off(off)) => {
                    if !tries.again(&off, self.quiet) {
                        let host = host(&self.endpoint);
                        return Err(self.error(format!("{host} does not give {what}: {}", off.reason)));
                    }
                }
            }
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

    /// Asks once, and follows where the answer points. Only the hub itself gets the token.
    pub(super) fn get(&self, url: &str, part: Option<Part>) -> std::result::Result<Answer, Broken> {
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            let mut request = self.agent.get(&url);
            if let Some(token) = self.token.as_ref().filter(|_| origin(&url) == origin(&self.endpoint)) {
                request = request.header(AUTHORIZATION, token);
            }
            if let Some((from, to)) = part {
                let to = to.map_or(String::new(), |to| to.saturating_sub(1).to_string());
                request = request.header(RANGE, format!("bytes={from}-{to}"));
            }
            let answer = request.call().map_err(|error| self.unreached(&url, &error))?;
            self.unreached.set(false);
            let status = answer.status();
            if status.is_server_error() || status == 429 {
                let pause = answer
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|seconds| seconds.to_str().ok()?.parse().ok());
                return Err(Broken::Off(Off {
                    reason: format!("it answers {status}"),
                    pause: pause.map(Duration::from_secs),
                    is_silence: false,
                }));
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

    /// Refuses what is no answer to the question, but of somebody between here and the hub.
    pub(super) fn check_form(&self, answer: &Answer, what: &str) -> Result<()> {
        let header = |name| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        if header(CONTENT_TYPE).starts_with("text/html") {
            let reason = "found a web page: something between here and the hub answers in its place, or wants a login";
            return Err(self.error(format!("expected {what}, {reason}")));
        }
        match header(CONTENT_ENCODING) {
            "" | "identity" => Ok(()),
            encoding => Err(self.error(format!(
                "expected {what} as it is, found it encoded as `{}`",
                encoding.escape_debug()
            ))),
        }
    }

    fn unreached(&self, url: &str, error: &ureq::Error) -> Broken {
        self.unreached.set(true);
        let host = host(url).escape_debug().to_string();
        // The system says so in words alone.
        let is_unknown = |error: &std::io::Error| {
            matches!(error.kind(), ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
                || error.to_string().contains("failed to lookup address")
        };
        let reason = match error {
            ureq::Error::HostNotFound => format!("no network, or no such host: {host} was not found"),
            ureq::Error::Io(error) if is_unknown(error) => {
                format!("no network, or no such host: {host} was not found")
            }
            ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
                format!("no network, or nobody there: {host} takes no connections")
            }
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                self.unreached.set(false);
                format!("expected an address that begins with https:// and names a host, found {host}")
            }
            error => {
                return Broken::Off(Off {
                    reason: format!("{host}: {error}"),
                    pause: None,
                    is_silence: matches!(error, ureq::Error::Timeout(_)),
                });
            }
        };
        self.error(reason).into()
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

/// The first byte of a partial answer.
pub(super) fn starts_at(answer: &Answer) -> Option<u64> {
    let range = answer.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}
