//! Options of a run, checked.

use serde::Deserialize;
use wasm_bindgen::JsValue;

use super::error::JsError;
use hrm::executor::{DeviceChoice, Executor, Want};
use hrm::halt::Halt;
use hrm::solve::Solver;
use hrm::tasks::has_rules;
use hrm::tries::{Tries, Variants};

type Result<T> = std::result::Result<T, JsError>;

/// What JavaScript gives.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    halt: Option<Halt>,
    segments: Option<usize>,
    tries: Option<usize>,
    variants: Option<Differ>,
    noise: Option<f32>,
    batch: Option<usize>,
    confidences: Option<bool>,
    steps: Option<bool>,
}

/// How tries differ.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Differ {
    #[default]
    Both,
    Symmetry,
    Noise,
}

impl Options {
    /// Reads a plain object; undefined and null are no options.
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

    /// Whether steps have confidences.
    pub(super) fn confidences(&self) -> bool {
        self.confidences.unwrap_or(false)
    }

    /// Whether every segment is handed out.
    pub(super) fn steps(&self) -> bool {
        self.steps.unwrap_or(true)
    }

    /// A solver that does so.
    pub(super) fn solver(&self, executor: Executor) -> Result<Solver> {
        let refuse = |what: &str, needed: &str, found: String| {
            Err(JsError::options(format!("`{what}` must be {needed}, found {found}")))
        };
        for (name, value, most) in [
            ("segments", self.segments, usize::MAX),
            ("tries", self.tries, Tries::MOST),
            ("batch", self.batch, usize::MAX),
        ] {
            match value {
                Some(0) => return refuse(name, "1 or more", "0".into()),
                Some(value) if value > most => return refuse(name, &format!("at most {most}"), value.to_string()),
                _ => {}
            }
        }
        let strength = self.noise.unwrap_or(Variants::STRENGTH);
        if !strength.is_finite() || strength < 0.0 {
            return refuse("noise", "0 or more", strength.to_string());
        }
        let config = &executor.model().config;
        if self.halt == Some(Halt::Valid) && !has_rules(config.task, config.seq_len) {
            return refuse(
                "halt",
                "\"fixed\", \"learned\" or \"stable\", since there are no rules to judge by",
                "\"valid\"".into(),
            );
        }
        let tries = Tries {
            count: self.tries.unwrap_or(1),
            variants: match self.variants.unwrap_or_default() {
                Differ::Both => Variants::Both(strength),
                Differ::Symmetry => Variants::Symmetry,
                Differ::Noise => Variants::Noise(strength),
            },
        };
        let mut builder = Solver::builder().tries(tries).want(Want {
            logits: self.confidences(),
            ..Want::default()
        });
        if let Some(halt) = self.halt {
            builder = builder.halt(halt);
        }
        if let Some(segments) = self.segments {
            builder = builder.segments(segments);
        }
        if let Some(batch) = self.batch {
            builder = builder.batch(batch);
        }
        builder.build_on(executor).map_err(JsError::from)
    }
}

/// A device by its name in JavaScript.
pub(super) fn device(name: &str) -> Result<DeviceChoice> {
    match name {
        "auto" => Ok(DeviceChoice::Auto),
        "webgpu" => Ok(DeviceChoice::Gpu),
        "cpu" => Ok(DeviceChoice::Cpu),
        _ => Err(JsError::options(format!(
            "`device` must be \"auto\", \"webgpu\" or \"cpu\", found {name:?}"
        ))),
    }
}
