//! Addresses on the web.

use ureq::http::Uri;

/// `https://host:port` of an address, for messages: without the name and password of a user.
pub(super) fn host(url: &str) -> String {
    let origin = origin(url).unwrap_or(url);
    match origin.split_once("://").zip(origin.rsplit_once('@')) {
        Some(((scheme, _), (_, host))) => format!("{scheme}://{host}"),
        None => origin.to_owned(),
    }
}

/// `https://host:port` of an address.
pub(super) fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..scheme.len() + 3 + end)
}

/// Where a redirect leads; None for an address that is none, or that leaves encryption.
pub(super) fn joined(from: &str, to: &str) -> Option<String> {
    let own = origin(from)?;
    let whole = match to.starts_with('/') && !to.starts_with("//") {
        true => format!("{own}{to}"),
        false => to.to_owned(),
    };
    let address: Uri = whole.parse().ok()?;
    let is_encrypted = address.scheme_str() == Some("https");
    let is_sound = is_encrypted || (address.scheme_str() == Some("http") && own.starts_with("http://"));
    (is_sound && address.host().is_some_and(|host| !host.is_empty())).then_some(whole)
}

/// A part of a path as it stands in an address.
pub(super) fn encoded(part: &str) -> String {
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
        for to in [
            "http://hub.example/x",
            "//cdn.example/x",
            "x",
            "file:///etc/passwd",
            "",
            "https:///x",
            "https://[::1",
        ] {
            assert_eq!(joined(from, to), None, "{to}");
        }
        assert_eq!(encoded("a b%é"), "a%20b%25%C3%A9");
        assert_eq!(host("http://user:word@127.0.0.1:1/x@y"), "http://127.0.0.1:1");
        assert_eq!(host("https://hub.example/x"), "https://hub.example");
    }
}
