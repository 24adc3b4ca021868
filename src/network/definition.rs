//! The interface that each family of models implements.

use super::builder::Builder;
use super::config::{Config, Positions};
use super::ends::TOKEN_TABLE;
use super::keys::{Keys, Shapes};
use super::value::Value;
use crate::kernels::{Rotary, Threshold};

/// A family of models: implemented in one file, with one line in the registry.
pub(crate) trait Definition: Sync {
    /// Names of the family's class in `arch.name`, without the module; case does not matter.
    fn classes(&self) -> &'static [&'static str];

    /// Returns true if tensors with these names belong to the family. Used where no class name decides.
    fn claims(&self, shapes: &Shapes<'_>) -> bool;

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

    /// Returns the name of the table of token embeddings, by which a state_dict of the family is known, whatever stands
    /// before it.
    fn anchor(&self) -> &'static str {
        TOKEN_TABLE
    }

    /// Returns where the initial carry comes from.
    fn first_carry(&self, _: &Config) -> FirstCarry {
        FirstCarry::Stored(&["H_init", "L_init"])
    }

    /// Returns the rotary positions of `rows` positions, if queries and keys are turned.
    fn rotary(&self, config: &Config, rows: usize) -> Option<Rotary> {
        let rope = config.positions == Positions::Rope;
        rope.then(|| Rotary::along([rows, config.head_dim()], config.rope_theta))
    }

    /// Returns the number of outputs of the halting head: `q_halt`, and `q_continue` if there is a second.
    fn q_outputs(&self) -> usize {
        2
    }

    /// Returns what an id of the network exceeds that of its task by.
    fn token_shift(&self, _: &Config) -> isize {
        0
    }

    /// Returns the number of ids that can be predicted, which are the last ones: a cell has as many logits.
    fn predicted(&self, config: &Config) -> usize {
        config.vocab_size
    }

    /// Returns after how many segments that changed nothing a sample stands still.
    fn patience(&self) -> usize {
        3
    }

    /// Returns whether weights alone tell what the network is, so that no file needs to state a configuration.
    #[cfg_attr(
        target_arch = "wasm32",
        allow(dead_code, reason = "a page is given the configuration")
    )]
    fn needs_settings(&self) -> bool {
        true
    }

    /// Returns whether that one of several tries wins whose outputs changed least in its last segments, and not the
    /// one with most votes.
    fn settles(&self) -> bool {
        false
    }

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

/// Where the initial carry of a sample comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FirstCarry {
    /// Vectors `[D]` of the weight file, one for each state, `z_H` first: every position gets it.
    Stored(&'static [&'static str]),
    /// What the tokens are embedded as, by a layer with this weight `[D, V]` and bias.
    Embedded([&'static str; 2]),
    /// Random numbers of these standard deviations, for `z_H` and `z_L`: every position gets its own.
    Drawn([f64; 2]),
}

impl FirstCarry {
    /// Returns the names of the stored vectors.
    pub(crate) fn names(self) -> &'static [&'static str] {
        match self {
            FirstCarry::Stored(names) => names,
            FirstCarry::Embedded(_) | FirstCarry::Drawn(_) => &[],
        }
    }

    /// Returns the number of states.
    pub(crate) fn states(self) -> usize {
        match self {
            FirstCarry::Stored(names) => names.len(),
            FirstCarry::Embedded(_) => 1,
            FirstCarry::Drawn(std) => std.len(),
        }
    }
}

/// Sizes of the data set, as far as they follow from the weights.
#[derive(Default)]
pub(crate) struct Told {
    pub seq_len: Option<usize>,
    pub vocab_size: Option<usize>,
    pub num_puzzle_identifiers: Option<usize>,
}
