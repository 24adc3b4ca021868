//! Answers that are right though unusual, and wrong ones: a file comes whole, or one sentence says why not.

use super::server::{Length, listed, part};
use super::*;

/// What is answered, and how the run ends: with the right file, or with a sentence that has these words.
type Row = (&'static str, fn(&Asked) -> Option<Reply>, Result<(), &'static str>);

fn is_list(asked: &Asked) -> bool {
    asked.path.starts_with("/api")
}

/// The weights where the hub itself has them, which are on the second host.
fn is_first(asked: &Asked) -> bool {
    asked.path.ends_with("/checkpoint") && !asked.second
}

fn to(place: &str) -> Reply {
    Reply::new(302, "").with("Location", place)
}

/// The weights, with what is said of their length.
fn whole(asked: &Asked, length: Length) -> Option<Reply> {
    asked.second.then(|| Reply::new(200, weights().bytes).of_length(length))
}

/// Breaks off at first, and then answers once with `second` where it is asked for the rest.
fn rest(asked: &Asked, second: fn(usize) -> Reply) -> Option<Reply> {
    match (asked.second, asked.before, asked.from) {
        (true, 0, _) => {
            let mut reply = part(&weights().bytes, asked);
            reply.cut = Some(100_000);
            Some(reply)
        }
        (true, 1, Some(from)) => Some(second(from)),
        _ => None,
    }
}

/// The rest of the weights, with what is said of its place.
fn placed(from: usize, begin: usize, size: usize) -> Reply {
    let end = weights().bytes.len() - 1;
    Reply::new(206, &weights().bytes[from..]).with("Content-Range", format!("bytes {begin}-{end}/{size}"))
}

fn size() -> usize {
    weights().bytes.len()
}

const ADDRESSES: &[Row] = &[
    (
        "relative",
        |a| (is_first(a) && !a.path.contains('?')).then(|| to("checkpoint?x")),
        Ok(()),
    ),
    (
        "above",
        |a| (is_first(a) && !a.path.contains("main")).then(|| to("../main/checkpoint")),
        Ok(()),
    ),
    (
        "query",
        |a| (is_first(a) && !a.path.contains('?')).then(|| to("?x")),
        Ok(()),
    ),
    (
        "other scheme",
        |a| is_first(a).then(|| to("ftp://x/y?secret")),
        Err(", found ftp://x/y\n"),
    ),
    (
        "nothing",
        |a| is_first(a).then(|| Reply::new(302, "")),
        Err(", found nothing\n"),
    ),
    (
        "to itself",
        |a| is_first(a).then(|| to(&a.path)),
        Err("expected at most 8 redirects, found more"),
    ),
    (
        "to nobody",
        |a| is_first(a).then(|| to("http://127.0.0.1:1/x?secret")),
        Err("http://127.0.0.1:1 takes no connections\n"),
    ),
];

const LENGTHS: &[Row] = &[
    ("chunked", |a| whole(a, Length::Chunked), Ok(())),
    ("unsaid", |a| whole(a, Length::Unsaid), Ok(())),
    (
        "short once",
        |a| {
            if a.before == 0 {
                whole(a, Length::Claimed(100_000))
            } else {
                None
            }
        },
        Ok(()),
    ),
    ("long", |a| whole(a, Length::Claimed(9_000_000)), Ok(())),
    (
        "list in chunks",
        |a| is_list(a).then(|| Reply::new(200, listed(&sudoku().1).to_string()).of_length(Length::Chunked)),
        Ok(()),
    ),
];

const PARTS: &[Row] = &[
    (
        "another place",
        |a| rest(a, |from| placed(from, from - 1, size())),
        Ok(()),
    ),
    ("another file", |a| rest(a, |from| placed(from, from, 77)), Ok(())),
    (
        "no place",
        |a| rest(a, |from| Reply::new(206, &weights().bytes[from..])),
        Ok(()),
    ),
    ("all", |a| rest(a, |_| Reply::new(200, weights().bytes)), Ok(())),
    ("none", |a| rest(a, |_| Reply::new(416, "")), Ok(())),
    (
        "other contents",
        |a| {
            rest(a, |from| Reply {
                body: vec![0; size() - from],
                ..placed(from, from, size())
            })
        },
        Ok(()),
    ),
];

const REFUSALS: &[Row] = &[
    (
        "too slow once",
        |a| (a.before == 0).then(|| Reply::new(408, "")),
        Ok(()),
    ),
    (
        "signature",
        |a| a.second.then(|| Reply::new(403, "<Error/>")),
        Err("expected `checkpoint` from http://127.0.0.1:"),
    ),
    (
        "gone",
        |a| is_list(a).then(|| Reply::new(410, "")),
        Err("the list of its files from [hub], found status 410\n"),
    ),
    (
        "no object",
        |a| is_list(a).then(|| Reply::new(200, "[]")),
        Err("a list of files from [hub], found something else"),
    ),
    (
        "no files",
        |a| is_list(a).then(|| Reply::new(200, listed(&[]).to_string())),
        Err("a weight file `checkpoint`, found nothing\n"),
    ),
    (
        "busy",
        |a| a.second.then(|| Reply::new(503, "")),
        Err("[hub] does not give `checkpoint`: http://127.0.0.1:"),
    ),
];

