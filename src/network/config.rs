//! A network's configuration: sizes, schedule and choice of parts (docs/specification.md, sections 1 and 3).

use super::families::definition;
use crate::tasks::Task;

/// A family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Family {
    /// Hierarchical Reasoning Model: an H and an L network.
    Hrm,
    /// Tiny Recursive Model: one network in both roles.
    Trm,
    /// Equilibrium Reasoner: TRM with damped updates from a random start.
    Eqr,
    /// nano-trm: TRM in files that Lightning writes.
    Nano,
    /// Universal Reasoning Model: one state, and a convolution over neighbouring positions in the SwiGLU.
    Urm,
    /// Symbol-equivariant recursive reasoning model: a state with a vector for every symbol in every cell.
    SeRrm,
    /// Sotaku: a small transformer, applied thousands of times, that reads its own last prediction.
    Sotaku,
}

impl Family {
    /// Every family.
    pub(crate) const ALL: [Family; 7] = [
        Family::Hrm,
        Family::Trm,
        Family::Eqr,
        Family::Nano,
        Family::Urm,
        Family::SeRrm,
        Family::Sotaku,
    ];
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Family::Hrm => "hrm",
            Family::Trm => "trm",
            Family::Eqr => "eqr",
            Family::Nano => "nano",
            Family::Urm => "urm",
            Family::SeRrm => "serrm",
            Family::Sotaku => "sotaku",
        })
    }
}

/// How positions enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Positions {
    /// Rotary embedding (RoPE) of queries and keys.
    Rope,
    /// Rotary embedding by row and column of a board.
    Rope2d,
    /// A learned table, added to the token embedding.
    Learned,
    /// No positions (TRM, and the copy of HRM in the TRM repository).
    None,
}

impl std::fmt::Display for Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Positions::Rope => "rope",
            Positions::Rope2d => "rope2d",
            Positions::Learned => "learned",
            Positions::None => "none",
        })
    }
}

/// The loss that a model was trained with, which defines its probabilities (docs/specification.md, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// `s(l) / Σ s(l)` with `s(l) = l + 1` for `l ≥ 0`, else `1 / (1 − l)`.
    Stablemax,
    /// Softmax.
    Softmax,
}

impl Loss {
    /// Every loss.
    pub(crate) const ALL: [Loss; 2] = [Loss::Stablemax, Loss::Softmax];
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Loss::Stablemax => "stablemax_cross_entropy",
            Loss::Softmax => "softmax_cross_entropy",
        })
    }
}

/// The sizes of a network whose state has a symbol axis: those that only SE-RRM has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Symbols {
    /// Width of a head over cells, `d`, which elsewhere follows from `D` and `N`.
    pub head_dim: usize,
    /// Heads over symbols.
    pub num_heads_t: usize,
    /// Width of a head over symbols.
    pub head_dim_t: usize,
    /// Positions that are appended to the cells, `A`.
    pub add_tokens: usize,
    /// Whether all symbols but the first two are interchangeable.
    pub equivariant: bool,
    /// Whether the scale of the input was rounded to bfloat16 in training.
    pub bf16: bool,
}

/// A model's configuration: the keys of the official `arch`, and the sizes of the data set.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The family, which determines how the other fields are used.
    pub family: Family,
    /// H updates in a segment; with a single state, groups of `l_cycles` updates.
    pub h_cycles: usize,
    /// L updates before each H update.
    pub l_cycles: usize,
    /// Blocks in the H network; 0 where there is none.
    pub h_layers: usize,
    /// Blocks in the L network, or in the only one.
    pub l_layers: usize,
    /// Width of a token, `D`.
    pub hidden_size: usize,
    /// Attention heads, `N`.
    pub num_heads: usize,
    /// SwiGLU expansion, from which its inner size follows (specification, section 3).
    pub expansion: f64,
    /// How positions enter. A token-mixing MLP ignores rotary positions: it has [`Positions::None`] instead.
    pub positions: Positions,
    /// Rows and columns of the board, for [`Positions::Rope2d`]; None where it is square (EqR).
    pub board: Option<[usize; 2]>,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// Epsilon under the root of RMSNorm.
    pub rms_norm_eps: f64,
    /// Width of a puzzle embedding, `E`; 0 for none.
    pub puzzle_emb_ndim: usize,
    /// Prefix length as TRM's configuration gives it; 0 means `ceil(E / D)`. Always 0 for HRM and URM.
    pub puzzle_emb_len: usize,
    /// Whether a token-mixing MLP replaces attention.
    pub mlp_t: bool,
    /// Weight of the new state in an update, λ: 1 unless updates are damped (EqR).
    pub damping: f64,
    /// Standard deviations of a drawn initial carry, `z_H` and `z_L` (EqR).
    pub init_std: [f64; 2],
    /// Segments that the official evaluation runs.
    pub halt_max_steps: usize,
    /// Tokens of a puzzle, `S`.
    pub seq_len: usize,
    /// Vocabulary, `V`.
    pub vocab_size: usize,
    /// Rows of the puzzle embedding; 0 where there is no embedding, unless a file states a number.
    pub num_puzzle_identifiers: usize,
    /// The loss used in training.
    pub loss: Loss,
    /// The task, if known.
    pub task: Option<Task>,
    /// What only SE-RRM has; None for the other families.
    pub symbols: Option<Symbols>,
}

