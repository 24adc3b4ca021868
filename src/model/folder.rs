//! Finds models: bundled, in a folder, or in memory.

use super::checkpoint::{self, Checkpoint};
#[cfg(not(target_arch = "wasm32"))]
use super::config::disk;
use super::config::files::{self, Declared, OWN_FILE};
use crate::buffer::Buffer;
use crate::error::{Error, Result};
#[cfg(not(target_arch = "wasm32"))]
use crate::network::families::{by_tensors, definition};
use crate::tasks::Task;
use std::path::Path;

/// The weight file of a model folder.
pub(super) const WEIGHTS_FILE: &str = "model.safetensors";

/// Names of the models that are part of the library.
pub const BUNDLED: [&str; 3] = ["sudoku", "maze", "arc"];

/// The files of a bundled model.
struct Bundled {
    config: &'static str,
    weights: &'static [u8],
    /// The names of the puzzles that it knows, where it tells puzzles apart.
    identifiers: Option<&'static [u8]>,
}

/// The bundled models, in the order of [`BUNDLED`].
static BUNDLED_FILES: [Bundled; BUNDLED.len()] = [
    Bundled {
        config: include_str!("../../weights/sudoku/config.json"),
        weights: include_bytes!("../../weights/sudoku/model.safetensors"),
        identifiers: None,
    },
    Bundled {
        config: include_str!("../../weights/maze/config.json"),
        weights: include_bytes!("../../weights/maze/model.safetensors"),
        identifiers: None,
    },
    Bundled {
        config: include_str!("../../weights/arc/config.json"),
        weights: include_bytes!("../../weights/arc/model.safetensors"),
        identifiers: Some(include_bytes!("../../weights/arc/identifiers.json")),
    },
];

/// A model's files, read but not yet checked against each other.
pub(super) struct Files {
    pub name: String,
    pub checkpoint: Checkpoint,
    /// The contents of the configuration files, or why they cannot be read.
    pub declared: Result<Declared>,
    /// The names of the puzzles of a bundled model.
    pub identifiers: Option<&'static [u8]>,
}

