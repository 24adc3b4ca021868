//! `hrm pull`, `hrm models` and names of a hub, against a hub on localhost.
#![cfg(feature = "hub")]

mod answers;
mod caches;
mod catalogue;
mod data;
mod failures;
mod names;
mod server;

use std::path::{Path, PathBuf};

use super::{HARD, Ran, command, repository};
use server::{Asked, COMMIT, Hub, Kept, Reply, kept};

const NAME: &str = "sapientinc/HRM-checkpoint-sudoku-extreme";
const FOLDER: &str = "models--sapientinc--HRM-checkpoint-sudoku-extreme";

/// A user with an empty cache, and the hub.
struct Visit {
    home: tempfile::TempDir,
    hub: Hub,
}

impl Visit {
    fn new(hub: Hub) -> Visit {
        let home = tempfile::tempdir().unwrap();
        Visit { home, hub }
    }

    fn command(&self) -> assert_cmd::Command {
        let mut command = command();
        for variable in [
            "HF_HUB_CACHE",
            "HF_TOKEN",
            "HF_HUB_OFFLINE",
            "HF_TOKEN_PATH",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN",
        ] {
            command.env_remove(variable);
        }
        for variable in [
            "http_proxy",
            "HTTP_PROXY",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
        ] {
            command.env_remove(variable);
        }
        command
            .env("HF_HOME", self.home.path())
            .env("HF_ENDPOINT", &self.hub.url);
        command
    }

    /// The same, to be started.
    fn spawned(&self, args: &[&str]) -> std::process::Command {
        let command = self.command();
        let mut spawned = std::process::Command::new(command.get_program());
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => spawned.env(variable, value),
                None => spawned.env_remove(variable),
            };
        }
        spawned.args(args);
        spawned
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command().args(args))
    }

    /// Runs without a network.
    fn offline(&self, args: &[&str]) -> Ran {
        Ran::of(
            self.command()
                .env("HF_ENDPOINT", "http://127.0.0.1:1")
                .env("HF_HUB_OFFLINE", "1")
                .args(args),
        )
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join("hub").join(name)
    }

    /// The files below a folder of the cache.
    fn files(&self, name: &str) -> Vec<String> {
        fn add(folder: &Path, prefix: &str, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let entry = entry.unwrap();
                let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
                match entry.path().is_dir() {
                    true => add(&entry.path(), &(name + "/"), found),
                    false => found.push(name),
                }
            }
        }
        let mut found = Vec::new();
        add(&self.folder(name), "", &mut found);
        found.sort();
        found
    }
}

fn golden(path: &str) -> Vec<u8> {
    std::fs::read(repository().join("tests/golden").join(path)).unwrap()
}

/// A file's published name, the golden file that stands for it, and whether it is a large one.
type Golden<'a> = (&'a str, &'a str, bool);

/// A published repository in its layout, with few and random weights.
fn model(name: &str, files: &[Golden]) -> (String, Vec<Kept>) {
    let mut all = vec![
        kept("README.md", "# A model", false),
        kept(".gitattributes", "*", false),
    ];
    all.extend(files.iter().map(|(file, from, large)| kept(file, golden(from), *large)));
    (format!("models/{name}"), all)
}

fn sudoku() -> (String, Vec<Kept>) {
    let files = [
        ("checkpoint", "hrm-sudoku-small/checkpoint.pt", true),
        ("all_config.yaml", "hrm-sudoku-small/config.yaml", false),
    ];
    model(NAME, &files)
}

fn weights() -> Kept {
    sudoku().1.into_iter().find(|kept| kept.large).unwrap()
}

