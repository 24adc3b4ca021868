//! What a family of models has to say of itself.

use super::builder::Builder;
use super::config::Config;
use super::keys::{Keys, Shapes};
use super::value::Value;
use crate::kernels::Threshold;

/// A family of models: one file, and one line in the registry.
pub(crate) trait Definition: Sync {
    /// Names of the family's class in `arch.name`; case does not matter, nor does the module before them.
    fn classes(&self) -> &'static [&'static str];

    /// Returns true if tensors of these names are the family's. Asked where no class name tells.
    fn claims(&self, shapes: &Shapes<'_>) -> bool;

    /// The published sizes, for puzzles of `seq_len` tokens of `vocab_size`.
    fn published(&self, seq_len: usize, vocab_size: usize) -> Config;

    /// Reads the configuration. What it asks `keys` for is what the family knows. `module` is what stands before the
    /// class name, if anything. The sizes of the data set are filled in later.
    fn read(&self, module: &str, keys: &mut Keys<'_>) -> Result<Config, String>;

    /// The keys and values from which [`Definition::read`] makes `config` again, in the order in which a file has them.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "a page writes no files"))]
    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)>;

    /// Sizes of the data set that the weights tell.
    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told;

    /// Checks what this family asks of a configuration beyond what every family does.
    fn check(&self, config: &Config) -> Result<(), String>;

    /// Declares all weights. This is the one list of them: what a weight file has to hold is read off it.
    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network>;

    /// What `q_halt` must exceed where the network means "stop".
    fn threshold(&self) -> Threshold;

    /// Endings of the names of buffers that a file may hold without effect on inference.
    fn inert(&self) -> &'static [&'static str];
}

/// A network whose weights are declared: what is left to tell is the steps.
pub(crate) trait Network {
    /// Takes a puzzle in: the input embedding, and the carry that a sample begins with.
    fn load(&self, plan: &mut Builder<'_>);

    /// Runs one segment.
    fn segment(&self, plan: &mut Builder<'_>);
}

/// Sizes of the data set, as far as the weights tell them.
#[derive(Default)]
pub(crate) struct Told {
    pub seq_len: Option<usize>,
    pub vocab_size: Option<usize>,
    pub num_puzzle_identifiers: Option<usize>,
}
