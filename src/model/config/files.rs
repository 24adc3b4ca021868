//! What configuration files say: the official yaml, our `config.json`, and the data set's `dataset.json`.

use super::{Family, Loss};
use crate::error::{Error, Result};
use crate::tasks::Task;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Names of configuration files, the first that exists counts.
pub(crate) const CONFIG_FILES: [&str; 3] = ["config.json", "all_config.yaml", "config.yaml"];
/// Version of our `config.json`.
pub(super) const FORMAT: usize = 1;

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
    pub loss: Option<LossKeys>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LossKeys {
    pub loss_type: Option<Loss>,
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

pub(super) fn json<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
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

impl std::fmt::Display for super::Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            super::Positions::Rope => "rope",
            super::Positions::Learned => "learned",
            super::Positions::None => "none",
        })
    }
}
