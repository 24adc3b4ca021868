//! What goes wrong on the way: the right files arrive whole or not at all, and one sentence says why.

use std::time::Duration;

use super::server::{listed, part};
use super::*;

#[test]
fn only_the_hub_gets_the_token() {
    for file in [false, true] {
        let visit = with(|_| None);
        let mut command = visit.command();
        match file {
            true => std::fs::write(visit.home.path().join("token"), "secret\n").unwrap(),
            false => drop(command.env("HF_TOKEN", "secret")),
        }
        assert_eq!(Ran::of(command.args(["pull", NAME])).code, 0);
        let asked = visit.hub.asked();
        assert!(asked.iter().any(|asked| asked.second));
        for Asked {
            path, token, second, ..
        } in &asked
        {
            assert_eq!(token.as_deref(), (!second).then_some("Bearer secret"), "{path}");
        }
    }
    let visit = with(|_| None);
    let mut command = visit.command();
    command
        .env("HF_TOKEN", "secret")
        .env("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    assert_eq!(Ran::of(command.args(["pull", NAME])).code, 0);
    assert!(visit.hub.asked().iter().all(|asked| asked.token.is_none()));
}

#[test]
fn a_connection_that_breaks_goes_on_where_it_was() {
    let visit = with(|asked| {
        let mut reply = part(&weights().bytes, asked);
        reply.cut = Some(100_000);
        (asked.second && asked.before < 2).then_some(reply)
    });
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
    let from: Vec<Option<usize>> = visit.hub.asked().iter().filter(|a| a.second).map(|a| a.from).collect();
    assert_eq!(from, [None, Some(100_000), Some(200_000)]);
    // A hub without parts begins again.
    let visit = with(|asked| {
        let mut reply = Reply::new(200, weights().bytes);
        reply.cut = (asked.before == 0).then_some(100_000);
        asked.second.then_some(reply)
    });
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
}

#[test]
fn a_wrong_file_is_not_kept() {
    let visit = with(|asked| {
        let mut bytes = weights().bytes;
        bytes[5000] ^= 1;
        asked.second.then(|| part(&bytes, asked))
    });
    let error = visit.refused();
    let says = format!(
        "error: no model found: hub:{NAME}: `checkpoint`: expected checksum {}, found ",
        weights().id()
    );
    assert!(
        error.starts_with(&says) && error.contains(": nothing of it is kept\nhint: run it again"),
        "{error}"
    );

    let mut pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:".to_vec();
    pointer.resize(130, b'0');
    let served = pointer.clone();
    let visit = with(move |asked| asked.second.then(|| part(&served, asked)));
    let error = visit.refused();
    assert!(
        error.contains("`checkpoint`: expected a file of ") && error.contains(", found a pointer of Git LFS to it"),
        "{error}"
    );
    // Someone has put the pointer into the repository itself.
    let visit = Visit::new(Hub::new([(sudoku().0, vec![kept("checkpoint", pointer, false)])]));
    assert!(visit.refused().contains("found a pointer of Git LFS"));

    let visit = with(|asked| {
        let mut bytes = weights().bytes;
        bytes.push(0);
        asked.second.then(|| Reply::new(200, bytes))
    });
    assert!(visit.refused().contains(" bytes, found more\n"));
}

#[test]
fn refusals_are_told_apart() {
    let status = |status: u16, code: &'static str| {
        let code = move |asked: &Asked| {
            asked
                .path
                .starts_with("/api")
                .then(|| Reply::new(status, "{}").with("X-Error-Code", code))
        };
        with(code).refused()
    };
    let said = format!("error: no model found: hub:{NAME}: ");
    let unknown = status(401, "RepoNotFound");
    assert!(unknown.starts_with(&format!("{said}the hub gives the list of its files to nobody with no token: either it is private, or does not exist\nhint: check the name; for a private model set HF_TOKEN")), "{unknown}");
    assert!(status(403, "GatedRepo").starts_with(&format!(
        "{said}its owner gives it to those who asked, and no token says who asks\n"
    )));
    let none = status(404, "");
    assert!(
        none.starts_with(&format!(
            "{said}expected the list of its files on [hub], found nothing of that name\nhint: check the name on the hub"
        )),
        "{none}"
    );
    assert!(status(418, "").contains("expected the list of its files from [hub], found status 418"));

    let visit = with(|_| None);
    let error = visit.run(&["pull", &format!("{NAME}@v9")]).error(3);
    assert!(error.contains("@v9: it has no revision `v9`\n"), "{error}");
    let error = visit.run(&["pull", &format!("{NAME}/other")]).error(3);
    assert!(
        error
            .contains("expected a weight file `other`, found README.md, .gitattributes, checkpoint, all_config.yaml\n"),
        "{error}"
    );
    // A file that the list has and the hub has not.
    let visit = with(|asked| asked.path.ends_with("/checkpoint").then(|| Reply::new(404, "")));
    assert!(
        visit
            .refused()
            .contains("expected `checkpoint` on [hub], found nothing of that name")
    );

    let visit = with(|asked| {
        asked
            .path
            .starts_with("/api")
            .then(|| Reply::new(200, "<!DOCTYPE html>"))
    });
    assert!(
        visit
            .refused()
            .contains("expected a list of files from [hub], found something else")
    );
    let visit = with(|_| Some(Reply::new(302, "").with("Location", "/round")));
    assert!(visit.refused().contains("expected at most 8 redirects, found more"));
    let visit = with(|asked| {
        asked
            .path
            .starts_with("/api")
            .then(|| Reply::new(302, "").with("Location", "ftp://x/"))
    });
    assert!(visit.refused().contains(", found ftp://x/"));
}

