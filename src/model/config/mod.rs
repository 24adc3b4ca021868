//! What a model is: sizes, schedule and the parts that the configuration chooses (specification, sections 1 and 3).

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod disk;
pub(crate) mod files;
mod resolve;

pub use resolve::Note;
pub(crate) use resolve::{Shapes, resolve};

use crate::tasks::Task;

/// The two families of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Hierarchical Reasoning Model: an H and an L network.
    Hrm,
    /// Tiny Recursive Model: one network in both roles.
    Trm,
}

/// How positions enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// Rotary embedding of queries and keys.
    Rope,
    /// A learned table, added to the token embedding.
    Learned,
    /// None (TRM, and HRM as copied into the TRM repository).
    None,
}

/// The loss that the model was trained with: it defines what a probability is (specification, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// `s(l) / Σ s(l)` with `s(l) = l + 1` for `l ≥ 0`, else `1 / (1 − l)`.
    Stablemax,
    /// The usual softmax.
    Softmax,
}

/// A model's configuration: the keys of the official `arch`, and the sizes of the data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// HRM or TRM.
    pub family: Family,
    /// H updates a segment.
    pub h_cycles: usize,
    /// L updates before each H update.
    pub l_cycles: usize,
    /// Blocks in the H network (0 for TRM, which has none).
    pub h_layers: usize,
    /// Blocks in the L network.
    pub l_layers: usize,
    /// Width of a token, `D`.
    pub hidden_size: usize,
    /// Attention heads, `N`.
    pub num_heads: usize,
    /// SwiGLU expansion; see [`Config::inner_size`].
    pub expansion: f64,
    /// How positions enter. A token-mixing MLP ignores rotary positions: it has [`Positions::None`] instead.
    pub positions: Positions,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// Epsilon inside RMSNorm's root.
    pub rms_norm_eps: f64,
    /// Width of a puzzle embedding, `E`; 0 for none.
    pub puzzle_emb_ndim: usize,
    /// Prefix length as TRM's configuration gives it; 0 means `ceil(E / D)`. Always 0 for HRM.
    pub puzzle_emb_len: usize,
    /// Token-mixing MLP instead of attention.
    pub mlp_t: bool,
    /// Segments that the official evaluation runs.
    pub halt_max_steps: usize,
    /// Tokens of a puzzle, `S`.
    pub seq_len: usize,
    /// Vocabulary, `V`.
    pub vocab_size: usize,
    /// Rows of the puzzle embedding; 0 where there is none and no file says otherwise.
    pub num_puzzle_identifiers: usize,
    /// The loss of training.
    pub loss: Loss,
    /// The task, where it is known.
    pub task: Option<Task>,
}

impl Config {
    /// Prefix positions, `P` (specification, section 4).
    pub fn prefix_len(&self) -> usize {
        if self.puzzle_emb_ndim == 0 {
            0
        } else if self.puzzle_emb_len > 0 {
            self.puzzle_emb_len
        } else {
            self.puzzle_emb_ndim.div_ceil(self.hidden_size)
        }
    }

    /// Positions of a sequence of `seq_len` tokens: `T = P + S`.
    pub fn positions_for(&self, seq_len: usize) -> usize {
        self.prefix_len() + seq_len
    }

