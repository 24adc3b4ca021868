//! EqR, the Equilibrium Reasoner: TRM whose updates are damped and whose carry begins anywhere (docs/specification.md,
//! section 12).

use super::arch;
use super::builder::Builder;
use super::config::{Config, Family, Positions};
use super::definition::{Definition, FirstCarry, Network, Told};
use super::ends::{Ends, TOKEN_TABLE};
use super::keys::{Keys, Shapes};
use super::trm::OneModule;
use super::value::Value;
use crate::kernels::{Rotary, Threshold, frequencies};

/// The family EqR.
pub(super) struct Eqr;

impl Definition for Eqr {
    fn classes(&self) -> &'static [&'static str] {
        &["EqRModel"]
    }

    fn claims(&self, shapes: &Shapes<'_>) -> bool {
        let any = |start: &str| shapes.keys().any(|name| name.starts_with(start));
        let started = shapes.contains_key("H_init") || shapes.contains_key("L_init");
        any("L_level.") && !any("H_level.") && shapes.contains_key(TOKEN_TABLE) && !started
    }

    fn published(&self, seq_len: usize, vocab_size: usize) -> Config {
        Config {
            h_cycles: 3,
            l_cycles: 6,
            l_layers: 2,
            puzzle_emb_len: 16,
            damping: 0.95,
            ..arch::published(Family::Eqr, seq_len, vocab_size)
        }
    }

    fn read(&self, _: &str, keys: &mut Keys<'_>) -> Result<Config, String> {
        // Noise belongs to training and to searches of many starts: one path is best without it.
        keys.ignore(&["short_name", "H_layers", "no_ACT_continue", "noise_scale"]);
        // When evaluations stop is not a matter of what a segment computes.
        keys.ignore(&["disable_act_halt", "act_inference", "halt_threshold"]);
        keys.ignore(&["halt_confirm_steps", "halt_confirm_mode"]);
        let mlp_t = keys.flag("mlp_t")?;
        let config = arch::read(Family::Eqr, mlp_t, keys)?;
        let positions = positions(mlp_t, keys)?;
        Ok(Config {
            puzzle_emb_len: keys.size_or("puzzle_emb_len", 0)?,
            positions,
            board: board(positions, keys)?,
            damping: keys.number("lambda_", Some(0.95))?,
            init_std: [
                keys.number("H_init_std", Some(1.0))?,
                keys.number("L_init_std", Some(1.0))?,
            ],
            ..config
        })
    }

    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)> {
        let mut settings = arch::settings(config);
        settings.extend([
            ("puzzle_emb_len", config.puzzle_emb_len.into()),
            ("lambda_", config.damping.into()),
            ("H_init_std", config.init_std[0].into()),
            ("L_init_std", config.init_std[1].into()),
        ]);
        if let Some([rows, columns]) = config.board {
            settings.extend([("board_height", rows.into()), ("board_width", columns.into())]);
        }
        settings
    }

    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told {
        arch::told(config, keys)
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        arch::check_prefix(config)?;
        for (key, std) in ["H_init_std", "L_init_std"].into_iter().zip(config.init_std) {
            if !(0.0..=1e6).contains(&std) {
                return Err(format!("`{key}`: expected 0 to 1e6, found {std:?}"));
            }
        }
        if config.positions == Positions::Rope2d {
            let (tokens, [rows, columns]) = (config.seq_len, sides(config));
            if !config.head_dim().is_multiple_of(4) || config.prefix_len() > 0 {
                return Err(
                    "`pos_encodings` rope2d needs a head size that is a multiple of 4, and no prefix".to_owned(),
                );
            }
            if rows.checked_mul(columns) != Some(tokens) {
                return Err(match config.board {
                    Some(_) => {
                        format!("`board_height` · `board_width`: expected `seq_len` {tokens}, found {rows} · {columns}")
                    }
                    None => format!(
                        "`board_height` and `board_width` are missing: `seq_len` {tokens} is no square, as rope2d takes it for"
                    ),
                });
            }
        }
        Ok(())
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

    fn first_carry(&self, config: &Config) -> FirstCarry {
        FirstCarry::Drawn(config.init_std)
    }

    /// Half of a head is turned by the row, the other half by the column.
    fn rotary(&self, config: &Config, rows: usize) -> Option<Rotary> {
        let (head_dim, theta) = (config.head_dim(), config.rope_theta);
        match config.positions {
            Positions::Rope => Some(Rotary::along([rows, head_dim], theta)),
            Positions::Rope2d => {
                let (quarter, [_, columns]) = (head_dim / 4, sides(config));
                let frequencies = frequencies(head_dim / 2, theta);
                Some(Rotary::new([rows, head_dim], head_dim / 2, |p, i| {
                    let place = if i < quarter { p / columns } else { p % columns };
                    place as f32 * frequencies[i % quarter]
                }))
            }
            _ => None,
        }
    }

    fn settles(&self) -> bool {
        true
    }

    fn inert(&self) -> &'static [&'static str] {
        &arch::INERT
    }
}

/// Reads `pos_encodings`, which a token-mixing MLP has no use for.
fn positions(mlp_t: bool, keys: &mut Keys<'_>) -> Result<Positions, String> {
    let positions = match keys.text("pos_encodings")? {
        None | Some("none") => Positions::None,
        Some("rope" | "rope2d") if mlp_t => Positions::None,
        Some("rope") => Positions::Rope,
        Some("rope2d") => Positions::Rope2d,
        Some(other) => {
            let other = other.escape_debug();
            return Err(format!(
                "`pos_encodings`: expected rope, rope2d or none, found `{other}`"
            ));
        }
    };
    let file = keys.file().to_owned();
    keys.note("pos_encodings", positions, file);
    Ok(positions)
}

/// Reads the sides of the board, which only some positions need: published configurations state them without.
fn board(positions: Positions, keys: &mut Keys<'_>) -> Result<Option<[usize; 2]>, String> {
    let sides = (keys.stated("board_height")?, keys.stated("board_width")?);
    if positions != Positions::Rope2d {
        return Ok(None);
    }
    match sides {
        (None, None) => Ok(None),
        (Some(rows), Some(columns)) => {
            let file = keys.file().to_owned();
            keys.note("board_height", rows, file.clone());
            keys.note("board_width", columns, file);
            Ok(Some([rows, columns]))
        }
        (Some(_), None) => Err("`board_width`: expected one beside `board_height`, found none".to_owned()),
        (None, Some(_)) => Err("`board_height`: expected one beside `board_width`, found none".to_owned()),
    }
}

/// Returns the rows and columns of the board.
fn sides(config: &Config) -> [usize; 2] {
    config.board.unwrap_or([config.seq_len.isqrt(); 2])
}
