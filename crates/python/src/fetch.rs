//! Models and data sets of a hub: fetched in a thread of their own, told to `logging`, ended by Ctrl-C.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hrm::error::{Error, Result};
use hrm::tasks::Task;
use hrm_hub::{Address, Kind, Watch};
use pyo3::prelude::*;

use crate::errors::raise;
use crate::wait::aside;

/// Returns what is given in the place of a model as a path or a bundled name, with the task that the catalogue knows.
pub(crate) fn model(py: Python<'_>, given: PathBuf) -> PyResult<(PathBuf, Option<Task>)> {
    match Address::of_path(&given, Kind::Model) {
        None => Ok((given, None)),
        Some(_) => fetched(py, |fetch| hrm_hub::model(given, fetch)),
    }
}

/// Returns what is given in the place of a data set as a path.
pub(crate) fn data(py: Python<'_>, given: &Path) -> PyResult<PathBuf> {
    let given = given.to_path_buf();
    match Address::of_path(&given, Kind::Data) {
        None => Ok(given),
        Some(_) => fetched(py, move |fetch| hrm_hub::data(&given, fetch)),
    }
}

/// Fetches while other threads of Python go on. After Ctrl-C the thread ends as soon as the hub lets it.
fn fetched<T: Send + 'static>(py: Python<'_>, work: impl FnOnce(&Fetch) -> Result<T> + Send + 'static) -> PyResult<T> {
    let is_cancelled = Arc::new(AtomicBool::new(false));
    let fetch = Fetch(is_cancelled.clone());
    let done = aside(py, move || work(&fetch));
    done.inspect_err(|_| is_cancelled.store(true, Ordering::Relaxed))?
        .map_err(raise)
}

/// Tells the logger `hrm` of a fetch, and ends it once it is cancelled.
struct Fetch(Arc<AtomicBool>);

/// Logs at a level of `logging`, by its name. A fetch goes on where nothing can be logged.
fn log(level: &str, text: &str) {
    let _ = Python::try_attach(|py| {
        let logger = py.import("logging")?.call_method1("getLogger", ("hrm",))?;
        logger.call_method1(level, ("%s", text)).map(drop)
    });
}

impl Watch for Fetch {
    fn note(&self, text: &str) {
        log("warning", text);
    }

    fn begin(&self, file: &str, bytes: Option<u64>) {
        let size = bytes.map_or(String::new(), |bytes| format!(", {bytes} bytes"));
        log("info", &format!("fetching {file}{size}"));
    }

    fn arrived(&self, _: u64) -> Result<()> {
        self.waits()
    }

    fn waits(&self) -> Result<()> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(Error::Cancelled),
            false => Ok(()),
        }
    }

    fn end(&self) {}
}
