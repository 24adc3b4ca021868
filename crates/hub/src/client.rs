//! The part of a hub's interface that reads: lists of files, and the files.

use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;
use ureq::http::Response;
use ureq::http::header::{AUTHORIZATION, CONTENT_RANGE, HeaderValue, LOCATION, RANGE, RETRY_AFTER};

use crate::address::{Address, Kind};
use crate::cache::{check, is_commit, is_hexadecimal};
use crate::settings;
use crate::tries::{Broken, Off, Tries};
use crate::url::{encoded, host, is_same_host, joined, shown};
use crate::watch::{Watch, aside};
use hrm::error::Result;

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
#[serde(expecting = "an object with `sha` and `siblings`")]
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
    pub(super) agent: Agent,
    pub(super) endpoint: String,
    pub(super) token: Option<HeaderValue>,
    pub(super) watch: &'a dyn Watch,
    /// Whether the last try met nobody.
    pub(super) unreached: Cell<bool>,
}

pub(super) type Answer = Response<ureq::Body>;

impl<'a> Client<'a> {
    /// # Errors
    /// Those of [`Address::error`] for a token that cannot be sent.
    pub(super) fn new(address: &'a Address, watch: &'a dyn Watch) -> Result<Client<'a>> {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_connect(seconds(20))
            .timeout_per_read(seconds(30))
            .user_agent(concat!("hrm/", env!("CARGO_PKG_VERSION")))
            .build();
        let header = |token: String| {
            let header = HeaderValue::from_str(&format!("Bearer {token}")).ok();
            header.filter(|_| token.is_ascii()).ok_or_else(|| {
                address.error(
                    "expected a token of one line in ASCII, found other characters in it: see HF_TOKEN, or log in anew",
                )
            })
        };
        let token = settings::token().map(header).transpose()?;
        Ok(Client {
            address,
            agent: config.into(),
            endpoint: settings::endpoint().unwrap_or_else(|| ENDPOINT.to_owned()),
            token,
            watch,
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
        let bytes = self.read(&url, None, "the list of its files", |_| Ok(None))?;
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
            let is_right = match answer.status().as_u16() {
                206 => is_part(answer, range.start, entry.size),
                _ => range == (0..entry.size),
            };
            match is_right {
                true => Ok(Some(length)),
                false => {
                    let reason = format!("expected {what}, found another: this hub gives no parts of files");
                    Err(self.error(reason).into())
                }
            }
        })
    }

    /// Asks until an answer that is right has come whole, or there is reason to give up; `is_right` says how long it must
    /// be, where that is known.
    fn read(
        &self,
        url: &str,
        part: Option<Part>,
        what: &str,
        is_right: impl Fn(&Answer) -> std::result::Result<Option<u64>, Broken>,
    ) -> Result<Vec<u8>> {
        let once = || {
            let answer = self.get(url, part)?;
            if !matches!(answer.status().as_u16(), 200 | 206) {
                return Err(self.refused(&answer, what).into());
            }
            self.check_form(&answer, what)?;
            let expected = is_right(&answer)?.or(answer.body().content_length());
            let body = answer.into_body().into_with_config().limit(LARGEST);
            match aside(self.watch, || body.read_to_vec())? {
                Ok(bytes) => match expected.filter(|&expected| bytes.len() as u64 != expected) {
                    None => Ok(bytes),
                    Some(expected) => Err(Broken::off(format!("expected {expected} bytes, found {}", bytes.len()))),
                },
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
                    if !tries.again(&off, self.watch)? {
                        return Err(self.not_given(what, &off));
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
            if let Some(token) = self.token.as_ref().filter(|_| is_same_host(&url, &self.endpoint)) {
                request = request.header(AUTHORIZATION, token);
            }
            if let Some((from, to)) = part {
                let to = to.map_or(String::new(), |to| to.saturating_sub(1).to_string());
                request = request.header(RANGE, format!("bytes={from}-{to}"));
            }
            let answer = aside(self.watch, || request.call())?.map_err(|error| self.unreached(&url, &error))?;
            self.unreached.set(false);
            let status = answer.status();
            if status.is_server_error() || [408, 429].contains(&status.as_u16()) {
                let pause = answer
                    .headers()
                    .get(RETRY_AFTER)
                    .and_then(|seconds| seconds.to_str().ok()?.parse().ok());
                return Err(Broken::Off(Off {
                    reason: format!("{} answers {status}", host(&url)),
                    pause: pause.map(Duration::from_secs),
                    is_silence: false,
                }));
            }
            if !status.is_redirection() || status == 304 {
                return Ok(answer);
            }
            let target = answer.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            url = target.and_then(|target| joined(&url, target)).ok_or_else(|| {
                let found = shown(target.unwrap_or("nothing"));
                let (from, found) = (shown(&url), found.escape_debug());
                self.error(format!("expected an address to go on to from {from}, found {found}"))
            })?;
        }
        Err(self
            .error(format!(
                "expected at most {REDIRECTS} redirects, found more, at {}",
                shown(&url)
            ))
            .into())
    }
}

/// Whether a partial answer begins at a byte, in a file of this size.
pub(super) fn is_part(answer: &Answer, from: u64, size: u64) -> bool {
    let range = answer
        .headers()
        .get(CONTENT_RANGE)
        .and_then(|range| range.to_str().ok());
    let Some((span, total)) = range.and_then(|range| range.strip_prefix("bytes ")?.split_once('/')) else {
        return false;
    };
    let start = span.split('-').next().and_then(|start| start.parse().ok());
    start == Some(from) && (total == "*" || total.parse() == Ok(size))
}
