//! The network, described once for all executors: kernels in order.
//!
//! A family of models is one file (`hrm.rs`, `trm.rs`, …) and one line in `families.rs`. It defines how a configuration is
//! read, which tensors the network has, and which steps a segment takes. [`plan`] adds halting, which follows a
//! segment; executors run the plan. Blocks and heads that families share are files of their own.

mod arch;
mod block;
mod builder;
pub(crate) mod config;
mod definition;
mod ends;
pub(crate) mod families;
mod hrm;
pub(crate) mod keys;
mod serrm;
mod trm;
mod urm;
pub(crate) mod value;

pub(crate) use ends::{PUZZLE_TABLE, TOKEN_TABLE};

use crate::halt::Halt;
use crate::kernels::*;
use crate::tasks::rule_kernel;
use builder::Builder;
use config::{Config, Family};
use families::definition;

/// Returns the plan of a model with this configuration on puzzles of `seq_len` tokens, with a halting rule that
/// [`Schedule::check`](crate::halt::Schedule::check) has accepted.
///
/// Weights appear under their official names (docs/specification.md, section 2.3).
pub(crate) fn plan(config: &Config, seq_len: usize, halt: Halt) -> Plan {
    let mut builder = Builder::new(config, seq_len);
    let network = definition(config.family).declare(&mut builder);
    network.load(&mut builder);
    let load = std::mem::take(&mut builder.steps);
    network.segment(&mut builder);
    let segment = std::mem::take(&mut builder.steps);
    builder.halting(halt);
    Plan {
        tensors: builder.tensors.specs,
        load,
        segment,
        halting: builder.steps,
        io: builder.io,
    }
}

impl Builder<'_> {
    /// Adds the steps that decide which samples go on (docs/specification.md, section 5).
    fn halting(&mut self, halt: Halt) {
        let PlanIo {
            tokens,
            q,
            preds,
            state,
            ..
        } = self.io;
        let rules = (halt == Halt::Valid).then(|| rule_kernel(self.config.task, self.seq_len));
        let valid = rules.flatten().map(|rules| {
            let valid = self.tensors.add("valid", &[1], Role::Ids);
            self.steps.push(Step::Judge(Judge {
                tokens,
                preds,
                valid,
                seq_len: self.seq_len,
                rules,
            }));
            valid
        });
        let halting = Halting {
            q,
            preds,
            valid,
            previous: self.tensors.add("previous", &[self.seq_len], Role::Ids),
            state,
            seq_len: self.seq_len,
            halt,
            threshold: definition(self.config.family).threshold(),
        };
        self.steps
            .extend([Step::Halting(halting), Step::Compact(Compact { state })]);
    }
}

impl Config {
    /// Returns the sizes that `family` was published with, for puzzles of `seq_len` tokens and a vocabulary of
    /// `vocab_size` (docs/specification.md, section 1.2).
    pub fn published(family: Family, seq_len: usize, vocab_size: usize) -> Config {
        definition(family).published(seq_len, vocab_size)
    }

    /// Returns names and shapes of all tensors, in the order of official files.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut builder = Builder::new(self, self.seq_len);
        definition(self.family).declare(&mut builder);
        builder.tensors.stored
    }

    /// Returns the number of parameters as the official code counts them: without puzzle embedding and initial states,
    /// which are buffers.
    pub fn parameters(&self) -> usize {
        let inits = definition(self.family).inits();
        let buffer = |name: &str| inits.contains(&name) || name == PUZZLE_TABLE;
        let counted = self.tensors().into_iter().filter(|(name, _)| !buffer(name));
        counted.map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// Checks that every size is possible and that sizes fit together; the error is the reason why not.
    pub(crate) fn validate(&self) -> Result<(), String> {
        self.check_sizes()?;
        definition(self.family).check(self)?;
        if let Some(task) = self.task.filter(|task| !task.fits(self.seq_len, self.vocab_size)) {
            return Err(format!(
                "task {task} needs {}, found `seq_len` {} and `vocab_size` {}",
                task.needs(),
                self.seq_len,
                self.vocab_size
            ));
        }
        let mut builder = Builder::new(self, self.seq_len);
        definition(self.family).declare(&mut builder);
        builder.tensors.conflict.map_or(Ok(()), Err)
    }
}
