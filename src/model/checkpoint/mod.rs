//! Readers of weight files. The format is detected by content, never by file name; nothing in a file is ever executed.
//!
//! A reader gives the state_dicts of a file, `state` chooses among them and takes the wrappers off the names.

mod prefixes;
mod safetensors;
#[cfg(not(target_arch = "wasm32"))]
mod shards;
mod state;

// Pages load model folders, and would download these readers for nothing.
#[cfg(not(target_arch = "wasm32"))]
mod dicts;
#[cfg(not(target_arch = "wasm32"))]
mod input;
#[cfg(not(target_arch = "wasm32"))]
mod inside;
#[cfg(not(target_arch = "wasm32"))]
mod legacy;
#[cfg(not(target_arch = "wasm32"))]
mod literals;
#[cfg(not(target_arch = "wasm32"))]
mod opcodes;
#[cfg(not(target_arch = "wasm32"))]
mod pickle;
#[cfg(not(target_arch = "wasm32"))]
mod torch;
#[cfg(not(target_arch = "wasm32"))]
mod values;

#[cfg(not(target_arch = "wasm32"))]
pub(in crate::model) use safetensors::scales_name;

use super::tensor::Tensor;
use super::weights::Weights;
use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::network::PUZZLE_TABLE;
use crate::network::config::Config;
use crate::network::keys::Shapes;
use crate::network::value::Map;
use crate::ordered;
#[cfg(not(target_arch = "wasm32"))]
use crate::source::Source;
use state::Group;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A format of weight files that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// A safetensors file, or several with their index.
    Safetensors,
    /// A file that `torch.save` wrote (docs/specification.md, section 2.2).
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
    /// What the file has in the place of tensors, in words.
    pub others: BTreeMap<String, String>,
    /// Which weights were chosen, where there are several: one sentence each.
    pub notes: Vec<String>,
    /// The configuration inside the file, if there is one.
    #[cfg_attr(
        target_arch = "wasm32",
        allow(dead_code, reason = "a page is given the configuration")
    )]
    pub inside: Option<Map>,
}

/// The state_dicts of a file, and its configuration if that is inside it.
type Parts = (Vec<Group<Found>>, Option<Map>);

/// The weights of a file, chosen from what it has.
#[derive(Default)]
struct Contents {
    tensors: BTreeMap<String, Found>,
    others: BTreeMap<String, String>,
    notes: Vec<String>,
}

impl Checkpoint {
    pub(crate) fn shapes(&self) -> Shapes<'_> {
        ordered::map(
            self.tensors
                .iter()
                .map(|(name, found)| (name.as_str(), &found.shape[..])),
        )
    }

    /// Checks that all weights but the table of puzzles, of which a row is checked when it is used, are finite.
    pub(crate) fn check_finite(&self, config: &Config) -> Result<()> {
        for (name, _) in config.tensors() {
            let tensor = self.tensors.get(&name).and_then(|found| found.tensor.as_ref());
            let Some(tensor) = tensor.filter(|_| name != PUZZLE_TABLE) else {
                continue;
            };
            if let Some((index, value)) = tensor.first_not_finite()? {
                return Err(Error::NotFinite {
                    path: self.path.clone(),
                    tensor: name,
                    index,
                    value,
                });
            }
        }
        Ok(())
    }

    /// Keeps the tensors that `config` names, as weights. Small ones are read at once, large ones when they are laid out
    /// for a device: there is no second copy of them in memory.
    pub(crate) fn into_weights(mut self, config: &Config) -> Result<Weights> {
        const SMALL: usize = 1 << 16;
        let names = config.tensors().into_iter().map(|(name, _)| name);
        let tensors = names.filter_map(|name| {
            let tensor = self.tensors.remove(&name)?.tensor?;
            let small = name != PUZZLE_TABLE && tensor.size() <= SMALL;
            let tensor = if small { tensor.loaded() } else { Ok(tensor) };
            Some(tensor.map(|tensor| (name, tensor)))
        });
        let tensors = tensors.collect::<Result<Vec<_>>>()?;
        Ok(Weights::new(self.path, tensors))
    }
}

