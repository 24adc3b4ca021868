//! Options as Python gives them.

use hrm::Options;
use hrm::executor::DeviceChoice;
use hrm::model::Dtype;
use hrm::picture::Theme;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::errors::{tried, unexpected, usage};
use crate::given::{count, found, number, numeric, short, text};

/// Reads a word of a few: "halt: expected one of `fixed`, …, found `x`".
pub(crate) fn word<T: DeserializeOwned>(option: &str, given: &Bound<'_, PyAny>) -> PyResult<T> {
    let word = text(option, given)?;
    let word = short(&word);
    serde_json::from_value(Value::String(word.to_string())).map_err(|error| {
        let error = error.to_string();
        let expected = error.split_once("expected ").map_or(&*error, |(_, expected)| expected);
        usage(option, format!("expected {expected}, found `{word}`"))
    })
}

/// Reads the options of a run into `options`: what `solve`, `stream` and `evaluate` take by name.
pub(crate) fn thinking(options: &mut Options, given: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    for (name, value) in given.into_iter().flatten() {
        let name = text("the name of an option", &name)?;
        if value.is_none() {
            continue;
        }
        let whole = || count(&name, &value).map(Some);
        match &*name {
            "halt" => options.halt = Some(word(&name, &value)?),
            "segments" => options.segments = whole()?,
            "tries" => options.tries = whole()?,
            "variants" => options.variants = Some(word(&name, &value)?),
            "noise" => options.noise = Some(number(&name, &value)?),
            "batch" => options.batch = whole()?,
            // As Python refuses an argument that a function does not have.
            _ => {
                return Err(PyTypeError::new_err(format!(
                    "expected the options halt, segments, tries, variants, noise or batch, found '{name}'"
                )));
            }
        }
    }
    Ok(())
}

/// Reads a device: its name, a part of it or its number, what `hrm.devices` lists, or torch's word for one.
pub(crate) fn device(given: &Bound<'_, PyAny>) -> PyResult<DeviceChoice> {
    let refused = || {
        let expected =
            "\"auto\", \"cpu\", \"gpu\", or one of hrm.devices() by its entry, its number or a part of its name";
        unexpected("device", expected, found(given))
    };
    let listed = given.cast::<PyMapping>().ok();
    let listed = listed.map(|device| device.get_item("index").map_err(|_| refused()));
    let given = listed.transpose()?.unwrap_or_else(|| given.clone());
    if let Some(index) = numeric(&given)? {
        return Ok(DeviceChoice::Index(index));
    }
    let name: String = match given.get_type().fully_qualified_name() {
        Ok(class) if class == "torch.device" => given.str()?.extract()?,
        _ => tried(given.py(), given.extract())?.map_err(|_| refused())?,
    };
    // Torch's numbers count other devices than ours.
    let (kind, number) = name.split_once(':').unwrap_or((&name, "0"));
    match (&*kind.trim().to_ascii_lowercase(), number) {
        ("cpu", "0") => Ok(DeviceChoice::Cpu),
        ("gpu" | "cuda" | "mps" | "xpu", "0") => Ok(DeviceChoice::Gpu),
        ("cpu" | "gpu" | "cuda" | "mps" | "xpu", _) | ("", _) => Err(refused()),
        _ => Ok(DeviceChoice::from(name)),
    }
}

/// Reads which of a file's weights are meant.
pub(crate) fn weights(given: &Bound<'_, PyAny>) -> PyResult<bool> {
    match &*text("weights", given)? {
        "ema" => Ok(true),
        "raw" => Ok(false),
        name => Err(usage(
            "weights",
            format!("expected \"ema\" or \"raw\", found \"{}\"", short(name)),
        )),
    }
}

/// Reads a precision: its name, or what NumPy or torch call it.
pub(crate) fn dtype(given: &Bound<'_, PyAny>) -> PyResult<Dtype> {
    let text = given.str().map_or_else(|_| found(given), |text| text.to_string());
    let name = text.trim_end_matches("'>");
    match name.rsplit(['.', '\'']).next().unwrap_or(name) {
        "f32" | "float32" => Ok(Dtype::F32),
        "f16" | "float16" | "half" => Ok(Dtype::F16),
        "bf16" | "bfloat16" => Ok(Dtype::BF16),
        "int8" => Ok(Dtype::I8),
        _ => Err(usage(
            "dtype",
            format!(
                "expected \"f32\", \"f16\", \"bf16\" or \"int8\", found {}",
                short(&text)
            ),
        )),
    }
}

/// Reads the colours of a picture; light ones unless told otherwise.
pub(crate) fn theme(given: Option<&Bound<'_, PyAny>>) -> PyResult<Theme> {
    match given.map(|given| text("theme", given)).transpose()?.as_deref() {
        None | Some("light") => Ok(Theme::Light),
        Some("dark") => Ok(Theme::Dark),
        Some(name) => Err(usage(
            "theme",
            format!("expected \"light\" or \"dark\", found \"{}\"", short(name)),
        )),
    }
}
