//! What is in the cache: left by earlier runs and by other clients, in part, damaged, or only to be read.

use std::time::Duration;

use super::server::part;
use super::*;

/// Other clients keep no notes of what a repository lacks: what they have fetched serves without a network all the same.
#[test]
fn the_cache_of_other_clients_serves_without_a_network() {
    let visit = with(|_| None);
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
    for notes in [".hrm", ".no_exist"] {
        std::fs::remove_dir_all(visit.folder(FOLDER).join(notes)).unwrap();
    }
    let name = format!("hub:{NAME}");
    let ran = Ran::of(
        visit
            .command()
            .env("HF_ENDPOINT", "http://127.0.0.1:1")
            .args(["inspect", &name]),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("takes no connections: what is in the cache is taken"),
        "{}",
        ran.stderr
    );
    assert_eq!(visit.offline(&["inspect", &name]).code, 0);
    // Asked whether there is something newer, nobody can say.
    let mut command = visit.command();
    command
        .env("HF_ENDPOINT", "http://127.0.0.1:1")
        .args(["pull", NAME, "--update"]);
    assert!(Ran::of(&mut command).error(3).contains("takes no connections"));
    let error = visit.offline(&["pull", NAME, "--update"]).error(3);
    assert!(error.contains("HF_HUB_OFFLINE is set"), "{error}");
}

/// A cache of others, which this user can only read.
#[cfg(unix)]
#[test]
fn a_cache_that_is_only_read_serves() {
    use std::os::unix::fs::PermissionsExt;

    fn set(folder: &Path, mode: u32) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                set(&entry.path(), mode);
            }
        }
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let files = [("step_32550_sudoku_epoch50k", "trm-mlp-tiny/checkpoint.pt", true)];
    for (name, repository) in [
        (NAME, sudoku()),
        // Its settings are the catalogue's, and want a folder.
        ("alphaXiv/trm-model-sudoku", model("alphaXiv/trm-model-sudoku", &files)),
    ] {
        let visit = Visit::new(Hub::new([repository]));
        assert_eq!(visit.run(&["pull", name]).code, 0);
        let folder = visit.folder(&format!("models--{}", name.replace('/', "--")));
        std::fs::remove_dir_all(folder.join(".hrm")).unwrap();
        set(&folder, 0o555);
        let is_obeyed = std::fs::write(folder.join("x"), "").is_err();
        let own = tempfile::tempdir().unwrap();
        let ran = Ran::of(
            visit
                .command()
                .env("HF_HUB_OFFLINE", "1")
                .env("XDG_CACHE_HOME", own.path())
                .args(["inspect", &format!("hub:{name}")]),
        );
        set(&folder, 0o755);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        // root may write everywhere.
        assert_eq!(own.path().join("hrm/hub").is_dir(), is_obeyed, "{name}");
    }
}

