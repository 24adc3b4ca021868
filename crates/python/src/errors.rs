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
    /// What was expected, and what was found.
    parts: (Option<String>, Option<String>),
    line: Option<usize>,
    column: Option<usize>,
    /// The system's number of the error, and the file.
    system: Option<(i32, String)>,
}

/// Returns the exception for an error of the library.
pub(crate) fn raise(error: Error) -> PyErr {
    let message = error.to_string();
    let of = |class, place, reason: &str| Details {
        class,
        place,
        parts: parts(reason),
        ..Details::default()
    };
    let details = match &error {
        // The system words these; a path may say anything.
        Error::Io { path, source, .. } => Details {
            system: source.raw_os_error().map(|number| (number, path.display().to_string())),
            ..of("FileError", Some(path.display().to_string()), "")
        },
        Error::NoModel { what, reason } => of("ModelError", Some(what.clone()), reason),
        Error::Config { path, reason, .. } | Error::Checkpoint { path, reason, .. } => {
            of("ModelError", Some(path.display().to_string()), reason)
        }
        Error::Tensors { path, .. } => of("ModelError", Some(path.display().to_string()), &message),
        Error::NotFinite { tensor, .. } => of("ModelError", Some(tensor.clone()), &message),
        Error::Puzzle { at, reason, .. } => Details {
            line: at.as_ref().map(|at| at.line).filter(|&line| line > 0),
            column: at.as_ref().map(|at| at.column).filter(|&column| column > 0),
            ..of("PuzzleError", at.as_ref().map(ToString::to_string), reason)
        },
        Error::Input { what, reason, .. } => of("InputError", Some(what.clone()), reason),
        Error::Usage(reason) => of("UsageError", argument(reason), reason),
        Error::Device { .. } | Error::DeviceLost { .. } | Error::OutOfMemory { .. } | Error::Gpu { .. } => {
            of("DeviceError", Some("device".to_owned()), &message)
        }
        // Whatever a later version of the library may add.
        _ => of("Error", None, &message),
    };
    raised(&message, &details)
}

/// The argument that a message begins with: "tries: expected …".
fn argument(reason: &str) -> Option<String> {
    let (name, _) = reason.split_once(": ")?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_name.then(|| name.to_owned())
}

/// Passes on what is no [`PyException`], Ctrl-C for one, which is to be obeyed; an error that is one is handed back.
pub(crate) fn tried<T>(py: Python<'_>, result: PyResult<T>) -> PyResult<PyResult<T>> {
    match result {
        Err(error) if !error.is_instance_of::<PyException>(py) => Err(error),
        other => Ok(other),
    }
}

fn raised(message: &str, details: &Details) -> PyErr {
    Python::attach(|py| exception(py, message, details).map_or_else(|error| error, PyErr::from_value))
}

/// Returns the exception for an option that cannot be what it is.
pub(crate) fn usage(argument: &str, reason: impl Display) -> PyErr {
    let reason = reason.to_string();
    refused(argument, &reason, parts(&reason))
}

/// As [`usage`], for an option that is something else than what was expected.
pub(crate) fn unexpected(argument: &str, expected: &str, found: String) -> PyErr {
    let reason = format!("expected {expected}, found {found}");
    refused(argument, &reason, (Some(expected.to_owned()), Some(found)))
}

fn refused(argument: &str, reason: &str, parts: (Option<String>, Option<String>)) -> PyErr {
    let details = Details {
        class: "UsageError",
        place: Some(argument.to_owned()),
        parts,
        ..Details::default()
    };
    raised(&format!("{argument}: {reason}"), &details)
}

/// Returns the exception for an input that is not what it should be.
pub(crate) fn input(what: impl Into<String>, reason: impl Into<String>) -> PyErr {
    let (what, reason) = (what.into(), reason.into());
    raise(Error::Input { what, reason })
}

/// Says of an error of the package at which place of a list it is: "puzzles[2]". Line and column stay.
pub(crate) fn placed(py: Python<'_>, error: PyErr, place: &str) -> PyErr {
    let told = || {
        let value = error.value(py);
        if value.is_instance(&py.import("hrm._errors")?.getattr("Error")?)? {
            value.setattr("args", (format!("{place}: {}", value.str()?),))?;
            value.setattr("where", place)?;
        }
        PyResult::Ok(())
    };
    told().err().unwrap_or(error)
}

fn exception<'py>(py: Python<'py>, message: &str, details: &Details) -> PyResult<Bound<'py, PyAny>> {
    let class = py.import("hrm._errors")?.getattr(details.class)?;
    let error = class.call1((message,))?;
    let (expected, found) = &details.parts;
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
fn parts(message: &str) -> (Option<String>, Option<String>) {
    let Some((_, rest)) = message.split_once("expected ") else {
        return (None, None);
    };
    match rest.split_once(", found ") {
        Some((expected, found)) => {
            let end = found.find(": ").unwrap_or(found.len());
            (Some(expected.to_owned()), Some(found[..end].to_owned()))
        }
        None => (Some(rest.to_owned()), None),
    }
}
