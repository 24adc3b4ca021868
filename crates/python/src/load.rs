//! Opening models and devices.

use std::path::PathBuf;
use std::sync::Arc;

use hrm::Options;
use hrm::executor::DeviceChoice;
use hrm::gpu::adapters;
use hrm::solve::Solver;
use pyo3::prelude::*;

use crate::errors::raise;
use crate::model::{Model, Opened};
use crate::wait::wait;
use crate::{asked, fetch, given, options, plain};

/// Opens a model on a device.
#[pyfunction]
#[pyo3(signature = (
    model=None, *, task=None, device=None, threads=None, dtype=None, weights=None, identifiers=None,
    blank_identifier=false,
))]
#[allow(clippy::too_many_arguments, reason = "Python names them")]
pub(crate) fn load(
    py: Python<'_>,
    model: Option<&Bound<'_, PyAny>>,
    task: Option<&Bound<'_, PyAny>>,
    device: Option<&Bound<'_, PyAny>>,
    threads: Option<&Bound<'_, PyAny>>,
    dtype: Option<&Bound<'_, PyAny>>,
    weights: Option<&Bound<'_, PyAny>>,
    identifiers: Option<&Bound<'_, PyAny>>,
    #[pyo3(from_py_with = given::blank_identifier)] blank_identifier: bool,
) -> PyResult<Model> {
    let mut chosen = Options::default();
    let task = asked::task(task)?;
    chosen.device = device.map(options::device).transpose()?.unwrap_or_default();
    chosen.threads = threads.map(|number| given::count("threads", number)).transpose()?;
    chosen.dtype = dtype.map(options::dtype).transpose()?;
    chosen.average = weights.map(options::weights).transpose()?;
    chosen.identifiers = identifiers.map(|path| given::path("identifiers", path)).transpose()?;
    chosen.blank_identifier = blank_identifier;
    let model = model.map(|model| given::path("model", model)).transpose()?;
    let found = model.map(|model| fetch::model(py, model)).transpose()?;
    let known = found.as_ref().and_then(|(_, known)| *known);
    chosen.model = found.map(|(model, _)| model);
    chosen.task = task.or(known);
    if chosen.device != DeviceChoice::Cpu {
        quiet_mesa(py)?;
    }
    let solver = wait(py, || Solver::open(&chosen))?.map_err(raise)?;
    let executor = solver.executor().clone();
    Ok(Model(Arc::new(Opened::new(executor, chosen))))
}

/// Silences Mesa's device-select layer, as the command does: without a session's runtime folder it complains on standard
/// error. Python changes its environment itself, which other threads of it may be reading.
fn quiet_mesa(py: Python<'_>) -> PyResult<()> {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| folder.is_empty()) {
        let environment = py.import("os")?.getattr("environ")?;
        environment.call_method1("setdefault", ("NODEVICE_SELECT", "1"))?;
    }
    Ok(())
}

/// Lists the devices: the GPU adapters, in the order in which their numbers count.
#[pyfunction]
pub(crate) fn devices(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    quiet_mesa(py)?;
    let adapters = wait(py, adapters)?.map_err(raise)?;
    plain(py, &adapters)
}

/// Reads what `hrm.solve` and its like open a model by, in one form for all that mean the same.
#[pyfunction(name = "_names")]
pub(crate) fn names(
    model: Option<&Bound<'_, PyAny>>,
    task: Option<&Bound<'_, PyAny>>,
    device: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Option<PathBuf>, Option<&'static str>, String)> {
    let model = model.map(|model| given::path("model", model)).transpose()?;
    let task = asked::task(task)?.map(|task| task.name());
    let device: DeviceChoice = device.map(options::device).transpose()?.unwrap_or_default();
    Ok((model, task, device.to_string()))
}
