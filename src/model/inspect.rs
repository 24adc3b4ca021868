//! Shows what is in a model's files, even where they do not fit together.

use super::checkpoint::Format;
use super::config::resolve;
use super::folder::Files;
use super::names::{self, Fit};
use crate::error::Result;
use crate::network::config::{Config, Family};
use crate::network::keys::Note;
use crate::tasks::Task;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A tensor as its file stores it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TensorSummary {
    /// The tensor's name without prefixes.
    pub name: String,
    /// The shape, outermost dimension first.
    pub shape: Vec<usize>,
    /// The number format, in safetensors' names ("F32", "BF16", …).
    pub dtype: String,
}

/// The findings of [`Options::inspect_model`](crate::Options::inspect_model), which `Display` renders as a table.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// The name of the file or folder, or of the bundled model.
    pub name: String,
    /// The weight file.
    pub path: PathBuf,
    /// The format of the weight file.
    pub format: Format,
    /// The family, if known.
    pub family: Option<Family>,
    /// The task, if known.
    pub task: Option<Task>,
    /// The number of parameters, as [`Config::parameters`] counts them, if the configuration is known.
    pub parameters: Option<usize>,
    /// The number formats that occur in the weight file.
    pub dtypes: Vec<String>,
    /// How far the stored numbers are from those that they were rounded from, in words, if `config.json` states it.
    pub rounding: Option<String>,
    /// Numbers of prefix positions, of tokens, and of all positions, `[P, S, T]`, if the configuration is known.
    pub positions: Option<[usize; 3]>,
    /// The configuration: each value, and its source.
    pub config: Vec<Note>,
    /// The comparison of the tensors with the configuration.
    pub fit: Fit,
    /// Why there is no configuration to compare with, if so.
    pub problem: Option<String>,
    /// All tensors of the weight file, ordered by name.
    pub tensors: Vec<TensorSummary>,
}

/// Reads a model as far as possible. Errors are those of [`super::Model::find`], but only where there are no weights to show.
pub(crate) fn inspect(path: Option<&Path>, task: Option<Task>, average: Option<bool>) -> Result<Inspection> {
    let Files {
        name,
        checkpoint,
        declared,
        ..
    } = Files::find(path, task, average)?;
    let rounding = declared
        .as_ref()
        .ok()
        .and_then(|declared| declared.card.rounding.clone());
    let resolved = declared.and_then(|declared| resolve(&declared, &checkpoint.shapes(), task));
    let (config, notes, mut problem) = match resolved {
        Ok((config, notes)) => (Some(config), notes, None),
        Err(error) => (None, Vec::new(), Some(error.to_string())),
    };
    let fit = config.as_ref().map(|config| names::compare(config, &checkpoint));
    let fit = fit.unwrap_or_default();
    if let Some(config) = config.as_ref().filter(|_| fit.problems().is_empty()) {
        problem = problem.or_else(|| checkpoint.check_finite(config).err().map(|error| error.to_string()));
    }
    let mut dtypes: Vec<_> = checkpoint.tensors.values().map(|found| found.dtype.clone()).collect();
    dtypes.sort();
    dtypes.dedup();
    let position_counts = |c: &Config| [c.prefix_len(), c.seq_len, c.positions_for(c.seq_len)];
    Ok(Inspection {
        name,
        format: checkpoint.format,
        family: config.as_ref().map(|config| config.family),
        task: config.as_ref().and_then(|config| config.task),
        parameters: config.as_ref().map(Config::parameters),
        dtypes,
        rounding,
        positions: config.as_ref().map(position_counts),
        config: notes,
        fit,
        problem,
        tensors: checkpoint
            .tensors
            .into_iter()
            .map(|(name, found)| TensorSummary {
                name,
                shape: found.shape,
                dtype: found.dtype,
            })
            .collect(),
        path: checkpoint.path,
    })
}

impl std::fmt::Display for Inspection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unknown = || "unknown".to_owned();
        let mut row = |key: &str, value: String| writeln!(f, "{key:<24}{value}");
        row("model", self.name.clone())?;
        row(
            "weights",
            format!(
                "{} ({})",
                self.path.display(),
                format!("{:?}", self.format).to_lowercase()
            ),
        )?;
        row("family", self.family.map_or_else(unknown, |family| family.to_string()))?;
        let task = |task: Task| match self.positions {
            Some([_, tokens, _]) if task.sides().count() > 1 => task.shape(tokens).map_or_else(
                |_| task.to_string(),
                |(rows, columns)| format!("{task}, {rows}×{columns} cells"),
            ),
            _ => task.to_string(),
        };
        row("task", self.task.map_or_else(unknown, task))?;
        row("parameters", self.parameters.map_or_else(unknown, grouped))?;
        row("stored as", self.dtypes.join(", "))?;
        if let Some(rounding) = &self.rounding {
            row("rounding", rounding.clone())?;
        }
        if let Some([prefix, tokens, all]) = self.positions {
            let added = match all - prefix - tokens {
                0 => String::new(),
                added => format!(" + {added} added"),
            };
            row("positions", format!("{all} ({prefix} prefix + {tokens} tokens{added})"))?;
        }
        if !self.config.is_empty() {
            writeln!(f, "\nconfiguration")?;
        }
        let width = self.config.iter().map(|note| note.value.len()).max().unwrap_or(0);
        for Note { key, value, from } in &self.config {
            writeln!(f, "  {key:<24}{value:<width$}  {from}")?;
        }
        writeln!(f, "\ntensors ({})", self.tensors.len())?;
        let width = self
            .tensors
            .iter()
            .map(|tensor| tensor.name.len())
            .max()
            .unwrap_or(0)
            .min(64);
        for TensorSummary { name, shape, dtype } in &self.tensors {
            writeln!(f, "  {:<width$}  {dtype:<5}{shape:?}", name.escape_debug().to_string())?;
        }
        let problems = self.problem.iter().cloned().chain(self.fit.problems());
        for problem in problems {
            writeln!(f, "problem: {problem}")?;
        }
        for ignored in &self.fit.ignored {
            writeln!(f, "note: {ignored}")?;
        }
        Ok(())
    }
}

/// Formats `27275266` as `27 275 266`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(" ")
}
