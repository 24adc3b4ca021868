//! A kernel on made-up data, which tests and `hrm verify` run both on a GPU and on its CPU twin.

use super::*;
use crate::halt::Halt;

/// Steps, with contents for all their tensors.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    /// The tensors of the steps.
    pub tensors: Vec<TensorSpec>,
    /// Usually one step; several where kernels hand results to each other.
    pub steps: Vec<Step>,
    /// Number of slots in the batch.
    pub slots: usize,
    /// Slots to compute, ascending.
    pub live: Vec<usize>,
    /// Elements of each tensor, indexed by `TensorId`; per-sample tensors hold all slots one after another. Ids are
    /// whole numbers.
    pub values: Vec<Vec<f32>>,
    /// The tensor to compare.
    pub output: TensorId,
    /// Whether weights are stored as f16; if so, their values are representable in f16.
    pub half: bool,
    /// The number type that linear layers multiply if weights are stored as f16.
    pub scalar: Scalar,
    random: fastrand::Rng,
}

/// The slots of a batch, and which of them are live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Samples<'a> {
    /// Number of slots.
    pub slots: usize,
    /// Slots to compute, ascending. All others hold NaN, as uninitialised memory may.
    pub live: &'a [usize],
}

/// Sizes of a linear layer without a norm that stores its product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored {
    /// Leading input rows to skip.
    pub prefix: usize,
    /// Rows to compute.
    pub rows: usize,
    /// Input features.
    pub inputs: usize,
    /// Whether the layer has a bias.
    pub outputs: usize,
    /// Whether weights are stored as f16.
    pub bias: bool,
    /// Whether weights are stored as f16.
    pub half: bool,
}

/// Sizes of a linear layer with an epilogue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fused {
    /// Rows of input and output.
    pub rows: usize,
    /// Input features.
    pub inputs: usize,
    /// Output features.
    pub outputs: usize,
    /// Head width for rotary positions; `None` selects SwiGLU.
    pub head_dim: Option<usize>,
    /// Whether the input is normalised.
    pub norm: bool,
    /// Scale of the input; small values show where epsilon enters.
    pub scale: f32,
    /// Whether weights are stored as f16.
    pub half: bool,
}

/// What a linear layer with a bias does with the sum.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Biased {
    /// Of a normed input.
    Relu,
    Residual,
    /// On neighbours in heads of this width.
    Rope(usize),
    /// Of a normed input.
    Swiglu,
}

/// Sizes of a block with attention.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockSizes {
    /// Positions.
    pub rows: usize,
    /// Number of heads.
    pub heads: usize,
    /// Head width.
    pub head_dim: usize,
    /// Inner width of the MLP.
    pub inner: usize,
    /// Whether weights are stored as f16.
    pub half: bool,
}

/// Sizes of an attention kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttentionSizes {
    /// Positions.
    pub rows: usize,
    /// Number of heads.
    pub heads: usize,
    /// Head width.
    pub head_dim: usize,
    /// Groups of positions, each of which attends to itself.
    pub groups: usize,
    /// Scale of the queries; large values give softmax large scores.
    pub sharp: f32,
}

/// Sizes of an input embedding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmbedSizes {
    /// Number of tokens.
    pub seq_len: usize,
    /// Prefix positions in front of the tokens.
    pub prefix: usize,
    /// Channels per position.
    pub width: usize,
    /// Width of the puzzle embedding.
    pub puzzle_width: usize,
    /// Whether positions are learned.
    pub learned: bool,
}

impl Fixture {
    fn new(Samples { slots, live }: Samples, seed: usize) -> Self {
        Fixture {
            tensors: Vec::new(),
            steps: Vec::new(),
            slots,
            live: live.to_vec(),
            values: Vec::new(),
            output: 0,
            half: false,
            scalar: Scalar::F32,
            random: fastrand::Rng::with_seed(seed as u64),
        }
    }

