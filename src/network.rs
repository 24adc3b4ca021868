//! The network, told once for all models and executors (specification, sections 3 to 5).
//!
//! HRM and TRM are the same recurrence with other parts: a schedule, one or two stacks of blocks, a token mixer, a
//! prefix. [`plan`] writes it down as kernels in order, and after them who goes on; executors carry the plan out.

use crate::halt::Halt;
use crate::kernels::*;
use crate::model::{Config, Family, Positions, Task};

/// Kernels in order for a model of this configuration on puzzles of `seq_len` tokens, halting by a rule that
/// [`Schedule::check`](crate::halt::Schedule::check) has let pass.
///
/// Weights appear under their official names (specification, section 2.3).
pub fn plan(config: &Config, seq_len: usize, halt: Halt) -> Plan {
    let mut tensors = Tensors::default();
    let rows = config.positions_for(seq_len);
    let carry = [rows, config.hidden_size];
    let io = PlanIo {
        tokens: tensors.add("inputs", &[seq_len], Role::Ids),
        puzzle: (config.puzzle_emb_ndim > 0).then(|| tensors.activation("puzzle", &[config.puzzle_emb_ndim])),
        z_h: tensors.activation("z_H", &carry),
        z_l: tensors.activation("z_L", &carry),
        logits: tensors.activation("logits", &[seq_len, config.vocab_size]),
        q: tensors.activation("q", &[2]),
        preds: tensors.add("preds", &[seq_len], Role::Ids),
        state: tensors.add("state", &[State::LEN], Role::Ids),
    };
    let x = tensors.activation("x", &carry);
    let mut network = Network {
        config,
        tensors,
        io,
        rows,
        seq_len,
        steps: Vec::new(),
    };

    network.embed(x);
    network.reset("H_init", io.z_h);
    network.reset("L_init", io.z_l);
    let load = std::mem::take(&mut network.steps);

    let l_level = network.level("L_level", config.l_layers);
    let h_level = match config.family {
        Family::Hrm => network.level("H_level", config.h_layers),
        // One network in both roles.
        Family::Trm => network.level("L_level", config.l_layers),
    };
    for _ in 0..config.h_cycles {
        for _ in 0..config.l_cycles {
            network.reasoning(&l_level, io.z_l, (io.z_h, Some(x)));
        }
        network.reasoning(&h_level, io.z_h, (io.z_l, None));
    }
    network.heads();
    let segment = std::mem::take(&mut network.steps);
    network.halting(halt);
    Plan {
        tensors: network.tensors.0,
        load,
        segment,
        halting: network.steps,
        io,
    }
}

/// The plan's tensors; a name stands for one tensor, so that blocks share weights and scratch by asking again.
#[derive(Default)]
struct Tensors(Vec<TensorSpec>);

impl Tensors {
    fn add(&mut self, name: &str, shape: &[usize], role: Role) -> TensorId {
        if let Some(id) = self.0.iter().position(|t| t.name == name) {
            return id;
        }
        self.0.push(TensorSpec {
            name: name.to_owned(),
            shape: shape.to_vec(),
            role,
        });
        self.0.len() - 1
    }

    fn weight(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.add(name, shape, Role::Weight)
    }

    fn activation(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.add(name, shape, Role::Activation)
    }
}

/// Weights and scratch of a block.
struct Block {
    mixer: Mixer,
    mlp: Mlp,
}

enum Mixer {
    Attention {
        qkv_proj: TensorId,
        o_proj: TensorId,
        rope: Option<TensorId>,
        qkv: TensorId,
        mixed: TensorId,
        y: TensorId,
    },
    Tokens {
        mlp: Mlp,
        transposed: TensorId,
    },
}

/// A SwiGLU over `rows` rows of `width`, with its scratch.
struct Mlp {
    gate_up_proj: TensorId,
    down_proj: TensorId,
    gate_up: TensorId,
    inner: TensorId,
    y: TensorId,
    rows: usize,
    width: usize,
    inner_size: usize,
}

struct Network<'c> {
    config: &'c Config,
    tensors: Tensors,
    io: PlanIo,
    /// Positions `T`.
    rows: usize,
    /// Tokens `S`.
    seq_len: usize,
    steps: Vec<Step>,
}

