//! TRM, the Tiny Recursive Model: one network in both roles (docs/specification.md, section 5).

use super::arch;
use super::block::Block;
use super::builder::Builder;
use super::config::{Config, Family};
use super::definition::{Definition, Network, Told};
use super::ends::Ends;
use super::keys::{Keys, Shapes};
use super::value::Value;
use crate::kernels::Threshold;

/// Modules whose networks have the same class name, but one state, or six, or (SE-RRM's) other positions and no halting
/// head.
const OTHER_MODULES: [&str; 3] = ["trm_singlez", "trm_hier6", "trm_ablation"];

/// The family TRM.
pub(super) struct Trm;

impl Definition for Trm {
    fn classes(&self) -> &'static [&'static str] {
        &["TinyRecursiveReasoningModel_ACTV1"]
    }

    fn claims(&self, shapes: &Shapes<'_>) -> bool {
        let any = |start: &str| shapes.keys().any(|name| name.starts_with(start));
        any("L_level.") && !any("H_level.") && shapes.contains_key("H_init")
    }

    fn published(&self, seq_len: usize, vocab_size: usize) -> Config {
        Config {
            h_cycles: 3,
            l_cycles: 6,
            l_layers: 2,
            puzzle_emb_len: 16,
            ..arch::published(Family::Trm, seq_len, vocab_size)
        }
    }

    fn read(&self, module: &str, keys: &mut Keys<'_>) -> Result<Config, String> {
        if let Some(other) = OTHER_MODULES
            .iter()
            .find(|other| module.rsplit('.').next() == Some(**other))
        {
            return Err(format!(
                "`arch.name`: expected TRM, found the other network of module `{other}`"
            ));
        }
        // There is no H network, and whether training looked one segment ahead does not matter here.
        keys.ignore(&["H_layers", "no_ACT_continue"]);
        let mlp_t = keys.flag("mlp_t")?;
        let config = arch::read(Family::Trm, mlp_t, keys)?;
        // Without an embedding, the default of 16 cannot be meant: the official code fails there.
        let default = if config.puzzle_emb_ndim == 0 { 0 } else { 16 };
        Ok(Config {
            puzzle_emb_len: keys.size_or("puzzle_emb_len", default)?,
            positions: arch::positions(true, mlp_t, keys)?,
            ..config
        })
    }

    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)> {
        let mut settings = arch::settings(config);
        settings.push(("puzzle_emb_len", config.puzzle_emb_len.into()));
        settings
    }

    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told {
        arch::told(config, keys)
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        arch::check_prefix(config)
    }

    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network> {
        Box::new(OneModule {
            ends: Ends::declare(plan),
            module: plan.module("L_level", plan.config.l_layers),
        })
    }

    fn threshold(&self) -> Threshold {
        Threshold::Zero
    }

    fn inert(&self) -> &'static [&'static str] {
        &arch::INERT
    }
}

/// One reasoning module in the place of both, which EqR and nano-trm share.
pub(super) struct OneModule {
    pub ends: Ends,
    pub module: Vec<Block>,
}

impl Network for OneModule {
    fn load(&self, plan: &mut Builder<'_>) {
        self.ends.load(plan);
    }

    fn segment(&self, plan: &mut Builder<'_>) {
        plan.recur(&self.module, &self.module);
        self.ends.heads(plan);
    }
}
