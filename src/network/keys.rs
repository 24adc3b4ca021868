//! The keys of a configuration, as a family reads them.
//!
//! A family knows the keys that it asks for: a key that nobody asked for is refused at the end, since it may well
//! change what the network computes.

use super::value::{Map, Value};
use crate::ordered;
use std::collections::BTreeMap;

/// Shapes of the weights, by names without prefixes.
pub(crate) type Shapes<'a> = BTreeMap<&'a str, &'a [usize]>;

/// A value of the configuration and its source.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
pub struct Note {
    /// The key, by its official name.
    pub key: &'static str,
    /// The value.
    pub value: String,
    /// The source: a file, "official default", "shapes of the weights" or "task".
    pub from: String,
}

/// The source of values that follow from tensors.
pub(crate) const SHAPES: &str = "shapes of the weights";
/// The source of values that the official code assumes.
pub(crate) const DEFAULT: &str = "official default";

/// Keys that concern training, bookkeeping or number formats, in any family: none of them changes what inference
/// computes in f32.
const TRAINING: [&str; 38] = [
    "halt_exploration_prob",
    "loss",
    "forward_dtype",
    "batch_size",
    "global_batch_size",
    "epochs",
    "eval_interval",
    "min_eval_interval",
    "eval_save_outputs",
    "evaluators",
    "checkpoint_every_eval",
    "checkpoint_path",
    "load_checkpoint",
    "freeze_weights",
    "data_path",
    "data_paths",
    "data_paths_test",
    "project_name",
    "run_name",
    "seed",
    "lr",
    "lr_min_ratio",
    "lr_warmup_steps",
    "weight_decay",
    "beta1",
    "beta2",
    "puzzle_emb_lr",
    "puzzle_emb_weight_decay",
    "ema",
    "ema_rate",
    "dropout",
    "attn_dropout",
    "mlp_dropout",
    "profile",
    "compile",
    "gradient_checkpointing",
    "torch_dtype",
    "dtype",
];

