//! Options as Python gives them.

use hrm::Options;
use hrm::model::Dtype;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::usage;

/// Reads a word of a few: "halt: expected one of `fixed`, …, found `x`".
fn word<T: DeserializeOwned>(option: &str, word: &str) -> PyResult<T> {
    serde_json::from_value(Value::String(word.to_owned())).map_err(|error| {
        let error = error.to_string();
        let expected = error.split_once("expected ").map_or(&*error, |(_, expected)| expected);
        usage(format!("{option}: expected {expected}, found `{word}`"))
    })
}

/// Reads a number of at least 1.
pub(crate) fn count(option: &str, number: i64) -> PyResult<usize> {
    usize::try_from(number)
        .ok()
        .filter(|&number| number > 0)
        .ok_or_else(|| usage(format!("{option}: expected 1 or more, found {number}")))
}

/// Reads the options of a run into `options`: what `solve`, `stream` and `evaluate` take by name.
pub(crate) fn thinking(options: &mut Options, given: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    for (name, value) in given.into_iter().flatten() {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        let whole = || count(&name, value.extract::<i64>()?).map(Some);
        match &*name {
            "halt" => options.halt = Some(word(&name, value.extract()?)?),
            "segments" => options.segments = whole()?,
            "tries" => options.tries = whole()?,
            "variants" => options.variants = Some(word(&name, value.extract()?)?),
            "noise" => options.noise = Some(value.extract()?),
            "batch" => options.batch = whole()?,
            _ => {
                return Err(PyTypeError::new_err(format!(
                    "expected the options halt, segments, tries, variants, noise or batch, found '{name}'"
                )));
            }
        }
    }
    Ok(())
}

/// Reads which of a file's weights are meant.
pub(crate) fn weights(name: &str) -> PyResult<bool> {
    match name {
        "ema" => Ok(true),
        "raw" => Ok(false),
        _ => Err(usage(format!("weights: expected \"ema\" or \"raw\", found \"{name}\""))),
    }
}

/// Reads a precision: its name, or what NumPy or torch call it.
pub(crate) fn dtype(given: &Bound<'_, PyAny>) -> PyResult<Dtype> {
    let text = given.str()?.to_string();
    let name = text.trim_end_matches("'>");
    match name.rsplit(['.', '\'']).next().unwrap_or(name) {
        "f32" | "float32" => Ok(Dtype::F32),
        "f16" | "float16" | "half" => Ok(Dtype::F16),
        _ => Err(usage(format!("dtype: expected \"f32\" or \"f16\", found {text}"))),
    }
}
