//! One kernel on given data: what tests and `hrm verify` run on a GPU and on its CPU twin.

mod products;

use super::*;
use crate::halt::Halt;
use crate::model::Family;

/// A step with contents for all its tensors.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct Trial {
    /// The tensors of the step.
    pub tensors: Vec<TensorSpec>,
    /// The steps, one but for those that hand something on to each other.
    pub steps: Vec<Step>,
    /// Slots of the batch.
    pub slots: usize,
    /// The slots that are computed, ascending.
    pub live: Vec<usize>,
    /// By tensor: its elements, all slots one after the other where samples have their own. Ids are whole numbers.
    pub values: Vec<Vec<f32>>,
    /// The tensor that is compared.
    pub output: TensorId,
    /// Whether weights are stored as f16 (their values are, then).
    pub half: bool,
    /// What linear layers multiply then.
    pub real: Real,
    random: u64,
}

impl Trial {
    /// Of a batch of `slots`; what is in other slots than `live` is NaN, as uninitialised memory may be.
    fn new(slots: usize, live: &[usize], seed: u64) -> Self {
        Trial {
            tensors: Vec::new(),
            steps: Vec::new(),
            slots,
            live: live.to_vec(),
            values: Vec::new(),
            output: 0,
            half: false,
            real: Real::F32,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    /// The next value in [−1, 1).
    fn next(&mut self) -> f32 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn add(&mut self, name: &str, role: Role, shape: &[usize], mut value: impl FnMut(f32) -> f32) -> TensorId {
        let len: usize = shape.iter().product();
        let own = matches!(role, Role::Activation | Role::Ids);
        let (samples, ids) = (if own { self.slots } else { 1 }, matches!(role, Role::Ids));
        let mut values = Vec::with_capacity(samples * len);
        for slot in 0..samples {
            let dead = own && !ids && !self.live.contains(&slot);
            values.extend((0..len).map(|_| if dead { f32::NAN } else { value(self.next()) }));
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

    /// An output: NaN everywhere before it is written.
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

    fn done(mut self, step: Step, output: TensorId) -> Self {
        self.steps.push(step);
        self.output = output;
        self
    }

    /// `rows` rows of `inputs` features, `prefix` rows before them skipped.
    pub fn linear(
        slots: usize,
        live: &[usize],
        [prefix, rows, inputs, outputs]: [usize; 4],
        bias: bool,
        half: bool,
    ) -> Self {
        let mut t = Trial::new(slots, live, (rows * inputs * outputs) as u64);
        t.half = half;
        let x = t.activation("x", &[prefix + rows, inputs]);
        let bias = bias.then(|| t.weight("bias", &[outputs], 1.0));
        let y = t.result("y", &[rows, outputs]);
        let mut step = t.product("weight", [x, y], [rows, inputs, outputs], None, Join::Store);
        (step.bias, step.x_rows, step.first_row) = (bias, prefix + rows, prefix);
        t.done(Step::Linear(step), y)
    }

    /// A linear layer of `[rows, inputs, outputs]` with a new weight, from `x` to `y`.
    fn product(
        &mut self,
        weight: &str,
        [x, y]: [TensorId; 2],
        [rows, inputs, outputs]: [usize; 3],
        norm: Option<Norm>,
        join: Join,
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
            norm,
            join,
        }
    }

    fn norm(&mut self, rows: usize) -> Norm {
        Norm {
            eps: 1e-5,
            scale: self.result("scale", &[rows]),
        }
    }

    /// A linear layer with what becomes of its product, of `[rows, inputs, outputs]`: rotary positions of heads of
    /// `head_dim` where there are any, else SwiGLU; `scale` of x: small ones tell where epsilon is.
    pub fn joined(
        slots: usize,
        live: &[usize],
        [rows, inputs, outputs]: [usize; 3],
        head_dim: Option<usize>,
        norm: bool,
        scale: f32,
        half: bool,
    ) -> Self {
        let mut t = Trial::new(slots, live, (rows * inputs * outputs) as u64);
        t.half = half;
        let x = t.add("x", Role::Activation, &[rows, inputs], |v| scale * v);
        let width = if head_dim.is_some() { outputs } else { outputs / 2 };
        let y = t.result("y", &[rows, width]);
        let norm = norm.then(|| t.norm(rows));
        let join = head_dim.map_or(Join::Swiglu, |head_dim| t.rope(rows, head_dim));
        let step = t.product("weight", [x, y], [rows, inputs, outputs], norm, join);
        t.done(Step::Linear(step), y)
    }

    fn rope(&mut self, rows: usize, head_dim: usize) -> Join {
        let angles = rope_angles(rows, head_dim, 10_000.0);
        let mut next = angles.iter();
        let table = Role::Constant(angles.clone().into());
        let table = self.add("rope", table, &[rows, head_dim], |_| *next.next().unwrap_or(&0.0));
        Join::Rope { table, head_dim }
    }

    /// A whole block with attention: what its kernels hand on to each other, the norm between them included.
    pub fn block(slots: usize, live: &[usize], [rows, heads, head_dim, inner]: [usize; 4], half: bool) -> Self {
        let width = heads * head_dim;
        let mut t = Trial::new(slots, live, (rows * width) as u64);
        t.half = half;
        let (h, qkv) = (t.activation("h", &[rows, width]), t.result("qkv", &[rows, 3 * width]));
        let (mixed, gated) = (t.result("mixed", &[rows, width]), t.result("inner", &[rows, inner]));
        let norm = t.norm(rows);
        let (rope, owed) = (t.rope(rows, head_dim), Some(norm.scale));
        let attention = Attention {
            qkv,
            y: mixed,
            rows,
            heads,
            head_dim,
        };
        let residual = |scale| Join::Residual { scale };
        let steps = [
            Step::Linear(t.product("qkv_proj", [h, qkv], [rows, width, 3 * width], Some(norm), rope)),
            Step::Attention(attention),
            Step::Linear(t.product("o_proj", [mixed, h], [rows, width, width], None, residual(owed))),
            Step::Linear(t.product(
                "gate_up",
                [h, gated],
                [rows, width, 2 * inner],
                Some(norm),
                Join::Swiglu,
            )),
            Step::Linear(t.product("down", [gated, h], [rows, inner, width], None, residual(owed))),
        ];
        t.steps.extend(steps);
        t.output = h;
        t
    }

    /// `sharp` scales the queries, so that softmax meets large scores.
    pub fn attention(slots: usize, live: &[usize], [rows, heads, head_dim]: [usize; 3], sharp: f32) -> Self {
        let mut t = Trial::new(slots, live, (rows * heads * head_dim) as u64);
        let qkv = t.add("qkv", Role::Activation, &[rows, 3 * heads * head_dim], |v| sharp * v);
        let y = t.result("y", &[rows, heads * head_dim]);
        let step = Attention {
            qkv,
            y,
            rows,
            heads,
            head_dim,
        };
        t.done(Step::Attention(step), y)
    }

    /// `scale` of the residual stream: small ones tell where epsilon is.
    pub fn rms_norm(slots: usize, live: &[usize], [rows, width]: [usize; 2], scale: f32) -> Self {
        let mut t = Trial::new(slots, live, (rows * width) as u64);
        let h = t.add("h", Role::Activation, &[rows, width], |v| scale * v);
        let step = RmsNorm {
            h,
            rows,
            width,
            eps: 1e-5,
        };
        t.done(Step::RmsNorm(step), h)
    }

    /// Of one tensor or of two.
    pub fn inject(slots: usize, live: &[usize], [rows, width]: [usize; 2], two: bool) -> Self {
        let mut t = Trial::new(slots, live, (rows * width) as u64);
        let mut add = |name| t.activation(name, &[rows, width]);
        let (state, a, b) = (add("state"), add("a"), two.then(|| add("b")));
        let step = Inject {
            state,
            a,
            b,
            rows,
            width,
        };
        t.done(Step::Inject(step), state)
    }

    /// Reset of a carry that holds NaN.
    pub fn reset(slots: usize, live: &[usize], [rows, width]: [usize; 2]) -> Self {
        let mut t = Trial::new(slots, live, (rows * width) as u64);
        let init = t.weight("init", &[width], 1.0);
        let z = t.result("z", &[rows, width]);
        t.done(Step::Reset(Reset { init, z, rows, width }), z)
    }

    /// Transpose.
    pub fn transpose(slots: usize, live: &[usize], [rows, columns]: [usize; 2]) -> Self {
        let mut t = Trial::new(slots, live, (rows * columns) as u64);
        let (x, y) = (t.activation("x", &[rows, columns]), t.result("y", &[columns, rows]));
        t.done(Step::Transpose(Transpose { x, y, rows, columns }), y)
    }

    /// Predictions; values are coarse, so that there are ties.
    pub fn argmax(slots: usize, live: &[usize], [rows, width]: [usize; 2]) -> Self {
        let mut t = Trial::new(slots, live, (rows * width) as u64);
        let x = t.add("x", Role::Activation, &[rows, width], |v| (4.0 * v).round());
        let y = t.add("y", Role::Ids, &[rows], |_| 77.0);
        t.done(Step::Argmax(Argmax { x, y, rows, width }), y)
    }

    /// A question and a prediction: `answers` in turn (question, then prediction), one for each slot.
    fn asked(&mut self, answers: &[[Vec<u32>; 2]]) -> [TensorId; 3] {
        let len = answers.first().map_or(0, |[question, _]| question.len());
        let mut ids = |name: &str, which: usize| {
            let mut all = answers.iter().cycle().flat_map(|pair| pair[which].clone());
            self.add(name, Role::Ids, &[len], |_| all.next().unwrap_or(0) as f32)
        };
        let (tokens, preds) = (ids("tokens", 0), ids("preds", 1));
        [tokens, preds, self.add("valid", Role::Ids, &[1], |_| 77.0)]
    }

    /// Pairs of question and prediction, judged by the rules of a task.
    pub fn judge(slots: usize, live: &[usize], rules: &'static RuleKernel, answers: &[[Vec<u32>; 2]]) -> Self {
        let mut t = Trial::new(slots, live, 1);
        let [tokens, preds, valid] = t.asked(answers);
        let step = Judge {
            tokens,
            preds,
            valid,
            seq_len: t.tensors[preds].len(),
            rules,
        };
        t.done(Step::Judge(step), valid)
    }

    /// Samples of `seq_len` tokens on their way, some of whose predictions stay, some at their limit.
    pub fn halting(slots: usize, live: &[usize], seq_len: usize, halt: Halt, family: Family) -> Self {
        let mut t = Trial::new(slots, live, seq_len as u64);
        let q = t.activation("q", &[2]);
        let preds = t.add("preds", Role::Ids, &[seq_len], |v| ((v + 1.0) * 5.4).floor());
        let valid = t.add("valid", Role::Ids, &[1], |v| if v < 0.0 { 0.0 } else { 1.0 });
        let mut before = t.values[preds].clone().into_iter();
        let mut slot = 0;
        // Every second prediction stays; the others differ in their last token.
        let previous = t.add("previous", Role::Ids, &[seq_len], |_| {
            slot += 1;
            let other = slot % (2 * seq_len) == 0;
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
            preds,
            valid: Some(valid),
            previous,
            state,
            seq_len,
            halt,
            family,
        };
        t.done(Step::Halting(step), state)
    }

    /// `[seq_len, prefix, width, puzzle_width]`.
    pub fn embed(slots: usize, live: &[usize], sizes: [usize; 4], learned: bool) -> Self {
        let [seq_len, prefix, width, puzzle_width] = sizes;
        let vocab = 11;
        let mut t = Trial::new(slots, live, (seq_len * width) as u64);
        let tokens = t.add("tokens", Role::Ids, &[seq_len], |v| ((v + 1.0) * 5.4).floor());
        let puzzle = (prefix > 0).then(|| t.activation("puzzle", &[puzzle_width]));
        let table = t.weight("table", &[vocab, width], 1.0);
        let positions = learned.then(|| t.weight("positions", &[prefix + seq_len, width], 1.0));
        let x = t.result("x", &[prefix + seq_len, width]);
        let scale = (width as f32).sqrt();
        let step = Embed {
            tokens,
            puzzle,
            table,
            positions,
            x,
            seq_len,
            puzzle_width,
            prefix,
            width,
            scale,
        };
        t.done(Step::Embed(step), x)
    }

    /// The trial as a plan of one step.
    pub fn plan(&self) -> Plan {
        let io = PlanIo {
            tokens: self.output,
            puzzle: None,
            z_h: self.output,
            z_l: self.output,
            logits: self.output,
            q: self.output,
            preds: self.output,
            state: self.output,
        };
        Plan {
            tensors: self.tensors.clone(),
            load: Vec::new(),
            segment: self.steps.clone(),
            halting: Vec::new(),
            io,
        }
    }

    /// The live samples of the output among `values` of all slots.
    pub fn live_of(&self, values: &[f32]) -> Vec<f32> {
        let len = self.tensors[self.output].len();
        let sample = |slot: &usize| values.get(slot * len..(slot + 1) * len).unwrap_or_default();
        self.live.iter().flat_map(sample).copied().collect()
    }
}
