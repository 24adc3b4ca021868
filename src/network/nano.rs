//! nano-trm, another code of TRM, whose files Lightning writes (docs/specification.md, section 13).

use super::arch;
use super::builder::Builder;
use super::config::{Config, Family, Positions};
use super::definition::{Definition, FirstCarry, Network, Told};
use super::ends::{Ends, PUZZLE_TABLE};
use super::keys::{Keys, Shapes};
use super::trm::OneModule;
use super::value::Value;
use crate::kernels::{Rotary, Threshold, frequencies};

/// Name of the table of token embeddings, `[V, D]`.
const TOKENS: &str = "input_embedding.embedding_weight";
/// Name of the reasoning module.
const MODULE: &str = "lenet";

/// Hyperparameters of training, and sizes that the file states otherwise.
const IRRELEVANT: [&str; 14] = [
    "N_supervision",
    "learning_rate",
    "learning_rate_emb",
    "warmup_steps",
    "max_steps",
    "steps_per_epoch",
    "lr_min_ratio",
    "use_muon",
    "use_constant_lr",
    "num_puzzles",
    "pad_value",
    "output_dir",
    "max_grid_size",
    "gradient_clip_val",
];

/// The family nano-trm.
pub(super) struct Nano;

impl Definition for Nano {
    fn classes(&self) -> &'static [&'static str] {
        &["TRMModule"]
    }

    fn claims(&self, shapes: &Shapes<'_>) -> bool {
        shapes.contains_key(TOKENS) && shapes.keys().any(|name| name.starts_with("lenet."))
    }

    fn published(&self, seq_len: usize, vocab_size: usize) -> Config {
        Config {
            h_cycles: 3,
            l_cycles: 6,
            l_layers: 2,
            mlp_t: true,
            positions: Positions::None,
            puzzle_emb_ndim: 0,
            num_puzzle_identifiers: 0,
            ..arch::published(Family::Nano, seq_len, vocab_size)
        }
    }

    fn called(&self, key: &'static str) -> &'static str {
        match key {
            "L_layers" => "num_layers",
            "expansion" => "ffn_expansion",
            "puzzle_emb_ndim" => "puzzle_emb_dim",
            "halt_max_steps" => "N_supervision_val",
            key => key,
        }
    }

    fn read(&self, _: &str, keys: &mut Keys<'_>) -> Result<Config, String> {
        keys.ignore(&["name"]);
        keys.ignore(&IRRELEVANT);
        for form in ["use_conv_swiglu", "use_board_swiglu"] {
            if keys.flag(form)? {
                return Err(format!(
                    "`{form}`: expected false, found true: MLPs with a convolution are not computed here"
                ));
            }
        }
        let mlp_t = keys.flag("use_mlp_t")?;
        let num_heads = match mlp_t {
            true => keys.size_or("num_heads", 1)?,
            false => keys.size("num_heads", None)?,
        };
        let puzzle_emb_ndim = match keys.shape(PUZZLE_TABLE, 1) {
            Some(width) => keys.size("puzzle_emb_dim", Some(width))?,
            None => keys.size_or("puzzle_emb_dim", 0)?,
        };
        Ok(Config {
            hidden_size: keys.size("hidden_size", keys.shape(TOKENS, 1))?,
            num_heads,
            mlp_t,
            puzzle_emb_ndim,
            puzzle_emb_len: keys.size_or("puzzle_emb_len", if puzzle_emb_ndim == 0 { 0 } else { 16 })?,
            h_cycles: keys.size("H_cycles", None)?,
            l_cycles: keys.size("L_cycles", None)?,
            l_layers: keys.size("num_layers", keys.layers(MODULE))?,
            expansion: keys.number("ffn_expansion", None)?,
            positions: positions(mlp_t, keys)?,
            rope_theta: keys.number("rope_theta", Some(10_000.0))?,
            halt_max_steps: keys.size_or("N_supervision_val", 16)?,
            ..self.published(1, 1)
        })
    }

    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)> {
        let positions = match config.positions {
            Positions::Rope => "1d",
            Positions::Rope2d => "2d",
            _ => "none",
        };
        vec![
            ("H_cycles", config.h_cycles.into()),
            ("L_cycles", config.l_cycles.into()),
            ("num_layers", config.l_layers.into()),
            ("hidden_size", config.hidden_size.into()),
            ("num_heads", config.num_heads.into()),
            ("ffn_expansion", config.expansion.into()),
            ("pos_emb_type", positions.to_owned().into()),
            ("rope_theta", config.rope_theta.into()),
            ("puzzle_emb_dim", config.puzzle_emb_ndim.into()),
            ("puzzle_emb_len", config.puzzle_emb_len.into()),
            ("use_mlp_t", config.mlp_t.into()),
            ("N_supervision_val", config.halt_max_steps.into()),
        ]
    }

    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told {
        let mixed = keys.shape("lenet.layers.0.mlp_t.down_proj.weight", 0);
        Told {
            seq_len: mixed.and_then(|rows| rows.checked_sub(config.puzzle_emb_len)),
            vocab_size: keys.shape(TOKENS, 0),
            num_puzzle_identifiers: match config.puzzle_emb_ndim {
                0 => Some(0),
                _ => keys.shape(PUZZLE_TABLE, 0),
            },
        }
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        arch::check_prefix(config)?;
        if config.puzzle_emb_ndim > 0 && config.puzzle_emb_len == 0 {
            return Err("`puzzle_emb_len`: expected 1 or more with `puzzle_emb_dim`, found 0".to_owned());
        }
        if config.positions == Positions::Rope2d && !config.head_dim().is_multiple_of(4) {
            let found = config.head_dim();
            return Err(format!(
                "`pos_emb_type` 2d: expected heads of a multiple of 4, found {found}"
            ));
        }
        match config.rms_norm_eps == 1e-5 {
            true => Ok(()),
            false => Err(format!(
                "`rms_norm_eps`: expected 1e-5, found {:?}",
                config.rms_norm_eps
            )),
        }
    }

    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network> {
        Box::new(OneModule {
            ends: Ends::declare(plan),
            module: plan.module(MODULE, plan.config.l_layers),
        })
    }

    fn threshold(&self) -> Threshold {
        Threshold::Zero
    }

    fn anchor(&self) -> &'static str {
        TOKENS
    }

    fn first_carry(&self, _: &Config) -> FirstCarry {
        FirstCarry::Stored(&["z_H_init", "z_L_init"])
    }

    /// The prefix is turned by its place; cells by row and column, each with the lower half of the frequencies.
    fn rotary(&self, config: &Config, rows: usize) -> Option<Rotary> {
        let (head_dim, prefix) = (config.head_dim(), config.prefix_len());
        match config.positions {
            Positions::Rope => Some(Rotary::along([rows, head_dim], config.rope_theta)),
            Positions::Rope2d => {
                let side = rows.saturating_sub(prefix).isqrt().max(1);
                let (quarter, frequencies) = (head_dim / 4, frequencies(head_dim, config.rope_theta));
                Some(Rotary::new([rows, head_dim], head_dim, |p, i| {
                    match p.checked_sub(prefix) {
                        None => p as f32 * frequencies[i],
                        Some(cell) if i < quarter => (cell / side) as f32 * frequencies[i],
                        Some(cell) => (cell % side) as f32 * frequencies[i - quarter],
                    }
                }))
            }
            _ => None,
        }
    }

    fn q_outputs(&self) -> usize {
        1
    }

    /// A Sudoku has one more token, the end of a row: blank is 2 and digit k is k + 2.
    fn token_shift(&self, config: &Config) -> isize {
        isize::from((config.seq_len, config.vocab_size) == (81, 12))
    }

    fn inert(&self) -> &'static [&'static str] {
        &arch::INERT
    }
}

/// Reads `pos_emb_type`: anything but the two kinds of rotary positions means none, null too; the class's default is 1d.
fn positions(mlp_t: bool, keys: &mut Keys<'_>) -> Result<Positions, String> {
    let default = if keys.states("pos_emb_type") { None } else { Some("1d") };
    let positions = match keys.text("pos_emb_type")?.or(default) {
        Some("1d") if !mlp_t => Positions::Rope,
        Some("2d") if !mlp_t => Positions::Rope2d,
        _ => Positions::None,
    };
    let file = keys.file().to_owned();
    keys.note("pos_emb_type", positions, file);
    Ok(positions)
}