/// What an earlier run has left may be of something else.
#[test]
fn a_half_file_of_something_else_is_begun_again() {
    let visit = with(|_| None);
    let blobs = visit.folder(FOLDER).join("blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    std::fs::write(blobs.join(format!("{}.incomplete", weights().id())), "something else").unwrap();
    let ran = visit.run(&["pull", NAME]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(visit.hub.asked().last().unwrap().from, None);
}

#[test]
fn what_has_arrived_is_kept_for_the_next_run() {
    let visit = with(|asked| {
        // One half, and then nothing any more until the seventh time.
        let mut reply = part(&weights().bytes, asked);
        reply.cut = Some(if asked.before == 0 { 100_000 } else { 0 });
        (asked.second && asked.before < 6).then_some(reply)
    });
    let error = visit.refused();
    let expected = format!(
        "`checkpoint` broke off after 100000 of {} bytes: ",
        weights().bytes.len()
    );
    assert!(
        error.contains(&expected) && error.ends_with("hint: run it again: it goes on where it was\n"),
        "{error}"
    );
    assert!(
        visit
            .files(FOLDER)
            .contains(&format!("blobs/{}.incomplete", weights().id()))
    );
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
    assert_eq!(visit.hub.asked().last().unwrap().from, Some(100_000));
    assert!(!visit.files(FOLDER).iter().any(|file| file.ends_with("incomplete")));
}

/// What another client has fetched of the model, and how.
#[derive(Debug, Clone, Copy)]
struct Left {
    weights: bool,
    configuration: bool,
    /// Links to contents, or files.
    linked: bool,
    /// Of what `main` was then.
    commit: Option<&'static str>,
}

impl Left {
    fn fill(self, visit: &Visit) {
        let folder = visit.folder(FOLDER);
        let commit = self.commit.unwrap_or(COMMIT);
        let snapshot = folder.join("snapshots").join(commit);
        for path in [&snapshot, &folder.join("blobs"), &folder.join("refs")] {
            std::fs::create_dir_all(path).unwrap();
        }
        for kept in sudoku().1 {
            match &*kept.file {
                "checkpoint" if self.weights => {}
                "all_config.yaml" if self.configuration => {}
                _ => continue,
            }
            let place = snapshot.join(&kept.file);
            #[cfg(unix)]
            if self.linked {
                std::fs::write(folder.join("blobs").join(kept.id()), &kept.bytes).unwrap();
                std::os::unix::fs::symlink(Path::new("../../blobs").join(kept.id()), place).unwrap();
                continue;
            }
            std::fs::write(place, &kept.bytes).unwrap();
        }
        if self.commit.is_some() {
            std::fs::write(folder.join("refs/main"), commit).unwrap();
        }
    }
}

/// Whatever part of a model another client has left: the rest is fetched, once, and no more than that.
#[test]
fn what_other_clients_left_is_completed() {
    let old = "f".repeat(40).leak();
    for number in 0..24 {
        let is = |bit: usize| number & bit != 0;
        let commit = [None, Some(COMMIT), Some(&*old)][number / 8];
        let left = Left {
            weights: is(1),
            configuration: is(2),
            linked: is(4),
            commit,
        };
        let visit = with(|_| None);
        left.fill(&visit);
        let name = format!("hub:{NAME}");
        let offline = visit.offline(&["inspect", &name]);
        let is_usable = left.weights && commit.is_some();
        assert_eq!(
            offline.code,
            if is_usable && left.configuration { 0 } else { 3 },
            "{left:?}: {}",
            offline.stderr
        );
        assert_eq!(visit.run(&["inspect", &name]).code, 0, "{left:?}");
        let asked = visit.hub.asked();
        let fetched = |name: &str| asked.iter().any(|asked| asked.path.ends_with(name));
        // Contents are known by their ids, files by their commit.
        let is_here = |is_left: bool| is_left && (left.linked || commit != Some(&*old));
        assert_eq!(fetched("/checkpoint"), !is_here(left.weights), "{left:?}");
        assert_eq!(fetched("/all_config.yaml"), !is_here(left.configuration), "{left:?}");
        for ran in [visit.run(&["inspect", &name]), visit.offline(&["inspect", &name])] {
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{left:?}");
        }
        assert_eq!(visit.hub.asked().len(), asked.len(), "{left:?}");
    }
}

/// Rows are of the test set, whatever other table another client has fetched.
#[test]
fn another_table_in_the_cache_is_no_test_set() {
    let (test, train) = ("question,answer\ntest,1\n", "question,answer\ntrain,1\n");
    for (name, is_ours) in [("a/b", true), ("a/b", false), ("a/b/sets", true), ("a/b/sets", false)] {
        let inside = name
            .strip_prefix("a/b/")
            .map_or(String::new(), |folder| format!("{folder}/"));
        let files =
            [("test.csv", test), ("train.csv", train)].map(|(file, rows)| kept(&(inside.clone() + file), rows, true));
        let visit = Visit::new(Hub::new([("datasets/a/b".to_owned(), files.to_vec())]));
        let other = format!("{name}/train.csv");
        assert_eq!(visit.run(&["pull", "--data", &other]).code, 0);
        let forget = || {
            for notes in [".hrm", ".no_exist"] {
                let _ = std::fs::remove_dir_all(visit.folder("datasets--a--b").join(notes));
            }
        };
        if !is_ours {
            forget();
        }
        let rows = ["pull", "--data", name, "--rows", "1"];
        for args in [&rows[..], &["eval", &format!("hub:{name}")]] {
            let error = visit.offline(args).error(2);
            assert!(
                error.contains("in the cache") && error.contains("HF_HUB_OFFLINE"),
                "{error}"
            );
        }
        let of_train = visit.offline(&["pull", "--data", &other, "--rows", "1"]);
        assert_eq!(std::fs::read_to_string(of_train.stdout.trim_end()).unwrap(), train);
        let of_test = visit.run(&rows);
        assert_eq!(
            std::fs::read_to_string(of_test.stdout.trim_end()).unwrap(),
            test,
            "{}",
            of_test.stderr
        );
        let asked = visit.hub.asked().len();
        assert_eq!(visit.run(&rows).stdout, of_test.stdout);
        assert_eq!(visit.hub.asked().len(), asked);
        if !is_ours {
            forget();
        }
        assert_eq!(visit.offline(&rows).code, 0);
    }
}

/// Where nothing can be noted in a cache, what is noted is in the user's own; a file in the way of the notes stands for a
/// cache that is only read, which root would write to.
#[test]
fn a_cache_that_takes_no_notes_is_asked_for_once() {
    let visit = with(|_| None);
    assert_eq!(visit.run(&["pull", NAME]).code, 0);
    for notes in [".hrm", ".no_exist"] {
        std::fs::remove_dir_all(visit.folder(FOLDER).join(notes)).unwrap();
        std::fs::write(visit.folder(FOLDER).join(notes), "").unwrap();
    }
    let own = tempfile::tempdir().unwrap();
    let inspect = || {
        let mut command = visit.command();
        command
            .env("XDG_CACHE_HOME", own.path())
            .args(["inspect", &format!("hub:{NAME}")]);
        let ran = Ran::of(&mut command);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        visit.hub.asked().len()
    };
    let asked = visit.hub.asked().len();
    assert_eq!(inspect(), asked + 1);
    assert_eq!(inspect(), asked + 1);
}

/// Several processes fetch a file once, and one that takes over from a killed one goes on.
#[cfg(unix)]
#[test]
fn processes_share_a_download() {
    let slow = |asked: &Asked| {
        let mut reply = part(&weights().bytes, asked);
        reply.pause = Duration::from_micros(if asked.before == 0 { 200 } else { 0 });
        asked.second.then_some(reply)
    };
    let pull = |visit: &Visit| {
        visit
            .spawned(&["pull", NAME, "--quiet"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let blobs = |visit: &Visit| {
        visit
            .hub
            .asked()
            .iter()
            .filter(|asked| asked.second)
            .map(|a| a.from)
            .collect::<Vec<_>>()
    };
    let visit = with(slow);
    let several: Vec<_> = (0..3).map(|_| pull(&visit)).collect();
    for mut one in several {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!(blobs(&visit), [None]);

    let visit = with(slow);
    let mut first = pull(&visit);
    let incomplete = visit
        .folder(FOLDER)
        .join(format!("blobs/{}.incomplete", weights().id()));
    while std::fs::metadata(&incomplete).map_or(0, |file| file.len()) < 10_000 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut second = pull(&visit);
    std::thread::sleep(Duration::from_millis(50));
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(second.wait().unwrap().success());
    assert!(
        matches!(blobs(&visit)[..], [None, Some(10_000..)]),
        "{:?}",
        blobs(&visit)
    );
}

/// What an earlier run or another client has left of a download is taken up if it is right, and forgotten if it is not.
#[test]
fn whatever_is_left_of_a_download_ends_in_the_file() {
    let bytes = weights().bytes;
    let size = bytes.len();
    let wrong = vec![b'x'; size + 1];
    for (left, asked) in [
        (&bytes[..size / 2], Some(Some(size / 2))),
        (&bytes[..], None),
        (&bytes[..0], Some(None)),
        // Other clients make room for all of it at first.
        (&wrong[..size], Some(None)),
        (&wrong[..], Some(None)),
    ] {
        let visit = with(|_| None);
        let blobs = visit.folder(FOLDER).join("blobs");
        std::fs::create_dir_all(&blobs).unwrap();
        std::fs::write(blobs.join(format!("{}.incomplete", weights().id())), left).unwrap();
        let ran = visit.run(&["pull", NAME]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", left.len());
        let of_second = visit
            .hub
            .asked()
            .iter()
            .find(|asked| asked.second)
            .map(|asked| asked.from);
        assert_eq!(of_second, asked, "{}", left.len());
        assert!(std::fs::read(blobs.join(weights().id())).unwrap() == bytes);
    }
}