    /// Adds a tensor; `value` maps random numbers in [−1, 1) to its elements.
    fn add(&mut self, name: &str, role: Role, shape: &[usize], mut value: impl FnMut(f32) -> f32) -> TensorId {
        let len: usize = shape.iter().product();
        let own = matches!(role, Role::Activation | Role::Ids);
        let (samples, ids) = (if own { self.slots } else { 1 }, matches!(role, Role::Ids));
        let mut values = Vec::with_capacity(samples * len);
        for slot in 0..samples {
            let dead = own && !ids && !self.live.contains(&slot);
            values.extend((0..len).map(|_| {
                if dead {
                    f32::NAN
                } else {
                    value(2.0 * self.random.f32() - 1.0)
                }
            }));
        }
        self.tensors.push(TensorSpec {
            name: name.to_owned(),
            shape: shape.to_vec(),
            role,
        });
        self.values.push(values);
        self.tensors.len() - 1
    }

    fn activation(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.add(name, Role::Activation, shape, |v| 2.0 * v)
    }

    /// Adds an output tensor, NaN everywhere until written.
    fn result(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.add(name, Role::Activation, shape, |_| f32::NAN)
    }

    fn weight(&mut self, name: &str, shape: &[usize], scale: f32) -> TensorId {
        let half = self.half;
        self.add(name, Role::Weight, shape, |v| {
            let v = v * scale;
            if half { half::f16::from_f32(v).to_f32() } else { v }
        })
    }

    fn with(mut self, step: Step, output: TensorId) -> Self {
        self.steps.push(step);
        self.output = output;
        self
    }

    /// Makes a linear layer that stores its product.
    pub(crate) fn stored(samples: Samples, sizes: Stored) -> Self {
        let Stored {
            prefix,
            rows,
            inputs,
            outputs,
            bias,
            half,
        } = sizes;
        let mut t = Fixture::new(samples, rows * inputs * outputs);
        t.half = half;
        let x = t.activation("x", &[prefix + rows, inputs]);
        let bias = bias.then(|| t.weight("bias", &[outputs], 1.0));
        let y = t.result("y", &[rows, outputs]);
        let step = Linear {
            bias,
            x_rows: prefix + rows,
            first_row: prefix,
            ..t.product("weight", [x, y], [rows, inputs, outputs], Epilogue::Store)
        };
        t.with(Step::Linear(step), y)
    }

    /// Adds a linear layer `[rows, inputs, outputs]` with a new weight, from `x` to `y`.
    fn product(
        &mut self,
        weight: &str,
        [x, y]: [TensorId; 2],
        [rows, inputs, outputs]: [usize; 3],
        epilogue: Epilogue,
    ) -> Linear {
        Linear {
            x,
            weight: self.weight(weight, &[outputs, inputs], (3.0 / inputs as f32).sqrt()),
            bias: None,
            y,
            x_rows: rows,
            first_row: 0,
            rows,
            inputs,
            outputs,
            norm: None,
            epilogue,
        }
    }

    fn norm(&mut self, rows: usize) -> Norm {
        Norm {
            eps: 1e-5,
            scale: self.result("scale", &[rows]),
        }
    }

    /// Makes a linear layer with rotary positions or SwiGLU.
    pub(crate) fn fused(samples: Samples, sizes: Fused) -> Self {
        let Fused {
            rows, inputs, outputs, ..
        } = sizes;
        let mut t = Fixture::new(samples, rows * inputs * outputs);
        t.half = sizes.half;
        let x = t.add("x", Role::Activation, &[rows, inputs], |v| sizes.scale * v);
        let (width, epilogue) = match sizes.head_dim {
            Some(head_dim) => (outputs, t.rope(rows, head_dim)),
            None => (outputs / 2, Epilogue::Swiglu),
        };
        let y = t.result("y", &[rows, width]);
        let norm = sizes.norm.then(|| t.norm(rows));
        let step = Linear {
            norm,
            ..t.product("weight", [x, y], [rows, inputs, outputs], epilogue)
        };
        t.with(Step::Linear(step), y)
    }

    fn rope(&mut self, rows: usize, head_dim: usize) -> Epilogue {
        let Rotary { angles, pair } = Rotary::along([rows, head_dim], 10_000.0);
        self.turned([rows, head_dim], angles, pair)
    }

    fn turned(&mut self, [rows, head_dim]: [usize; 2], angles: Vec<f32>, pair: usize) -> Epilogue {
        let mut next = angles.iter();
        let table = Role::Constant(angles.clone().into());
        let table = self.add("rope", table, &[rows, head_dim], |_| *next.next().unwrap_or(&0.0));
        Epilogue::Rope { table, head_dim, pair }
    }