/// A visit of a hub that fails where `fault` says so.
fn with(fault: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Visit {
    Visit::new(Hub::with([sudoku()], fault))
}

impl Visit {
    /// The error of pulling the model, after which nothing of its weights may be usable.
    fn refused(&self) -> String {
        let error = self.run(&["pull", NAME]).error(3);
        let usable = |file: &String| file.starts_with("snapshots/") && file.ends_with("checkpoint");
        let files = self.files(FOLDER);
        assert!(!files.iter().any(usable), "{files:?}");
        assert!(!files.contains(&format!("blobs/{}", weights().id())), "{files:?}");
        error.replace(&self.hub.url, "[hub]")
    }
}

#[test]
fn a_model_is_pulled_once_and_opened_by_its_name() {
    let visit = Visit::new(Hub::new([sudoku()]));
    let ran = visit.run(&["pull", NAME]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    for said in [
        &format!("hub:{NAME}, commit {COMMIT}"),
        "all_config.yaml, fetched",
        "checkpoint, fetched",
        "model                   HRM-checkpoint-sudoku-extreme",
        "family                  hrm",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    // The layout that other clients know, and nothing that nobody needs.
    let folder = "models--sapientinc--HRM-checkpoint-sudoku-extreme";
    let repository = sudoku().1;
    let id = |name: &str| repository.iter().find(|kept| kept.file == name).unwrap().id();
    let files = visit.files(folder);
    for file in [
        format!("blobs/{}", id("checkpoint")),
        format!("blobs/{}", id("all_config.yaml")),
        "refs/main".into(),
        format!("snapshots/{COMMIT}/checkpoint"),
    ] {
        assert!(files.contains(&file), "{file}: {files:?}");
    }
    assert!(
        !files
            .iter()
            .any(|file| file.contains("README") || file.contains("incomplete")),
        "{files:?}"
    );
    assert_eq!(
        std::fs::read_to_string(visit.folder(folder).join("refs/main")).unwrap(),
        COMMIT
    );
    #[cfg(unix)]
    {
        let link = std::fs::read_link(visit.folder(folder).join(format!("snapshots/{COMMIT}/checkpoint"))).unwrap();
        assert_eq!(link, Path::new("../../blobs").join(id("checkpoint")));
    }

    let asked = visit.hub.asked().len();
    let again = visit.run(&["pull", NAME]);
    assert!(
        again.code == 0 && again.stdout.contains("checkpoint, in the cache"),
        "{}",
        again.stdout
    );
    let name = format!("hub:{NAME}");
    let solve = ["solve", "--model", &name, "--halt", "fixed", "--json", HARD];
    assert_eq!(visit.run(&solve).json()[0]["segments"], 4);
    let offline = visit.offline(&["inspect", &name]);
    assert!(
        offline.code == 0 && offline.stdout.contains("parameters"),
        "{}",
        offline.stderr
    );
    assert_eq!(visit.hub.asked().len(), asked);

    // A moved cache is as good.
    let moved = tempfile::tempdir().unwrap();
    std::fs::rename(visit.folder(""), moved.path().join("cache")).unwrap();
    let ran = Ran::of(
        visit
            .command()
            .env("HF_HUB_CACHE", moved.path().join("cache"))
            .env("HF_HUB_OFFLINE", "1")
            .args(["inspect", &name]),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(visit.run(&["pull", NAME, "--update"]).code, 0);
    assert!(visit.hub.asked().len() > asked);
}

/// What a model computes by its name is what the official code has recorded.
#[test]
fn a_model_by_name_computes_the_official_numbers() {
    let files = [("step_32550_sudoku_epoch50k", "trm-mlp-tiny/checkpoint.pt", true)];
    let visit = Visit::new(Hub::new([model("alphaXiv/trm-model-sudoku", &files)]));
    let inputs = repository().join("tests/golden/trm-mlp-tiny/io.safetensors");
    let out = visit.home.path().join("out.safetensors");
    let (inputs, out) = (inputs.to_str().unwrap(), out.to_str().unwrap());
    let args = [
        "run",
        "--model",
        "hub:alphaXiv/trm-model-sudoku",
        "--inputs",
        inputs,
        "--outputs",
        out,
        "--segments",
        "1",
    ];
    let ran = visit.run(&[&args[..], &["--device", "cpu"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let read = |path: &str| {
        let bytes = std::fs::read(path).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let logits = file.tensor("seg1.logits").unwrap();
        let values: Vec<f32> = logits
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect();
        values
    };
    let (expected, found) = (read(inputs), read(out));
    let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|value| f64::from(value * value)).sum::<f64>();
    let apart = squares(&mut expected.iter().zip(&found).map(|(a, b)| a - b));
    let error = (apart / squares(&mut expected.iter().copied())).sqrt();
    assert!(error < 1e-5, "{error}");
}
