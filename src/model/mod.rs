//! A model: configuration and weights, without an executor.
//!
//! `Model::open` reads a model folder or an official checkpoint, [`Model::bundled`] a model that is part of the
//! library; [`Options::inspect_model`](crate::Options::inspect_model) shows either, even where configuration and weights do not fit.
//!
//! Values that the configuration files do not state (docs/specification.md, section 2.4) come from `dataset.json`, then
//! from the shapes of the weights, then from the task that the caller names. If neither a file nor the caller names a
//! task, it is guessed from `seq_len` and `vocab_size`, as the first known task with such boards.

mod checkpoint;
mod config;
mod dtype;
mod folder;
mod inspect;
mod names;
#[cfg(not(target_arch = "wasm32"))]
mod save;
mod tensor;
mod weights;

pub use crate::network::config::{Config, Family, Loss, Positions, Symbols};
pub use crate::network::keys::Note;
pub use checkpoint::Format;
pub use dtype::Dtype;
pub(crate) use dtype::{int8_scale, int8_words};
pub use folder::BUNDLED;
pub(crate) use inspect::inspect;
pub use inspect::{Inspection, TensorSummary};
pub use names::Fit;
pub use tensor::Tensor;
pub use weights::Weights;

use crate::buffer::Buffer;
use crate::error::{Error, Result};
use crate::halt::Halt;
use crate::network::{self, PUZZLE_TABLE, STACKED};
use crate::ordered;
use crate::tasks::{Identifiers, Task};
use checkpoint::{Checkpoint, Found};
use config::files::Card;
use config::resolve;
use folder::Files;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A configuration and the weights that go with it, checked against each other.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Model {
    /// The configuration.
    pub config: Config,
    /// Exactly the tensors of [`Config::tensors`].
    pub weights: Weights,
    /// The name of the file or folder, or of the bundled model.
    pub name: String,
    /// Oddities of the files that do not make them unusable, one sentence each; and, of an executor's model, of what the
    /// device computes otherwise than it was asked for.
    pub warnings: Vec<String>,
    /// The licence of the weights, if `config.json` states it.
    pub license: Option<String>,
    /// The origin of the weights, if `config.json` states it.
    pub source: Option<String>,
    /// The training data, if `config.json` states it.
    pub trained_on: Option<String>,
    /// The largest number of segments that was measured to do no harm, if `config.json` states it: more make answers
    /// worse, unless the rules stop the model in time.
    pub segments_measured: Option<usize>,
    /// The number format that linear layers but the heads may multiply in, rounding activations too: F16 on a GPU (beyond
    /// 65504 they become infinite), BF16 on the CPU, I8 on both. [`Model::rounded`] sets it; default: F32.
    pub products: Dtype,
    /// How far the stored numbers are from those that they were rounded from, in words, if `config.json` states it.
    pub rounding: Option<String>,
    /// The names of the puzzles that it knows, where they were given with it.
    pub(crate) identifiers: Option<Arc<Identifiers>>,
}