impl Config {
    /// Returns this configuration after `change`: `Config::published(family, 81, 11).with(|c| c.l_layers = 3)`.
    pub fn with(mut self, change: impl FnOnce(&mut Config)) -> Config {
        change(&mut self);
        self
    }

    /// Returns the number of prefix positions, `P` (docs/specification.md, section 4).
    pub(crate) fn prefix_len(&self) -> usize {
        if self.puzzle_emb_ndim == 0 || self.symbols.is_some() {
            0
        } else if self.puzzle_emb_len > 0 {
            self.puzzle_emb_len
        } else {
            self.puzzle_emb_ndim.div_ceil(self.hidden_size)
        }
    }

    /// Returns the number of positions of a sequence of `seq_len` tokens: `T = P + S`, or `S + A` with a symbol axis.
    pub fn positions_for(&self, seq_len: usize) -> usize {
        self.prefix_len() + seq_len + self.added_len()
    }

    /// Returns what an id of the network exceeds that of its task by (nano-trm's Sudokus: 1).
    pub(crate) fn token_shift(&self) -> isize {
        definition(self.family).token_shift(self)
    }

    /// Returns the number of ids that can be predicted, which are the last ones: a cell has as many logits.
    pub(crate) fn predicted(&self) -> usize {
        definition(self.family).predicted(self)
    }

    /// Returns the vocabulary of the task, which is the network's but for [`Config::token_shift`].
    pub(crate) fn task_vocab(&self) -> usize {
        self.vocab_size.saturating_add_signed(-self.token_shift())
    }

    /// Returns the number of positions after the tokens, `A`.
    pub(crate) fn added_len(&self) -> usize {
        self.symbols.map_or(0, |symbols| symbols.add_tokens)
    }

    /// Returns how many vectors a position of the state has: one for each symbol, or one.
    pub(crate) fn planes(&self) -> usize {
        self.symbols.map_or(1, |_| self.vocab_size)
    }

    /// Returns the number of rows of a state: all positions of all planes.
    pub(crate) fn rows_for(&self, seq_len: usize) -> usize {
        self.planes() * self.positions_for(seq_len)
    }

    /// Returns the width of a row of the puzzle embedding.
    pub(crate) fn puzzle_width(&self) -> usize {
        match self.symbols {
            Some(_) if self.puzzle_emb_ndim > 0 => self.hidden_size + self.vocab_size,
            _ => self.puzzle_emb_ndim,
        }
    }

    /// Returns the width of a head, `d = D / N` where it is not a size of its own.
    pub(crate) fn head_dim(&self) -> usize {
        self.symbols
            .map_or(self.hidden_size / self.num_heads, |symbols| symbols.head_dim)
    }

    /// Returns true if the number of tokens is fixed, by the weights (learned positions, token-mixing MLP) or by the board
    /// (EqR's positions on it).
    pub(crate) fn fixed_length(&self) -> bool {
        let board = self.family == Family::Eqr && self.positions == Positions::Rope2d;
        self.mlp_t || self.positions == Positions::Learned || board
    }

    /// Returns the inner size of a SwiGLU over `width`: `256 · ceil(round(expansion · width · 2/3) / 256)`, rounding
    /// half to even.
    pub(crate) fn inner_size(&self, width: usize) -> usize {
        let inner = (self.expansion * width as f64 * 2.0 / 3.0).round_ties_even() as usize;
        inner.div_ceil(256) * 256
    }

