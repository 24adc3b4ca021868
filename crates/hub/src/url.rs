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

/// An address for messages: without the name and password of a user, and without a query, which may be a signature.
pub(super) fn shown(url: &str) -> String {
    let path = url.get(origin(url).unwrap_or(url).len()..).unwrap_or_default();
    host(url) + path.split(['?', '#']).next().unwrap_or_default()
}

/// Whether two addresses are of one host, whose token is meant for both.
pub(super) fn is_same_host(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|url| origin(url).unwrap_or_default());
    !one.is_empty() && one.eq_ignore_ascii_case(other)
}

/// Where a redirect leads; None for what is no address, or leaves encryption.
pub(super) fn joined(from: &str, to: &str) -> Option<String> {
    let own = origin(from)?;
    let (scheme, _) = own.split_once(':')?;
    let to = to.split('#').next().filter(|to| !to.is_empty())?;
    let is_absolute = to.split_once(':').is_some_and(|(scheme, _)| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        scheme.bytes().all(plain)
    });
    let path = from.get(own.len()..)?.split(['?', '#']).next().unwrap_or_default();
    let whole = match to.as_bytes() {
        _ if is_absolute => to.to_owned(),
        [b'/', b'/', ..] => format!("{scheme}:{to}"),
        [b'/', ..] => own.to_owned() + &without_dots(to),
        [b'?', ..] => format!("{own}{path}{to}"),
        _ => {
            own.to_owned()
                + &without_dots(&format!(
                    "{}/{to}",
                    path.rsplit_once('/').map_or("", |(folder, _)| folder)
                ))
        }
    };
    let address: Uri = whole.parse().ok()?;
    let is_encrypted = address.scheme_str() == Some("https");
    let is_sound = is_encrypted || (address.scheme_str() == Some("http") && scheme.eq_ignore_ascii_case("http"));
    (is_sound && address.host().is_some_and(|host| !host.is_empty())).then_some(whole)
}

/// A path with its query, where `.` and `..` are followed.
fn without_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let mut parts = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}{query}", parts.join("/"))
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
    fn redirects_are_followed_as_written() {
        let from = "https://hub.example/a/b?c";
        assert_eq!(origin(from), Some("https://hub.example"));
        for (to, whole) in [
            ("/x", "https://hub.example/x"),
            ("x", "https://hub.example/a/x"),
            ("./x?y=../z", "https://hub.example/a/x?y=../z"),
            ("../../x", "https://hub.example/x"),
            ("?d", "https://hub.example/a/b?d"),
            ("/x#y", "https://hub.example/x"),
            ("//cdn.example/x", "https://cdn.example/x"),
            ("https://cdn.example/x", "https://cdn.example/x"),
        ] {
            assert_eq!(joined(from, to).as_deref(), Some(whole), "{to}");
        }
        // None leaves encryption, or is none.
        for to in [
            "http://hub.example/x",
            "file:///etc/passwd",
            "x:y",
            "",
            "#x",
            "https:///x",
            "https://[::1",
            "/a b",
        ] {
            assert_eq!(joined(from, to), None, "{to}");
        }
        assert_eq!(joined("http://h", "x"), Some("http://h/x".into()));
        assert_eq!(joined("HTTP://h/a", "http://i/x"), Some("http://i/x".into()));
    }

    #[test]
    fn what_is_secret_of_an_address_is_not_shown() {
        assert_eq!(encoded("a b%é"), "a%20b%25%C3%A9");
        assert_eq!(host("http://user:word@127.0.0.1:1/x@y"), "http://127.0.0.1:1");
        assert_eq!(host("https://hub.example/x"), "https://hub.example");
        assert_eq!(
            shown("https://user:word@hub.example/x/y?signature=z"),
            "https://hub.example/x/y"
        );
        assert_eq!(shown("nothing"), "nothing");
        assert!(is_same_host("https://Hub.example/x", "https://hub.example"));
        assert!(!is_same_host("https://hub.example", "https://hub.example:8") && !is_same_host("x", "x"));
    }
}
