//! Configuration files: the official yaml, our `config.json`, and the data set's `dataset.json`.

use super::{Family, Loss, Task};
use crate::error::{Error, Result};
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Names of configuration files, the first that exists counts.
pub(crate) const CONFIG_FILES: [&str; 3] = ["config.json", "all_config.yaml", "config.yaml"];
/// The file that official data sets describe themselves in.
pub(crate) const DATASET_FILE: &str = "dataset.json";
/// Largest configuration file, in bytes.
const LARGEST: u64 = 1 << 20;
/// Version of our `config.json`.
const FORMAT: usize = 1;

/// A whole number, which a file may also write as a float (`512.0`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Count(pub usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Count, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Count;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number that is not negative")
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> std::result::Result<Count, E> {
                usize::try_from(value)
                    .map(Count)
                    .map_err(|_| E::custom(format!("{value} is too large")))
            }
            fn visit_i64<E: serde::de::Error>(self, value: i64) -> std::result::Result<Count, E> {
                usize::try_from(value)
                    .map(Count)
                    .map_err(|_| E::custom(format!("{value} is negative")))
            }
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> std::result::Result<Count, E> {
                // Up to 2^53 every whole number is an f64.
                if value.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&value) {
                    self.visit_u64(value as u64)
                } else {
                    Err(E::custom(format!("{value} is not a whole number that is not negative")))
                }
            }
        }
        deserializer.deserialize_any(Whole)
    }
}

/// The official `arch` keys that inference needs, by their own names; further ones are ignored.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Arch {
    pub name: Option<String>,
    #[serde(rename = "H_cycles")]
    pub h_cycles: Option<Count>,
    #[serde(rename = "L_cycles")]
    pub l_cycles: Option<Count>,
    #[serde(rename = "H_layers")]
    pub h_layers: Option<Count>,
    #[serde(rename = "L_layers")]
    pub l_layers: Option<Count>,
    pub hidden_size: Option<Count>,
    pub num_heads: Option<Count>,
    pub expansion: Option<f64>,
    pub pos_encodings: Option<String>,
    pub rope_theta: Option<f64>,
    pub rms_norm_eps: Option<f64>,
    pub puzzle_emb_ndim: Option<Count>,
    pub puzzle_emb_len: Option<Count>,
    pub mlp_t: Option<bool>,
    pub halt_max_steps: Option<Count>,
    #[serde(skip_serializing)]
    loss: Option<LossKeys>,
}

#[derive(Debug, Clone, Deserialize)]
struct LossKeys {
    loss_type: Option<Loss>,
}

/// The sizes that official configurations leave to the data set.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct DataSizes {
    pub seq_len: Option<Count>,
    pub vocab_size: Option<Count>,
    pub num_puzzle_identifiers: Option<Count>,
}

/// Where a model comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Card {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trained_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments_measured: Option<usize>,
}

/// The keys that only our `config.json` has.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct OwnKeys {
    pub format: Option<Count>,
    pub family: Option<Family>,
    pub loss_type: Option<Loss>,
    pub task: Option<Task>,
}

/// Our `config.json`, as it is written.
#[derive(Serialize)]
pub(crate) struct OwnFile<'a> {
    #[serde(flatten)]
    own: OwnKeys,
    #[serde(flatten)]
    arch: Arch,
    #[serde(flatten)]
    sizes: DataSizes,
    #[serde(flatten)]
    card: &'a Card,
}