#[test]
fn every_answer_gives_the_file_or_a_sentence() {
    for &(what, fault, ends) in [ADDRESSES, LENGTHS, PARTS, REFUSALS].into_iter().flatten() {
        let visit = with(fault);
        match ends {
            Ok(()) => {
                let ran = visit.run(&["pull", NAME]);
                assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{what}");
                let blob = std::fs::read(visit.folder(FOLDER).join("blobs").join(weights().id())).unwrap();
                assert!(blob == weights().bytes, "{what}");
            }
            Err(says) => {
                let error = visit.refused();
                assert!(error.contains(says) && !error.contains("secret"), "{what}: {error}");
            }
        }
    }
}

/// Parts of a table have no checksum: what is not what was asked for is refused, in whatever form it comes.
#[test]
fn every_part_of_a_table_is_what_was_asked_for() {
    type Part = fn(&Asked, &[u8]) -> Reply;
    let table = "source,question\n".to_owned() + &"0123456789,9876543210\n".repeat(100_000);
    let rows: &[(&str, Part, Result<(), &str>)] = &[
        ("chunks", |a, table| part(table, a).of_length(Length::Chunked), Ok(())),
        (
            "nothing",
            |a, table| Reply {
                body: Vec::new(),
                ..part(table, a).of_length(Length::Chunked)
            },
            Err("does not give a part of `test.csv`: expected 32768 bytes, found 0\n"),
        ),
        (
            "all",
            |_, table| Reply::new(200, table),
            Err("this hub gives no parts of files"),
        ),
        (
            "of another",
            |a, table| {
                let mut reply = part(table, a);
                reply.headers = vec![("Content-Range".to_owned(), format!("bytes {}-5/6", a.from.unwrap()))];
                reply
            },
            Err("this hub gives no parts of files"),
        ),
    ];
    for &(what, answer, ends) in rows {
        let served = table.clone();
        let repository = ("datasets/a/b".to_owned(), vec![kept("test.csv", table.clone(), true)]);
        let visit = Visit::new(Hub::with([repository], move |asked| {
            asked.second.then(|| answer(asked, served.as_bytes()))
        }));
        let ran = visit.run(&["pull", "--data", "a/b", "--rows", "100"]);
        match ends {
            Ok(()) => assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{what}"),
            Err(says) => assert!(ran.error(2).contains(says), "{what}: {}", ran.stderr),
        }
    }
}

/// What is secret of an address of the hub is in no message.
#[test]
fn a_password_is_not_shown() {
    for fault in [
        (|_: &Asked| Some(Reply::new(404, ""))) as fn(&Asked) -> Option<Reply>,
        |_| Some(to("ftp://x")),
        |_| Some(to("/round")),
        |_| Some(Reply::new(418, "")),
        |_| Some(Reply::new(200, "[]")),
    ] {
        let visit = with(fault);
        let address = visit.hub.url.replace("http://", "http://someone:secret@") + "/path/";
        let mut command = visit.command();
        command.env("HF_ENDPOINT", address).args(["pull", NAME]);
        let error = Ran::of(&mut command).error(3);
        assert!(!error.contains("secret") && error.contains(&visit.hub.url), "{error}");
    }
}

/// What it means that the hub refuses depends on whether it knows who asks.
#[test]
fn a_token_that_does_not_help_is_said() {
    for (status, code, says) in [
        (
            401,
            "",
            "to nobody with this token: either it is private, or does not exist, or the token is wrong or has expired\n",
        ),
        (
            403,
            "GatedRepo",
            "its owner gives it to those who asked, and has not given it to the owner of this token\n",
        ),
    ] {
        let visit = with(move |_| Some(Reply::new(status, "").with("X-Error-Code", code)));
        let mut command = visit.command();
        command.env("HF_TOKEN", "hf_x").args(["pull", NAME]);
        let error = Ran::of(&mut command).error(3);
        assert!(error.contains(says), "{error}");
    }
}

/// A proxy that is not there is not the hub.
#[test]
fn a_proxy_is_told_from_the_hub() {
    let visit = with(|_| None);
    let mut command = visit.command();
    command
        .env("http_proxy", "http://someone:secret@127.0.0.1:1")
        .args(["pull", NAME]);
    let error = Ran::of(&mut command).error(3);
    assert!(
        error.contains("the proxy http://127.0.0.1:1 takes no connections\n"),
        "{error}"
    );
    command.env("no_proxy", "127.0.0.1");
    assert_eq!(Ran::of(&mut command).code, 0);
}
