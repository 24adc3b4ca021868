//! Formats of configuration files: the official yaml, our `config.json`, and the data set's `dataset.json`.

use crate::error::{Error, Result};
use crate::network::config::{Family, Loss};
use crate::network::value::{Map, Value};
use crate::tasks::Task;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// The name of our own configuration file.
pub(in crate::model) const OWN_FILE: &str = "config.json";
/// Format version of our `config.json`.
pub(super) const FORMAT: usize = 1;
/// Keys of model hubs, which a `config.json` may have beside ours.
const HUB_KEYS: [&str; 6] = [
    "architectures",
    "model_type",
    "library_name",
    "pipeline_tag",
    "tags",
    "transformers_version",
];

/// The origin of a model, as `config.json` states it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::model) struct Card {
    pub license: Option<String>,
    pub source: Option<String>,
    pub trained_on: Option<String>,
    pub segments_measured: Option<usize>,
    pub rounding: Option<String>,
}

const CARD_KEYS: [&str; 5] = ["license", "source", "trained_on", "segments_measured", "rounding"];

/// The keys that only our `config.json` has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnKeys {
    family: Option<Family>,
    task: Option<Task>,
}

const OWN_KEYS: [&str; 4] = ["format", "family", "task", "loss_type"];

/// The contents of the configuration files; `resolve` fills in what they leave open.
#[derive(Debug)]
pub(in crate::model) struct Declared {
    /// The configuration file.
    pub path: PathBuf,
    /// The keys of `arch`.
    pub settings: Map,
    pub family: Option<Family>,
    pub loss: Option<Loss>,
    pub task: Option<Task>,
    /// The contents of `dataset.json`, if it exists.
    pub dataset: Option<Map>,
    pub card: Card,
}

impl Declared {
    /// Returns what no file has stated; messages name the weights at `path` instead.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn none(path: &Path) -> Declared {
        Declared {
            path: path.to_path_buf(),
            settings: Map::default(),
            family: None,
            loss: None,
            task: None,
            dataset: None,
            card: Card::default(),
        }
    }
}

/// Reads our `config.json`.
pub(in crate::model) fn own(path: &Path, text: &str) -> Result<Declared> {
    let root = map(path, json(path, text)?)?;
    let refuse = |reason: String| Error::Config {
        path: path.to_path_buf(),
        reason,
    };
    if let Some(format) = root.get("format").filter(|format| format.size() != Some(FORMAT)) {
        return Err(refuse(format!(
            "`format`: expected {FORMAT}, found {format}: a newer version of this program may read it"
        )));
    }
    let loss = root.get("loss_type").map(loss).transpose().map_err(refuse)?;
    // One pass per group of keys, not serde's flatten, so that errors give line and column.
    let OwnKeys { family, task } = json(path, text)?;
    let card = json(path, text)?;
    let other = |key: &str| {
        [&OWN_KEYS[..], &CARD_KEYS, &HUB_KEYS]
            .iter()
            .any(|keys| keys.contains(&key))
    };
    let settings = Map(root.0.into_iter().filter(|(key, _)| !other(key)).collect());
    Ok(Declared {
        path: path.to_path_buf(),
        family,
        loss: loss.or(nested_loss(&settings).map_err(refuse)?),
        settings,
        task,
        dataset: None,
        card,
    })
}

/// Returns true for a `config.json` of ours, false for a hub's.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn is_own(root: &Map) -> bool {
    ["format", "family", "H_cycles", "L_cycles"]
        .iter()
        .any(|key| root.get(key).is_some())
}

/// Reads the configuration of a training run: the keys below `arch`, or the keys of `arch` alone.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn official(path: &Path, root: Map) -> Result<Declared> {
    let refuse = |reason: String| Error::Config {
        path: path.to_path_buf(),
        reason,
    };
    let root = unwrapped(root);
    let settings = match root.get("arch") {
        Some(Value::Map(arch)) => arch.clone(),
        Some(other) => return Err(refuse(format!("`arch`: expected a map, found {other}"))),
        None if root.get("H_cycles").is_some() => root.clone(),
        None => match root.map("model").filter(|model| model.get("H_cycles").is_some()) {
            Some(model) => model.clone(),
            None => {
                return Err(refuse(
                    "expected the keys of the network below `arch`, found none".to_owned(),
                ));
            }
        },
    };
    let settings = super::interpolate::interpolated(&settings, &root).map_err(refuse)?;
    Ok(Declared {
        path: path.to_path_buf(),
        family: None,
        loss: nested_loss(&settings).map_err(refuse)?,
        settings,
        task: None,
        dataset: None,
        card: Card::default(),
    })
}

/// Unwraps the values of Weights & Biases: `{desc: …, value: …}`.
#[cfg(not(target_arch = "wasm32"))]
fn unwrapped(root: Map) -> Map {
    let plain = |value: Value| match value {
        Value::Map(map) if map.0.iter().all(|(key, _)| key == "desc" || key == "value") => {
            let value = map.0.into_iter().find(|(key, _)| key == "value");
            value.map_or(Value::Null, |(_, value)| value)
        }
        other => other,
    };
    Map(root.0.into_iter().map(|(key, value)| (key, plain(value))).collect())
}

/// Returns the loss stated below `loss`.
fn nested_loss(settings: &Map) -> std::result::Result<Option<Loss>, String> {
    settings
        .map("loss")
        .and_then(|map| map.get("loss_type"))
        .map(loss)
        .transpose()
}

fn loss(value: &Value) -> std::result::Result<Loss, String> {
    let known = Loss::ALL
        .into_iter()
        .find(|loss| *value == Value::Text(loss.to_string()));
    known.ok_or_else(|| {
        let names = Loss::ALL.map(|loss| loss.to_string());
        format!("`loss_type`: expected {}, found {value}", names.join(" or "))
    })
}

/// Returns the keys at the top level of a file.
pub(super) fn map(path: &Path, root: Value) -> Result<Map> {
    match root {
        Value::Map(map) => Ok(map),
        other => Err(Error::Config {
            path: path.to_path_buf(),
            reason: format!("expected keys and values, found {other}"),
        }),
    }
}

pub(super) fn json<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::Config {
        path: path.to_path_buf(),
        reason: crate::words::plain(e),
    })
}
