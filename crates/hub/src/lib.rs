//! Models and data sets of a hub, by their names: found in the cache folder that all its clients share, and fetched where
//! they are not there, with the feature `client`. [`catalogue`] knows public checkpoints, and what their files do not say.
//!
//! ```no_run
//! let given = "hub:alphaXiv/trm-model-sudoku".into();
//! let (folder, task) = hrm_hub::model(given, &hrm_hub::Silent)?;
//! # Ok::<(), hrm::error::Error>(())
//! ```

mod address;
#[cfg_attr(not(feature = "client"), allow(dead_code, reason = "who fetches needs the rest"))]
mod cache;
pub mod catalogue;
#[cfg(feature = "client")]
mod checksum;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod download;
mod found;
#[cfg(feature = "client")]
mod refusals;
#[cfg_attr(not(feature = "client"), allow(dead_code, reason = "who fetches needs the rest"))]
mod sample;
mod select;
mod settings;
#[cfg(feature = "client")]
mod tries;
#[cfg(feature = "client")]
mod url;
mod watch;

use std::path::{Path, PathBuf};

use hrm::error::Result;
use hrm::tasks::Task;

pub use address::{Address, Kind};
pub use found::{Fetched, Found};
pub use sample::Rows;
pub use watch::{Silent, Watch};

/// Returns what is given in the place of a model: a path or a name as they are; a name on a hub as the model folder in its
/// cache, with the task that the catalogue knows.
///
/// # Errors
/// [`Error::Usage`](hrm::error::Error::Usage) for what is no name; those of [`Found::of`] and [`Found::opened`].
pub fn model(given: PathBuf, watch: &dyn Watch) -> Result<(PathBuf, Option<Task>)> {
    let Some(address) = Address::of_path(&given, Kind::Model) else {
        return Ok((given, None));
    };
    let address = address?;
    Found::of(&address, false, watch)?.opened(&address)
}

/// Returns what is given in the place of a data set: a path as it is, a name on a hub as what is in its cache.
///
/// # Errors
/// As [`model`].
pub fn data(given: &Path, watch: &dyn Watch) -> Result<PathBuf> {
    match Address::of_path(given, Kind::Data) {
        Some(address) => Ok(Found::of(&address?, false, watch)?.path()),
        None => Ok(given.to_path_buf()),
    }
}