/// The keys of one configuration, and what is known of the weights.
pub(crate) struct Keys<'a> {
    /// The file that contains the keys.
    file: String,
    settings: &'a Map,
    shapes: &'a Shapes<'a>,
    known: Vec<&'static str>,
    harmless: Vec<&'static str>,
    notes: Vec<Note>,
    missing: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    /// Creates the keys of `settings`, which the file `file` contains.
    pub(crate) fn new(file: String, settings: &'a Map, shapes: &'a Shapes<'a>) -> Keys<'a> {
        Keys {
            file,
            settings,
            shapes,
            known: Vec::new(),
            harmless: TRAINING.to_vec(),
            notes: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Allows keys that do not change what is computed.
    pub(crate) fn ignore(&mut self, keys: &[&'static str]) {
        self.harmless.extend(keys);
    }

    /// Returns whether the file has `key`, be it null.
    pub(crate) fn states(&self, key: &str) -> bool {
        self.settings.0.iter().any(|(name, _)| name == key)
    }

    /// Returns the value of `key`, if it has one.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.settings.get(key)
    }

    /// Returns the text of `key`, if it has one.
    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(format!("`{key}`: expected a text, found {other}")),
        }
    }

    /// Returns the flag `key`; false where it is absent.
    pub(crate) fn flag(&mut self, key: &'static str) -> Result<bool, String> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Flag(value)) => Ok(*value),
            Some(other) => Err(format!("`{key}`: expected true or false, found {other}")),
        }
    }

    /// Returns the size `key`, if the file states one.
    pub(crate) fn stated(&mut self, key: &'static str) -> Result<Option<usize>, String> {
        let expected = "expected a whole number that is not negative";
        let value = self.get(key);
        value.map_or(Ok(None), |value| match value.size() {
            Some(size) => Ok(Some(size)),
            None => Err(format!("`{key}`: {expected}, found {value}")),
        })
    }

    /// Returns the size `key` from the file, otherwise from `shapes`; notes it as missing where neither has it.
    pub(crate) fn size(&mut self, key: &'static str, shapes: Option<usize>) -> Result<usize, String> {
        let file = (self.stated(key)?, self.file.clone());
        Ok(self.pick(key, [file, (shapes, SHAPES.to_owned())]).unwrap_or(1))
    }

    /// Returns the size `key`, or its official default.
    pub(crate) fn size_or(&mut self, key: &'static str, default: usize) -> Result<usize, String> {
        let file = (self.stated(key)?, self.file.clone());
        Ok(self
            .pick(key, [file, (Some(default), DEFAULT.to_owned())])
            .unwrap_or(default))
    }

    /// Returns the number `key`, or its official default; notes it as missing where there is none.
    pub(crate) fn number(&mut self, key: &'static str, default: Option<f64>) -> Result<f64, String> {
        let found = self.get(key);
        let value = found.map_or(Ok(None), |value| match value.number() {
            Some(number) => Ok(Some(number)),
            None => Err(format!("`{key}`: expected a number, found {value}")),
        })?;
        let candidates = [(value, self.file.clone()), (default, DEFAULT.to_owned())];
        Ok(self.pick(key, candidates).unwrap_or(1.0))
    }

    /// Picks the first value that exists, and notes its source; without any, notes the key as missing.
    pub(crate) fn pick<T: std::fmt::Display>(
        &mut self,
        key: &'static str,
        candidates: impl IntoIterator<Item = (Option<T>, String)>,
    ) -> Option<T> {
        match candidates.into_iter().find_map(|(value, from)| Some((value?, from))) {
            Some((value, from)) => {
                self.note(key, &value, from);
                Some(value)
            }
            None => {
                self.missing(key);
                None
            }
        }
    }

    /// Notes that neither a file nor the weights determine `key`.
    pub(crate) fn missing(&mut self, key: &'static str) {
        self.missing.push(key);
    }

    /// Notes the value of `key` and its source.
    pub(crate) fn note(&mut self, key: &'static str, value: impl std::fmt::Display, from: impl Into<String>) {
        self.notes.push(Note {
            key,
            value: value.to_string(),
            from: from.into(),
        });
    }

    /// Returns the file that contains the keys.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Returns true if the weights have a tensor of this name.
    pub(crate) fn has(&self, tensor: &str) -> bool {
        self.shapes.contains_key(tensor)
    }

    /// Returns one size of a matrix among the weights.
    pub(crate) fn shape(&self, tensor: &str, dimension: usize) -> Option<usize> {
        let shape = self.shapes.get(tensor).filter(|shape| shape.len() == 2)?;
        shape.get(dimension).copied()
    }

    /// Returns one size of a tensor of any rank among the weights.
    pub(crate) fn size_of(&self, tensor: &str, dimension: usize) -> Option<usize> {
        self.shapes.get(tensor)?.get(dimension).copied()
    }

    /// Returns the number of layers of a stack of blocks among the weights: one more than the highest index. The only
    /// stack may have no name.
    pub(crate) fn layers(&self, stack: &str) -> Option<usize> {
        let stack = format!("{stack}.layers.");
        let index = |name: &&str| {
            let rest = name.strip_prefix(stack.trim_start_matches('.'))?;
            rest.split('.').next()?.parse::<usize>().ok()
        };
        self.shapes.keys().filter_map(index).max()?.checked_add(1)
    }

    /// Returns the notes; refuses keys that `family` does not know, and reports which ones are missing.
    pub(crate) fn finish(self, family: impl std::fmt::Display) -> Result<Vec<Note>, String> {
        let listed = |keys: &[&str]| {
            let quoted: Vec<_> = keys.iter().map(|key| format!("`{}`", key.escape_debug())).collect();
            quoted.join(", ")
        };
        let names = self.settings.0.iter().map(|(key, _)| key.as_str());
        let unknown: Vec<_> = names
            .filter(|key| !self.known.contains(key) && !self.harmless.contains(key))
            .collect();
        let mut problems = Vec::new();
        if !unknown.is_empty() {
            let mut known = self.known;
            ordered::sort_by_key(&mut known, |key| *key);
            known.dedup();
            problems.push(format!(
                "unknown {}, which may change what the network computes ({family} knows {})",
                listed(&unknown),
                known.join(", ")
            ));
        }
        if !self.missing.is_empty() {
            let sizes = ["seq_len", "vocab_size", "num_puzzle_identifiers"];
            let advice = match self.missing.iter().all(|key| sizes.contains(key)) {
                true => "neither a file nor the weights' shapes tell: give dataset.json, or the task",
                false => "needed by inference",
            };
            problems.push(format!("missing {} ({advice})", listed(&self.missing)));
        }
        match problems.is_empty() {
            true => Ok(self.notes),
            false => Err(problems.join("; ")),
        }
    }
}
