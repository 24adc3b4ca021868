//! The network, told once for all models and executors (specification, sections 3 to 5).
//!
//! HRM and TRM are the same recurrence with other parts: a schedule, one or two stacks of blocks, a token mixer, a
//! prefix. [`plan`] writes it down as kernels in order, and after them who goes on; executors carry the plan out.

mod block;

use crate::halt::Halt;
use crate::kernels::*;
use crate::model::{Config, Family, Positions};
use crate::tasks::rule_kernel;

/// Kernels in order for a model of this configuration on puzzles of `seq_len` tokens, halting by a rule that
/// [`Schedule::check`](crate::halt::Schedule::check) has let pass.
///
/// Weights appear under their official names (specification, section 2.3).
pub(crate) fn plan(config: &Config, seq_len: usize, halt: Halt) -> Plan {
    let mut tensors = Tensors::default();
    let rows = config.positions_for(seq_len);
    let carry = [rows, config.hidden_size];
    let io = PlanIo {
        tokens: tensors.add("inputs", &[seq_len], Role::Ids),
        puzzle: (config.puzzle_emb_ndim > 0).then(|| tensors.activation("puzzle", &[config.puzzle_emb_ndim])),
        z_h: tensors.activation("z_H", &carry),
        z_l: tensors.activation("z_L", &carry),
        logits: tensors.activation("logits", &[seq_len, config.vocab_size]),
        q: tensors.activation("q", &[2]),
        preds: tensors.add("preds", &[seq_len], Role::Ids),
        state: tensors.add("state", &[State::LEN], Role::Ids),
    };
    let x = tensors.activation("x", &carry);
    let mut network = Network {
        config,
        tensors,
        io,
        rows,
        seq_len,
        steps: Vec::new(),
    };

    network.embed(x);
    network.reset("H_init", io.z_h);
    network.reset("L_init", io.z_l);
    let load = std::mem::take(&mut network.steps);

    let l_level = network.level("L_level", config.l_layers);
    let h_level = match config.family {
        Family::Hrm => network.level("H_level", config.h_layers),
        // One network in both roles.
        Family::Trm => network.level("L_level", config.l_layers),
    };
    for _ in 0..config.h_cycles {
        for _ in 0..config.l_cycles {
            network.reasoning(&l_level, io.z_l, (io.z_h, Some(x)));
        }
        network.reasoning(&h_level, io.z_h, (io.z_l, None));
    }
    network.heads();
    let segment = std::mem::take(&mut network.steps);
    network.halting(halt);
    Plan {
        tensors: network.tensors.0,
        load,
        segment,
        halting: network.steps,
        io,
    }
}

/// The plan's tensors; a name stands for one tensor, so that blocks share weights and scratch by asking again.
#[derive(Default)]
struct Tensors(Vec<TensorSpec>);

impl Tensors {
    fn add(&mut self, name: &str, shape: &[usize], role: Role) -> TensorId {
        if let Some(id) = self.0.iter().position(|t| t.name == name) {
            return id;
        }
        self.0.push(TensorSpec {
            name: name.to_owned(),
            shape: shape.to_vec(),
            role,
        });
        self.0.len() - 1
    }

    fn weight(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.add(name, shape, Role::Weight)
    }

    fn activation(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.add(name, shape, Role::Activation)
    }
}

struct Network<'c> {
    config: &'c Config,
    tensors: Tensors,
    io: PlanIo,
    /// Positions `T`.
    rows: usize,
    /// Tokens `S`.
    seq_len: usize,
    steps: Vec<Step>,
}

impl Network<'_> {
    fn embed(&mut self, x: TensorId) {
        let (config, width) = (self.config, self.config.hidden_size);
        let table = self
            .tensors
            .weight("embed_tokens.embedding_weight", &[config.vocab_size, width]);
        let positions = (config.positions == Positions::Learned)
            .then(|| self.tensors.weight("embed_pos.embedding_weight", &[self.rows, width]));
        self.steps.push(Step::Embed(Embed {
            tokens: self.io.tokens,
            puzzle: self.io.puzzle,
            table,
            positions,
            x,
            seq_len: self.seq_len,
            puzzle_width: config.puzzle_emb_ndim,
            prefix: config.prefix_len(),
            width,
            scale: (width as f32).sqrt(),
        }));
    }

    fn reset(&mut self, init: &str, z: TensorId) {
        let (rows, width) = (self.rows, self.config.hidden_size);
        let init = self.tensors.weight(init, &[width]);
        self.steps.push(Step::Reset(Reset { init, z, rows, width }));
    }

    /// Logits without the prefix, q from position 0, predictions.
    fn heads(&mut self) {
        let (inputs, vocab, rows) = (self.config.hidden_size, self.config.vocab_size, self.seq_len);
        let PlanIo {
            z_h: x,
            logits,
            q,
            preds,
            ..
        } = self.io;
        let lm_head = Linear {
            x,
            weight: self.tensors.weight("lm_head.weight", &[vocab, inputs]),
            bias: None,
            y: logits,
            x_rows: self.rows,
            first_row: self.config.prefix_len(),
            rows,
            inputs,
            outputs: vocab,
            norm: None,
            epilogue: Epilogue::Store,
        };
        let q_head = Linear {
            weight: self.tensors.weight("q_head.weight", &[2, inputs]),
            bias: Some(self.tensors.weight("q_head.bias", &[2])),
            y: q,
            first_row: 0,
            rows: 1,
            outputs: 2,
            ..lm_head.clone()
        };
        let argmax = Argmax {
            x: logits,
            y: preds,
            rows,
            width: vocab,
        };
        self.steps
            .extend([Step::Linear(lm_head), Step::Linear(q_head), Step::Argmax(argmax)]);
    }

    /// Who goes on (specification, section 5).
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
            family: self.config.family,
        };
        self.steps
            .extend([Step::Halting(halting), Step::Compact(Compact { state })]);
    }
}
