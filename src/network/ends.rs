//! The parts before and after the recurrence: input embedding, initial carry, heads (docs/specification.md, sections 4
//! and 5).

use super::builder::Builder;
use super::config::Positions;
use super::families::definition;
use crate::kernels::*;

/// Name of the table of puzzle embeddings, `[num_puzzle_identifiers, puzzle_emb_ndim]`. It may be gigabytes long, and
/// only the rows in use are ever read.
pub(crate) const PUZZLE_TABLE: &str = "puzzle_emb.weights";
/// Name of the table of token embeddings, `[V, D]`.
pub(crate) const TOKEN_TABLE: &str = "embed_tokens.embedding_weight";
/// Name of the table of learned positions, `[T, D]`.
pub(super) const POSITION_TABLE: &str = "embed_pos.embedding_weight";

/// The weights around the recurrence.
pub(super) struct Ends {
    /// The vector that each state begins with.
    inits: Vec<TensorId>,
    tokens: TensorId,
    positions: Option<TensorId>,
    lm_head: TensorId,
    q_head: TensorId,
    q_bias: TensorId,
}

impl Ends {
    /// Declares the weights, in the order of official files.
    pub(crate) fn declare(plan: &mut Builder<'_>) -> Ends {
        let (config, rows, tensors) = (plan.config, plan.rows, &mut plan.tensors);
        let (width, vocab) = (config.hidden_size, config.vocab_size);
        let names = definition(config.family).first_carry(config).names().iter();
        let inits = names.map(|name| tensors.weight(name, &[width])).collect();
        let tokens = tensors.weight(definition(config.family).anchor(), &[vocab, width]);
        let lm_head = tensors.weight("lm_head.weight", &[vocab, width]);
        let q_outputs = definition(config.family).q_outputs();
        let q_head = tensors.weight("q_head.weight", &[q_outputs, width]);
        let q_bias = tensors.weight("q_head.bias", &[q_outputs]);
        if config.puzzle_emb_ndim > 0 {
            tensors.table(PUZZLE_TABLE, &[config.num_puzzle_identifiers, config.puzzle_emb_ndim]);
        }
        let learned = config.positions == Positions::Learned;
        Ends {
            inits,
            tokens,
            positions: learned.then(|| tensors.weight(POSITION_TABLE, &[rows, width])),
            lm_head,
            q_head,
            q_bias,
        }
    }

    /// Adds the steps that load a puzzle: the input embedding, and the initial carry.
    pub(crate) fn load(&self, plan: &mut Builder<'_>) {
        let (config, rows, x) = (plan.config, plan.rows, plan.x());
        let width = config.hidden_size;
        plan.steps.push(Step::Embed(Embed {
            tokens: plan.io.tokens,
            puzzle: plan.io.puzzle,
            table: self.tokens,
            layer: None,
            positions: self.positions,
            x,
            seq_len: plan.seq_len,
            puzzle_width: config.puzzle_emb_ndim,
            prefix: config.prefix_len(),
            width,
            scale: (width as f32).sqrt(),
        }));
        for (&init, z) in self.inits.iter().zip(plan.io.carry()) {
            plan.steps.push(Step::Reset(Reset { init, z, rows, width }));
        }
    }

    /// Adds the heads, which read `z_H`: logits without the prefix, q from position 0, predictions.
    pub(crate) fn heads(&self, plan: &mut Builder<'_>) {
        let (inputs, vocab, rows) = (plan.config.hidden_size, plan.config.vocab_size, plan.seq_len);
        let PlanIo {
            z_h: x,
            logits,
            q,
            preds,
            ..
        } = plan.io;
        let lm_head = Linear {
            x,
            weight: self.lm_head,
            bias: None,
            y: logits,
            x_rows: plan.rows,
            first_row: plan.config.prefix_len(),
            rows,
            inputs,
            outputs: vocab,
            norm: None,
            epilogue: Epilogue::Store,
        };
        let q_head = Linear {
            weight: self.q_head,
            bias: Some(self.q_bias),
            y: q,
            first_row: 0,
            rows: 1,
            outputs: definition(plan.config.family).q_outputs(),
            ..lm_head.clone()
        };
        let argmax = Argmax {
            x: logits,
            given: None,
            y: preds,
            rows,
            width: vocab,
        };
        plan.steps
            .extend([Step::Linear(lm_head), Step::Linear(q_head), Step::Argmax(argmax)]);
    }
}