/// What the files say. What they leave open, `resolve` fills in.
#[derive(Debug)]
pub(crate) struct Declared {
    /// The configuration file.
    pub path: PathBuf,
    pub family: Option<Family>,
    pub arch: Arch,
    pub loss: Option<Loss>,
    pub task: Option<Task>,
    /// Sizes of the data set, by the files that state them.
    pub sizes: Vec<(&'static str, DataSizes)>,
    pub card: Card,
}

#[cfg(not(target_arch = "wasm32"))]
/// Reads the configuration in `folder`, and `dataset.json` where there is one.
pub(crate) fn read(folder: &Path) -> Result<Declared> {
    let Some(name) = CONFIG_FILES.into_iter().find(|name| folder.join(name).exists()) else {
        let reason = format!(
            "there is none in this folder: needed one of {}",
            CONFIG_FILES.join(", ")
        );
        return Err(Error::Config {
            path: folder.to_path_buf(),
            reason,
        });
    };
    let path = folder.join(name);
    let text = text(&path)?;
    let mut declared = if name.ends_with(".json") {
        own(&path, &text)?
    } else {
        official(&path, &text)?
    };
    let dataset = folder.join(DATASET_FILE);
    if dataset.exists() {
        declared
            .sizes
            .push((DATASET_FILE, json(&dataset, &self::text(&dataset)?)?));
    }
    Ok(declared)
}

/// Our `config.json`.
pub(crate) fn own(path: &Path, text: &str) -> Result<Declared> {
    // One pass a group of keys, not serde's flatten: errors then name line and column.
    let (arch, own): (Arch, OwnKeys) = (json(path, text)?, json(path, text)?);
    if let Some(Count(format)) = own.format
        && format != FORMAT
    {
        let reason = format!("`format` is {format}, needed {FORMAT}: a newer version of this program may read it");
        return Err(Error::Config {
            path: path.to_path_buf(),
            reason,
        });
    }
    Ok(Declared {
        path: path.to_path_buf(),
        family: own.family,
        loss: own.loss_type.or(arch.loss.as_ref().and_then(|loss| loss.loss_type)),
        arch,
        task: own.task,
        sizes: vec![(CONFIG_FILES[0], json(path, text)?)],
        card: json(path, text)?,
    })
}

/// The official yaml.
fn official(path: &Path, text: &str) -> Result<Declared> {
    #[derive(Deserialize)]
    struct Yaml {
        arch: Arch,
    }
    let parsed: std::result::Result<Yaml, _> = serde_saphyr::from_str(text);
    let Yaml { arch } = parsed.map_err(|e| Error::Config {
        path: path.to_path_buf(),
        reason: e
            .without_snippet()
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    })?;
    Ok(Declared {
        path: path.to_path_buf(),
        family: None,
        loss: arch.loss.as_ref().and_then(|loss| loss.loss_type),
        arch,
        task: None,
        sizes: Vec::new(),
        card: Card::default(),
    })
}

#[cfg(not(target_arch = "wasm32"))]
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
        return Err(refuse(format!("it has {} bytes, more than {LARGEST}", metadata.len())));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|e| refuse(format!("it is not UTF-8 text ({})", e.utf8_error())))
}

fn json<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::Config {
        path: path.to_path_buf(),
        reason: e.to_string(),
    })
}

impl<'de> Deserialize<'de> for Loss {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Loss, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "stablemax_cross_entropy" => Ok(Loss::Stablemax),
            "softmax_cross_entropy" => Ok(Loss::Softmax),
            other => Err(D::Error::unknown_variant(
                other,
                &["stablemax_cross_entropy", "softmax_cross_entropy"],
            )),
        }
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Loss::Stablemax => "stablemax_cross_entropy",
            Loss::Softmax => "softmax_cross_entropy",
        })
    }
}

impl Serialize for Loss {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl super::Config {
    /// This configuration as our `config.json`.
    pub(crate) fn to_own_file<'a>(&self, card: &'a Card) -> OwnFile<'a> {
        use super::Positions;
        let variant = self.family == Family::Hrm && (self.mlp_t || self.positions == Positions::None);
        let trm = self.family == Family::Trm;
        OwnFile {
            own: OwnKeys {
                format: Some(Count(FORMAT)),
                family: Some(self.family),
                loss_type: Some(self.loss),
                task: self.task,
            },
            arch: Arch {
                name: variant.then(|| super::resolve::HRM_IN_TRM.to_owned()),
                h_cycles: Some(Count(self.h_cycles)),
                l_cycles: Some(Count(self.l_cycles)),
                h_layers: Some(Count(self.h_layers)),
                l_layers: Some(Count(self.l_layers)),
                hidden_size: Some(Count(self.hidden_size)),
                num_heads: Some(Count(self.num_heads)),
                expansion: Some(self.expansion),
                pos_encodings: Some(self.positions.to_string()),
                rope_theta: Some(self.rope_theta),
                rms_norm_eps: Some(self.rms_norm_eps),
                puzzle_emb_ndim: Some(Count(self.puzzle_emb_ndim)),
                puzzle_emb_len: trm.then_some(Count(self.puzzle_emb_len)),
                mlp_t: (trm || variant).then_some(self.mlp_t),
                halt_max_steps: Some(Count(self.halt_max_steps)),
                loss: None,
            },
            sizes: DataSizes {
                seq_len: Some(Count(self.seq_len)),
                vocab_size: Some(Count(self.vocab_size)),
                num_puzzle_identifiers: Some(Count(self.num_puzzle_identifiers)),
            },
            card,
        }
    }
}

impl std::fmt::Display for super::Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            super::Positions::Rope => "rope",
            super::Positions::Learned => "learned",
            super::Positions::None => "none",
        })
    }
}
