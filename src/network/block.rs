//! Blocks: token mixers and an MLP, each followed by a residual sum and RMSNorm (docs/specification.md, section 3).
//!
//! RMSNorm has no weight here: it is one factor per row. A block leaves the residual stream without its last norm, and
//! the linear layer that reads it next applies the norm on the way, so that no norm needs a pass of its own.

use super::builder::Builder;
use super::families::definition;
use crate::kernels::*;

/// The weights and scratch tensors of a block.
pub(super) struct Block {
    mixers: Vec<Mixer>,
    mlp: Mlp,
}

enum Mixer {
    Attention(Heads),
    Tokens { mlp: Mlp, transposed: TensorId },
}

/// Weights and scratch tensors of an attention.
struct Heads {
    qkv_proj: TensorId,
    o_proj: TensorId,
    qkv: TensorId,
    mixed: TensorId,
    heads: usize,
    head_dim: usize,
    /// Whether it is over the symbols of a position, not over positions.
    over_symbols: bool,
}

/// Weights and scratch tensors of a SwiGLU over the rows of a stream.
struct Mlp {
    gate_up_proj: TensorId,
    down_proj: TensorId,
    inner: TensorId,
    inner_size: usize,
    convolution: Option<Convolution>,
}

/// Weights and output of the convolution inside a SwiGLU.
#[derive(Clone, Copy)]
struct Convolution {
    weight: TensorId,
    bias: TensorId,
    y: TensorId,
}

/// A residual stream of a block.
#[derive(Clone, Copy)]
struct Stream {
    h: TensorId,
    rows: usize,
    width: usize,
    /// Whether the stream still lacks its RMSNorm.
    raw: bool,
}

