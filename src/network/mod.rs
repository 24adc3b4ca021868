//! The network, described once for all executors: kernels in order.
//!
//! A family of models is one file (`hrm.rs`, `trm.rs`, …) and one line in `families.rs`. It defines how a configuration is
//! read, which tensors the network has, and which steps a segment takes. [`plan`] adds halting, which follows a
//! segment; executors run the plan. Blocks and heads that families share are files of their own.

mod arch;
mod block;
mod builder;
pub(crate) mod config;
pub(crate) mod definition;
mod ends;
mod eqr;
pub(crate) mod families;
mod hrm;
pub(crate) mod keys;
mod nano;
mod serrm;
mod sotaku;
mod trm;
mod urm;
pub(crate) mod value;

pub(crate) use builder::STACKED;
pub(crate) use ends::PUZZLE_TABLE;

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
            let (tokens, preds) = (self.of_task("task_inputs", tokens), self.of_task("task_preds", preds));
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
        let previous = self.tensors.add("previous", &[self.seq_len], Role::Ids);
        let settles = definition(self.config.family).settles();
        let still = (settles || halt == Halt::Still).then(|| self.change(previous, settles));
        let halting = Halting {
            q,
            q_outputs: definition(self.config.family).q_outputs(),
            preds,
            verdict: valid.or(still.filter(|_| halt == Halt::Still)),
            previous,
            state,
            seq_len: self.seq_len,
            halt,
            threshold: definition(self.config.family).threshold(),
        };
        self.steps
            .extend([Step::Halting(halting), Step::Compact(Compact { state })]);
    }

    /// Returns ids of the network as its task knows them.
    fn of_task(&mut self, name: &str, x: TensorId) -> TensorId {
        let (len, by) = (self.seq_len, self.config.token_shift());
        if by == 0 {
            return x;
        }
        let y = self.tensors.add(name, &[len], Role::Ids);
        self.steps.push(Step::Shift(Shift { x, y, len, by }));
        y
    }

    /// Adds the step that tells how much a segment changed, and returns the tensor that says whether nothing changes any
    /// more. `told`: the host is told, too.
    fn change(&mut self, before: TensorId, told: bool) -> TensorId {
        let PlanIo {
            logits, preds, state, ..
        } = self.io;
        let (rows, width) = (self.seq_len, self.config.predicted());
        let change = self.tensors.activation("change", &[Change::LEN]);
        let still = self.tensors.add("still", &[1], Role::Ids);
        self.io.change = told.then_some(change);
        self.steps.push(Step::Change(Change {
            logits,
            previous: self.tensors.activation("previous_logits", &[rows, width]),
            preds,
            before,
            state,
            change,
            still,
            rows,
            width,
            patience: definition(self.config.family).patience(),
        }));
        still
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
        let inits = definition(self.family).first_carry(self).names();
        let buffer = |name: &str| inits.contains(&name) || name == PUZZLE_TABLE;
        let counted = self.tensors().into_iter().filter(|(name, _)| !buffer(name));
        let product = |shape: &[usize]| shape.iter().fold(1usize, |product, &size| product.saturating_mul(size));
        counted.fold(0usize, |sum, (_, shape)| sum.saturating_add(product(&shape)))
    }

    /// Checks that every size is possible and that sizes fit together; the error is the reason why not.
    pub(crate) fn validate(&self) -> Result<(), String> {
        self.check_sizes()?;
        definition(self.family).check(self)?;
        if let Some(task) = self.task.filter(|task| !task.fits(self.seq_len, self.task_vocab())) {
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