    /// Width of a head, `d = D / N`.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_heads
    }

    /// Whether the weights fix the number of tokens (learned positions, token-mixing MLP).
    pub fn fixed_length(&self) -> bool {
        self.mlp_t || self.positions == Positions::Learned
    }

    /// Inner size of a SwiGLU over `width`: `256 · ceil(round(expansion · width · 2/3) / 256)`, rounding half to even.
    pub fn inner_size(&self, width: usize) -> usize {
        let inner = (self.expansion * width as f64 * 2.0 / 3.0).round_ties_even() as usize;
        inner.div_ceil(256) * 256
    }

    /// Parameters as the official code counts them: without puzzle embedding and initial states, which are buffers.
    pub fn parameters(&self) -> usize {
        let buffer = |name: &str| matches!(name, "H_init" | "L_init" | "puzzle_emb.weights");
        let counted = self.tensors().into_iter().filter(|(name, _)| !buffer(name));
        counted.map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// Checks that every size is possible and that they go together; the reason where they do not.
    pub(crate) fn validate(&self) -> std::result::Result<(), String> {
        const MOST: usize = 1 << 20;
        for (key, value, least, most) in [
            ("H_cycles", self.h_cycles, 1, 1 << 16),
            ("L_cycles", self.l_cycles, 1, 1 << 16),
            (
                "H_layers",
                self.h_layers,
                usize::from(self.family == Family::Hrm),
                1 << 10,
            ),
            ("L_layers", self.l_layers, 1, 1 << 10),
            ("hidden_size", self.hidden_size, 1, 1 << 16),
            ("num_heads", self.num_heads, 1, 1 << 16),
            ("halt_max_steps", self.halt_max_steps, 1, MOST),
            ("seq_len", self.seq_len, 1, MOST),
            ("vocab_size", self.vocab_size, 1, MOST),
            ("puzzle_emb_ndim", self.puzzle_emb_ndim, 0, MOST),
            ("puzzle_emb_len", self.puzzle_emb_len, 0, MOST),
            (
                "num_puzzle_identifiers",
                self.num_puzzle_identifiers,
                usize::from(self.puzzle_emb_ndim > 0),
                MOST << 8,
            ),
        ] {
            if !(least..=most).contains(&value) {
                return Err(format!("`{key}` is {value}, needed {least} to {most}"));
            }
        }
        for (key, value, most) in [
            ("expansion", self.expansion, 1024.0),
            ("rope_theta", self.rope_theta, 1e12),
            ("rms_norm_eps", self.rms_norm_eps, 1.0),
        ] {
            if !(value > 0.0 && value <= most) {
                return Err(format!("`{key}` is {value:?}, needed more than 0 and at most {most}"));
            }
        }
        if self.inner_size(self.hidden_size) == 0 {
            return Err(format!(
                "`expansion` {} leaves nothing of a width of {}",
                self.expansion, self.hidden_size
            ));
        }
        self.validate_parts()
    }

    fn validate_parts(&self) -> std::result::Result<(), String> {
        let (width, heads) = (self.hidden_size, self.num_heads);
        if !self.mlp_t && !width.is_multiple_of(heads) {
            return Err(format!(
                "`hidden_size` {width} is not a multiple of `num_heads` {heads}"
            ));
        }
        if self.positions == Positions::Rope && !self.head_dim().is_multiple_of(2) {
            return Err(format!(
                "rotary positions need an even head, found {width} / {heads} = {}",
                self.head_dim()
            ));
        }
        let (ndim, len) = (self.puzzle_emb_ndim, self.puzzle_emb_len);
        if len > 0 && (ndim == 0 || self.family == Family::Hrm) {
            let what = if ndim == 0 {
                "without puzzle embedding (`puzzle_emb_ndim` 0)"
            } else {
                "in HRM"
            };
            return Err(format!("`puzzle_emb_len` is {len}, needed 0 {what}"));
        }
        if len > 0 && ndim > len * width {
            return Err(format!(
                "`puzzle_emb_ndim` {ndim} does not fit `puzzle_emb_len` {len} · `hidden_size` {width}"
            ));
        }
        if self.mlp_t && self.inner_size(self.positions_for(self.seq_len)) == 0 {
            return Err(format!(
                "`expansion` {} leaves nothing of the token mixer",
                self.expansion
            ));
        }
        match self.task {
            Some(task) if !task.fits(self.seq_len, self.vocab_size) => Err(format!(
                "task {task} needs {}, found `seq_len` {} and `vocab_size` {}",
                task.needs(),
                self.seq_len,
                self.vocab_size
            )),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Family::Hrm => "hrm",
            Family::Trm => "trm",
        })
    }
}
