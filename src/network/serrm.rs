//! SE-RRM, the symbol-equivariant recursive reasoning model: a state with a vector for every symbol in every cell, and
//! attention over cells and over symbols (docs/specification.md, section 16).

use super::arch;
use super::block::Block;
use super::builder::Builder;
use super::config::{Config, Family, Positions, Symbols, check_range};
use super::definition::{Definition, FirstCarry, Network, Told};
use super::ends::PUZZLE_TABLE;
use super::keys::{DEFAULT, Keys, SHAPES, Shapes};
use super::value::Value;
use crate::kernels::*;

/// The table of learned positions, `[1, 1, S, D]`.
const POSITIONS: &str = "pos_embedding";
/// The vectors of all symbols of a network that is not equivariant, `[1, V, 1, D]`.
const SYMBOLS: &str = "embed_symbols";
/// The projections of the first block's attention over symbols.
const OVER_SYMBOLS: &str = "L_level.layers.0.attn_t.qkv_proj.weight";

/// The family SE-RRM.
pub(super) struct SeRrm;

impl Definition for SeRrm {
    fn classes(&self) -> &'static [&'static str] {
        &["SERRM"]
    }

    fn claims(&self, shapes: &Shapes<'_>) -> bool {
        shapes.contains_key("Z_init") && shapes.contains_key(OVER_SYMBOLS)
    }

    fn anchor(&self) -> &'static str {
        OVER_SYMBOLS
    }

    fn first_carry(&self, _: &Config) -> FirstCarry {
        FirstCarry::Stored(&["Z_init"])
    }

    /// Cells of every plane are turned by their place, or by row and column; what is appended to them is not.
    fn rotary(&self, config: &Config, rows: usize) -> Option<Rotary> {
        let (head_dim, theta) = (config.head_dim(), config.rope_theta);
        let (planes, added) = (config.planes(), config.added_len());
        let cells = rows / planes - added;
        let turned = match config.positions {
            Positions::Rope => Rotary::along([cells, head_dim], theta),
            Positions::Rope2d => {
                let (side, quarter) = (cells.isqrt().max(1), head_dim / 4);
                let frequencies = frequencies(head_dim / 2, theta);
                Rotary::new([cells, head_dim], head_dim, |cell, i| {
                    let place = if i < quarter { cell / side } else { cell % side };
                    place as f32 * frequencies[i % quarter]
                })
            }
            _ => return None,
        };
        let unturned = Rotary::new([added, head_dim], head_dim, |_, _| 0.0);
        Some(Rotary {
            angles: [turned.angles, unturned.angles].concat().repeat(planes),
            pair: head_dim,
        })
    }

    fn published(&self, seq_len: usize, vocab_size: usize) -> Config {
        Config {
            h_cycles: 3,
            l_cycles: 6,
            l_layers: 2,
            hidden_size: 256,
            num_heads: 4,
            positions: Positions::Rope2d,
            puzzle_emb_ndim: 0,
            symbols: Some(Symbols {
                head_dim: 64,
                num_heads_t: 2,
                head_dim_t: 64,
                add_tokens: 4,
                equivariant: true,
                bf16: true,
            }),
            ..arch::published(Family::SeRrm, seq_len, vocab_size)
        }
    }

    fn read(&self, _: &str, keys: &mut Keys<'_>) -> Result<Config, String> {
        // There is one network, and nothing about stopping is learned.
        keys.ignore(&["H_layers"]);
        let config = arch::read(Family::SeRrm, false, keys)?;
        let added = ["add_tokens_special", "add_tokens"].map(|name| keys.size_of(name, 2));
        let symbols = Symbols {
            head_dim: keys.size("head_dim", None)?,
            num_heads_t: keys.size("num_heads_t", None)?,
            head_dim_t: keys.size("head_dim_t", None)?,
            add_tokens: keys.size_or("add_tokens", added.into_iter().flatten().next().unwrap_or(0))?,
            equivariant: equivariant(keys)?,
            bf16: bf16(keys)?,
        };
        Ok(Config {
            positions: positions(keys)?,
            symbols: Some(symbols),
            ..config
        })
    }

    fn settings(&self, config: &Config) -> Vec<(&'static str, Value)> {
        let mut settings = arch::settings(config);
        settings.retain(|(key, _)| *key != "mlp_t");
        settings.extend(config.symbols.into_iter().flat_map(|symbols| {
            let dtype = if symbols.bf16 { "bfloat16" } else { "float32" };
            [
                ("head_dim", symbols.head_dim.into()),
                ("num_heads_t", symbols.num_heads_t.into()),
                ("head_dim_t", symbols.head_dim_t.into()),
                ("add_tokens", symbols.add_tokens.into()),
                ("equivariant_symbols", symbols.equivariant.into()),
                ("forward_dtype", dtype.to_owned().into()),
            ]
        }));
        settings
    }

    fn told(&self, config: &Config, keys: &Keys<'_>) -> Told {
        let row = keys
            .shape(PUZZLE_TABLE, 1)
            .and_then(|width| width.checked_sub(config.hidden_size));
        Told {
            seq_len: keys.size_of(POSITIONS, 2),
            vocab_size: keys.size_of(SYMBOLS, 1).or(row),
            num_puzzle_identifiers: match config.puzzle_emb_ndim {
                0 => Some(0),
                _ => keys.shape(PUZZLE_TABLE, 0),
            },
        }
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        let Some(symbols) = config.symbols else {
            return Err("the sizes of attention over symbols are missing".to_owned());
        };
        for (key, size, least) in [
            ("head_dim", symbols.head_dim, 1),
            ("num_heads_t", symbols.num_heads_t, 1),
            ("head_dim_t", symbols.head_dim_t, 1),
            ("add_tokens", symbols.add_tokens, 0),
        ] {
            check_range(key, size, least, 1 << 16)?;
        }
        if symbols.equivariant {
            check_range("vocab_size", config.vocab_size, 2, 1 << 20)?;
        }
        if config.positions == Positions::None {
            return Err("`pos_encodings`: expected rope, rope2d or learned, found none".to_owned());
        }
        check_range("puzzle_emb_len", config.puzzle_emb_len, 0, 0)
    }

    fn declare(&self, plan: &mut Builder<'_>) -> Box<dyn Network> {
        let (config, tensors) = (plan.config, &mut plan.tensors);
        let (d, v, added) = (config.hidden_size, config.vocab_size, config.added_len());
        let equivariant = config.symbols.is_none_or(|symbols| symbols.equivariant);
        let own = if equivariant { 1 } else { v };
        let added = (added > 0).then(|| Vectors {
            special: equivariant.then(|| tensors.weight("add_tokens_special", &[1, 2, added, d])),
            common: tensors.weight("add_tokens", &[1, own, added, d]),
        });
        let learned = config.positions == Positions::Learned;
        let positions = learned.then(|| tensors.weight(POSITIONS, &[1, 1, plan.seq_len, d]));
        let special = equivariant.then(|| tensors.weight("embed_special_tokens", &[1, 2, 1, d]));
        let common = if equivariant { "embed_symbol_tokens" } else { SYMBOLS };
        let common = tensors.weight(common, &[1, own, 1, d]);
        let init = tensors.weight("Z_init", &[d]);
        if config.puzzle_emb_ndim > 0 {
            tensors.table(PUZZLE_TABLE, &[config.num_puzzle_identifiers, config.puzzle_width()]);
        }
        let lm_head = if equivariant { [1, d] } else { [v, v * d] };
        Box::new(Parts {
            symbols: Vectors { special, common },
            added,
            positions,
            init,
            lm_head: tensors.weight("lm_head.weight", &lm_head),
            mixed: !equivariant,
            blocks: plan.symbol_module("L_level", config.l_layers),
        })
    }

    fn threshold(&self) -> Threshold {
        Threshold::Half
    }

    fn inert(&self) -> &'static [&'static str] {
        &arch::INERT
    }
}

