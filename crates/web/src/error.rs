//! Errors as JavaScript knows them.

use wasm_bindgen::JsValue;

use super::types::set;
use hrm::error::Error;

/// A JavaScript `Error` to be.
#[derive(Debug)]
pub(super) struct JsError {
    name: &'static str,
    message: String,
    hint: Option<&'static str>,
    puzzle: Option<usize>,
}

impl JsError {
    fn new(name: &'static str, message: String, hint: Option<&'static str>) -> JsError {
        JsError {
            name,
            message,
            hint,
            puzzle: None,
        }
    }

    /// A model that is none.
    pub(super) fn model(message: String) -> JsError {
        JsError::new("ModelError", message, None)
    }

    /// An option that is none, or has a value that it cannot have.
    pub(super) fn options(message: String) -> JsError {
        JsError::new("OptionsError", message, None)
    }

    /// Why a device cannot be opened.
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

    /// What is wrong with a puzzle.
    pub(super) fn puzzle(index: usize, error: &Error) -> JsError {
        let hint = "a Sudoku is 81 characters, `.` or `0` for an empty cell; a maze is rows of `#`, space, `S` and `G`";
        JsError {
            puzzle: Some(index),
            ..JsError::new("InvalidPuzzleError", error.to_string(), Some(hint))
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
        if let Some(hint) = error.hint {
            set(&value, "hint", hint);
        }
        if let Some(puzzle) = error.puzzle {
            set(&value, "puzzle", puzzle as f64);
        }
        value
    }
}
