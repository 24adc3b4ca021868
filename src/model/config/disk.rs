//! Finds, reads and writes the configuration files beside a weight file.

use super::files::{Card, Declared, FORMAT, OWN_FILE, is_own, json, map, official, own};
use super::plain::plain_lines;
use crate::error::{Error, Result};
use crate::network::config::Config;
use crate::network::families::definition;
use crate::network::value::{Map, Value};
use crate::words::plain;
use serde_saphyr::options::NonFiniteFloatPolicy;
use std::path::{Path, PathBuf};

/// The file in which official data sets describe themselves.
const DATASET_FILE: &str = "dataset.json";
/// Names of configuration files, in order of precedence; with `.yaml` also `.yml`.
const CONFIG_FILES: [&str; 5] = [
    OWN_FILE,
    "all_config.yaml",
    "config.yaml",
    "hparams.yaml",
    ".hydra/config.yaml",
];
/// Largest accepted configuration file, in bytes.
const LARGEST: u64 = 1 << 20;

/// Reads the configuration of `weights` from its folder, and `dataset.json` if it exists. A yaml file with the weight
/// file's name takes precedence: it tells several models in one folder apart. What is `inside` the weight file comes
/// before all of them. Weights that `tell` what the network is need no configuration.
pub(in crate::model) fn read(weights: &Path, inside: Option<&Map>, tell: bool) -> Result<Declared> {
    let folder = weights.parent().unwrap_or(Path::new(""));
    let mut declared = inside.map(|map| official(weights, map.clone())).transpose()?;
    for path in candidates(weights) {
        if declared.is_some() {
            break;
        }
        declared = read_file(&path)?;
    }
    let none = tell.then(|| Declared::none(weights));
    let mut declared = declared.or(none).ok_or_else(|| Error::Config {
        path: folder.to_path_buf(),
        reason: format!(
            "there is none in this folder: expected one of {}",
            CONFIG_FILES.join(", ")
        ),
    })?;
    let mut datasets = folders(weights).into_iter().map(|folder| folder.join(DATASET_FILE));
    if let Some(dataset) = datasets.find(|path| path.exists()) {
        declared.dataset = Some(map(&dataset, json(&dataset, &text(&dataset)?)?)?);
    }
    Ok(declared)
}

/// Returns the folders where a run leaves its configuration: that of the weights, and the one above `checkpoints`.
fn folders(weights: &Path) -> Vec<&Path> {
    let own = weights.parent().unwrap_or(Path::new(""));
    let above = own
        .parent()
        .filter(|_| own.file_name().is_some_and(|name| name == "checkpoints"));
    [Some(own), above].into_iter().flatten().collect()
}

/// Returns the configuration files that exist; the first takes precedence.
fn candidates(weights: &Path) -> Vec<PathBuf> {
    let named = weights.file_name().into_iter().chain(weights.file_stem());
    let beside = named.flat_map(|name| {
        ["yaml", "yml"].map(|extension| {
            let mut name = name.to_os_string();
            name.push(".");
            name.push(extension);
            weights.with_file_name(name)
        })
    });
    let usual = folders(weights).into_iter().flat_map(|folder| {
        CONFIG_FILES.iter().flat_map(move |name| {
            let path = folder.join(name);
            let yml = path
                .extension()
                .is_some_and(|extension| extension == "yaml")
                .then(|| path.with_extension("yml"));
            [Some(path), yml].into_iter().flatten()
        })
    });
    beside
        .chain(usual)
        .filter(|path| path.exists() && path != weights)
        .collect()
}

/// Reads a configuration file; `None` if it is a model hub's and says nothing about the network.
fn read_file(path: &Path) -> Result<Option<Declared>> {
    let text = text(path)?;
    if path.extension().is_some_and(|extension| extension == "json") {
        let root: Map = map(path, json(path, &text)?)?;
        return match (root.get("arch").is_some(), is_own(&root)) {
            (true, _) => official(path, root).map(Some),
            (false, true) => own(path, &text).map(Some),
            (false, false) => Ok(None),
        };
    }
    let parse = |text: &str| {
        // A training key may well be infinite; a network key that is infinite is refused by name.
        let options = serde_saphyr::options! {
            non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
            // Aliases of aliases can stand for any number of values, which takes time.
            alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
        };
        serde_saphyr::from_str_with_options::<Value>(text, options)
    };
    let parsed = parse(&text).or_else(|error| plain_lines(&text).map_or(Err(error), |plain| parse(&plain)));
    let root = parsed.map_err(|e| Error::Config {
        path: path.to_path_buf(),
        reason: plain(e.without_snippet()),
    })?;
    official(path, map(path, root)?).map(Some)
}

fn text(path: &Path) -> Result<String> {
    let refuse = |reason: String| Error::Config {
        path: path.to_path_buf(),
        reason,
    };
    let unreadable = |e: std::io::Error| refuse(format!("it cannot be read: {e}"));
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(refuse("it is not a file".to_owned()));
    }
    if metadata.len() > LARGEST {
        return Err(refuse(format!(
            "expected at most {LARGEST} bytes, found {}",
            metadata.len()
        )));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    // Some editors begin a text with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|e| refuse(format!("it is not UTF-8 text ({})", e.utf8_error())))
}

/// Writes `config` as our `config.json`.
pub(in crate::model) fn own_file(config: &Config, card: &Card) -> Map {
    let mut entries = vec![
        ("format", FORMAT.into()),
        ("family", config.family.to_string().into()),
        ("loss_type", config.loss.to_string().into()),
    ];
    entries.extend(config.task.map(|task| ("task", task.to_string().into())));
    entries.extend(definition(config.family).settings(config));
    entries.extend([
        ("seq_len", config.seq_len.into()),
        ("vocab_size", config.vocab_size.into()),
        ("num_puzzle_identifiers", config.num_puzzle_identifiers.into()),
    ]);
    let text = |key, value: &Option<String>| value.clone().map(|value| (key, Value::Text(value)));
    entries.extend(text("license", &card.license));
    entries.extend(text("source", &card.source));
    entries.extend(text("trained_on", &card.trained_on));
    entries.extend(text("rounding", &card.rounding));
    entries.extend(card.segments_measured.map(|count| ("segments_measured", count.into())));
    Map(entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect())
}
