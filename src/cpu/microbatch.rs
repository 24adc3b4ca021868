//! A microbatch: some of a batch's samples, which go through a segment together.

use std::sync::Arc;

use super::matrix::Matrix;
use super::*;
use crate::error::{Error, Result};
use crate::executor::outputs::{Outputs, Progress, Want};
use crate::kernels::{Change, Linear, Plan, Role, State, Step, TensorId};
use crate::model::Tensor;

/// The value of a tensor that all samples share.
#[derive(Debug, Clone)]
pub(super) enum Shared {
    None,
    Weight(Tensor),
    /// The matrix of a linear layer, laid out for products.
    Matrix(Arc<Matrix>),
    Constant(Arc<[f32]>),
}

impl Shared {
    /// Returns the values, if all samples share them and they are read by more than `linear`.
    pub(super) fn f32s(&self) -> &[f32] {
        match self {
            Shared::Weight(tensor) => tensor.as_f32().unwrap_or_default(),
            Shared::Constant(table) => table,
            Shared::None | Shared::Matrix(_) => &[],
        }
    }
}

/// The carries and activations of a microbatch's slots, which are numbered from 0.
#[derive(Debug)]
pub(super) struct Microbatch {
    plan: Arc<Plan>,
    /// Shared values, by tensor.
    pub shared: Arc<[Shared]>,
    /// The samples' own values, by tensor, one slot after another.
    pub samples: Vec<Vec<f32>>,
    /// The samples' own ids, by tensor, one slot after another.
    pub ids: Vec<Vec<u32>>,
    /// Scratch of `attention`, allocated twice: see `strips`.
    pub panels: Vec<f32>,
    /// Scratch of `linear`: rounded inputs, of which a row has up to `widest` words.
    pub words: Vec<u32>,
    #[cfg(not(target_arch = "wasm32"))]
    pub widest: usize,
    /// Most segments per sample.
    limit: usize,
}

fn zeros<T: Default + Clone>(slots: usize, len: usize, name: &str) -> Result<Vec<T>> {
    let mut data = Vec::new();
    let total = slots.saturating_mul(len);
    data.try_reserve_exact(total).map_err(|e| Error::Device {
        reason: format!(
            "no memory for `{name}` of {slots} samples ({total} elements): {e}; a smaller batch needs less"
        ),
    })?;
    data.resize(total, T::default());
    Ok(data)
}

impl Microbatch {
    /// Allocates room for `slots` samples of at most `limit` segments.
    ///
    /// # Errors
    /// [`Error::Device`] when there is not enough memory.
    pub(super) fn new(plan: Arc<Plan>, shared: Arc<[Shared]>, slots: usize, limit: usize) -> Result<Microbatch> {
        let (mut samples, mut ids) = (Vec::new(), Vec::new());
        for spec in &plan.tensors {
            let of = |role: bool| if role { slots } else { 0 };
            samples.push(zeros(
                of(matches!(spec.role, Role::Activation)),
                spec.len(),
                &spec.name,
            )?);
            ids.push(zeros(of(matches!(spec.role, Role::Ids)), spec.len(), &spec.name)?);
        }
        let panels = plan.segment.iter().map(|step| match step {
            Step::Attention(k) => attention::panels_len(k),
            _ => 0,
        });
        let rounded = |k: &Linear| match &shared[k.weight] {
            Shared::Matrix(matrix) => matrix.rounded().map(|stride| [k.x_rows, stride]),
            _ => None,
        };
        let sizes = plan.segment.iter().filter_map(|step| match step {
            Step::Linear(k) => rounded(k),
            _ => None,
        });
        // Room for rows of the widest layer, so that strips never overlap.
        let [rows, widest] = sizes.fold([0; 2], |most, size| [most[0].max(size[0]), most[1].max(size[1])]);
        Ok(Microbatch {
            words: zeros(slots, rows * widest, "rounded rows")?,
            #[cfg(not(target_arch = "wasm32"))]
            widest,
            panels: zeros(2 * slots, panels.max().unwrap_or(0), "attention")?,
            plan,
            shared,
            samples,
            ids,
            limit,
        })
    }

