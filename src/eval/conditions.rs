//! Under which conditions records were made, and what differs between two of them.

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::evaluation::Evaluation;
use super::fnv::Fnv;
use super::record::Record;
use crate::error::Result;
use crate::halt::{Halt, Schedule};
use crate::model::Model;
use crate::solve::Solver;
use crate::tasks::Identifiers;
use crate::tries::Tries;

/// The conditions under which all records of a file were made. They are stored beside it as `FILE.run.json`, and a run
/// under other conditions is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Conditions {
    /// The program and its version.
    program: String,
    /// The model's name; [`Conditions::weights`] counts.
    model: String,
    /// Hash of the configuration, and of the weights as they are computed with.
    weights: String,
    /// Where the data are; [`Conditions::content`] counts.
    data: String,
    /// Hash of the samples.
    content: String,
    /// Number of samples in the data set.
    pub(super) samples: usize,
    /// The number past the last sample's.
    end: usize,
    /// The device.
    device: String,
    halt: Halt,
    /// Maximum segments of a sample.
    segments: usize,
    /// Maximum tries, and how they differ.
    tries: Tries,
    /// The precision of the weights, if one was requested.
    dtype: Option<String>,
    /// Whether records hold predictions.
    pub(super) predictions: bool,
    /// Whether records hold what the prediction was worth after each segment.
    curve: bool,
    /// Hash of the names of the puzzles that the model knows, if it tells puzzles apart by them.
    #[serde(default)]
    identifiers: Option<String>,
    /// Whether puzzles that the model does not know are asked.
    #[serde(default)]
    blank_identifier: bool,
}

impl Conditions {
    /// Returns the conditions of an evaluation.
    ///
    /// # Errors
    /// [`Error::Checkpoint`](crate::Error::Checkpoint) or [`Error::Input`](crate::Error::Input) where a file of the weights
    /// or of the data has changed since it was opened.
    pub(super) fn new(evaluation: &Evaluation, solver: &Solver, data: &Dataset) -> Result<Conditions> {
        let Schedule { halt, segments, .. } = solver.schedule();
        let path = &evaluation.data;
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        let content = hexadecimal(data.content_hash());
        data.unchanged()?;
        Ok(Conditions {
            program: evaluation.program.clone(),
            model: solver.model().name.clone(),
            weights: hexadecimal(weights(solver.model())?),
            data: path.display().to_string(),
            content,
            samples: data.len,
            end: data.end(),
            device: solver.executor().device_name(),
            halt,
            segments,
            tries: solver.tries(),
            dtype: evaluation.dtype.clone(),
            predictions: evaluation.predictions,
            curve: evaluation.curve,
            identifiers: solver.known().names().map(|names| hexadecimal(hash(names))),
            blank_identifier: solver.known().takes_unknown(),
        })
    }

    /// Says why a record cannot have been made under these conditions, if it cannot.
    pub(super) fn check(&self, record: &Record) -> std::result::Result<(), String> {
        let Conditions { end, segments, .. } = *self;
        if record.index >= end {
            return Err(format!("expected a sample below {end}, found {}", record.index));
        }
        if record.segments > segments {
            return Err(format!(
                "expected at most {segments} segments, found {}",
                record.segments
            ));
        }
        Ok(())
    }

    /// Returns what differs between these conditions ("here") and `there`; None where records of both may stand in one
    /// file. Names and paths may differ where the contents do not.
    pub(super) fn difference(&self, there: &Conditions) -> Option<String> {
        if self.content != there.content {
            let named = |of: &Conditions| format!("{} (hash {})", of.data, of.content);
            return Some(format!("the data: {} there, {} here", named(there), named(self)));
        }
        if self.weights != there.weights {
            let named = |of: &Conditions| format!("{} (hash {})", of.model, of.weights);
            return Some(format!("the model: {} there, {} here", named(there), named(self)));
        }
        let [own, other] = [self, there].map(|of| serde_json::to_value(of).unwrap_or_default());
        let fields = own.as_object().into_iter().flatten();
        let mut fields = fields.filter(|(key, _)| !["data", "model"].contains(&key.as_str()));
        let (key, value) = fields.find(|(key, value)| other.get(key) != Some(value))?;
        Some(format!("{key} {} there, {value} here", other[key]))
    }
}

fn hexadecimal(hash: u64) -> String {
    format!("{hash:016x}")
}

fn hash(names: &Identifiers) -> u64 {
    let mut hash = Fnv::default();
    let all = (0..names.len()).filter_map(|id| names.name(id));
    all.for_each(|name| {
        hash.number(name.len() as u64);
        hash.bytes(name.as_bytes());
    });
    hash.value()
}

fn weights(model: &Model) -> Result<u64> {
    let mut hash = Fnv::default();
    hash.bytes(format!("{:?}", model.config).as_bytes());
    for (name, tensor) in model.weights.iter() {
        hash.bytes(name.as_bytes());
        hash.bytes(tensor.dtype().to_string().as_bytes());
        tensor
            .scales()
            .iter()
            .for_each(|scale| hash.bytes(&scale.to_le_bytes()));
        tensor.pieces(1 << 18, |piece| {
            hash.bytes(piece);
            Ok(())
        })?;
    }
    Ok(hash.value())
}

#[cfg(test)]
impl Conditions {
    /// Conditions for tests.
    pub(super) fn example() -> Conditions {
        Conditions {
            program: "hrm 1".into(),
            model: "sudoku".into(),
            weights: "1".into(),
            data: "test.csv".into(),
            content: "2".into(),
            samples: 3,
            end: 3,
            device: "cpu".into(),
            halt: Halt::Stable,
            segments: 16,
            tries: Tries::default(),
            dtype: None,
            predictions: false,
            curve: false,
            identifiers: None,
            blank_identifier: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_said_and_names_alone_are_none() {
        let here = Conditions::example();
        let with = |change: fn(&mut Conditions)| {
            let mut there = here.clone();
            change(&mut there);
            here.difference(&there)
        };
        assert_eq!(with(|_| ()), None);
        assert_eq!(with(|c| (c.data, c.model) = ("else.csv".into(), "mine".into())), None);
        type Change = (fn(&mut Conditions), &'static str);
        let table: [Change; 12] = [
            (
                |c| c.content = "3".into(),
                "the data: test.csv (hash 3) there, test.csv (hash 2) here",
            ),
            (
                |c| c.weights = "3".into(),
                "the model: sudoku (hash 3) there, sudoku (hash 1) here",
            ),
            (
                |c| c.program = "hrm 2".into(),
                "program \"hrm 2\" there, \"hrm 1\" here",
            ),
            (|c| c.samples = 4, "samples 4 there, 3 here"),
            (|c| c.device = "gpu".into(), "device \"gpu\" there, \"cpu\" here"),
            (|c| c.halt = Halt::Fixed, "halt \"fixed\" there, \"stable\" here"),
            (|c| c.segments = 8, "segments 8 there, 16 here"),
            (|c| c.dtype = Some("f16".into()), "dtype \"f16\" there, null here"),
            (|c| c.predictions = true, "predictions true there, false here"),
            (|c| c.curve = true, "curve true there, false here"),
            (
                |c| c.identifiers = Some("4".into()),
                "identifiers \"4\" there, null here",
            ),
            (|c| c.blank_identifier = true, "blank_identifier true there, false here"),
        ];
        for (change, says) in table {
            assert_eq!(with(change).as_deref(), Some(says));
        }
        assert!(with(|c| c.tries.count = 4).is_some_and(|says| says.starts_with("tries ")));
    }
}
