//! Models and data sets of a hub: fetched while other threads of Python go on, told to `logging`, ended by Ctrl-C.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Instant;

use hrm::error::{Error, Result};
use hrm::tasks::Task;
use hrm_hub::{Address, Kind, Watch};
use pyo3::prelude::*;

use crate::errors::raise;
use crate::wait::LOOK;

/// Returns what is given in the place of a model as a path or a bundled name, with the task that the catalogue knows.
pub(crate) fn model(py: Python<'_>, given: PathBuf) -> PyResult<(PathBuf, Option<Task>)> {
    match Address::of_path(&given, Kind::Model) {
        None => Ok((given, None)),
        Some(_) => fetched(py, |fetch| hrm_hub::model(given, fetch)),
    }
}

/// Returns what is given in the place of a data set as a path.
pub(crate) fn data(py: Python<'_>, given: &Path) -> PyResult<PathBuf> {
    match Address::of_path(given, Kind::Data) {
        None => Ok(given.to_path_buf()),
        Some(_) => fetched(py, |fetch| hrm_hub::data(given, fetch)),
    }
}

fn fetched<T: Send>(py: Python<'_>, work: impl FnOnce(&Fetch) -> Result<T> + Send) -> PyResult<T> {
    py.detach(|| {
        let fetch = Fetch {
            looked: Cell::new(Instant::now()),
            raised: RefCell::new(None),
        };
        let done = work(&fetch);
        match fetch.raised.take() {
            Some(raised) => Err(raised),
            None => done.map_err(raise),
        }
    })
}

/// Tells the logger `hrm` of a fetch, and ends it where a signal handler raises something.
struct Fetch {
    looked: Cell<Instant>,
    raised: RefCell<Option<PyErr>>,
}

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
        if self.looked.get().elapsed() < LOOK {
            return Ok(());
        }
        self.looked.set(Instant::now());
        Python::attach(|py| py.check_signals()).map_err(|raised| {
            self.raised.replace(Some(raised));
            Error::Cancelled
        })
    }

    fn end(&self) {}
}
