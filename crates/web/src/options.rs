//! Options of a run, as given by JavaScript.

use serde::Deserialize;
use wasm_bindgen::JsValue;

use super::error::JsError;
use hrm::executor::{DeviceChoice, Executor};
use hrm::halt::Halt;
use hrm::solve::Solver;
use hrm::tries::Variants;

type Result<T> = std::result::Result<T, JsError>;

/// The fields of [`hrm::Options`] that a run has, and what steps report.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Options {
    halt: Option<Halt>,
    segments: Option<usize>,
    tries: Option<usize>,
    variants: Option<Variants>,
    noise: Option<f32>,
    batch: Option<usize>,
    blank_identifier: Option<bool>,
    confidences: Option<bool>,
    candidates: Option<bool>,
    states: Option<bool>,
    steps: Option<bool>,
}

impl Options {
    /// Reads a plain object; undefined and null mean no options.
    pub(super) fn read(value: &JsValue) -> Result<Options> {
        if value.is_undefined() || value.is_null() {
            return Ok(Options::default());
        }
        let text = js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string());
        let text = text.ok_or_else(|| JsError::options("options must be a plain object".into()))?;
        serde_json::from_str(&text).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            JsError::options(format!("options: {reason}"))
        })
    }

    /// Returns whether steps have confidences.
    pub(super) fn confidences(&self) -> bool {
        self.confidences.unwrap_or(false)
    }

    /// Returns whether steps have the probabilities of all ids.
    pub(super) fn candidates(&self) -> bool {
        self.candidates.unwrap_or(false)
    }

    /// Returns whether steps tell more than the prediction.
    pub(super) fn thoughts(&self) -> bool {
        self.confidences() || self.candidates() || self.states()
    }

    /// Returns whether steps tell how the states moved.
    fn states(&self) -> bool {
        self.states.unwrap_or(false)
    }

    /// Returns whether every segment is reported.
    pub(super) fn steps(&self) -> bool {
        self.steps.unwrap_or(true)
    }

    /// Builds a solver with these options.
    pub(super) fn solver(&self, executor: Executor) -> Result<Solver> {
        let mut options = hrm::Options::default();
        options.halt = self.halt;
        options.segments = self.segments;
        options.tries = self.tries;
        options.variants = self.variants;
        options.noise = self.noise;
        options.batch = self.batch;
        options.blank_identifier = self.blank_identifier.unwrap_or(false);
        options.want.logits = self.confidences() || self.candidates();
        options.want.carry = self.states();
        Ok(Solver::on(executor, &options)?)
    }
}

/// Parses a device's name in JavaScript.
pub(super) fn device(name: &str) -> Result<DeviceChoice> {
    match name {
        "auto" => Ok(DeviceChoice::Auto),
        "webgpu" => Ok(DeviceChoice::Gpu),
        "cpu" => Ok(DeviceChoice::Cpu),
        _ => Err(JsError::options(format!(
            "device: expected \"auto\", \"webgpu\" or \"cpu\", found {name:?}"
        ))),
    }
}