impl Files {
    /// Opens the model at `path`: a weight file, or the folder that holds one. Where another program is just replacing the
    /// files of a model, it is waited for.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn open(path: &Path, average: Option<bool>) -> Result<Files> {
        const TRIES: usize = 100;
        let folder = match path.is_dir() {
            true => path,
            false => path.parent().unwrap_or(Path::new("")),
        };
        let own = || {
            std::fs::metadata(folder.join(OWN_FILE))
                .and_then(|own| own.modified())
                .ok()
        };
        let busy = |before: Option<std::time::SystemTime>| {
            before != own() || (before.is_none() && crate::files::is_being_replaced(folder))
        };
        for _ in 0..TRIES {
            let before = own();
            let files = Files::read(path, average);
            if !busy(before) {
                return files;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Files::read(path, average).map_err(|error| match crate::files::is_being_replaced(folder) {
            true => Error::NoModel {
                what: path.display().to_string(),
                reason: format!("{error}; {}", crate::files::left_aside()),
            },
            false => error,
        })
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn read(path: &Path, average: Option<bool>) -> Result<Files> {
        let no_model = |reason: String| Error::NoModel {
            what: path.display().to_string(),
            reason,
        };
        let metadata = path.metadata().map_err(|e| no_model(e.to_string()))?;
        let weights = match metadata.is_dir() {
            true => weights_in(path).map_err(no_model)?,
            false => path.to_path_buf(),
        };
        // `.` and `..` have names, too, once they are resolved.
        let named = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let name = named
            .file_name()
            .unwrap_or(named.as_os_str())
            .to_string_lossy()
            .into_owned();
        let checkpoint = checkpoint::read(&weights, average)?;
        let tell = by_tensors(&checkpoint.shapes()).is_some_and(|family| !definition(family).needs_settings());
        Ok(Files {
            name,
            declared: disk::read(&weights, checkpoint.inside.as_ref(), tell),
            checkpoint,
            identifiers: None,
        })
    }

    /// Opens the bundled model `name`.
    pub(crate) fn bundled(name: &str, average: Option<bool>) -> Result<Files> {
        let index = BUNDLED
            .iter()
            .position(|bundled| *bundled == name)
            .ok_or_else(|| Error::NoModel {
                what: name.to_owned(),
                reason: format!("no bundled model has this name (there are: {})", bundled_names()),
            })?;
        let Bundled {
            config,
            weights,
            identifiers,
        } = BUNDLED_FILES[index];
        let files = Files::parts(name, Path::new("bundled"), config, &Buffer::Static(weights), average)?;
        Ok(Files { identifiers, ..files })
    }

    /// Reads the two files of a model folder from memory.
    pub(crate) fn parts(
        name: &str,
        folder: &Path,
        config: &str,
        weights: &Buffer,
        average: Option<bool>,
    ) -> Result<Files> {
        let path = folder.join(name);
        Ok(Files {
            name: name.to_owned(),
            checkpoint: checkpoint::parse(&path.join(WEIGHTS_FILE), weights, average)?,
            declared: files::own(&path.join(OWN_FILE), config),
            identifiers: None,
        })
    }

    /// Opens a path that exists, otherwise the bundled model of that name or, without one, of the task's name.
    pub(crate) fn find(path_or_name: Option<&Path>, task: Option<Task>, average: Option<bool>) -> Result<Files> {
        let Some(path_or_name) = path_or_name else {
            let task = task.unwrap_or_default();
            return match BUNDLED.iter().find(|name| **name == task.name()) {
                Some(name) => Files::bundled(name, average),
                None => Err(Error::NoModel {
                    what: format!("task {task}"),
                    reason: "none is bundled for it: name a model of your own".to_owned(),
                }),
            };
        };
        #[cfg(not(target_arch = "wasm32"))]
        if path_or_name.exists() {
            return Files::open(path_or_name, average);
        }
        if let Some(name) = path_or_name.to_str().filter(|name| BUNDLED.contains(name)) {
            return Files::bundled(name, average);
        }
        Err(Error::NoModel {
            what: path_or_name.display().to_string(),
            reason: format!(
                "no such file or folder, and no bundled model of this name (there are: {})",
                bundled_names()
            ),
        })
    }
}

fn bundled_names() -> String {
    BUNDLED.join(", ")
}

/// Beginnings of the names of files that hold what else a trainer has.
#[cfg(not(target_arch = "wasm32"))]
const NO_WEIGHTS: [&str; 5] = ["optimizer", "scheduler", "scaler", "rng_state", "training_args"];

/// Returns the weight file of a folder, or why there is none, or more than one.
#[cfg(not(target_arch = "wasm32"))]
fn weights_in(folder: &Path) -> std::result::Result<std::path::PathBuf, String> {
    let preferred = folder.join(WEIGHTS_FILE);
    if preferred.exists() {
        return Ok(preferred);
    }
    let is_checkpoint = |name: &str| {
        let step = name
            .strip_prefix("step_")
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        let index = name.ends_with(".safetensors.index.json") || name.ends_with(".bin.index.json");
        step || index || name == "checkpoint" || name.ends_with(".pt")
    };
    let entries = folder
        .read_dir()
        .map_err(|e| format!("the folder cannot be read: {e}"))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            entry
                .ok()
                .filter(|entry| entry.path().is_file())?
                .file_name()
                .into_string()
                .ok()
        })
        .filter(|name| !NO_WEIGHTS.iter().any(|other| name.starts_with(other)))
        .collect();
    names.sort();
    let mut candidates: Vec<_> = names.iter().filter(|name| is_checkpoint(name)).collect();
    if candidates.is_empty() {
        let weights = |name: &&String| checkpoint::looks_like_weights(&folder.join(name));
        candidates = names.iter().filter(weights).collect();
    }
    match &candidates[..] {
        [only] => Ok(folder.join(only)),
        [] => Err(format!(
            "the folder has no {WEIGHTS_FILE}, no checkpoint (`checkpoint`, `step_N`, `*.pt`) and no other file with weights"
        )),
        several => {
            let several: Vec<_> = several.iter().map(|name| name.as_str()).collect();
            Err(format!(
                "the folder has several checkpoints, name one of: {}",
                several.join(", ")
            ))
        }
    }
}
