//! HRM, the Hierarchical Reasoning Model: an H and an L network (docs/specification.md, section 5).

use super::arch;
use super::block::Block;
use super::builder::Builder;
use super::config::{Config, Family, check_range};
use super::definition::{Definition, Network, Told};
use super::ends::Ends;
use super::keys::{Keys, Shapes};
use super::value::Value;
use crate::kernels::Threshold;

/// The module of HRM's own repository. Copies of the class, such as the one in the TRM repository, may also lack
/// positions or attention; this one refuses other positions and ignores `mlp_t`.
const OWN_MODULE: &str = "hrm_act_v1";

/// The family HRM.
pub(super) struct Hrm;

impl Definition for Hrm {
    fn classes(&self) -> &'static [&'static str] {
        &["HierarchicalReasoningModel_ACTV1"]
    }

    fn claims(&self, shapes: &Shapes<'_>) -> bool {
        shapes.keys().any(|name| name.starts_with("H_level."))
    }

    fn published(&self, seq_len: usize, vocab_size: usize) -> Config {
        Config {
            h_layers: 4,
            ..arch::published(Family::Hrm, seq_len, vocab_size)
        }
    }

    fn read(&self, module: &str, keys: &mut Keys<'_>) -> Result<Config, String> {
        let own = module.rsplit('.').next() == Some(OWN_MODULE);
        let mlp_t = keys.flag("mlp_t")? && !own;
        let config = Config {
            h_layers: keys.size("H_layers", keys.layers("H_level"))?,
            ..arch::read(Family::Hrm, mlp_t, keys)?
        };
        let positions = arch::positions(!own, mlp_t, keys)?;
        let config = Config { positions, ..config };
        // The official class does not know this key: a copy that does must mean the same prefix.
        match keys.stated("puzzle_emb_len")? {
            Some(len) if len > 0 && (config.hidden_size == 0 || len != config.prefix_len()) => Err(format!(
                "`puzzle_emb_len`: HRM's prefix follows from `puzzle_emb_ndim`, found {len}"
            )),
            _ => Ok(config),
        }
    }

    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)> {
        let mut settings = arch::settings(config);
        settings.insert(2, ("H_layers", config.h_layers.into()));
        settings
    }

    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told {
        arch::told(config, keys)
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        check_range("H_layers", config.h_layers, 1, 1 << 10)?;
        check_range("puzzle_emb_len", config.puzzle_emb_len, 0, 0)
    }

    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network> {
        Box::new(Parts {
            ends: Ends::declare(plan),
            h_module: plan.module("H_level", plan.config.h_layers),
            l_module: plan.module("L_level", plan.config.l_layers),
        })
    }

    fn threshold(&self) -> Threshold {
        Threshold::Continue
    }

    fn inert(&self) -> &'static [&'static str] {
        &arch::INERT
    }
}

struct Parts {
    ends: Ends,
    h_module: Vec<Block>,
    l_module: Vec<Block>,
}

impl Network for Parts {
    fn load(&self, plan: &mut Builder<'_>) {
        self.ends.load(plan);
    }

    fn segment(&self, plan: &mut Builder<'_>) {
        plan.recur(&self.l_module, &self.h_module);
        self.ends.heads(plan);
    }
}