    /// Makes a whole block with attention, including the norms whose factors its kernels hand on to each other.
    pub(crate) fn block(samples: Samples, sizes: BlockSizes) -> Self {
        let BlockSizes {
            rows,
            heads,
            head_dim,
            inner,
            half,
        } = sizes;
        let width = heads * head_dim;
        let mut t = Fixture::new(samples, rows * width);
        t.half = half;
        let (h, qkv) = (t.activation("h", &[rows, width]), t.result("qkv", &[rows, 3 * width]));
        let (mixed, gated) = (t.result("mixed", &[rows, width]), t.result("inner", &[rows, inner]));
        let norm = t.norm(rows);
        let residual = Epilogue::Residual {
            scale: Some(norm.scale),
        };
        let rope = t.rope(rows, head_dim);
        let qkv_proj = t.product("qkv_proj", [h, qkv], [rows, width, 3 * width], rope);
        let o_proj = t.product("o_proj", [mixed, h], [rows, width, width], residual);
        let gate_up = t.product("gate_up", [h, gated], [rows, width, 2 * inner], Epilogue::Swiglu);
        let down = t.product("down", [gated, h], [rows, inner, width], residual);
        let normed = |linear| {
            Step::Linear(Linear {
                norm: Some(norm),
                ..linear
            })
        };
        t.steps = vec![
            normed(qkv_proj),
            Step::Attention(Attention {
                qkv,
                y: mixed,
                rows,
                groups: 1,
                heads,
                head_dim,
            }),
            Step::Linear(o_proj),
            normed(gate_up),
            Step::Linear(down),
        ];
        t.output = h;
        t
    }

    /// Makes an attention kernel.
    pub(crate) fn attention(samples: Samples, sizes: AttentionSizes) -> Self {
        let AttentionSizes {
            rows,
            heads,
            head_dim,
            groups,
            sharp,
        } = sizes;
        let (all, width) = (groups * rows, heads * head_dim);
        let mut t = Fixture::new(samples, rows * width);
        let qkv = t.add("qkv", Role::Activation, &[all, 3 * width], |v| sharp * v);
        let y = t.result("y", &[all, width]);
        let step = Attention {
            qkv,
            y,
            rows,
            groups,
            heads,
            head_dim,
        };
        t.with(Step::Attention(step), y)
    }

    /// Makes an attention over symbols, which are the groups.
    pub(crate) fn symbol_attention(samples: Samples, sizes: AttentionSizes) -> Self {
        let AttentionSizes {
            rows: positions,
            heads,
            head_dim,
            groups: symbols,
            sharp,
        } = sizes;
        let (all, width) = (symbols * positions, heads * head_dim);
        let mut t = Fixture::new(samples, all * width);
        let qkv = t.add("qkv", Role::Activation, &[all, 3 * width], |v| sharp * v);
        let y = t.result("y", &[all, width]);
        let step = SymbolAttention {
            qkv,
            y,
            symbols,
            positions,
            heads,
            head_dim,
        };
        t.with(Step::SymbolAttention(step), y)
    }

    /// Makes an input embedding with a symbol axis and added positions: of an equivariant network, or of one with a
    /// vector for every symbol, learned positions and a puzzle row.
    pub(crate) fn symbol_embed(samples: Samples, [seq_len, symbols, width]: [usize; 3], equivariant: bool) -> Self {
        let (added, own) = (3, if equivariant { 1 } else { symbols });
        let mut t = Fixture::new(samples, seq_len * symbols * width);
        let tokens = t.add("tokens", Role::Ids, &[seq_len], |v| {
            ((v + 1.0) * 0.499 * symbols as f32).floor()
        });
        let puzzle = (!equivariant).then(|| t.activation("puzzle", &[width + symbols]));
        let special = equivariant.then(|| t.weight("special", &[2, width], 1.0));
        let common = t.weight("common", &[own, width], 1.0);
        let positions = (!equivariant).then(|| t.weight("positions", &[seq_len, width], 1.0));
        let added_special = equivariant.then(|| t.weight("added special", &[2, added, width], 1.0));
        let added_common = t.weight("added", &[own, added, width], 1.0);
        let x = t.result("x", &[symbols, seq_len + added, width]);
        t.steps.push(Step::SymbolEmbed(SymbolEmbed {
            tokens,
            puzzle,
            special,
            common,
            positions,
            x,
            seq_len,
            positions_len: seq_len + added,
            symbols,
            width,
            scale: 3.3125,
        }));
        let step = SymbolAppend {
            special: added_special,
            common: added_common,
            x,
            seq_len,
            added,
            symbols,
            width,
        };
        t.with(Step::SymbolAppend(step), x)
    }

