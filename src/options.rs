//! The settings of a solver as plain data, as a command line, a settings file or a web page states them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::executor::{DeviceChoice, MOST_SLOTS, Want};
use crate::halt::{Halt, Schedule};
use crate::model::{Config, Dtype, Inspection, Model, inspect};
use crate::tasks::{Task, has_rules};
use crate::tries::{Tries, Variants};

/// Settings of a [`Solver`](crate::Solver), all optional: change fields of the default.
///
/// ```
/// let mut options = hrm::Options::default();
/// options.device = hrm::executor::DeviceChoice::Cpu;
/// options.tries = Some(4);
/// let solver = hrm::Solver::open_blocking(&options)?;
/// # Ok::<(), hrm::Error>(())
/// ```
///
/// In JSON, an object with these field names; unknown names are an error.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// A model folder, an official checkpoint, or a bundled model's name (on the web, only the name). Default: the
    /// bundled model for the task.
    pub model: Option<PathBuf>,
    /// The task, where the model's files do not state it. Default: the first built-in task.
    pub task: Option<Task>,
    /// Which weights are read where a file has several: averaged ones (true) or raw ones (false). Default: averaged ones
    /// where there are any. What is asked for and is not in the file is an error.
    pub average: Option<bool>,
    /// The device; as text "auto", "cpu", "gpu", an adapter's number or a part of its name.
    pub device: DeviceChoice,
    /// Worker threads of the CPU executor, from 1 to 256, or to the number of cores where that is more. Default: one for
    /// each core.
    pub threads: Option<usize>,
    /// The precision that weights are rounded to. Default: as stored, multiplied in F32. With F16 a GPU, with BF16 the
    /// CPU, and with I8 both, may also multiply in it ([`Model::rounded`](crate::model::Model::rounded)).
    pub dtype: Option<Dtype>,
    /// The halting rule. Default: [`Halt::Valid`] where the task has rules, otherwise [`Halt::Fixed`].
    pub halt: Option<Halt>,
    /// Maximum segments of a try, 1 or more. Default: the model's `halt_max_steps`.
    pub segments: Option<usize>,
    /// Slots: tries that run side by side, 1 or more. Default: as many as fit a modest amount of memory, at most 64.
    pub batch: Option<usize>,
    /// Maximum tries at a puzzle, 1 to 65536. Default: 1.
    pub tries: Option<usize>,
    /// How the tries differ. Default: by both symmetries and noise.
    pub variants: Option<Variants>,
    /// Strength of the noise, 0 or more. Default: 1.
    pub noise: Option<f32>,
    /// Where the names of the puzzles are that the model knows: the `identifiers.json` of its training data, or that
    /// folder. Default: beside the weights.
    pub identifiers: Option<PathBuf>,
    /// Whether a puzzle that the model does not know is asked with the blank identifier; otherwise it is an error.
    pub blank_identifier: bool,
    /// What each segment returns besides predictions and q. A program decides this, not its settings: JSON lacks it.
    #[serde(skip)]
    pub want: Want,
}

impl Options {
    /// Opens the model that these options name, with their `task`, `average` and `dtype`: a path that exists as
    /// [`Model::open`] does (not on the web), otherwise the bundled model of that name or, without one, for that task.
    ///
    /// # Errors
    /// [`Error::NoModel`], and as `Model::open`.
    pub fn open_model(&self) -> Result<Model> {
        let model = Model::find(self.model.as_deref(), self.task, self.average)?;
        match self.dtype {
            Some(dtype) => model.rounded(dtype),
            None => Ok(model),
        }
    }

    /// Reads the model that [`Options::open_model`] would open, as far as possible.
    ///
    /// # Errors
    /// As `open_model`, but only where there are no weights to show.
    pub fn inspect_model(&self) -> Result<Inspection> {
        inspect(self.model.as_deref(), self.task, self.average)
    }

    /// Returns the tries that these options specify for puzzles of a task. Where a model knows each augmentation, tries
    /// differ by them alone.
    ///
    /// # Errors
    /// [`Error::Usage`] for noise with variants that have none, or as [`Tries::check`].
    pub(crate) fn tries(&self, task: Option<Task>) -> Result<Tries> {
        let named = task.is_some_and(|task| task.is_named()) && self.noise.is_none();
        let default = if named { Variants::Symmetry } else { Variants::default() };
        let variants = self.variants.unwrap_or(default);
        if variants == Variants::Symmetry && self.noise.is_some() {
            let reason = "noise: expected the variants noise or both, found symmetry";
            return Err(Error::Usage(reason.into()));
        }
        let default = Tries::default();
        let (count, noise) = (self.tries.unwrap_or(default.count), self.noise.unwrap_or(default.noise));
        Tries { count, variants, noise }.check()
    }

    /// Returns the schedule that these options specify for a model with this configuration.
    ///
    /// # Errors
    /// As [`Schedule::check`].
    pub(crate) fn schedule(&self, config: &Config) -> Result<Schedule> {
        let default = if has_rules(config.task, config.seq_len) {
            Halt::Valid
        } else {
            Halt::Fixed
        };
        let (halt, segments) = (
            self.halt.unwrap_or(default),
            self.segments.unwrap_or(config.halt_max_steps),
        );
        Schedule { halt, segments }.check(config.task, config.seq_len)
    }

    /// Returns the number of slots, where these options specify it.
    ///
    /// # Errors
    /// [`Error::Usage`] for zero slots, or more than any machine has memory for.
    pub(crate) fn slots(&self) -> Result<Option<usize>> {
        match self.batch {
            Some(batch) if !(1..=MOST_SLOTS).contains(&batch) => Err(Error::Usage(format!(
                "batch: expected 1 to {MOST_SLOTS}, found {batch}"
            ))),
            batch => Ok(batch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_plain_json() {
        let text = r#"{"device":"1","halt":"stable","segments":8,"tries":4,"variants":"noise","noise":0.5}"#;
        let options: Options = serde_json::from_str(text).unwrap();
        assert_eq!(options.device, DeviceChoice::Index(1));
        let (count, variants, noise) = (4, Variants::Noise, 0.5);
        assert_eq!(options.tries(None).unwrap(), Tries { count, variants, noise });
        let again: Options = serde_json::from_str(&serde_json::to_string(&options).unwrap()).unwrap();
        assert_eq!(again, options);
        assert_eq!(serde_json::from_str::<Options>("{}").unwrap(), Options::default());
        assert!(serde_json::from_str::<Options>(r#"{"segment":8}"#).is_err());
    }

    #[test]
    fn noise_needs_variants_that_have_some() {
        let of = |kind, noise| Options {
            variants: kind,
            noise,
            ..Options::default()
        };
        assert!(of(Some(Variants::Symmetry), Some(1.0)).tries(None).is_err());
        assert!(of(None, Some(-1.0)).tries(None).is_err());
    }
}
