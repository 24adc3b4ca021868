//! What it means that something does not come.

use std::io::ErrorKind;

use ureq::http::Uri;
use ureq::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use ureq::{Proxy, ResponseExt};

use crate::client::{Answer, Client};
use crate::tries::{Broken, Off};
use crate::url::{host, is_same_host, shown};
use hrm::error::{Error, Result};

impl Client<'_> {
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

    /// The host that is asked for an address, which may be a proxy's.
    fn asked(&self, url: &str) -> String {
        let address: Option<Uri> = url.parse().ok();
        let is_passed = |proxy: &&Proxy| address.as_ref().is_some_and(|address| proxy.is_no_proxy(address));
        match self.agent.config().proxy().filter(|proxy| !is_passed(proxy)) {
            Some(proxy) => format!("the proxy {}", host(&proxy.uri().to_string())),
            None => host(url).escape_debug().to_string(),
        }
    }

    /// Says what it means that nobody answers, and whether somebody may.
    pub(super) fn unreached(&self, url: &str, error: &ureq::Error) -> Broken {
        self.unreached.set(true);
        let host = self.asked(url);
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
            ureq::Error::ConnectProxyFailed(reason) => {
                self.unreached.set(false);
                format!("{host} does not let this through: {}", reason.escape_debug())
            }
            ureq::Error::Io(error) if error.to_string().contains("invalid peer certificate") => {
                self.unreached.set(false);
                format!("expected a certificate of {host} that is to be trusted, found another: {error}")
            }
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                self.unreached.set(false);
                let found = match url.starts_with(&self.endpoint) {
                    true => shown(&self.endpoint),
                    false => shown(url),
                };
                let found = found.escape_debug();
                format!("expected an address that begins with https:// and names a host, found {found}")
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
        let asked = answer.get_uri().to_string();
        let is_hub = is_same_host(&asked, &self.endpoint);
        let from = if is_hub { shown(&self.endpoint) } else { host(&asked) };
        let reason = match (answer.status().as_u16(), code) {
            (_, Some("RevisionNotFound")) => format!("it has no revision `{}`", self.address.revision()),
            (_, Some("GatedRepo")) => match self.token {
                None => "its owner gives it to those who asked, and no token says who asks".to_owned(),
                Some(_) => {
                    "its owner gives it to those who asked, and has not given it to the owner of this token".to_owned()
                }
            },
            (401 | 403, _) if is_hub => {
                let old = self
                    .token
                    .as_ref()
                    .map_or("", |_| ", or the token is wrong or has expired");
                format!("the hub gives {what} to nobody with {with}: either it is private, or does not exist{old}")
            }
            (404, _) => format!("expected {what} on {from}, found nothing of that name"),
            (status, _) => format!("expected {what} from {from}, found status {status}"),
        };
        self.error(reason)
    }

    /// An error of what did not come, however often it was asked for.
    pub(super) fn not_given(&self, what: &str, off: &Off) -> Error {
        self.error(format!("{} does not give {what}: {}", host(&self.endpoint), off.reason))
    }

    pub(super) fn error(&self, reason: impl Into<String>) -> Error {
        self.address.error(reason)
    }
}
