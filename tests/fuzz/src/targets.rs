//! What fuzzers, and tests/corpus.rs, call with bytes of any kind: every way from outside into the library. Each returns
//! without a panic whatever the bytes are, and holds what is read to what must be true of it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a target stops at the first surprise"
)]

use std::path::Path;

use hrm::eval::Dataset;
use hrm::model::Model;
use hrm::tasks::{self, Entry, Puzzle};

/// A model of two tokens that is whole, and its configuration.
const CONFIG: &str = include_str!("../corpus/config/tiny.json");
const WEIGHTS: &[u8] = include_bytes!("../corpus/weights/tiny.safetensors");

/// A checkpoint in any container: safetensors, torch's archives and their predecessors.
pub(crate) fn weights(bytes: &[u8]) {
    if let Ok(model) = Model::from_bytes("x", CONFIG, bytes.to_vec()) {
        let all = model.weights.iter().map(|(_, tensor)| tensor.f32s().unwrap());
        assert!(all.flat_map(|tensor| tensor.into_owned()).all(f32::is_finite));
    }
    // As a file, which is read by position, it is the same.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, bytes).unwrap();
    std::fs::write(folder.path().join("config.json"), CONFIG).unwrap();
    let from_file = Model::open(folder.path(), None);
    let in_memory = Model::from_bytes("x", CONFIG, bytes.to_vec());
    // An index names other files, which only a folder has.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        assert_eq!(from_file.is_ok(), in_memory.is_ok());
    }
    if let (Ok(a), Ok(b)) = (from_file, in_memory) {
        for ((name, a), (_, b)) in a.weights.iter().zip(b.weights.iter()) {
            assert_eq!(a.bytes().unwrap(), b.bytes().unwrap(), "{name}");
        }
    }
}

/// Settings of a network: our JSON, official YAML, and the data set's JSON behind a zero byte.
pub(crate) fn config(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let (text, data) = (parts.next().unwrap_or_default(), parts.next());
    let text = String::from_utf8_lossy(text);
    if let Ok(model) = Model::from_bytes("x", &text, WEIGHTS) {
        assert!(model.config.parameters() > 0);
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.safetensors"), WEIGHTS).unwrap();
    for name in ["config.json", "all_config.yaml"] {
        std::fs::write(folder.path().join(name), &*text).unwrap();
        if let Some(data) = data {
            std::fs::write(folder.path().join("dataset.json"), data).unwrap();
        }
        let _ = Model::open(folder.path(), None);
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
}

/// Data sets: a text of any kind; or, behind a zero byte, the four arrays and the description of an official folder, each
/// behind its length of two bytes.
pub(crate) fn data(bytes: &[u8]) {
    let samples = |data: Dataset| {
        let found = data.samples().inspect(|sample| {
            assert!(
                sample
                    .labels
                    .as_ref()
                    .is_none_or(|labels| labels.len() == sample.tokens.len())
            );
        });
        assert_eq!(found.count(), data.len);
    };
    let Some(mut rest) = bytes.strip_prefix(b"\0") else {
        if let Ok(data) = Dataset::parse(bytes, Path::new("x"), None) {
            samples(data);
        }
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "dataset.json",
        "all__inputs.npy",
        "all__labels.npy",
        "all__puzzle_identifiers.npy",
        "all__puzzle_indices.npy",
    ] {
        let Some((length, behind)) = rest.split_first_chunk::<2>() else {
            break;
        };
        let (file, behind) = behind.split_at(usize::from(u16::from_le_bytes(*length)).min(behind.len()));
        std::fs::write(folder.path().join(name), file).unwrap();
        rest = behind;
    }
    if let Ok(data) = Dataset::open(folder.path(), None) {
        samples(data);
    }
}

/// Puzzles as text, ARC's JSON among them, for the task that the first byte names.
pub(crate) fn text(bytes: &[u8]) {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let all = tasks::all();
    let task = all.get(usize::from(*first) % (all.len() + 1)).copied();
    for Entry { puzzle, answer, .. } in tasks::read(rest, "x", task).into_iter().flatten() {
        if puzzle.name.is_none() {
            let text = puzzle.text();
            let again =
                Puzzle::parse(&text, Some(puzzle.task)).unwrap_or_else(|e| panic!("its own text {text:?}: {e}"));
            assert_eq!(again.board, puzzle.board);
        }
        if let Some(answer) = &answer {
            assert_eq!(
                puzzle.judge(answer).map(|verdict| verdict.valid),
                puzzle.is_valid(answer)
            );
        }
    }
}

/// A picture of a board.
pub(crate) fn picture(bytes: &[u8]) {
    for task in tasks::all() {
        if let Some(Ok(puzzle)) = task.read_picture(bytes, "x") {
            assert!(puzzle.board.tokens.len() <= 64 * 64 || puzzle.task != task);
        }
    }
}

/// Records of an evaluation, behind their conditions and a zero byte: joined into one file, they are read again.
pub(crate) fn results(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let folder = tempfile::tempdir().unwrap();
    let [part, all, again] = ["part.jsonl", "all.jsonl", "again.jsonl"].map(|name| folder.path().join(name));
    std::fs::write(
        folder.path().join("part.jsonl.run.json"),
        parts.next().unwrap_or_default(),
    )
    .unwrap();
    std::fs::write(&part, parts.next().unwrap_or_default()).unwrap();
    if let Ok(joined) = hrm::eval::merge(&[&part], &all) {
        assert_eq!(hrm::eval::merge(&[&all], &again).unwrap(), joined);
        assert_eq!(std::fs::read(all).unwrap(), std::fs::read(again).unwrap());
    }
}

/// A solver's settings as JSON.
pub(crate) fn options(bytes: &[u8]) {
    if let Ok(options) = serde_json::from_slice::<hrm::Options>(bytes) {
        let text = serde_json::to_string(&options).unwrap();
        let again: hrm::Options = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }
}

/// A target's name, and what it does with an input.
type Target = (&'static str, fn(&[u8]));

/// Every target that the library's tests can call, by name.
pub(crate) const ALL: [Target; 7] = [
    ("weights", weights),
    ("config", config),
    ("data", data),
    ("text", text),
    ("picture", picture),
    ("results", results),
    ("options", options),
];