impl Network<'_> {
    fn embed(&mut self, x: TensorId) {
        let (config, width) = (self.config, self.config.hidden_size);
        let table = self
            .tensors
            .weight("embed_tokens.embedding_weight", &[config.vocab_size, width]);
        let positions = (config.positions == Positions::Learned)
            .then(|| self.tensors.weight("embed_pos.embedding_weight", &[self.rows, width]));
        self.steps.push(Step::Embed(Embed {
            tokens: self.io.tokens,
            puzzle: self.io.puzzle,
            table,
            positions,
            x,
            seq_len: self.seq_len,
            puzzle_width: config.puzzle_emb_ndim,
            prefix: config.prefix_len(),
            width,
            scale: (width as f32).sqrt(),
        }));
    }

    fn reset(&mut self, init: &str, z: TensorId) {
        let (rows, width) = (self.rows, self.config.hidden_size);
        let init = self.tensors.weight(init, &[width]);
        self.steps.push(Step::Reset(Reset { init, z, rows, width }));
    }

    /// The blocks of `H_level` or `L_level`.
    fn level(&mut self, level: &str, layers: usize) -> Vec<Block> {
        (0..layers)
            .map(|i| self.block(&format!("{level}.layers.{i}")))
            .collect()
    }

    fn block(&mut self, prefix: &str) -> Block {
        let (rows, d) = (self.rows, self.config.hidden_size);
        let mixer = if self.config.mlp_t {
            Mixer::Tokens {
                mlp: self.mlp(&format!("{prefix}.mlp_t"), d, rows),
                transposed: self.tensors.activation("transposed", &[d, rows]),
            }
        } else {
            let head_dim = self.config.head_dim();
            let rope = (self.config.positions == Positions::Rope).then(|| {
                let table = Role::Constant(Rope::angles(rows, head_dim, self.config.rope_theta).into());
                self.tensors.add("rope", &[rows, head_dim], table)
            });
            Mixer::Attention {
                qkv_proj: self
                    .tensors
                    .weight(&format!("{prefix}.self_attn.qkv_proj.weight"), &[3 * d, d]),
                o_proj: self
                    .tensors
                    .weight(&format!("{prefix}.self_attn.o_proj.weight"), &[d, d]),
                rope,
                qkv: self.tensors.activation("qkv", &[rows, 3 * d]),
                mixed: self.tensors.activation("mixed", &[rows, d]),
                y: self.tensors.activation("mlp.y", &[rows, d]),
            }
        };
        Block {
            mixer,
            mlp: self.mlp(&format!("{prefix}.mlp"), rows, d),
        }
    }

    /// The SwiGLU whose weights begin with `prefix`, over `rows` rows of `width`.
    fn mlp(&mut self, prefix: &str, rows: usize, width: usize) -> Mlp {
        let inner_size = self.config.inner_size(width);
        let kind = prefix.rsplit('.').next().unwrap_or(prefix);
        let (weights, scratch) = (
            |part: &str| format!("{prefix}.{part}.weight"),
            |part: &str| format!("{kind}.{part}"),
        );
        Mlp {
            gate_up_proj: self.tensors.weight(&weights("gate_up_proj"), &[2 * inner_size, width]),
            down_proj: self.tensors.weight(&weights("down_proj"), &[width, inner_size]),
            gate_up: self.tensors.activation(&scratch("gate_up"), &[rows, 2 * inner_size]),
            inner: self.tensors.activation(&scratch("inner"), &[rows, inner_size]),
            y: self.tensors.activation(&scratch("y"), &[rows, width]),
            rows,
            width,
            inner_size,
        }
    }

    /// One reasoning module: the injection once, then the blocks.
    fn reasoning(&mut self, level: &[Block], state: TensorId, (a, b): (TensorId, Option<TensorId>)) {
        self.steps.push(Step::Inject(Inject {
            state,
            a,
            b,
            len: self.rows * self.config.hidden_size,
        }));
        for block in level {
            self.mix(state, &block.mixer);
            self.swiglu(state, &block.mlp);
        }
    }

    /// `h ← rms(h + Attention(h))`, or the token-mixing MLP along the positions, for every channel.
    fn mix(&mut self, h: TensorId, mixer: &Mixer) {
        let (rows, d) = (self.rows, self.config.hidden_size);
        match *mixer {
            Mixer::Attention {
                qkv_proj,
                o_proj,
                rope,
                qkv,
                mixed,
                y,
            } => {
                let (heads, head_dim) = (self.config.num_heads, self.config.head_dim());
                self.linear(h, qkv_proj, qkv, rows, d, 3 * d);
                if let Some(table) = rope {
                    self.steps.push(Step::Rope(Rope {
                        qkv,
                        table,
                        rows,
                        heads,
                        head_dim,
                    }));
                }
                self.steps.push(Step::Attention(Attention {
                    qkv,
                    y: mixed,
                    rows,
                    heads,
                    head_dim,
                }));
                self.linear(mixed, o_proj, y, rows, d, d);
                self.residual(h, y, rows, d);
            }
            Mixer::Tokens { ref mlp, transposed } => {
                self.steps.push(Step::Transpose(Transpose {
                    x: h,
                    y: transposed,
                    rows,
                    columns: d,
                }));
                self.swiglu(transposed, mlp);
                self.steps.push(Step::Transpose(Transpose {
                    x: transposed,
                    y: h,
                    rows: d,
                    columns: rows,
                }));
            }
        }
    }

    /// `h ← rms(h + SwiGLU(h))`.
    fn swiglu(&mut self, h: TensorId, mlp: &Mlp) {
        let Mlp {
            gate_up_proj,
            down_proj,
            gate_up,
            inner,
            y,
            rows,
            width,
            inner_size,
        } = *mlp;
        self.linear(h, gate_up_proj, gate_up, rows, width, 2 * inner_size);
        self.steps.push(Step::Swiglu(Swiglu {
            gate_up,
            y: inner,
            rows,
            width: inner_size,
        }));
        self.linear(inner, down_proj, y, rows, inner_size, width);
        self.residual(h, y, rows, width);
    }

    fn linear(&mut self, x: TensorId, weight: TensorId, y: TensorId, rows: usize, inputs: usize, outputs: usize) {
        let linear = Linear {
            x,
            weight,
            bias: None,
            y,
            x_rows: rows,
            first_row: 0,
            rows,
            inputs,
            outputs,
        };
        self.steps.push(Step::Linear(linear));
    }

    fn residual(&mut self, h: TensorId, y: TensorId, rows: usize, width: usize) {
        self.steps.push(Step::RmsNorm(RmsNorm {
            h,
            y,
            rows,
            width,
            eps: self.config.rms_norm_eps as f32,
        }));
    }

    /// Logits without the prefix, q from position 0, predictions.
    fn heads(&mut self) {
        let (inputs, vocab, rows) = (self.config.hidden_size, self.config.vocab_size, self.seq_len);
        let PlanIo {
            z_h: x,
            logits,
            q,
            preds,
            ..
        } = self.io;
        let lm_head = Linear {
            x,
            weight: self.tensors.weight("lm_head.weight", &[vocab, inputs]),
            bias: None,
            y: logits,
            x_rows: self.rows,
            first_row: self.config.prefix_len(),
            rows,
            inputs,
            outputs: vocab,
        };
        let q_head = Linear {
            weight: self.tensors.weight("q_head.weight", &[2, inputs]),
            bias: Some(self.tensors.weight("q_head.bias", &[2])),
            y: q,
            first_row: 0,
            rows: 1,
            outputs: 2,
            ..lm_head.clone()
        };
        let argmax = Argmax {
            x: logits,
            y: preds,
            rows,
            width: vocab,
        };
        self.steps
            .extend([Step::Linear(lm_head), Step::Linear(q_head), Step::Argmax(argmax)]);
    }

    /// Who goes on (specification, section 5).
    fn halting(&mut self, halt: Halt) {
        let PlanIo {
            tokens,
            q,
            preds,
            state,
            ..
        } = self.io;
        let valid = (halt == Halt::Valid).then(|| self.tensors.add("valid", &[1], Role::Ids));
        if let Some(valid) = valid {
            self.steps.push(match self.config.task {
                Some(Task::Maze) => Step::ValidMaze(ValidMaze {
                    tokens,
                    preds,
                    valid,
                    side: self.seq_len.isqrt(),
                }),
                _ => Step::ValidSudoku(ValidSudoku { tokens, preds, valid }),
            });
        }
        let halting = Halting {
            q,
            preds,
            valid,
            previous: self.tensors.add("previous", &[self.seq_len], Role::Ids),
            state,
            seq_len: self.seq_len,
            halt,
            family: self.config.family,
        };
        self.steps
            .extend([Step::Halting(halting), Step::Compact(Compact { state })]);
    }
}