impl Builder<'_> {
    /// Declares the blocks of the reasoning module `name`, with weights in the order of official files.
    pub(super) fn module(&mut self, name: &str, layers: usize) -> Vec<Block> {
        self.stack(&format!("{name}.layers"), layers, false)
    }

    /// Declares the blocks below `stack`; `convolved` ones have a convolution over neighbouring positions in their
    /// SwiGLU.
    pub(super) fn stack(&mut self, stack: &str, layers: usize, convolved: bool) -> Vec<Block> {
        (0..layers)
            .map(|i| self.block(&format!("{stack}.{i}"), convolved))
            .collect()
    }

    fn block(&mut self, prefix: &str, convolved: bool) -> Block {
        let (rows, d) = (self.rows, self.config.hidden_size);
        let mixer = if self.config.mlp_t {
            Mixer::Tokens {
                mlp: self.mlp(&format!("{prefix}.mlp_t"), d, rows, false),
                transposed: self.tensors.activation("transposed", &[d, rows]),
            }
        } else {
            let sizes = [self.config.num_heads, self.config.head_dim()];
            Mixer::Attention(self.heads(&format!("{prefix}.self_attn"), sizes, false))
        };
        Block {
            mixers: vec![mixer],
            mlp: self.mlp(&format!("{prefix}.mlp"), rows, d, convolved),
        }
    }

    /// Declares the blocks of the reasoning module `name` of a state with a symbol axis: attention over cells and over
    /// symbols.
    pub(super) fn symbol_module(&mut self, name: &str, layers: usize) -> Vec<Block> {
        let (rows, d) = (self.rows, self.config.hidden_size);
        let over_cells = [self.config.num_heads, self.config.head_dim()];
        let over_symbols = self
            .config
            .symbols
            .map_or([0, 0], |symbols| [symbols.num_heads_t, symbols.head_dim_t]);
        let block = |i: usize| {
            let prefix = format!("{name}.layers.{i}");
            Block {
                mixers: vec![
                    Mixer::Attention(self.heads(&format!("{prefix}.attn"), over_cells, false)),
                    Mixer::Attention(self.heads(&format!("{prefix}.attn_t"), over_symbols, true)),
                ],
                mlp: self.mlp(&format!("{prefix}.mlp"), rows, d, false),
            }
        };
        (0..layers).map(block).collect()
    }

    /// Declares the attention whose weights begin with `prefix`.
    fn heads(&mut self, prefix: &str, [heads, head_dim]: [usize; 2], over_symbols: bool) -> Heads {
        let (rows, d, width) = (self.rows, self.config.hidden_size, heads * head_dim);
        // Keys over symbols are read by all threads, long after keys over cells: they have a tensor of their own.
        let qkv = if over_symbols { "qkv over symbols" } else { "qkv" };
        Heads {
            qkv_proj: self
                .tensors
                .weight(&format!("{prefix}.qkv_proj.weight"), &[3 * width, d]),
            o_proj: self.tensors.weight(&format!("{prefix}.o_proj.weight"), &[d, width]),
            qkv: self.tensors.activation(qkv, &[rows, 3 * width]),
            mixed: self.tensors.activation("mixed", &[rows, width]),
            heads,
            head_dim,
            over_symbols,
        }
    }

    /// Declares the SwiGLU whose weights begin with `prefix`, over `rows` rows of `width`.
    fn mlp(&mut self, prefix: &str, rows: usize, width: usize, convolved: bool) -> Mlp {
        let inner_size = self.config.inner_size(width);
        let kind = prefix.rsplit('.').next().unwrap_or(prefix);
        let (weights, scratch) = (
            |part: &str| format!("{prefix}.{part}.weight"),
            |part: &str| format!("{kind}.{part}"),
        );
        let gate_up_proj = self.tensors.weight(&weights("gate_up_proj"), &[2 * inner_size, width]);
        let convolution = convolved.then(|| Convolution {
            weight: self.tensors.weight(&weights("dwconv"), &[inner_size, 1, 2]),
            bias: self.tensors.weight(&format!("{prefix}.dwconv.bias"), &[inner_size]),
            y: self.tensors.activation(&scratch("convolved"), &[rows, inner_size]),
        });
        Mlp {
            gate_up_proj,
            down_proj: self.tensors.weight(&weights("down_proj"), &[width, inner_size]),
            inner: self.tensors.activation(&scratch("inner"), &[rows, inner_size]),
            inner_size,
            convolution,
        }
    }

    /// Adds the recurrence: `L_cycles` updates of `z_L`, then one of `z_H`, all of it `H_cycles` times
    /// (docs/specification.md, section 5).
    pub(super) fn recur(&mut self, l_module: &[Block], h_module: &[Block]) {
        let (PlanIo { z_h, z_l, .. }, x) = (self.io, self.x());
        let Some(z_l) = z_l else { return };
        for _ in 0..self.config.h_cycles {
            for _ in 0..self.config.l_cycles {
                self.update(l_module, z_l, (z_h, Some(x)));
            }
            self.update(h_module, z_h, (z_l, None));
        }
    }

    /// Adds the recurrence of a single state: `x` is added and the blocks follow, `H_cycles · L_cycles` times.
    pub(super) fn repeat(&mut self, blocks: &[Block]) {
        let (z, x) = (self.io.z_h, self.x());
        for _ in 0..self.config.h_cycles * self.config.l_cycles {
            self.update(blocks, z, (x, None));
        }
    }

    /// Adds one update of a state by the reasoning module: all of it, or damped towards what the state was.
    fn update(&mut self, blocks: &[Block], state: TensorId, injected: (TensorId, Option<TensorId>)) {
        let (rows, width, damping) = (self.rows, self.config.hidden_size, self.config.damping);
        if damping == 1.0 {
            return self.reason(blocks, state, injected);
        }
        let update = self.tensors.activation("update", &[rows, width]);
        let copy = Blend {
            x: state,
            y: update,
            rows,
            width,
            keep: None,
            weight: 1.0,
        };
        let damp = Blend {
            x: update,
            y: state,
            keep: Some((1.0 - damping) as f32),
            weight: damping as f32,
            ..copy.clone()
        };
        self.steps.push(Step::Blend(copy));
        self.reason(blocks, update, injected);
        self.steps.push(Step::Blend(damp));
    }

    /// Adds the reasoning module: the injection, then the blocks.
    fn reason(&mut self, blocks: &[Block], state: TensorId, (a, b): (TensorId, Option<TensorId>)) {
        let (rows, width) = (self.rows, self.config.hidden_size);
        self.steps.push(Step::Inject(Inject {
            state,
            a,
            b,
            rows,
            width,
        }));
        let mut stream = Stream {
            h: state,
            rows,
            width,
            raw: false,
        };
        for block in blocks {
            for mixer in &block.mixers {
                match mixer {
                    Mixer::Attention(heads) => self.attend(&mut stream, heads),
                    Mixer::Tokens { mlp, transposed } => self.mix_tokens(&mut stream, mlp, *transposed),
                }
            }
            self.swiglu(&mut stream, &block.mlp);
        }
        self.settle(&mut stream);
    }

    /// Adds `h ← h + Attention(h)`.
    fn attend(&mut self, stream: &mut Stream, attention: &Heads) {
        let Heads {
            qkv_proj,
            o_proj,
            qkv,
            mixed,
            heads,
            head_dim,
            over_symbols,
        } = *attention;
        let (width, planes) = (heads * head_dim, self.config.planes());
        let positions = stream.rows / planes;
        let rotary = if over_symbols { None } else { self.rotary() };
        let epilogue = rotary.unwrap_or(Epilogue::Store);
        self.read(stream, qkv_proj, qkv, 3 * width, epilogue);
        self.steps.push(match over_symbols {
            false => Step::Attention(Attention {
                qkv,
                y: mixed,
                rows: positions,
                groups: planes,
                heads,
                head_dim,
            }),
            true => Step::SymbolAttention(SymbolAttention {
                qkv,
                y: mixed,
                symbols: planes,
                positions,
                heads,
                head_dim,
            }),
        });
        self.add(stream, mixed, o_proj, width);
    }

    /// Returns the epilogue for rotary positions, if the network has them. The table is made on first use: it is large,
    /// and a list of weights does not need it.
    pub(super) fn rotary(&mut self) -> Option<Epilogue> {
        if let Some(made) = self.rotary {
            return Some(made);
        }
        let head_dim = self.config.head_dim();
        let Rotary { angles, pair } = definition(self.config.family).rotary(self.config, self.rows)?;
        let table = Role::Constant(angles.into());
        let table = self.tensors.add("rope", &[self.rows, head_dim], table);
        self.rotary = Some(Epilogue::Rope { table, head_dim, pair });
        self.rotary
    }

    /// Adds `h ← h + SwiGLU(h)` along the positions, for every channel, with its norm.
    fn mix_tokens(&mut self, stream: &mut Stream, mlp: &Mlp, transposed: TensorId) {
        self.settle(stream);
        let Stream { h, rows, width, .. } = *stream;
        self.steps.push(Step::Transpose(Transpose {
            x: h,
            y: transposed,
            rows,
            columns: width,
        }));
        let mut channels = Stream {
            h: transposed,
            rows: width,
            width: rows,
            raw: false,
        };
        self.swiglu(&mut channels, mlp);
        self.settle(&mut channels);
        self.steps.push(Step::Transpose(Transpose {
            x: transposed,
            y: h,
            rows: width,
            columns: rows,
        }));
    }

    /// Adds `h ← h + SwiGLU(h)`.
    fn swiglu(&mut self, stream: &mut Stream, mlp: &Mlp) {
        let outputs = 2 * mlp.inner_size;
        self.read(stream, mlp.gate_up_proj, mlp.inner, outputs, Epilogue::Swiglu);
        let inner = mlp.convolution.map(|Convolution { weight, bias, y }| {
            self.steps.push(Step::Convolve(Convolve {
                x: mlp.inner,
                weight,
                bias,
                y,
                rows: stream.rows,
                width: mlp.inner_size,
            }));
            y
        });
        self.add(stream, inner.unwrap_or(mlp.inner), mlp.down_proj, mlp.inner_size);
    }

    /// Adds a linear layer that reads the stream with its norm applied.
    fn read(&mut self, stream: &Stream, weight: TensorId, y: TensorId, outputs: usize, epilogue: Epilogue) {
        let norm = stream.raw.then(|| self.norm(stream));
        self.steps.push(Step::Linear(Linear {
            x: stream.h,
            weight,
            bias: None,
            y,
            x_rows: stream.rows,
            first_row: 0,
            rows: stream.rows,
            inputs: stream.width,
            outputs,
            norm,
            epilogue,
        }));
    }

    /// Adds a linear layer of `x` to the stream, with the stream's norm applied.
    fn add(&mut self, stream: &mut Stream, x: TensorId, weight: TensorId, inputs: usize) {
        let scale = stream.raw.then(|| self.norm(stream).scale);
        self.steps.push(Step::Linear(Linear {
            x,
            weight,
            bias: None,
            y: stream.h,
            x_rows: stream.rows,
            first_row: 0,
            rows: stream.rows,
            inputs,
            outputs: stream.width,
            norm: None,
            epilogue: Epilogue::Residual { scale },
        }));
        stream.raw = true;
    }

    fn norm(&mut self, stream: &Stream) -> Norm {
        Norm {
            eps: self.config.rms_norm_eps as f32,
            scale: self.tensors.activation("scale", &[stream.rows]),
        }
    }

    /// Applies the RMSNorm that the stream still lacks.
    fn settle(&mut self, stream: &mut Stream) {
        if stream.raw {
            self.steps.push(Step::RmsNorm(RmsNorm {
                h: stream.h,
                rows: stream.rows,
                width: stream.width,
                eps: self.config.rms_norm_eps as f32,
            }));
        }
        stream.raw = false;
    }
}
