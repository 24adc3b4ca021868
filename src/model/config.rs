//! What a model is: sizes, schedule and the parts that the configuration chooses (specification, sections 1 and 3).

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
    /// None (TRM only).
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

/// The tasks whose encodings are known (specification, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// 9×9 Sudoku, 81 tokens, vocabulary of 11.
    Sudoku,
    /// Square maze, 900 tokens in the official size, vocabulary of 6.
    Maze,
    /// ARC grids on a 30×30 canvas, vocabulary of 12.
    Arc,
}

impl Task {
    /// The name that commands and configuration files use.
    pub fn name(self) -> &'static str {
        match self {
            Task::Sudoku => "sudoku",
            Task::Maze => "maze",
            Task::Arc => "arc",
        }
    }
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
    /// How positions enter.
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
    /// Rows of the puzzle embedding.
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
}