/// Reads whether all symbols but the first two are interchangeable.
fn equivariant(keys: &mut Keys<'_>) -> Result<bool, String> {
    let (equivariant, from) = match keys.get("equivariant_symbols") {
        Some(_) => (keys.flag("equivariant_symbols")?, keys.file().to_owned()),
        None => (!keys.has(SYMBOLS), SHAPES.to_owned()),
    };
    keys.note("equivariant_symbols", equivariant, from);
    Ok(equivariant)
}

/// Reads the number format of training, in which the scale of the input was rounded.
fn bf16(keys: &mut Keys<'_>) -> Result<bool, String> {
    let (bf16, from) = match keys.text("forward_dtype")? {
        None => (true, DEFAULT.to_owned()),
        Some("bfloat16") => (true, keys.file().to_owned()),
        Some("float32") => (false, keys.file().to_owned()),
        Some(other) => {
            let other = other.escape_debug();
            return Err(format!(
                "`forward_dtype`: expected bfloat16 or float32, found `{other}`"
            ));
        }
    };
    keys.note("forward_dtype", if bf16 { "bfloat16" } else { "float32" }, from);
    Ok(bf16)
}

/// Reads `pos_encodings`: whatever is not rotary means learned positions, as in the official code.
fn positions(keys: &mut Keys<'_>) -> Result<Positions, String> {
    let file = keys.file().to_owned();
    let (positions, from) = match keys.text("pos_encodings")? {
        Some("rope") => (Positions::Rope, file),
        Some("rope2d") => (Positions::Rope2d, file),
        Some(_) => (Positions::Learned, file),
        None if keys.has(POSITIONS) => (Positions::Learned, SHAPES.to_owned()),
        None => {
            keys.missing("pos_encodings");
            return Ok(Positions::Rope2d);
        }
    };
    keys.note("pos_encodings", positions, from);
    Ok(positions)
}

