//! The file of remembered choices. An unusable file counts as empty: products are merely timed again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Choices;
use crate::error::{Error, Result};
use crate::files::write_whole;

/// Size in bytes beyond which the file is not read; thousands of shapes take a fraction of it.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    /// The version that timed them: other versions have other shaders.
    hrm: String,
    /// Choices by adapter, backend and driver.
    adapters: BTreeMap<String, Choices>,
}

/// Returns the path of the file in a folder.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("autotune.json")
}

/// Returns the choices remembered for an adapter.
pub(super) fn read(file: &Path, adapter: &str) -> Choices {
    content(file).adapters.remove(adapter).unwrap_or_default()
}

/// Adds choices for an adapter, keeping those that this or another program has written meanwhile.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(super) fn add(file: &Path, adapter: &str, new: &Choices) -> Result<()> {
    let mut content = content(file);
    let known = content.adapters.entry(adapter.to_owned()).or_default();
    known.extend(new.clone());
    write_whole(file, |out| {
        let write = serde_json::to_writer_pretty(out, &content).map_err(std::io::Error::from);
        write.map_err(Error::io("write", file))
    })
}

/// Returns whether the file's folder can be written to; creates the folder.
pub(super) fn can_be_written(file: &Path) -> bool {
    let writable = |folder: &Path| fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    file.parent().is_some_and(|folder| writable(folder).is_ok()) && !file.is_dir()
}

fn content(file: &Path) -> Content {
    let mut text = Vec::new();
    // Opening a pipe would wait for its writer.
    let read = match file.is_file() {
        true => File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut text)),
        false => Ok(0),
    };
    let content = read.ok().and_then(|_| serde_json::from_slice::<Content>(&text).ok());
    content
        .filter(|content| content.hrm == env!("CARGO_PKG_VERSION"))
        .unwrap_or_else(|| Content {
            hrm: env!("CARGO_PKG_VERSION").to_owned(),
            adapters: BTreeMap::new(),
        })
}