/// Opens the file at `path` and reads its table of contents; `average` chooses among its weights, as
/// [`Options::average`](crate::Options::average).
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn read(path: &Path, average: Option<bool>) -> Result<Checkpoint> {
    let unreadable = |reason| Error::Checkpoint {
        path: path.to_path_buf(),
        reason,
    };
    let source = Source::open(path).map_err(unreadable)?;
    let file = Buffer::File(std::sync::Arc::new(source));
    let head = file.read(0..HEAD).map_err(unreadable)?;
    if head.get(8) != Some(&b'{') && head.trim_ascii_start().starts_with(b"{") {
        let groups = shards::read(path, &file).map(|groups| (groups, None));
        return assembled(path, Format::Safetensors, groups, average);
    }
    parse(path, &file, average)
}

/// Bytes at the beginning of a file that tell what it is.
const HEAD: usize = 512;

/// Reads the table of contents of a weight file that is already in memory.
pub(crate) fn parse(path: &Path, file: &Buffer, average: Option<bool>) -> Result<Checkpoint> {
    let (format, parts) = parts(file);
    assembled(path, format, parts, average)
}

fn assembled(
    path: &Path,
    format: Format,
    parts: std::result::Result<Parts, String>,
    average: Option<bool>,
) -> Result<Checkpoint> {
    let path = path.to_path_buf();
    match parts.and_then(|(groups, inside)| Ok((state::choose(groups, average)?, inside))) {
        Ok((Contents { tensors, others, notes }, inside)) => Ok(Checkpoint {
            path,
            format,
            tensors,
            others,
            notes,
            inside,
        }),
        Err(reason) => Err(Error::Checkpoint { path, reason }),
    }
}

/// Reads the state_dicts of a file, and its configuration.
fn parts(file: &Buffer) -> (Format, std::result::Result<Parts, String>) {
    let head = match file.read(0..HEAD) {
        Ok(head) => head,
        Err(error) => return (Format::Safetensors, Err(error)),
    };
    match &head[..] {
        #[cfg(target_arch = "wasm32")]
        [b'P', b'K', 3, 4, ..] => (
            Format::Torch,
            Err(
                "expected a safetensors file, found a ZIP archive: `hrm convert` makes a model folder of a checkpoint"
                    .into(),
            ),
        ),
        #[cfg(not(target_arch = "wasm32"))]
        [b'P', b'K', 3, 4, ..] => (Format::Torch, torch::read(file)),
        #[cfg(not(target_arch = "wasm32"))]
        bytes if legacy::magic(bytes).is_some() => (Format::Torch, legacy::read(file)),
        [_, _, _, _, _, _, _, _, b'{', ..] => {
            let group = |tensors| Group {
                path: String::new(),
                tensors,
                others: Vec::new(),
            };
            (
                Format::Safetensors,
                safetensors::read(file).map(|tensors| (vec![group(tensors)], None)),
            )
        }
        bytes => (Format::Safetensors, Err(unknown(bytes))),
    }
}

/// Returns true for a file that begins as weight files do; what else is in it is not asked.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn looks_like_weights(path: &Path) -> bool {
    use std::io::Read;
    let (mut head, Ok(file)) = (Vec::new(), std::fs::File::open(path)) else {
        return false;
    };
    // The first entries of an archive of torch's are called so.
    let of_torch = |head: &[u8]| {
        [&b"/data.pkl"[..], b"/byteorder", b"/.format_version"]
            .iter()
            .any(|name| head.windows(name.len()).any(|window| window == *name))
    };
    match file.take(HEAD as u64).read_to_end(&mut head) {
        Ok(_) => match &head[..] {
            [b'P', b'K', 3, 4, ..] => of_torch(&head),
            [_, _, _, _, _, _, 0, 0, b'{', ..] => true,
            head => legacy::magic(head).is_some(),
        },
        Err(_) => false,
    }
}

/// Guesses what a file of unknown format is, for the error message.
fn unknown(bytes: &[u8]) -> String {
    let what = match bytes {
        [0x80, 0..=5, ..] => "a bare pickle, which holds no tensors of torch; save the weights with torch.save",
        [b'v', b'e', b'r', b's', b'i', b'o', b'n', b' ', ..] => "a Git LFS pointer; fetch the file that it stands for",
        [b'<', ..] => "a web page",
        _ => "neither safetensors nor a torch checkpoint (a ZIP archive), or its beginning is damaged",
    };
    format!("expected a safetensors file or a torch checkpoint, found {what}")
}
