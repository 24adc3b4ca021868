//! The interface that each family of models implements.

use super::builder::Builder;
use super::config::Config;
use super::keys::{Keys, Shapes};
use super::value::Value;
use crate::kernels::Threshold;

/// A family of models: implemented in one file, with one line in the registry.
pub(crate) trait Definition: Sync {
    /// Names of the family's class in `arch.name`, without the module; case does not matter.
    fn classes(&self) -> &'static [&'static str];

    /// Returns true if tensors with these names belong to the family. Used where no class name decides.
    fn claims(&self, shapes: &Shapes<'_>) -> bool;

    /// Returns the names of the vectors `[D]` that the states begin with, `z_H` first: as many as there are states.
    fn inits(&self) -> &'static [&'static str] {
        &["H_init", "L_init"]
    }

    /// Returns what the family's files call a key of HRM's.
    fn called(&self, key: &'static str) -> &'static str {
        key
    }

    /// Returns the published sizes, for puzzles of `seq_len` tokens and a vocabulary of `vocab_size`.
    fn published(&self, seq_len: usize, vocab_size: usize) -> Config;

    /// Reads the configuration. The family knows exactly the keys that this asks `keys` for. `module` is the text
    /// before the class name, if any. The sizes of the data set are filled in later.
    fn read(&self, module: &str, keys: &mut Keys<'_>) -> Result<Config, String>;

    /// Returns the keys and values from which [`Definition::read`] recovers `config`, in the order of a file.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "a page writes no files"))]
    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)>;

    /// Returns the sizes of the data set that follow from the weights.
    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told;

    /// Checks the family's own requirements of a configuration, beyond those of every family.
    fn check(&self, config: &Config) -> Result<(), String>;

    /// Declares all weights. This is the only list of them: the required contents of a weight file are derived from it.
    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network>;

    /// Returns the threshold that `q_halt` must exceed for the network to mean "stop".
    fn threshold(&self) -> Threshold;

    /// Suffixes of the names of buffers that a file may contain without effect on inference.
    fn inert(&self) -> &'static [&'static str];
}

/// A network whose weights are declared; it adds the steps to a plan.
pub(crate) trait Network {
    /// Adds the steps that load a puzzle: the input embedding, and the initial carry.
    fn load(&self, plan: &mut Builder<'_>);

    /// Adds the steps of one segment.
    fn segment(&self, plan: &mut Builder<'_>);
}

/// Sizes of the data set, as far as they follow from the weights.
#[derive(Default)]
pub(crate) struct Told {
    pub seq_len: Option<usize>,
    pub vocab_size: Option<usize>,
    pub num_puzzle_identifiers: Option<usize>,
}