    /// Makes the head of a state with a symbol axis and two added positions.
    pub(crate) fn symbol_head(samples: Samples, [seq_len, symbols, width]: [usize; 3], mixed: bool) -> Self {
        let mut t = Fixture::new(samples, seq_len * symbols * width);
        let z = t.activation("z", &[symbols, seq_len + 2, width]);
        let shape = if mixed { [symbols, symbols * width] } else { [1, width] };
        let (weight, y) = (t.weight("weight", &shape, 1.0), t.result("y", &[seq_len, symbols]));
        let step = SymbolHead {
            z,
            weight,
            y,
            seq_len,
            positions: seq_len + 2,
            symbols,
            width,
            mixed,
        };
        t.with(Step::SymbolHead(step), y)
    }

    /// Makes the confidence of logits `[rows, width]`, of all cells or of those that are not given.
    pub(crate) fn confidence(samples: Samples, [rows, width]: [usize; 2], skips: bool) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let x = t.add("x", Role::Activation, &[rows, width], |v| 9.0 * v);
        let given = skips.then(|| t.given(rows));
        let q = t.result("q", &[2]);
        let step = Confidence {
            x,
            given,
            q,
            rows,
            width,
        };
        t.with(Step::Confidence(step), q)
    }

    /// Adds ids of cells, about half of which are given.
    fn given(&mut self, rows: usize) -> TensorId {
        self.add("given", Role::Ids, &[rows], |v| (9.0 * v).ceil().max(0.0))
    }

    /// Makes a softmax of `[rows, width]`, some of large values.
    pub(crate) fn softmax(samples: Samples, [rows, width]: [usize; 2]) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let x = t.add("x", Role::Activation, &[rows, width], |v| 900.0 * v * v * v);
        let y = t.result("y", &[rows, width]);
        t.with(Step::Softmax(Softmax { x, y, rows, width }), y)
    }

    /// Makes a LayerNorm of a scaled residual stream that is not centred; small scales show where epsilon enters.
    pub(crate) fn layer_norm(samples: Samples, [rows, width]: [usize; 2], scale: f32) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let x = t.add("x", Role::Activation, &[rows, width], |v| scale * (v + 0.5));
        let (weight, bias) = (t.weight("weight", &[width], 1.0), t.weight("bias", &[width], 1.0));
        let y = t.result("y", &[rows, width]);
        let step = LayerNorm {
            x,
            weight,
            bias,
            y,
            rows,
            width,
            eps: 1e-5,
        };
        t.with(Step::LayerNorm(step), y)
    }

    /// Makes an RMSNorm of a scaled residual stream; small scales show where epsilon enters.
    pub(crate) fn rms_norm(samples: Samples, [rows, width]: [usize; 2], scale: f32) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let h = t.add("h", Role::Activation, &[rows, width], |v| scale * v);
        let step = RmsNorm {
            h,
            rows,
            width,
            eps: 1e-5,
        };
        t.with(Step::RmsNorm(step), h)
    }

    /// Makes an injection of one or two tensors `[rows, width]`.
    pub(crate) fn inject(samples: Samples, [rows, width]: [usize; 2], summands: usize) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let mut add = |name| t.activation(name, &[rows, width]);
        let (state, a, b) = (add("state"), add("a"), (summands > 1).then(|| add("b")));
        let step = Inject {
            state,
            a,
            b,
            rows,
            width,
        };
        t.with(Step::Inject(step), state)
    }

    /// Makes a linear layer with rotary positions within groups of `pair` outputs, of heads of `head_dim`.
    pub(crate) fn turning(samples: Samples, rows: usize, [heads, head_dim, pair]: [usize; 3]) -> Self {
        let width = heads * head_dim;
        let mut t = Fixture::new(samples, rows * width + pair);
        let (x, y) = (t.activation("x", &[rows, 40]), t.result("y", &[rows, 3 * width]));
        let Rotary { angles, pair } = Rotary::new([rows, head_dim], pair, |p, i| (p * (i + 1)) as f32);
        let epilogue = t.turned([rows, head_dim], angles, pair);
        let step = t.product("weight", [x, y], [rows, 40, 3 * width], epilogue);
        t.with(Step::Linear(step), y)
    }

    /// Makes a linear layer with a bias before its epilogue.
    pub(crate) fn biased(samples: Samples, [rows, inputs, outputs]: [usize; 3], kind: Biased) -> Self {
        let mut t = Fixture::new(samples, rows * inputs * outputs);
        let x = t.activation("x", &[rows, inputs]);
        let (width, epilogue) = match kind {
            Biased::Relu => (outputs, Epilogue::Relu),
            Biased::Residual => (outputs, Epilogue::Residual { scale: None }),
            Biased::Swiglu => (outputs / 2, Epilogue::Swiglu),
            Biased::Rope(head_dim) => {
                let Rotary { angles, pair } = Rotary::new([rows, head_dim], 2, |p, i| (p + i) as f32);
                (outputs, t.turned([rows, head_dim], angles, pair))
            }
        };
        let y = match kind {
            Biased::Residual => t.activation("y", &[rows, width]),
            _ => t.result("y", &[rows, width]),
        };
        let bias = Some(t.weight("bias", &[outputs], 1.0));
        let norm = matches!(kind, Biased::Relu | Biased::Swiglu).then(|| t.norm(rows));
        let step = Linear {
            bias,
            norm,
            ..t.product("weight", [x, y], [rows, inputs, outputs], epilogue)
        };
        t.with(Step::Linear(step), y)
    }

    /// Makes a blend of two tensors `[rows, width]`, or a copy.
    pub(crate) fn blend(samples: Samples, [rows, width]: [usize; 2], keep: Option<f32>) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let x = t.activation("x", &[rows, width]);
        let y = match keep {
            Some(_) => t.activation("y", &[rows, width]),
            None => t.result("y", &[rows, width]),
        };
        let step = Blend {
            x,
            y,
            rows,
            width,
            keep,
            weight: 0.95,
        };
        t.with(Step::Blend(step), y)
    }

    /// Makes a reset of a carry `[rows, width]`.
    pub(crate) fn reset(samples: Samples, [rows, width]: [usize; 2]) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let (init, z) = (t.weight("init", &[width], 1.0), t.result("z", &[rows, width]));
        t.with(Step::Reset(Reset { init, z, rows, width }), z)
    }

    /// Makes a transpose of `[rows, columns]`.
    pub(crate) fn transpose(samples: Samples, [rows, columns]: [usize; 2]) -> Self {
        let mut t = Fixture::new(samples, rows * columns);
        let (x, y) = (t.activation("x", &[rows, columns]), t.result("y", &[columns, rows]));
        t.with(Step::Transpose(Transpose { x, y, rows, columns }), y)
    }

    /// Makes a convolution of `[rows, width]`.
    pub(crate) fn convolve(samples: Samples, [rows, width]: [usize; 2]) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let (x, y) = (t.activation("x", &[rows, width]), t.result("y", &[rows, width]));
        let (weight, bias) = (t.weight("weight", &[width, 1, 2], 2.0), t.weight("bias", &[width], 1.0));
        let step = Convolve {
            x,
            weight,
            bias,
            y,
            rows,
            width,
        };
        t.with(Step::Convolve(step), y)
    }

    /// Makes predictions from logits `[rows, width]` that are whole numbers, so that many tie; given cells may be kept.
    pub(crate) fn argmax(samples: Samples, [rows, width]: [usize; 2], keeps: bool) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let x = t.add("x", Role::Activation, &[rows, width], |v| (4.0 * v).round());
        let given = keeps.then(|| t.given(rows));
        let y = t.add("y", Role::Ids, &[rows], |_| 77.0);
        let step = Argmax {
            x,
            given,
            y,
            rows,
            width,
        };
        t.with(Step::Argmax(step), y)
    }

    /// Makes ids of a task of those of a network, which are `by` more.
    pub(crate) fn shift(samples: Samples, len: usize, by: isize) -> Self {
        let mut t = Fixture::new(samples, len);
        let x = t.add("x", Role::Ids, &[len], |v| ((v + 1.0) * 5.4).floor());
        let y = t.add("y", Role::Ids, &[len], |_| 77.0);
        t.with(Step::Shift(Shift { x, y, len, by }), y)
    }

    /// Makes a rule kernel that judges one pair of question and prediction per slot, cycling through `answers`.
    pub(crate) fn judge(samples: Samples, rules: &'static RuleKernel, answers: &[[Vec<u32>; 2]]) -> Self {
        let mut t = Fixture::new(samples, 1);
        let seq_len = answers.first().map_or(0, |[question, _]| question.len());
        let mut ids = |name: &str, which: usize| {
            let mut all = answers.iter().cycle().flat_map(|pair| pair[which].clone());
            t.add(name, Role::Ids, &[seq_len], |_| all.next().unwrap_or(0) as f32)
        };
        let (tokens, preds) = (ids("tokens", 0), ids("preds", 1));
        let valid = t.add("valid", Role::Ids, &[1], |_| 77.0);
        let step = Judge {
            tokens,
            preds,
            valid,
            seq_len,
            rules,
        };
        t.with(Step::Judge(step), valid)
    }

    /// Makes a step that tells how much the outputs `[rows, width]` changed: for every third sample, very little, in its
    /// third segment. The output is the change, or whether the sample stands still.
    pub(crate) fn change(samples: Samples, [rows, width]: [usize; 2], still: bool) -> Self {
        let mut t = Fixture::new(samples, rows * width);
        let logits = t.activation("logits", &[rows, width]);
        // Dead slots hold NaN, and are not asked for.
        let mut old = t.values[logits].clone().into_iter().filter(|v| !v.is_nan());
        let mut count = 0;
        let previous = t.add("previous", Role::Activation, &[rows, width], |v| {
            let far = if count / (rows * width) % 3 == 2 { 1e-3 } else { 1.0 };
            count += 1;
            old.next().unwrap_or(0.0) + far * v
        });
        let preds = t.add("preds", Role::Ids, &[rows], |v| ((v + 1.0) * 5.4).floor());
        let mut same = t.values[preds].clone().into_iter();
        let before = t.add("before", Role::Ids, &[rows], |_| same.next().unwrap_or(0.0));
        let mut word = 0;
        let state = t.add("state", Role::Ids, &[State::LEN], |_| {
            word += 1;
            f32::from(u8::from(word > State::LEN)) * 3.0
        });
        let mut place = 0;
        let change = t.add("change", Role::Activation, &[Change::LEN], |v| {
            place += 1;
            if place % Change::LEN == 0 { 2.0 } else { v }
        });
        let verdict = t.add("still", Role::Ids, &[1], |_| 77.0);
        let step = Change {
            logits,
            previous,
            preds,
            before,
            state,
            change,
            still: verdict,
            rows,
            width,
            patience: 3,
        };
        t.with(Step::Change(step), if still { verdict } else { change })
    }

    /// Makes a halting step for samples of `seq_len` tokens: some predictions are stable, some samples are at their
    /// limit.
    pub(crate) fn halting(
        samples: Samples,
        seq_len: usize,
        halt: Halt,
        threshold: Threshold,
        q_outputs: usize,
    ) -> Self {
        let mut t = Fixture::new(samples, seq_len);
        let q = t.activation("q", &[q_outputs]);
        let preds = t.add("preds", Role::Ids, &[seq_len], |v| ((v + 1.0) * 5.4).floor());
        let verdict = t.add("verdict", Role::Ids, &[1], |v| if v < 0.0 { 0.0 } else { 1.0 });
        let mut before = t.values[preds].clone().into_iter();
        let mut token = 0;
        // Every second prediction is stable; the others differ in their last token.
        let previous = t.add("previous", Role::Ids, &[seq_len], |_| {
            token += 1;
            let other = token % (2 * seq_len) == 0;
            before.next().unwrap_or(0.0) + f32::from(u8::from(other))
        });
        let mut word = 0;
        let state = t.add("state", Role::Ids, &[State::LEN], |v| {
            word += 1;
            match word % State::LEN {
                1 => ((v + 1.0) * 2.0).floor(),
                2 => 3.0,
                _ => State::RUNNING as f32,
            }
        });
        let step = Halting {
            q,
            q_outputs,
            preds,
            verdict: Some(verdict),
            previous,
            state,
            seq_len,
            halt,
            threshold,
        };
        t.with(Step::Halting(step), state)
    }

    /// Makes an input embedding.
    pub(crate) fn embed(samples: Samples, sizes: EmbedSizes) -> Self {
        let EmbedSizes {
            seq_len,
            prefix,
            width,
            puzzle_width,
            learned,
        } = sizes;
        let vocab = 11;
        let mut t = Fixture::new(samples, seq_len * width);
        let tokens = t.add("tokens", Role::Ids, &[seq_len], |v| ((v + 1.0) * 5.4).floor());
        let puzzle = (prefix > 0).then(|| t.activation("puzzle", &[puzzle_width]));
        let table = t.weight("table", &[vocab, width], 1.0);
        let positions = learned.then(|| t.weight("positions", &[prefix + seq_len, width], 1.0));
        let x = t.result("x", &[prefix + seq_len, width]);
        let step = Embed {
            tokens,
            puzzle,
            table,
            layer: None,
            positions,
            x,
            seq_len,
            puzzle_width,
            prefix,
            width,
            scale: (width as f32).sqrt(),
        };
        t.with(Step::Embed(step), x)
    }

    /// Makes an input embedding by a layer `[width, vocab]`.
    pub(crate) fn one_hot(samples: Samples, [seq_len, vocab, width]: [usize; 3]) -> Self {
        let mut t = Fixture::embed(
            samples,
            EmbedSizes {
                seq_len,
                prefix: 0,
                width,
                puzzle_width: 0,
                learned: false,
            },
        );
        let table = t.weight("layer", &[width, vocab], 1.0);
        let bias = t.weight("bias", &[width], 1.0);
        for step in &mut t.steps {
            if let Step::Embed(embed) = step {
                (embed.table, embed.layer) = (table, Some(OneHot { bias, vocab }));
            }
        }
        t
    }

    /// Makes a chain of `depth` products with the same square `weight` `[width, width]`, starting from `x` `[samples,
    /// rows, width]`. An even `depth` ends in the tensor where it began.
    pub(crate) fn products(x: Vec<f32>, weight: Vec<f32>, rows: usize, depth: usize) -> Self {
        let width = weight.len().isqrt();
        let slots = x.len() / (rows * width).max(1);
        let live: Vec<usize> = (0..slots).collect();
        let mut t = Fixture::new(Samples { slots, live: &live }, 0);
        let mut tensor = |name: &str, role: Role, rows: usize, values: Vec<f32>| {
            let shape = vec![rows, width];
            let name = name.to_owned();
            t.tensors.push(TensorSpec { name, shape, role });
            t.values.push(values);
            t.tensors.len() - 1
        };
        let turns = [
            tensor("x", Role::Activation, rows, x.clone()),
            tensor("y", Role::Activation, rows, x),
        ];
        let weight = tensor("weight", Role::Weight, width, weight);
        let products = (0..depth).map(|i| {
            Step::Linear(Linear {
                x: turns[i % 2],
                weight,
                bias: None,
                y: turns[(i + 1) % 2],
                x_rows: rows,
                first_row: 0,
                rows,
                inputs: width,
                outputs: width,
                norm: None,
                epilogue: Epilogue::Store,
            })
        });
        t.steps = products.collect();
        t.output = turns[depth % 2];
        t
    }

    /// Returns the steps as a plan.
    pub(crate) fn plan(&self) -> Plan {
        let io = PlanIo {
            tokens: self.output,
            puzzle: None,
            z_h: self.output,
            z_l: None,
            logits: self.output,
            q: self.output,
            preds: self.output,
            state: self.output,
            change: None,
        };
        Plan {
            tensors: self.tensors.clone(),
            load: Vec::new(),
            segment: self.steps.clone(),
            halting: Vec::new(),
            io,
        }
    }

    /// Returns the live samples of the output, out of `values` of all slots.
    pub(crate) fn live_of(&self, values: &[f32]) -> Vec<f32> {
        let len = self.tensors[self.output].len();
        let sample = |slot: &usize| values.get(slot * len..(slot + 1) * len).unwrap_or_default();
        self.live.iter().flat_map(sample).copied().collect()
    }
}