/// Vectors of symbols: those of 0 and 1 may be apart, and all others the same.
struct Vectors {
    special: Option<TensorId>,
    common: TensorId,
}

struct Parts {
    symbols: Vectors,
    added: Option<Vectors>,
    positions: Option<TensorId>,
    init: TensorId,
    lm_head: TensorId,
    mixed: bool,
    blocks: Vec<Block>,
}

impl Network for Parts {
    fn load(&self, plan: &mut Builder<'_>) {
        let (config, x, seq_len) = (plan.config, plan.x(), plan.seq_len);
        let (symbols, width) = (config.vocab_size, config.hidden_size);
        let scale = (symbols as f32).sqrt();
        let bf16 = config.symbols.is_none_or(|symbols| symbols.bf16);
        plan.steps.push(Step::SymbolEmbed(SymbolEmbed {
            tokens: plan.io.tokens,
            puzzle: plan.io.puzzle,
            special: self.symbols.special,
            common: self.symbols.common,
            positions: self.positions,
            x,
            seq_len,
            positions_len: config.positions_for(seq_len),
            symbols,
            width,
            scale: if bf16 {
                half::bf16::from_f32(scale).to_f32()
            } else {
                scale
            },
        }));
        plan.steps.extend(self.added.as_ref().map(|vectors| {
            Step::SymbolAppend(SymbolAppend {
                special: vectors.special,
                common: vectors.common,
                x,
                seq_len,
                added: config.added_len(),
                symbols,
                width,
            })
        }));
        plan.steps.push(Step::Reset(Reset {
            init: self.init,
            z: plan.io.z_h,
            rows: plan.rows,
            width,
        }));
    }

    fn segment(&self, plan: &mut Builder<'_>) {
        plan.repeat(&self.blocks);
        let (config, seq_len) = (plan.config, plan.seq_len);
        let PlanIo {
            z_h: z,
            logits,
            q,
            preds,
            ..
        } = plan.io;
        let head = SymbolHead {
            z,
            weight: self.lm_head,
            y: logits,
            seq_len,
            positions: config.positions_for(seq_len),
            symbols: config.vocab_size,
            width: config.hidden_size,
            mixed: self.mixed,
        };
        let confidence = Confidence {
            x: logits,
            given: None,
            q,
            rows: seq_len,
            width: config.vocab_size,
        };
        let argmax = Argmax {
            x: logits,
            given: None,
            y: preds,
            rows: seq_len,
            width: config.vocab_size,
        };
        plan.steps.extend([
            Step::SymbolHead(head),
            Step::Confidence(confidence),
            Step::Argmax(argmax),
        ]);
    }
}