#[test]
fn a_hub_that_stumbles_is_asked_again() {
    let visit = with(|asked| (asked.before < 2).then(|| Reply::new(503, "")));
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
    let visit = with(|_| Some(Reply::new(503, "")));
    let error = visit.refused();
    assert!(
        error.contains("[hub] does not give the list of its files: [hub] answers 503"),
        "{error}"
    );
}

/// A hub says when it wants to be asked again.
#[test]
fn a_pause_that_the_hub_asks_for_is_kept() {
    let visit = with(|asked| (asked.before == 0).then(|| Reply::new(429, "").with("Retry-After", "3")));
    let start = std::time::Instant::now();
    assert_eq!(visit.run(&["inspect", &format!("hub:{NAME}/checkpoint")]).code, 0);
    assert!(start.elapsed() >= Duration::from_secs(3));
}

/// Whatever breaks once is asked for again: the list, and each file.
#[test]
fn what_breaks_once_is_asked_for_again() {
    for part in ["/api", "/all_config.yaml", "/checkpoint", "/blob"] {
        let visit = with(move |asked| {
            let mut reply = Reply::new(200, "x".repeat(4000));
            reply.cut = Some(10);
            (asked.before == 0 && asked.path.contains(part)).then_some(reply)
        });
        let ran = visit.run(&["pull", NAME]);
        assert_eq!(ran.code, 0, "{part}: {}", ran.stderr);
    }
}

/// Somebody between here and the hub answers in its place.
#[test]
fn what_is_no_file_is_said() {
    for part in ["/api", "/blob", "/all_config.yaml"] {
        for (header, value, says) in [
            ("Content-Type", "text/html; charset=utf-8", "found a web page"),
            ("Content-Encoding", "gzip", "found it encoded as `gzip`"),
        ] {
            let visit = with(move |asked| {
                let reply = Reply::new(200, "<html>log in</html>").with(header, value);
                asked.path.contains(part).then_some(reply)
            });
            let start = std::time::Instant::now();
            let error = visit.refused();
            assert!(error.contains(says), "{part} {header}: {error}");
            assert!(start.elapsed() < Duration::from_secs(2), "{part} {header}");
        }
    }
}

/// What cannot be sent is refused before anything is: none of it gets into a message.
#[test]
fn a_broken_token_or_address_is_refused_at_once() {
    let visit = with(|_| None);
    for (variable, value, says) in [
        ("HF_TOKEN", "hf_\u{1b}[31mx", "expected a token of one line"),
        ("HF_TOKEN", "hf_a\nb", "expected a token of one line"),
        ("HF_TOKEN", "hf_é", "expected a token of one line"),
        (
            "HF_ENDPOINT",
            "127.0.0.1:80",
            "expected an address that begins with https://",
        ),
        (
            "HF_ENDPOINT",
            "http://",
            "expected an address that begins with https://",
        ),
    ] {
        let error = Ran::of(visit.command().env(variable, value).args(["pull", NAME])).error(3);
        assert!(
            error.contains(says) && !error.contains("hf_"),
            "{variable}={value:?}: {error}"
        );
    }
    assert!(visit.hub.asked().is_empty());
}

/// Files that nobody needs may lack a size; those that are needed may not.
#[test]
fn only_what_is_needed_must_be_listed_whole() {
    for (file, code) in [("README.md", 0), ("checkpoint", 3)] {
        let visit = with(move |asked| {
            let mut list = listed(&sudoku().1);
            let files = list["siblings"].as_array_mut().unwrap();
            let listed = files.iter_mut().find(|listed| listed["rfilename"] == file).unwrap();
            *listed = serde_json::json!({ "rfilename": file });
            asked
                .path
                .starts_with("/api")
                .then(|| Reply::new(200, list.to_string()))
        });
        let ran = visit.run(&["pull", NAME]);
        assert_eq!(ran.code, code, "{file}: {}", ran.stderr);
    }
}