    /// Loads a sample into a slot: see [`CpuBatch::load`].
    pub(super) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: &[f32], carry: Option<Vec<Vec<f32>>>) {
        self.ids[self.plan.io.tokens][slot * tokens.len()..][..tokens.len()].copy_from_slice(tokens);
        self.ids[self.plan.io.state][slot * State::LEN..][..State::LEN]
            .copy_from_slice(&State::new(self.limit).words());
        if let Some(id) = self.plan.io.puzzle {
            self.samples[id][slot * puzzle_row.len()..][..puzzle_row.len()].copy_from_slice(puzzle_row);
        }
        let plan = self.plan.clone();
        plan.load.iter().for_each(|step| self.run(step, &[slot]));
        for (id, z) in plan.io.carry().zip(carry.iter().flatten()) {
            self.samples[id][slot * z.len()..][..z.len()].copy_from_slice(z);
        }
    }

    /// Empties a slot: see [`CpuBatch::release`].
    pub(super) fn release(&mut self, slot: usize) {
        self.ids[self.plan.io.state][slot * State::LEN..][..State::LEN].copy_from_slice(&State::default().words());
    }

    /// Returns the slots of the samples that have not stopped.
    pub(super) fn running(&self) -> Vec<usize> {
        compact::compact(&self.ids[self.plan.io.state])
    }

    /// Returns how far a sample is, with the outputs that are wanted.
    pub(super) fn progress(&self, slot: usize, want: Want) -> Option<Progress> {
        let state = self.ids[self.plan.io.state].get(slot * State::LEN..(slot + 1) * State::LEN)?;
        let state = State::read(state)?;
        Some(Progress::new(slot, state, want, || self.outputs(slot, want)))
    }

    /// Returns the outputs of a sample that are wanted.
    pub(super) fn outputs(&self, slot: usize, want: Want) -> Outputs {
        let io = self.plan.io;
        let len = |id: TensorId| self.plan.tensors[id].len();
        let sample = |id: TensorId| self.samples[id][slot * len(id)..][..len(id)].to_vec();
        let q = sample(io.q);
        Outputs {
            preds: self.ids[io.preds][slot * len(io.preds)..][..len(io.preds)].to_vec(),
            q_halt: q[0],
            q_continue: q.get(1).copied().unwrap_or(0.0),
            change: io.change.and_then(|id| {
                let segments = self.ids[io.state][slot * State::LEN];
                Change::score(&sample(id), segments)
            }),
            logits: want.logits.then(|| sample(io.logits)),
            z_h: want.carry.then(|| sample(io.z_h)),
            z_l: io.z_l.filter(|_| want.carry).map(sample),
        }
    }

    fn f32s(&self, id: TensorId) -> &[f32] {
        match &self.shared[id] {
            Shared::None => &self.samples[id],
            shared => shared.f32s(),
        }
    }

    pub(super) fn run(&mut self, step: &Step, live: &[usize]) {
        match step {
            Step::Embed(k) => self.write(k.x, |s, x| {
                let added = k.layer.map(|layer| layer.bias).or(k.positions);
                let (puzzle, positions) = (k.puzzle.map(|id| s.f32s(id)), added.map(|id| s.f32s(id)));
                embed::embed(k, &s.ids[k.tokens], puzzle, s.f32s(k.table), positions, x, live)
            }),
            Step::SymbolEmbed(k) => self.write(k.x, |s, x| {
                let tables = symbol_embed::Tables {
                    puzzle: k.puzzle.map(|id| s.f32s(id)),
                    special: k.special.map(|id| s.f32s(id)),
                    common: s.f32s(k.common),
                    positions: k.positions.map(|id| s.f32s(id)),
                };
                symbol_embed::symbol_embed(k, &s.ids[k.tokens], tables, x, live)
            }),
            Step::SymbolAppend(k) => self.write(k.x, |s, x| {
                symbol_append::symbol_append(k, k.special.map(|id| s.f32s(id)), s.f32s(k.common), x, live)
            }),
            Step::Reset(k) => self.write(k.z, |s, z| reset::reset(k, s.f32s(k.init), z, live)),
            Step::Inject(k) => self.write(k.state, |s, state| {
                inject::inject(k, s.f32s(k.a), k.b.map(|id| s.f32s(id)), state, live)
            }),
            Step::Blend(k) => self.write(k.y, |s, y| blend::blend(k, s.f32s(k.x), y, live)),
            Step::Linear(k) => self.linear(k, live),
            Step::Convolve(k) => self.write(k.y, |s, y| {
                convolve::convolve(k, s.f32s(k.x), s.f32s(k.weight), s.f32s(k.bias), y, live)
            }),
            Step::Attention(k) => {
                let mut panels = std::mem::take(&mut self.panels);
                self.write(k.y, |s, y| attention::attention(k, s.f32s(k.qkv), &mut panels, y, live));
                self.panels = panels;
            }
            Step::SymbolAttention(k) => self.write(k.y, |s, y| {
                symbol_attention::symbol_attention(k, s.f32s(k.qkv), y, live)
            }),
            Step::RmsNorm(k) => self.write(k.h, |_, h| rms_norm::rms_norm(k, h, live)),
            Step::LayerNorm(k) => self.write(k.y, |s, y| {
                layer_norm::layer_norm(k, s.f32s(k.x), [k.weight, k.bias].map(|id| s.f32s(id)), y, live)
            }),
            Step::Transpose(k) => self.write(k.y, |s, y| transpose::transpose(k, s.f32s(k.x), y, live)),
            Step::SymbolHead(k) => self.write(k.y, |s, y| {
                symbol_head::symbol_head(k, s.f32s(k.z), s.f32s(k.weight), y, live)
            }),
            Step::Softmax(k) => self.write(k.y, |s, y| softmax::softmax(k, s.f32s(k.x), y, live)),
            Step::Confidence(k) => self.write(k.q, |s, q| {
                confidence::confidence(k, s.f32s(k.x), k.given.map(|id| &s.ids[id][..]), q, live)
            }),
            Step::Argmax(k) => self.write_ids(k.y, |s, y| {
                argmax::argmax(k, s.f32s(k.x), k.given.map(|id| &s.ids[id][..]), y, live)
            }),
            Step::Shift(k) => self.write_ids(k.y, |s, y| shift::shift(k, &s.ids[k.x], y, live)),
            Step::Judge(k) => self.write_ids(k.valid, |s, valid| {
                judge::judge(k, &s.ids[k.tokens], &s.ids[k.preds], valid, live)
            }),
            Step::Change(k) => {
                let mut change = std::mem::take(&mut self.samples[k.change]);
                let mut still = std::mem::take(&mut self.ids[k.still]);
                self.write(k.previous, |s, previous| {
                    for &slot in live {
                        let (first, len) = (slot * k.rows, k.rows * k.width);
                        let sample = change::Sample {
                            logits: &s.samples[k.logits][slot * len..][..len],
                            preds: &s.ids[k.preds][first..][..k.rows],
                            before: &s.ids[k.before][first..][..k.rows],
                            state: &s.ids[k.state][slot * State::LEN..][..State::LEN],
                        };
                        let change = &mut change[slot * Change::LEN..][..Change::LEN];
                        still[slot] = change::change(k, &sample, &mut previous[slot * len..][..len], change).into();
                    }
                });
                self.samples[k.change] = change;
                self.ids[k.still] = still;
            }
            Step::Halting(k) => {
                let mut state = std::mem::take(&mut self.ids[k.state]);
                self.write_ids(k.previous, |s, previous| {
                    for &slot in live {
                        let (ids, words) = (slot * k.seq_len, slot * State::LEN);
                        let sample = halting::Sample {
                            q: &s.samples[k.q][slot * k.q_outputs..][..k.q_outputs],
                            preds: &s.ids[k.preds][ids..][..k.seq_len],
                            verdict: k.verdict.map(|id| s.ids[id][slot]),
                        };
                        let (previous, state) = (&mut previous[ids..][..k.seq_len], &mut state[words..][..State::LEN]);
                        halting::halting(k, sample, previous, state);
                    }
                });
                self.ids[k.state] = state;
            }
            // `advance` makes the list itself, where it needs it.
            Step::Compact(_) => {}
        }
    }

    fn linear(&mut self, k: &Linear, live: &[usize]) {
        if let Some(norm) = k.norm {
            self.write(norm.scale, |s, scale| {
                epilogues::factors(k, norm.eps, s.f32s(k.x), scale, live)
            });
        }
        let mut words = std::mem::take(&mut self.words);
        self.write(k.y, |s, y| {
            let operands = epilogues::Operands {
                bias: k.bias.map(|id| s.f32s(id)),
                table: k.table().map(|id| s.f32s(id)).unwrap_or_default(),
                scale: k.scale().map(|id| s.f32s(id)),
            };
            if let Shared::Matrix(weight) = &s.shared[k.weight] {
                let x = weight.rows(k, s.f32s(k.x), &mut words, live);
                linear::linear(k, x, weight, operands, y, live);
            }
        });
        self.words = words;
    }

    /// Lets a kernel write one tensor while it reads the others.
    fn write(&mut self, id: TensorId, kernel: impl FnOnce(&Self, &mut [f32])) {
        let mut out = std::mem::take(&mut self.samples[id]);
        kernel(self, &mut out);
        self.samples[id] = out;
    }

    /// Does the same as [`Microbatch::write`] for ids.
    fn write_ids(&mut self, id: TensorId, kernel: impl FnOnce(&Self, &mut [u32])) {
        let mut out = std::mem::take(&mut self.ids[id]);
        kernel(self, &mut out);
        self.ids[id] = out;
    }
}
