//! Compares the tensors of a file with those that a configuration asks for (docs/specification.md, section 2.3).

use super::checkpoint::{Checkpoint, Found};
use crate::network::config::Config;
use crate::network::families::definition;
use crate::ordered;

/// The comparison of a file's tensors with a configuration: one sentence per tensor.
#[derive(Debug, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Fit {
    /// Tensors that are needed but absent.
    pub missing: Vec<String>,
    /// Tensors whose shape or number format differs from what is needed.
    pub misshapen: Vec<String>,
    /// Tensors that the network has no place for. Training may have computed with them, so ignoring them would give
    /// wrong answers.
    pub unexpected: Vec<String>,
    /// Tensors that have no effect on inference, and state_dicts that were not chosen.
    pub ignored: Vec<String>,
}

impl Fit {
    /// Returns everything that makes the model unusable.
    pub fn problems(&self) -> Vec<String> {
        [&self.missing[..], &self.misshapen, &self.unexpected].concat()
    }
}

/// Compares what `checkpoint` has with what `config` asks for.
pub(crate) fn compare(config: &Config, checkpoint: &Checkpoint) -> Fit {
    let found = &checkpoint.tensors;
    let mut fit = Fit {
        ignored: checkpoint.notes.clone(),
        ..Fit::default()
    };
    let needed = ordered::map(config.tensors());
    for (name, shape) in &needed {
        match found.get(name) {
            None => fit.missing.push(match checkpoint.others.get(name) {
                Some(other) => format!("`{name}`: expected a tensor {shape:?}, found {other}"),
                None => format!("`{name}` is missing, expected {shape:?}"),
            }),
            Some(tensor) if tensor.shape != *shape => {
                let found = &tensor.shape;
                fit.misshapen
                    .push(format!("`{name}`: expected {shape:?}, found {found:?}"));
            }
            Some(Found {
                dtype, tensor: None, ..
            }) => {
                fit.misshapen.push(format!(
                    "`{name}`: expected F64, F32, F16, BF16, or I8 with scales, found {dtype}"
                ));
            }
            Some(_) => {}
        }
    }
    let parts = ordered::set(needed.keys().map(|name| part(name)));
    let inert = definition(config.family).inert();
    for (name, tensor) in found.iter().filter(|(name, _)| !needed.contains_key(*name)) {
        let (shown, shape) = (name.escape_debug(), &tensor.shape);
        let is_inert = inert.iter().any(|ending| {
            let before = name.strip_suffix(ending);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        });
        // Integers and flags are never weights. Outside the network they are a trainer's counters.
        let counter = !is_float(&tensor.dtype) && !parts.contains(part(name));
        if is_inert || counter {
            fit.ignored.push(format!(
                "tensor `{shown}` {shape:?} does nothing in inference and is ignored"
            ));
        } else {
            fit.unexpected.push(format!(
                "`{shown}` {shape:?} has no place in the network of the configuration"
            ));
        }
    }
    fit
}

/// Returns the part of the network that a tensor belongs to.
fn part(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

fn is_float(dtype: &str) -> bool {
    !(dtype == "BOOL" || dtype.starts_with(['I', 'U']))
}
