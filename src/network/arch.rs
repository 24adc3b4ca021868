//! Keys and sizes that families share (docs/specification.md, sections 1 and 2.4).

use super::config::{Config, Family, Loss, Positions};
use super::definition::Told;
use super::ends::{POSITION_TABLE, PUZZLE_TABLE, TOKEN_TABLE};
use super::families::definition;
use super::keys::{Keys, SHAPES};
use super::value::Value;

/// Suffixes of the names of buffers that have no effect on inference: scratch of the sparse embedding's training, and
/// tables of rotary angles, which are recomputed.
pub(super) const INERT: [&str; 5] = [
    "puzzle_emb.local_weights",
    "puzzle_emb.local_ids",
    "rotary_emb.cos_cached",
    "rotary_emb.sin_cached",
    "rotary_emb.inv_freq",
];

/// Returns the published sizes that families share.
pub(super) fn published(family: Family, seq_len: usize, vocab_size: usize) -> Config {
    Config {
        family,
        h_cycles: 2,
        l_cycles: 2,
        h_layers: 0,
        l_layers: 4,
        hidden_size: 512,
        num_heads: 8,
        expansion: 4.0,
        positions: Positions::Rope,
        board: None,
        rope_theta: 10_000.0,
        rms_norm_eps: 1e-5,
        puzzle_emb_ndim: 512,
        puzzle_emb_len: 0,
        mlp_t: false,
        damping: 1.0,
        init_std: [1.0; 2],
        halt_max_steps: 16,
        seq_len,
        vocab_size,
        num_puzzle_identifiers: 1,
        loss: Loss::Stablemax,
        task: None,
        symbols: None,
    }
}

/// Reads the keys that families share; everything else keeps the value of [`published`].
pub(super) fn read(family: Family, mlp_t: bool, keys: &mut Keys<'_>) -> Result<Config, String> {
    keys.ignore(&["name"]);
    // Attention goes both ways in every family.
    if keys.flag("causal")? {
        return Err("`causal`: expected false, found true".to_owned());
    }
    let called = |key| definition(family).called(key);
    // Not every family has a table of tokens.
    let head = || keys.shape("lm_head.weight", 1);
    let hidden_size = keys.size("hidden_size", keys.shape(TOKEN_TABLE, 1).or_else(head))?;
    // Without attention, the number of heads means nothing.
    let num_heads = match mlp_t {
        true => keys.size_or("num_heads", 1)?,
        false => keys.size("num_heads", None)?,
    };
    Ok(Config {
        hidden_size,
        num_heads,
        mlp_t,
        puzzle_emb_ndim: match keys.shape(PUZZLE_TABLE, 1) {
            Some(width) => keys.size("puzzle_emb_ndim", Some(width))?,
            None => keys.size_or("puzzle_emb_ndim", 0)?,
        },
        h_cycles: keys.size("H_cycles", None)?,
        l_cycles: keys.size("L_cycles", None)?,
        l_layers: keys.size(called("L_layers"), keys.layers("L_level").or(keys.layers("")))?,
        expansion: keys.number("expansion", None)?,
        rope_theta: keys.number("rope_theta", Some(10_000.0))?,
        rms_norm_eps: keys.number("rms_norm_eps", Some(1e-5))?,
        halt_max_steps: keys.size(called("halt_max_steps"), None)?,
        ..published(family, 1, 1)
    })
}

/// Reads `pos_encodings`. With `any`, everything but rope and learned means no positions, as in the TRM repository.
pub(super) fn positions(any: bool, mlp_t: bool, keys: &mut Keys<'_>) -> Result<Positions, String> {
    let file = keys.file().to_owned();
    let (positions, from) = match keys.text("pos_encodings")? {
        Some("learned") => (Positions::Learned, file),
        // A token-mixing MLP has no queries and keys to rotate.
        Some("rope") if mlp_t => (Positions::None, file),
        Some("rope") => (Positions::Rope, file),
        // Other codes have such positions. The official one takes the name for none.
        Some(other) if !any || (other == "rope2d" && !mlp_t) => {
            let other = other.escape_debug();
            return Err(format!("`pos_encodings`: expected rope or learned, found `{other}`"));
        }
        Some(_) => (Positions::None, file),
        None if keys.has(POSITION_TABLE) => (Positions::Learned, SHAPES.to_owned()),
        None if mlp_t => (Positions::None, SHAPES.to_owned()),
        None => {
            keys.missing("pos_encodings");
            return Ok(Positions::None);
        }
    };
    keys.note("pos_encodings", positions, from);
    Ok(positions)
}

/// Checks that a prefix of a length of its own has a puzzle embedding, and room for it.
pub(super) fn check_prefix(config: &Config) -> Result<(), String> {
    let (ndim, len, width) = (config.puzzle_emb_ndim, config.puzzle_emb_len, config.hidden_size);
    let called = definition(config.family).called("puzzle_emb_ndim");
    if len > 0 && ndim == 0 {
        return Err(format!(
            "`puzzle_emb_len`: expected 0 without puzzle embedding (`{called}` 0), found {len}"
        ));
    }
    if len > 0 && ndim > len * width {
        return Err(format!(
            "`{called}` {ndim} does not fit `puzzle_emb_len` {len} · `hidden_size` {width}"
        ));
    }
    Ok(())
}

/// Returns the keys and values that families share.
pub(super) fn settings(config: &Config) -> Vec<(&'static str, Value)> {
    let called = |key| definition(config.family).called(key);
    vec![
        ("H_cycles", config.h_cycles.into()),
        ("L_cycles", config.l_cycles.into()),
        (called("L_layers"), config.l_layers.into()),
        ("hidden_size", config.hidden_size.into()),
        ("num_heads", config.num_heads.into()),
        ("expansion", config.expansion.into()),
        ("pos_encodings", config.positions.to_string().into()),
        ("rope_theta", config.rope_theta.into()),
        ("rms_norm_eps", config.rms_norm_eps.into()),
        ("puzzle_emb_ndim", config.puzzle_emb_ndim.into()),
        ("mlp_t", config.mlp_t.into()),
        (called("halt_max_steps"), config.halt_max_steps.into()),
    ]
}

/// Returns the sizes of the data set that follow from the weights.
pub(super) fn told(config: &Config, keys: &Keys<'_>) -> Told {
    let prefix = if config.hidden_size > 0 { config.prefix_len() } else { 0 };
    let positions = match (config.positions, config.mlp_t) {
        (Positions::Learned, _) => keys.shape(POSITION_TABLE, 0),
        (_, true) => keys.shape("L_level.layers.0.mlp_t.down_proj.weight", 0),
        _ => None,
    };
    Told {
        seq_len: positions.and_then(|positions| positions.checked_sub(prefix)),
        vocab_size: keys.shape(TOKEN_TABLE, 0),
        num_puzzle_identifiers: match config.puzzle_emb_ndim {
            0 => Some(0),
            _ => keys.shape(PUZZLE_TABLE, 0),
        },
    }
}
