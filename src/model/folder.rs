//! Where models are found, and how a model folder is written (`config.json` + `model.safetensors`).

use super::Model;
use super::checkpoint::{self, Checkpoint};
use super::config::Task;
use super::config::files::{self, CONFIG_FILES, Card, Declared};
use super::weights::{Buffer, Dtype, round, widen};
use crate::error::{Error, Result};
use crate::files::write_whole;
use safetensors::tensor::{Dtype as Stored, Metadata, TensorInfo};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The weight file of a model folder.
const WEIGHTS_FILE: &str = "model.safetensors";
/// Elements that are converted at once while saving.
const CHUNK: usize = 1 << 18;

/// Models that are part of the program: name and task.
pub const BUNDLED: [(&str, Task); 2] = [("sudoku", Task::Sudoku), ("maze", Task::Maze)];
/// `config.json` and `model.safetensors` of each, in the same order.
static BUNDLED_FILES: [(&str, &[u8]); BUNDLED.len()] = [
    (
        include_str!("../../weights/sudoku/config.json"),
        include_bytes!("../../weights/sudoku/model.safetensors"),
    ),
    (
        include_str!("../../weights/maze/config.json"),
        include_bytes!("../../weights/maze/model.safetensors"),
    ),
];

/// A model's files, read but not yet compared.
pub(super) struct Files {
    pub name: String,
    pub checkpoint: Checkpoint,
    /// What the configuration files say, or why that cannot be known.
    pub declared: Result<Declared>,
}

impl Files {
    /// The model at `path`: a weight file, or the folder that holds one.
    pub fn open(path: &Path) -> Result<Files> {
        let no_model = |reason: String| Error::NoModel {
            what: path.display().to_string(),
            reason,
        };
        let metadata = path.metadata().map_err(|e| no_model(e.to_string()))?;
        let (weights, folder) = match metadata.is_dir() {
            true => (weights_in(path).map_err(no_model)?, path.to_path_buf()),
            false => (path.to_path_buf(), path.parent().unwrap_or(Path::new("")).to_path_buf()),
        };
        // `.` and `..` have names too, once they are resolved.
        let named = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let name = named
            .file_name()
            .unwrap_or(named.as_os_str())
            .to_string_lossy()
            .into_owned();
        Ok(Files {
            name,
            checkpoint: checkpoint::read(&weights)?,
            declared: files::read(&folder),
        })
    }

    /// The bundled model `name`.
    pub fn bundled(name: &str) -> Result<Files> {
        let index = BUNDLED
            .iter()
            .position(|(bundled, _)| *bundled == name)
            .ok_or_else(|| Error::NoModel {
                what: name.to_owned(),
                reason: format!("no bundled model has this name (there are: {})", bundled_names()),
            })?;
        let (config, weights) = BUNDLED_FILES[index];
        Files::parts(name, Path::new("bundled"), config, weights)
    }

    /// The two files of a model folder that is part of the program.
    pub fn parts(name: &str, folder: &Path, config: &str, weights: &'static [u8]) -> Result<Files> {
        let path = folder.join(name);
        Ok(Files {
            name: name.to_owned(),
            checkpoint: checkpoint::parse(&path.join(WEIGHTS_FILE), &Buffer::Static(weights))?,
            declared: files::own(&path.join(CONFIG_FILES[0]), config),
        })
    }

    /// A path that exists, else the name of a bundled model.
    pub fn find(path_or_name: &str) -> Result<Files> {
        if Path::new(path_or_name).exists() {
            return Files::open(Path::new(path_or_name));
        }
        if BUNDLED.iter().any(|(name, _)| *name == path_or_name) {
            return Files::bundled(path_or_name);
        }
        Err(Error::NoModel {
            what: path_or_name.to_owned(),
            reason: format!(
                "no such file or folder, and no bundled model of this name (there are: {})",
                bundled_names()
            ),
        })
    }
}

fn bundled_names() -> String {
    BUNDLED.map(|(name, _)| name).join(", ")
}

