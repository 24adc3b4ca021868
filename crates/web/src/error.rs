//! Errors as JavaScript sees them.

use std::borrow::Cow;

use wasm_bindgen::JsValue;

use super::types::set;
use hrm::error::Error;
use hrm::model::Config;

/// An error that is to become a JavaScript `Error`.
#[derive(Debug)]
pub(super) struct JsError {
    name: &'static str,
    message: String,
    hint: Option<Cow<'static, str>>,
    puzzle: Option<usize>,
}

impl JsError {
    fn new(name: &'static str, message: String, hint: Option<&'static str>) -> JsError {
        JsError {
            name,
            message,
            hint: hint.map(Cow::Borrowed),
            puzzle: None,
        }
    }

    /// Returns an error about a model or about the memory for its bytes.
    pub(super) fn model(message: String) -> JsError {
        JsError::new("ModelError", message, None)
    }

    /// Returns an error about an option or a call.
    pub(super) fn options(message: String) -> JsError {
        JsError::new("OptionsError", message, None)
    }

    /// Returns the error for a device that cannot be opened.
    pub(super) fn opening(error: Error) -> JsError {
        match error {
            Error::Device { reason } => JsError::new(
                "NoAdapterError",
                reason,
                Some("use the device \"cpu\", or \"auto\", which falls back to it"),
            ),
            error => error.into(),
        }
    }

    /// Returns the error for a puzzle that does not suit a model of this configuration.
    pub(super) fn puzzle(index: usize, error: &Error, config: &Config) -> JsError {
        let cells = config.seq_len;
        let hint = config.task.map(|task| match task.shape(cells) {
            Ok((rows, columns)) => format!("a puzzle has {cells} cells, {rows} by {columns}: {}", task.characters()),
            Err(_) => format!("a puzzle has {cells} cells: {}", task.characters()),
        });
        JsError {
            name: "InvalidPuzzleError",
            message: error.to_string(),
            hint: hint.map(Cow::Owned),
            puzzle: Some(index),
        }
    }
}

impl From<Error> for JsError {
    fn from(error: Error) -> JsError {
        let (name, hint) = match &error {
            Error::Puzzle { .. } | Error::Input { .. } => ("InvalidPuzzleError", None),
            Error::Usage(_) => ("OptionsError", None),
            Error::Checkpoint { .. } => (
                "ModelError",
                Some("the file is incomplete or damaged, or no safetensors file: fetch it again"),
            ),
            Error::NoModel { .. } | Error::Config { .. } | Error::Tensors { .. } | Error::NotFinite { .. } => (
                "ModelError",
                Some("config.json and model.safetensors must be those of one model, as `hrm convert` writes them"),
            ),
            Error::DeviceLost { .. } => (
                "DeviceLostError",
                Some("solve again: the device is then opened anew; the device \"cpu\" cannot be lost"),
            ),
            Error::Device { .. } | Error::OutOfMemory { .. } => {
                ("DeviceError", Some("a smaller `batch` needs less memory"))
            }
            _ => ("DeviceError", Some("use the device \"cpu\", and report this")),
        };
        JsError::new(name, error.to_string(), hint)
    }
}

impl From<JsError> for JsValue {
    fn from(error: JsError) -> JsValue {
        let value = JsValue::from(js_sys::Error::new(&error.message));
        set(&value, "name", error.name);
        if let Some(hint) = &error.hint {
            set(&value, "hint", &**hint);
        }
        if let Some(puzzle) = error.puzzle {
            set(&value, "puzzle", puzzle as f64);
        }
        value
    }
}