    /// Checks what must hold for every family: each size is possible, and sizes fit together.
    pub(super) fn check_sizes(&self) -> Result<(), String> {
        const MOST: usize = 1 << 20;
        let called = |key| definition(self.family).called(key);
        let (width, identifiers) = (self.hidden_size, usize::from(self.puzzle_emb_ndim > 0));
        for (key, value, least, most) in [
            ("H_cycles", self.h_cycles, 1, 1 << 16),
            ("L_cycles", self.l_cycles, 1, 1 << 16),
            ("L_layers", self.l_layers, 1, 1 << 10),
            ("hidden_size", width, 1, 1 << 16),
            ("num_heads", self.num_heads, 1, 1 << 16),
            ("halt_max_steps", self.halt_max_steps, 1, MOST),
            ("seq_len", self.seq_len, 1, MOST),
            ("vocab_size", self.vocab_size, 1, MOST),
            ("puzzle_emb_ndim", self.puzzle_emb_ndim, 0, MOST),
            ("puzzle_emb_len", self.puzzle_emb_len, 0, MOST),
            (
                "num_puzzle_identifiers",
                self.num_puzzle_identifiers,
                identifiers,
                MOST << 8,
            ),
        ] {
            check_range(called(key), value, least, most)?;
        }
        // Factors that are possible by themselves may not be so together: a plan lists all blocks of a segment, a sample has
        // its activations, and neither is in the files.
        let layers = self.h_layers.max(self.l_layers).max(1);
        let updates = self.h_cycles.saturating_mul(self.l_cycles.saturating_add(1));
        let rows = self.positions_for(self.seq_len).saturating_mul(self.planes());
        for (what, first, second, most) in [
            ("updates × layers of a segment", updates, layers, MOST_BLOCKS),
            ("positions × `hidden_size`", rows, width, MOST_ELEMENTS),
            ("`seq_len` × `vocab_size`", self.seq_len, self.vocab_size, MOST_ELEMENTS),
        ] {
            let product = first.saturating_mul(second);
            if product > most {
                return Err(format!(
                    "{what}: expected at most {most}, found {first} × {second} = {product}"
                ));
            }
        }
        for (key, value, most) in [
            ("expansion", self.expansion, 1024.0),
            ("rope_theta", self.rope_theta, 1e12),
            ("rms_norm_eps", self.rms_norm_eps, 1.0),
            ("lambda_", self.damping, 1.0),
        ] {
            if !(value > 0.0 && value <= most) {
                return Err(format!(
                    "`{}`: expected more than 0 and at most {most}, found {value:?}",
                    called(key)
                ));
            }
        }
        let inner = self.inner_size(if self.mlp_t { rows } else { width });
        if rows.max(width).saturating_mul(inner) > 4 * MOST_ELEMENTS {
            return Err(format!(
                "`{}`: expected a SwiGLU of at most {} values, found one {inner} wide over {rows} positions",
                called("expansion"),
                4 * MOST_ELEMENTS
            ));
        }
        if self.inner_size(width) == 0 {
            return Err(format!(
                "`{}` {} leaves nothing of a width of {width}",
                called("expansion"),
                self.expansion
            ));
        }
        if self.mlp_t && self.inner_size(self.positions_for(self.seq_len)) == 0 {
            return Err(format!(
                "`{}` {} leaves nothing of the token mixer",
                called("expansion"),
                self.expansion
            ));
        }
        if self.symbols.is_some() != (self.family == Family::SeRrm) {
            return Err(format!(
                "a symbol axis belongs to {}, not to {}",
                Family::SeRrm,
                self.family
            ));
        }
        if !self.mlp_t && self.symbols.is_none() && !width.is_multiple_of(self.num_heads) {
            return Err(format!(
                "`{}`: expected a multiple of `{}` {}, found {width}",
                called("hidden_size"),
                called("num_heads"),
                self.num_heads
            ));
        }
        let boards = [Family::Eqr, Family::Nano, Family::SeRrm, Family::Sotaku];
        if self.positions == Positions::Rope2d && !boards.contains(&self.family) {
            return Err(format!("`pos_encodings`: {} has no rope2d", self.family));
        }
        let parts = match self.positions {
            Positions::Rope => 2,
            Positions::Rope2d => 4,
            Positions::Learned | Positions::None => 1,
        };
        if !self.head_dim().is_multiple_of(parts) {
            let head_dim = self.head_dim();
            let (keys, found) = match self.symbols {
                Some(_) => ("`head_dim`".to_owned(), head_dim.to_string()),
                None => (
                    format!("`{}` / `{}`", called("hidden_size"), called("num_heads")),
                    format!("{width} / {} = {head_dim}", self.num_heads),
                ),
            };
            return Err(format!(
                "{keys}: rotary positions need heads of a multiple of {parts}, found {found}"
            ));
        }
        Ok(())
    }
}

/// Most blocks that a segment runs through, several hundred times as many as published models have.
const MOST_BLOCKS: usize = 1 << 14;
/// Most values of an activation of one sample: half a gigabyte, a hundred times as many as published models have.
const MOST_ELEMENTS: usize = 1 << 27;

/// Refuses a value that is not in `least..=most`.
pub(super) fn check_range(key: &str, value: usize, least: usize, most: usize) -> Result<(), String> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(format!("`{key}`: expected {least} to {most}, found {value}")),
    }
}
