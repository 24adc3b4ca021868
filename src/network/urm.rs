//! URM, the Universal Reasoning Model: one state, one stack of blocks, and a convolution over neighbouring positions in
//! the SwiGLU (docs/specification.md, section 15).

use super::arch;
use super::block::Block;
use super::builder::Builder;
use super::config::{Config, Family, check_range};
use super::definition::{Definition, Network, Told};
use super::ends::Ends;
use super::keys::{Keys, Shapes};
use super::value::Value;
use crate::kernels::Threshold;

/// The family URM.
pub(super) struct Urm;

impl Definition for Urm {
    fn classes(&self) -> &'static [&'static str] {
        &["URM"]
    }

    fn claims(&self, shapes: &Shapes<'_>) -> bool {
        shapes.contains_key("init_hidden") && shapes.contains_key("layers.0.mlp.dwconv.weight")
    }

    fn inits(&self) -> &'static [&'static str] {
        &["init_hidden"]
    }

    fn called(&self, key: &'static str) -> &'static str {
        match key {
            "L_layers" => "num_layers",
            "halt_max_steps" => "loops",
            key => key,
        }
    }

    fn published(&self, seq_len: usize, vocab_size: usize) -> Config {
        Config {
            l_cycles: 6,
            ..arch::published(Family::Urm, seq_len, vocab_size)
        }
    }

    fn read(&self, _: &str, keys: &mut Keys<'_>) -> Result<Config, String> {
        // Positions are always rotary, whatever the key says; the others concern training and its evaluation.
        keys.ignore(&["pos_encodings", "loop_deltas"]);
        arch::read(Family::Urm, false, keys)
    }

    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)> {
        let mut settings = arch::settings(config);
        settings.retain(|(key, _)| !["pos_encodings", "mlp_t"].contains(key));
        settings
    }

    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told {
        arch::told(config, keys)
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        check_range("puzzle_emb_len", config.puzzle_emb_len, 0, 0)
    }

    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network> {
        Box::new(Parts {
            ends: Ends::declare(plan),
            blocks: plan.stack("layers", plan.config.l_layers, true),
        })
    }

    fn threshold(&self) -> Threshold {
        Threshold::Zero
    }

    fn inert(&self) -> &'static [&'static str] {
        &arch::INERT
    }
}

struct Parts {
    ends: Ends,
    blocks: Vec<Block>,
}

impl Network for Parts {
    fn load(&self, plan: &mut Builder<'_>) {
        self.ends.load(plan);
    }

    fn segment(&self, plan: &mut Builder<'_>) {
        plan.repeat(&self.blocks);
        self.ends.heads(plan);
    }
}