impl Model {
    /// Opens a weight file, with its configuration beside it, or a folder: its `model.safetensors`, otherwise its only
    /// checkpoint (`checkpoint`, `step_N`, `*.pt`, an index of several files), else its only file with weights.
    /// Where a file has raw and averaged weights, the average counts; [`Model::warnings`] say so, and
    /// [`Options::average`](crate::Options::average) chooses. `task` supplies sizes that neither files nor weights state.
    ///
    /// Fails with [`Error::NoModel`], [`Error::Config`], [`Error::Checkpoint`], [`Error::Tensors`] or
    /// [`Error::NotFinite`], and with [`Error::Usage`] if the files name another task. Not available on the web, which
    /// has no files.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open(path: &Path, task: Option<Task>) -> Result<Model> {
        Model::assemble(Files::open(path, None)?, task)
    }

    /// Opens the bundled model `name` (see [`BUNDLED`]), or fails with [`Error::NoModel`].
    pub fn bundled(name: &str) -> Result<Model> {
        Model::assemble(Files::bundled(name, None)?, None)
    }

    /// Opens a model folder in memory, from the text of its `config.json` and the bytes of its `model.safetensors`, part
    /// of your program or fetched over a network; they are used in place. Errors are those of `Model::open`.
    pub fn from_bytes(name: &str, config: &str, weights: impl Into<Cow<'static, [u8]>>) -> Result<Model> {
        let weights = match weights.into() {
            Cow::Borrowed(bytes) => Buffer::Static(bytes),
            Cow::Owned(bytes) => Buffer::Bytes(Arc::new(bytes)),
        };
        Model::assemble(Files::parts(name, Path::new("given"), config, &weights, None)?, None)
    }

    /// Takes the names of the puzzles that the model knows, the `identifiers.json` of its training data, where no folder
    /// has them.
    ///
    /// # Errors
    /// [`Error::Input`] for what is no list of names, or for a model that does not know puzzles by name.
    pub fn with_identifiers(mut self, json: &[u8]) -> Result<Model> {
        const WHAT: &str = "identifiers.json";
        let task = self.config.task.filter(|task| task.is_named());
        let task = task.ok_or_else(|| Error::Input {
            what: WHAT.to_owned(),
            reason: format!("expected a model that knows puzzles by name, found {}", self.name),
        })?;
        self.identifiers = Some(Arc::new(Identifiers::parse(json, WHAT, task)?));
        Ok(self)
    }

    /// Rounds the weights to `dtype`; the table of puzzle embeddings stays as it is stored. With F16 and I8, a GPU that is
    /// faster in it multiplies in it, too; with BF16 and I8, the CPU does. Only matrices of linear layers become I8, and not
    /// those of the heads.
    ///
    /// [`Error::Checkpoint`] if a value is beyond the range of `dtype`.
    pub fn rounded(mut self, dtype: Dtype) -> Result<Model> {
        let narrow = (dtype == Dtype::I8).then(|| self.narrow());
        let tensors = self.weights.iter().map(|(name, tensor)| {
            let kept = narrow.as_ref().is_some_and(|narrow| !narrow.contains(name));
            let rounded = if name == PUZZLE_TABLE || kept {
                tensor.clone()
            } else {
                tensor.to_dtype(dtype)?
            };
            // What was finite before may be too large now.
            if rounded.dtype() != tensor.dtype()
                && dtype != Dtype::F32
                && let Some((index, _)) = rounded.first_not_finite()?
            {
                let value = tensor.f32s()?.get(index).copied().unwrap_or(f32::NAN);
                return Err(self.weights.too_large(name, index, value, dtype));
            }
            Ok((name.to_owned(), rounded))
        });
        let tensors = tensors.collect::<Result<Vec<_>>>()?;
        self.weights = Weights::new(self.weights.path().to_path_buf(), tensors);
        self.products = dtype;
        Ok(self)
    }

    /// Returns the names of the matrices that products narrower than f32 are for.
    fn narrow(&self) -> BTreeSet<String> {
        let plan = network::plan(&self.config, self.config.seq_len, Halt::Fixed);
        let layers = plan.layers().filter(|(_, layer)| plan.is_narrow(layer));
        layers
            .flat_map(|(name, _)| name.split(STACKED))
            .map(str::to_owned)
            .collect()
    }

    /// Opens a path that exists as `Model::open` does (not on the web), otherwise the bundled model of that name or, without
    /// one, for that task; or fails with [`Error::NoModel`].
    pub(crate) fn find(path: Option<&Path>, task: Option<Task>, average: Option<bool>) -> Result<Model> {
        Model::assemble(Files::find(path, task, average)?, task)
    }

    /// Creates a model from its parts, with the checks that files get: [`Error::Config`], [`Error::Tensors`],
    /// [`Error::NotFinite`].
    pub fn from_parts(config: Config, weights: Weights) -> Result<Model> {
        let path = PathBuf::from("given by the caller");
        config.validate().map_err(|reason| Error::Config {
            path: path.clone(),
            reason,
        })?;
        let found = |tensor: &Tensor| Found {
            shape: tensor.shape().to_vec(),
            dtype: tensor.dtype().to_string(),
            tensor: Some(tensor.clone()),
        };
        let tensors = weights.iter().map(|(name, tensor)| (name.to_owned(), found(tensor)));
        let name = weights
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let checkpoint = Checkpoint {
            path: weights.path().to_path_buf(),
            format: Format::Safetensors,
            tensors: ordered::map(tensors),
            others: Default::default(),
            notes: Vec::new(),
            inside: None,
        };
        Model::checked(name, config, &path, checkpoint, Card::default())
    }

    fn assemble(files: Files, task: Option<Task>) -> Result<Model> {
        let declared = files.declared?;
        let (config, _) = resolve(&declared, &files.checkpoint.shapes(), task)?;
        let model = Model::checked(files.name, config, &declared.path, files.checkpoint, declared.card)?;
        match files.identifiers {
            Some(names) => model.with_identifiers(names),
            None => Ok(model),
        }
    }

    fn checked(name: String, config: Config, path: &Path, checkpoint: Checkpoint, card: Card) -> Result<Model> {
        let fit = names::compare(&config, &checkpoint);
        let problems = fit.problems();
        if !problems.is_empty() {
            return Err(Error::Tensors {
                path: checkpoint.path,
                config: path.to_path_buf(),
                problems,
            });
        }
        checkpoint.check_finite(&config)?;
        let weights = checkpoint.into_weights(&config)?;
        let Card {
            license,
            source,
            trained_on,
            segments_measured,
            rounding,
        } = card;
        Ok(Model {
            config,
            weights,
            name,
            warnings: fit.ignored,
            license,
            source,
            trained_on,
            segments_measured,
            products: Dtype::F32,
            rounding,
            identifiers: None,
        })
    }

    /// Reads row `id` of the puzzle embedding, and no other row. [`Error::Input`] if there is no
    /// such row, [`Error::NotFinite`] if it is damaged.
    pub fn puzzle_row(&self, id: usize) -> Result<Vec<f32>> {
        let (rows, width) = (self.config.num_puzzle_identifiers, self.config.puzzle_width());
        if width == 0 || id >= rows {
            let has = if width == 0 {
                "no puzzle embedding".to_owned()
            } else {
                format!("identifiers 0 to {}", rows - 1)
            };
            let reason = format!("{id} is out of range: model `{}` has {has}", self.name);
            return Err(Error::Input {
                what: "puzzle identifier".to_owned(),
                reason,
            });
        }
        let row = self.weights.get(PUZZLE_TABLE)?.row(id)?;
        match row.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(self.weights.not_finite(PUZZLE_TABLE, id * width + at, row[at])),
            None => Ok(row),
        }
    }
}