/// Each time as far as before is no progress.
#[test]
fn a_file_that_is_shorter_than_the_hub_says_is_given_up() {
    let visit = with(|asked| {
        let reply = match asked.from {
            None => Reply::new(200, &weights().bytes[..100]),
            Some(_) => Reply::new(416, ""),
        };
        asked.path.contains("/checkpoint").then_some(reply)
    });
    let error = visit.refused();
    assert!(error.contains("broke off"), "{error}");
}

#[test]
fn without_a_network_it_says_what_to_do() {
    let visit = with(|_| None);
    let error = visit.offline(&["pull", NAME]).error(3);
    assert!(
        error.contains(
            "since HF_HUB_OFFLINE is set, elsewhere\nhint: run `hrm pull` with this name where there is a network"
        ),
        "{error}"
    );
    let mut command = visit.command();
    command
        .env("HF_ENDPOINT", "http://127.0.0.1:1")
        .args(["solve", "--model", &format!("hub:{NAME}"), HARD]);
    let error = Ran::of(&mut command).error(3);
    assert!(
        error.contains("no network, or nobody there: http://127.0.0.1:1 takes no connections\nhint: run `hrm pull`"),
        "{error}"
    );
    assert!(visit.hub.asked().is_empty());
    let error = visit.run(&["solve", "--model", "hub:nobody", HARD]).error(2);
    assert!(
        error.contains("expected OWNER/NAME[@REVISION][/PATH], found `hub:nobody`"),
        "{error}"
    );
    let error = visit.run(&["pull", "chenglou/sotaku"]).error(3);
    assert!(
        error.contains("it is on no hub, but the asset `model_baseline_lr2e3.pt`"),
        "{error}"
    );
}

/// Starts a pull, and interrupts it as soon as `is_time`; returns what it says on standard error.
#[cfg(unix)]
fn interrupted(visit: &Visit, is_time: impl Fn() -> bool) -> String {
    let mut command = visit.spawned(&["pull", NAME]);
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    while !is_time() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let start = std::time::Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(130));
    String::from_utf8(output.stderr).unwrap()
}

/// Ctrl-C ends a slow download at once; what has arrived stays for the next run.
#[cfg(unix)]
#[test]
fn a_slow_download_is_interrupted() {
    let visit = with(|asked| {
        let mut reply = part(&weights().bytes, asked);
        reply.pause = Duration::from_millis(if asked.before == 0 { 20 } else { 0 });
        asked.second.then_some(reply)
    });
    let incomplete = visit
        .folder(FOLDER)
        .join(format!("blobs/{}.incomplete", weights().id()));
    let arrived = || std::fs::metadata(&incomplete).map_or(0, |file| file.len());
    assert_eq!(interrupted(&visit, || arrived() >= 10_000), "note: interrupted\n");
    let kept = arrived();
    assert!(kept >= 10_000 && kept < weights().bytes.len() as u64);
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
    assert_eq!(visit.hub.asked().last().unwrap().from, Some(kept as usize));
}

/// So it does wherever the run waits, and the next run finds nothing in its way.
#[cfg(unix)]
#[test]
fn every_wait_is_interrupted() {
    // A hub that says nothing, for the first of each, and one that wants to be left alone.
    for part in ["/api", "/all_config.yaml", "/checkpoint", "/blob/"] {
        for is_silent in [true, false] {
            let visit = with(move |asked| {
                let waits = asked.before == 0 && asked.path.contains(part);
                if waits && is_silent {
                    std::thread::sleep(Duration::from_secs(20));
                }
                waits.then(|| Reply::new(429, "").with("Retry-After", "30"))
            });
            let waits = || visit.hub.asked().iter().any(|asked| asked.path.contains(part));
            let said = interrupted(&visit, waits);
            assert!(said.ends_with("note: interrupted\n"), "{part}: {said}");
            assert_eq!(visit.run(&["pull", NAME]).code, 0, "{part}");
        }
    }
}

/// Who waits for somebody who fetches the same says so.
#[cfg(unix)]
#[test]
fn a_wait_for_another_fetch_is_said_and_interrupted() {
    let visit = with(|_| None);
    let locks = visit.folder(".locks").join(FOLDER);
    std::fs::create_dir_all(&locks).unwrap();
    let lock = std::fs::File::create(locks.join(format!("{}.lock", weights().id()))).unwrap();
    lock.lock().unwrap();
    // The small file comes first.
    let placed = visit.folder(FOLDER).join(format!("snapshots/{COMMIT}/all_config.yaml"));
    let waits = || {
        std::thread::sleep(Duration::from_millis(100));
        placed.is_file()
    };
    let said = interrupted(&visit, waits);
    assert_eq!(
        said,
        "note: `checkpoint` is being fetched already: waiting for it\nnote: interrupted\n"
    );
    drop(lock);
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
}
