//! The tensors that a configuration asks for, and how those of a file compare (specification, section 2.3).

use super::checkpoint::Found;
use super::config::{Config, Family, Positions};
use std::collections::BTreeMap;

/// Parts of the network. A tensor in one of them that the configuration has no place for would have been computed
/// with in training: ignoring it would give wrong answers.
const PARTS: [&str; 7] = [
    "embed_tokens.",
    "lm_head.",
    "q_head.",
    "puzzle_emb.weights",
    "embed_pos.",
    "H_level.",
    "L_level.",
];

impl Config {
    /// Names and shapes of all tensors, in the order in which official files have them.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (width, vocab) = (self.hidden_size, self.vocab_size);
        let positions = self.positions_for(self.seq_len);
        let mut tensors = Vec::new();
        let mut add = |name: &str, shape: &[usize]| tensors.push((name.to_owned(), shape.to_vec()));
        add("H_init", &[width]);
        add("L_init", &[width]);
        add("embed_tokens.embedding_weight", &[vocab, width]);
        add("lm_head.weight", &[vocab, width]);
        add("q_head.weight", &[2, width]);
        add("q_head.bias", &[2]);
        if self.puzzle_emb_ndim > 0 {
            add(
                "puzzle_emb.weights",
                &[self.num_puzzle_identifiers, self.puzzle_emb_ndim],
            );
        }
        if self.positions == Positions::Learned {
            add("embed_pos.embedding_weight", &[positions, width]);
        }
        let h_layers = if self.family == Family::Hrm { self.h_layers } else { 0 };
        for (level, layers) in [("H_level", h_layers), ("L_level", self.l_layers)] {
            for layer in 0..layers {
                let mut add =
                    |name: &str, shape: &[usize]| add(&format!("{level}.layers.{layer}.{name}.weight"), shape);
                if self.mlp_t {
                    let inner = self.inner_size(positions);
                    add("mlp_t.gate_up_proj", &[2 * inner, positions]);
                    add("mlp_t.down_proj", &[positions, inner]);
                } else {
                    add("self_attn.qkv_proj", &[3 * width, width]);
                    add("self_attn.o_proj", &[width, width]);
                }
                let inner = self.inner_size(width);
                add("mlp.gate_up_proj", &[2 * inner, width]);
                add("mlp.down_proj", &[width, inner]);
            }
        }
        tensors
    }
}

/// How the tensors of a file compare with the configuration: one sentence a tensor.
#[derive(Debug, Default, serde::Serialize)]
pub struct Fit {
    /// Needed, but not there.
    pub missing: Vec<String>,
    /// Of another shape or number format than needed.
    pub misshapen: Vec<String>,
    /// There, in contradiction to the configuration.
    pub unexpected: Vec<String>,
    /// There without being part of the network: they are ignored.
    pub ignored: Vec<String>,
}

impl Fit {
    /// Everything that makes the model unusable.
    pub fn problems(&self) -> Vec<String> {
        [&self.missing[..], &self.misshapen, &self.unexpected].concat()
    }
}

/// Compares `found` with what `config` asks for.
pub(crate) fn compare(config: &Config, found: &BTreeMap<String, Found>) -> Fit {
    let mut fit = Fit::default();
    let needed: BTreeMap<_, _> = config.tensors().into_iter().collect();
    for (name, shape) in &needed {
        match found.get(name) {
            None => fit.missing.push(format!("`{name}` is missing, needed {shape:?}")),
            Some(tensor) if tensor.shape != *shape => {
                fit.misshapen
                    .push(format!("`{name}` is {:?}, needed {shape:?}", tensor.shape));
            }
            Some(Found {
                dtype, tensor: None, ..
            }) => {
                fit.misshapen
                    .push(format!("`{name}` is {dtype}, needed F32, F16 or BF16"));
            }
            Some(_) => {}
        }
    }
    for (name, Found { shape, .. }) in found.iter().filter(|(name, _)| !needed.contains_key(*name)) {
        let shown = name.escape_debug();
        if PARTS.iter().any(|part| name.starts_with(part)) {
            fit.unexpected.push(format!(
                "`{shown}` {shape:?} is there, but the configuration has no place for it"
            ));
        } else {
            fit.ignored.push(format!(
                "tensor `{shown}` {shape:?} is no part of the network and is ignored"
            ));
        }
    }
    fit
}
