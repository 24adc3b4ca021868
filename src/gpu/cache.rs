//! Files in the user's cache folder with what is remembered of adapters, by the program's version. An unusable file counts
//! as empty.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files::write_whole;

/// Size in bytes beyond which a file is not read; thousands of shapes take a fraction of it.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct Content<T> {
    /// The version that wrote it: other versions have other shaders.
    hrm: String,
    /// By adapter, backend and driver.
    adapters: BTreeMap<String, T>,
}

/// Returns the folder; None where the system names none.
pub(super) fn folder() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("hrm"))
}

/// Returns the key of an adapter, by its name and backend, in the files. It includes the driver, which may change what is
/// fast, and what is right.
pub(super) fn key(adapter: &str, driver: &str) -> String {
    format!("{adapter}, {driver}")
}

/// Returns what is remembered of an adapter.
pub(super) fn read<T: DeserializeOwned + Default>(file: &Path, key: &str) -> T {
    content(file).adapters.remove(key).unwrap_or_default()
}

/// Changes what is remembered of an adapter, keeping what this or another program has written of others meanwhile.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
pub(super) fn change<T: Serialize + DeserializeOwned + Default>(
    file: &Path,
    key: &str,
    change: impl FnOnce(&mut T),
) -> Result<()> {
    let mut content = content(file);
    change(content.adapters.entry(key.to_owned()).or_default());
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

fn content<T: DeserializeOwned>(file: &Path) -> Content<T> {
    let mut text = Vec::new();
    // Opening a pipe would wait for its writer.
    let read = match file.is_file() {
        true => File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut text)),
        false => Ok(0),
    };
    let content = read.ok().and_then(|_| serde_json::from_slice::<Content<T>>(&text).ok());
    content
        .filter(|content| content.hrm == env!("CARGO_PKG_VERSION"))
        .unwrap_or_else(|| Content {
            hrm: env!("CARGO_PKG_VERSION").to_owned(),
            adapters: BTreeMap::new(),
        })
}