/// The weight file of a folder; the reason where there is none, or no single one.
fn weights_in(folder: &Path) -> std::result::Result<PathBuf, String> {
    let preferred = folder.join(WEIGHTS_FILE);
    if preferred.exists() {
        return Ok(preferred);
    }
    let is_checkpoint = |name: &str| {
        let step = name
            .strip_prefix("step_")
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        step || name == "checkpoint" || name.ends_with(".pt")
    };
    let entries = folder
        .read_dir()
        .map_err(|e| format!("the folder cannot be read: {e}"))?;
    let mut candidates: Vec<String> = entries
        .filter_map(|entry| {
            entry
                .ok()
                .filter(|entry| entry.path().is_file())?
                .file_name()
                .into_string()
                .ok()
        })
        .filter(|name| is_checkpoint(name))
        .collect();
    candidates.sort();
    match &candidates[..] {
        [only] => Ok(folder.join(only)),
        [] => Err(format!(
            "the folder has no {WEIGHTS_FILE} and no checkpoint (`checkpoint`, `step_N`, `*.pt`)"
        )),
        several => Err(format!(
            "the folder has several checkpoints, name one of: {}",
            several.join(", ")
        )),
    }
}

impl Model {
    /// Writes the model folder `dir` (made if it is not there): `config.json` and `model.safetensors`, with tensors in
    /// `dtype`, or as they are stored. Each file appears whole or not at all, and no tensor is copied in memory.
    ///
    /// [`Error::Io`] where writing fails, [`Error::NotFinite`] where a value is not finite, [`Error::Checkpoint`] where
    /// one is beyond the range of `dtype`.
    pub fn save(&self, dir: &Path, dtype: Option<Dtype>) -> Result<()> {
        std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        write_whole(&dir.join(WEIGHTS_FILE), |out| self.write_weights(dtype, out))?;
        let card = Card {
            license: self.license.clone(),
            source: self.source.clone(),
            trained_on: self.trained_on.clone(),
            segments_measured: self.segments_measured,
        };
        let path = dir.join(CONFIG_FILES[0]);
        write_whole(&path, |out| {
            serde_json::to_writer_pretty(&mut *out, &self.config.to_own_file(&card))
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(out))
                .map_err(Error::io("write", &path))
        })
    }

    fn write_weights(&self, dtype: Option<Dtype>, out: &mut impl Write) -> Result<()> {
        let path = self.weights.path();
        let mut tensors: Vec<_> = self
            .weights
            .iter()
            .map(|(name, t)| (name, t, dtype.unwrap_or(t.dtype())))
            .collect();
        // Wide elements first: each tensor then starts at a multiple of its element's size.
        tensors.sort_by_key(|(_, _, dtype)| std::cmp::Reverse(dtype.size()));
        let mut end = 0;
        let infos = tensors.iter().map(|(name, tensor, dtype)| {
            let start = end;
            end += tensor.len() * dtype.size();
            let shape = tensor.shape().to_vec();
            (
                (*name).to_owned(),
                TensorInfo {
                    dtype: stored(*dtype),
                    shape,
                    data_offsets: (start, end),
                },
            )
        });
        let refuse = |reason: String| Error::Checkpoint {
            path: path.to_path_buf(),
            reason,
        };
        let metadata = Metadata::new(None, infos.collect()).map_err(|e| refuse(e.to_string()))?;
        let mut header = serde_json::to_vec(&metadata).map_err(|e| refuse(e.to_string()))?;
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(Error::io("write", path));
        write(&(header.len() as u64).to_le_bytes())?;
        write(&header)?;
        for (name, tensor, dtype) in tensors {
            if tensor.dtype() == dtype {
                write(tensor.bytes())?;
                continue;
            }
            let mut converted = Vec::new();
            for (chunk, bytes) in tensor.bytes().chunks(CHUNK * tensor.dtype().size()).enumerate() {
                converted.clear();
                round(widen(tensor.dtype(), bytes), dtype, &mut converted);
                if let Some(at) = widen(dtype, &converted).position(|value| !value.is_finite()) {
                    let value = widen(tensor.dtype(), bytes).nth(at).unwrap_or(f32::NAN);
                    let index = chunk * CHUNK + at;
                    let beyond = format!("tensor `{name}` holds {value} at element {index}: too large for {dtype}");
                    return Err(match value.is_finite() {
                        true => refuse(beyond),
                        false => self.weights.not_finite(name, index, value),
                    });
                }
                write(&converted)?;
            }
        }
        Ok(())
    }
}

fn stored(dtype: Dtype) -> Stored {
    match dtype {
        Dtype::F32 => Stored::F32,
        Dtype::F16 => Stored::F16,
        Dtype::BF16 => Stored::BF16,
    }
}
