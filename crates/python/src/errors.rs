//! Errors of the library as exceptions.

use std::fmt::Display;

use hrm::error::Error;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

/// What an exception carries beside its message.
#[derive(Default)]
struct Details {
    class: &'static str,
    place: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    /// What was expected and what was found, where the message does not have to be asked.
    known: Option<(String, String)>,
    /// The system's number of the error, and the file.
    system: Option<(i32, String)>,
}

/// Returns the exception for an error of the library.
pub(crate) fn raise(error: Error) -> PyErr {
    let of = |class, place| Details {
        class,
        place,
        ..Details::default()
    };
    let details = match &error {
        Error::Io { path, source, .. } => Details {
            system: source.raw_os_error().map(|number| (number, path.display().to_string())),
            ..of("FileError", Some(path.display().to_string()))
        },
        Error::NoModel { what, .. } => of("ModelError", Some(what.clone())),
        Error::Config { path, .. } | Error::Checkpoint { path, .. } | Error::Tensors { path, .. } => {
            of("ModelError", Some(path.display().to_string()))
        }
        Error::NotFinite { tensor, .. } => of("ModelError", Some(tensor.clone())),
        Error::Puzzle { at, .. } => Details {
            line: at.as_ref().map(|at| at.line).filter(|&line| line > 0),
            column: at.as_ref().map(|at| at.column).filter(|&column| column > 0),
            ..of("PuzzleError", at.as_ref().map(ToString::to_string))
        },
        Error::Input { what, .. } => of("InputError", Some(what.clone())),
        Error::Usage(reason) => of("UsageError", argument(reason)),
        Error::Device { .. } | Error::DeviceLost { .. } | Error::OutOfMemory { .. } | Error::Gpu { .. } => {
            of("DeviceError", Some("device".to_owned()))
        }
        // Whatever a later version of the library may add.
        _ => of("Error", None),
    };
    let said = match &error {
        // The system words these; a path may say anything.
        Error::Io { .. } => String::new(),
        Error::Puzzle { reason, .. }
        | Error::Input { reason, .. }
        | Error::NoModel { reason, .. }
        | Error::Config { reason, .. }
        | Error::Checkpoint { reason, .. }
        | Error::Usage(reason) => reason.clone(),
        other => other.to_string(),
    };
    raised(&error.to_string(), &said, &details)
}

/// The argument that a message begins with: "tries: expected …".
fn argument(reason: &str) -> Option<String> {
    let (name, _) = reason.split_once(": ")?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_name.then(|| name.to_owned())
}

/// Passes on what somebody wants to be obeyed, Ctrl-C for one; what went wrong is the inner error.
pub(crate) fn tried<T>(py: Python<'_>, result: PyResult<T>) -> PyResult<PyResult<T>> {
    match result {
        Err(error) if !error.is_instance_of::<PyException>(py) => Err(error),
        other => Ok(other),
    }
}

/// `said` is the part of the message that tells what was expected and found.
fn raised(message: &str, said: &str, details: &Details) -> PyErr {
    Python::attach(|py| exception(py, message, said, details).map_or_else(|error| error, PyErr::from_value))
}

/// Returns the exception for an option that cannot be what it is.
pub(crate) fn usage(argument: &str, reason: impl Display) -> PyErr {
    let details = Details {
        class: "UsageError",
        place: Some(argument.to_owned()),
        ..Details::default()
    };
    let reason = reason.to_string();
    raised(&format!("{argument}: {reason}"), &reason, &details)
}

/// As [`usage`], of an option that is something else than what was expected.
pub(crate) fn unexpected(argument: &str, expected: &str, found: String) -> PyErr {
    let message = format!("{argument}: expected {expected}, found {found}");
    let details = Details {
        class: "UsageError",
        place: Some(argument.to_owned()),
        known: Some((expected.to_owned(), found)),
        ..Details::default()
    };
    raised(&message, "", &details)
}

/// Returns the exception for an input that is not what it should be.
pub(crate) fn input(what: impl Into<String>, reason: impl Into<String>) -> PyErr {
    let (what, reason) = (what.into(), reason.into());
    raise(Error::Input { what, reason })
}

fn exception<'py>(py: Python<'py>, message: &str, said: &str, details: &Details) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("hrm._errors")?.getattr(details.class)?;
    let error = class.call1((message,))?;
    let (expected, found) = match &details.known {
        Some((expected, found)) => (Some(expected.as_str()), Some(found.as_str())),
        None => parts(said),
    };
    error.setattr("expected", expected)?;
    error.setattr("found", found)?;
    error.setattr("where", &details.place)?;
    error.setattr("line", details.line)?;
    error.setattr("column", details.column)?;
    if let Some((number, file)) = &details.system {
        error.setattr("errno", number)?;
        error.setattr("filename", file)?;
    }
    Ok(error)
}

/// What a message says was expected, and what was found: "… expected 81 cells, found 80".
fn parts(message: &str) -> (Option<&str>, Option<&str>) {
    let Some((_, rest)) = message.split_once("expected ") else {
        return (None, None);
    };
    let end = |text: &'static str| move |rest: &str| rest.find(text).unwrap_or(rest.len());
    match rest.split_once(", found ") {
        Some((expected, found)) => (Some(expected), Some(&found[..end(": ")(found)])),
        None => (Some(rest), None),
    }
}
