//! Readers of weight files. The format is detected by content, never by file name; nothing in a file is ever executed.

mod input;
mod opcodes;
mod pickle;
mod safetensors;
mod torch;

use super::weights::{Buffer, Tensor, Weights};
use crate::error::{Error, Result};
use crate::network::config::Config;
use crate::network::keys::Shapes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A format of weight files that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// A safetensors file.
    Safetensors,
    /// A file that `torch.save(model.state_dict())` wrote (docs/specification.md, section 2.2).
    Torch,
}

/// A tensor as the file stores it.
pub(crate) struct Found {
    pub shape: Vec<usize>,
    /// The file's name for the tensor's number format.
    pub dtype: String,
    /// The tensor, if weights can have its number format.
    pub tensor: Option<Tensor>,
}

/// The contents of a weight file, by tensor names without prefixes.
pub(crate) struct Checkpoint {
    pub path: PathBuf,
    pub format: Format,
    pub tensors: BTreeMap<String, Found>,
}

impl Checkpoint {
    pub(crate) fn shapes(&self) -> Shapes<'_> {
        self.tensors
            .iter()
            .map(|(name, found)| (name.as_str(), &found.shape[..]))
            .collect()
    }

    /// Keeps the tensors that `config` names, as weights.
    pub(crate) fn into_weights(mut self, config: &Config) -> Weights {
        let names = config.tensors().into_iter().map(|(name, _)| name);
        let tensors: Vec<_> = names
            .filter_map(|name| self.tensors.remove(&name)?.tensor.map(|t| (name, t)))
            .collect();
        Weights::new(self.path, tensors)
    }
}

/// Maps the file at `path` into memory and reads its table of contents.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn read(path: &Path) -> Result<Checkpoint> {
    let error = |reason: String| Error::Checkpoint {
        path: path.to_path_buf(),
        reason,
    };
    let unreadable = |e: std::io::Error| error(format!("it cannot be read: {e}"));
    // Checked before opening: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(error("it is not a file".to_owned()));
    }
    if metadata.len() == 0 {
        return Err(error("the file is empty".to_owned()));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // SAFETY: a map of a file that another program truncates or rewrites changes under us, as for every user of memory
    // maps; weight files are replaced by renaming (as `Model::save` does), not rewritten.
    let map = unsafe { memmap2::Mmap::map(&file) }.map_err(unreadable)?;
    parse(path, &Buffer::Map(std::sync::Arc::new(map)))
}

/// Reads the table of contents of a weight file that is already in memory.
pub(crate) fn parse(path: &Path, file: &Buffer) -> Result<Checkpoint> {
    let (format, tensors) = match &file[..] {
        [b'P', b'K', 3, 4, ..] => (Format::Torch, torch::read(file)),
        [_, _, _, _, _, _, _, _, b'{', ..] => (Format::Safetensors, safetensors::read(file)),
        bytes => (Format::Safetensors, Err(unknown(bytes))),
    };
    let unprefixed = tensors.and_then(unprefix);
    let tensors = unprefixed.map_err(|reason| Error::Checkpoint {
        path: path.to_path_buf(),
        reason,
    })?;
    Ok(Checkpoint {
        path: path.to_path_buf(),
        format,
        tensors,
    })
}

/// Guesses what a file of unknown format is, for the error message.
fn unknown(bytes: &[u8]) -> String {
    let what = match bytes {
        [0x80, 2 | 3, ..] => "a bare pickle or a torch file from before version 1.6; save it again with a newer torch",
        [b'v', b'e', b'r', b's', b'i', b'o', b'n', b' ', ..] => "a Git LFS pointer; fetch the file that it stands for",
        [b'<', ..] => "a web page",
        _ => "neither safetensors nor a torch checkpoint (a ZIP archive), or its beginning is damaged",
    };
    format!("expected a safetensors file or a torch checkpoint, found {what}")
}

/// Strips the prefixes that training adds around the network (docs/specification.md, section 2.1).
fn strip_prefixes(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix("_orig_mod.") {
        name = rest;
    }
    let name = name.strip_prefix("model.").unwrap_or(name);
    name.strip_prefix("inner.").unwrap_or(name)
}

fn unprefix(found: Vec<(String, Found)>) -> std::result::Result<BTreeMap<String, Found>, String> {
    let mut tensors = BTreeMap::new();
    for (full, found) in found {
        let name = strip_prefixes(&full).to_owned();
        if tensors.insert(name.clone(), found).is_some() {
            return Err(format!(
                "two tensors are called `{}` once prefixes are stripped, one of them is `{}`",
                name.escape_debug(),
                full.escape_debug()
            ));
        }
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::strip_prefixes;

    #[test]
    fn prefixes_come_off_in_their_order_only() {
        for (full, name) in [
            ("_orig_mod.model.inner.H_init", "H_init"),
            ("_orig_mod._orig_mod.model.inner.H_init", "H_init"),
            ("model.inner.H_init", "H_init"),
            ("inner.H_init", "H_init"),
            ("_orig_mod.H_init", "H_init"),
            ("H_init", "H_init"),
            ("inner.model.H_init", "model.H_init"),
            ("models.H_init", "models.H_init"),
        ] {
            assert_eq!(strip_prefixes(full), name);
        }
    }
}
