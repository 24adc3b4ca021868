//! Arguments as Python gives them. What an argument cannot be is refused by the package's own errors, as everything else.

use std::borrow::Cow;
use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use crate::errors::{tried, unexpected};

/// Shortens a long text to its beginning, as errors tell it.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    const SHORT: usize = 60;
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// Words what was found in the place of something else.
pub(crate) fn found(given: &Bound<'_, PyAny>) -> String {
    match given.repr() {
        Ok(text) => {
            let text = text.to_string_lossy();
            // An array has lines.
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            short(&text).into_owned()
        }
        // A number of more digits than Python writes, for one.
        Err(_) => given.get_type().to_string(),
    }
}

fn refused(argument: &str, expected: &str, given: &Bound<'_, PyAny>) -> PyErr {
    unexpected(argument, expected, found(given))
}

/// Reads a text.
pub(crate) fn text(argument: &str, given: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = given.cast::<PyString>().ok().and_then(|text| text.extract().ok());
    text.ok_or_else(|| refused(argument, "a text", given))
}

/// Reads the name of a file, a folder, or what else may stand there.
pub(crate) fn path(argument: &str, given: &Bound<'_, PyAny>) -> PyResult<PathBuf> {
    let path = tried(given.py(), given.extract::<PathBuf>())?.ok();
    let path = path.filter(|path| !path.as_os_str().is_empty());
    path.ok_or_else(|| refused(argument, "a path or a name", given))
}

/// Whether this is True or False, be it NumPy's or torch's: to Python, True is the number 1.
fn is_truth(given: &Bound<'_, PyAny>) -> PyResult<bool> {
    if given.is_instance_of::<PyBool>() {
        return Ok(true);
    }
    // The cells of a board are many.
    if given.is_instance_of::<PyInt>() || given.is_instance_of::<PyFloat>() {
        return Ok(false);
    }
    let dtype = given.getattr("dtype").and_then(|dtype| dtype.str());
    let is_truth = |dtype: Bound<'_, PyString>| matches!(&*dtype.to_string_lossy(), "bool" | "torch.bool");
    Ok(tried(given.py(), dtype)?.is_ok_and(is_truth))
}

/// Returns the argument as a number of a kind, if it is one.
pub(crate) fn numeric<'a, 'py, T: FromPyObject<'a, 'py>>(given: &'a Bound<'py, PyAny>) -> PyResult<Option<T>> {
    if is_truth(given)? {
        return Ok(None);
    }
    Ok(tried(given.py(), given.extract().map_err(Into::into))?.ok())
}

/// Reads a whole number of at least 1.
pub(crate) fn count(argument: &str, given: &Bound<'_, PyAny>) -> PyResult<usize> {
    let number: i64 = numeric(given)?.ok_or_else(|| refused(argument, "a whole number of at most 64 bits", given))?;
    let number = usize::try_from(number).ok().filter(|&number| number > 0);
    number.ok_or_else(|| refused(argument, "1 or more", given))
}

/// Reads a number.
pub(crate) fn number(argument: &str, given: &Bound<'_, PyAny>) -> PyResult<f32> {
    numeric(given)?.ok_or_else(|| refused(argument, "a number", given))
}

fn flag(argument: &str, given: &Bound<'_, PyAny>) -> PyResult<bool> {
    tried(given.py(), given.extract())?.map_err(|_| refused(argument, "True or False", given))
}

/// Readers of flags, each with the name that errors call it by.
macro_rules! flags {
    ($($name:ident)*) => {$(
        pub(crate) fn $name(given: &Bound<'_, PyAny>) -> PyResult<bool> {
            flag(stringify!($name), given)
        }
    )*};
}

flags!(blank_identifier curve logits states trace);
