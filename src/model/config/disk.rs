//! Configuration files in a folder, found, read and written.

use super::files::{Arch, CONFIG_FILES, Card, Count, DataSizes, Declared, FORMAT, OwnKeys, json, own};
use super::{Config, Family, Positions};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file that official data sets describe themselves in.
pub(crate) const DATASET_FILE: &str = "dataset.json";
/// Largest configuration file, in bytes.
const LARGEST: u64 = 1 << 20;
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

impl Config {
    /// This configuration as our `config.json`.
    pub(crate) fn to_own_file<'a>(&self, card: &'a Card) -> OwnFile<'a> {
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
