//! The CPU executor: the oracle for every shader, and what serves a machine without a GPU.
//!
//! One file a kernel, each the twin of a shader. A sample's result is the same to the last bit for any number of
//! threads and whatever else is in the batch: every output element is computed by the same operations in the same
//! order, however the work is divided.

mod argmax;
mod attention;
mod compact;
mod embed;
mod gemm;
mod halting;
mod inject;
mod linear;
mod math;
mod rate;
mod reset;
mod rms_norm;
mod rope;
mod rows;
mod swiglu;
#[cfg(test)]
mod tests;
mod transpose;
mod trial;
mod valid_maze;
mod valid_sudoku;

pub use rate::{Rates, rates};
#[doc(hidden)]
pub use trial::run;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::executor::{Outputs, Progress, Want};
use crate::halt::Schedule;
use crate::kernels::{Plan, Role, State, Step, TensorId};
use crate::model::{Model, Tensor};
use crate::network;

/// Runs a model's segments on the processor.
#[derive(Debug, Clone)]
pub struct CpuExecutor {
    model: Arc<Model>,
    pool: Arc<rayon::ThreadPool>,
}

impl CpuExecutor {
    /// With that many threads, or as many as the machine has cores.
    ///
    /// # Errors
    /// [`Error::Device`] when the system gives no threads.
    pub fn new(model: Arc<Model>, threads: Option<usize>) -> Result<Self> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .thread_name(|i| format!("hrm-cpu-{i}"))
            .build()
            .map_err(|e| Error::Device {
                reason: format!("the system gives no worker threads: {e}"),
            })?;
        Ok(CpuExecutor {
            model,
            pool: Arc::new(pool),
        })
    }

    /// Worker threads.
    pub fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Room for `slots` samples of `seq_len` tokens, that run by `schedule`.
    ///
    /// # Errors
    /// [`Error::Device`] when memory does not suffice; [`Error::Tensors`] when the model lacks a weight.
    pub fn batch(&self, slots: usize, seq_len: usize, schedule: Schedule) -> Result<CpuBatch> {
        let plan = network::plan(&self.model.config, seq_len, schedule.halt);
        let mut shared = Vec::with_capacity(plan.tensors.len());
        let (mut samples, mut ids) = (Vec::new(), Vec::new());
        for spec in &plan.tensors {
            shared.push(match &spec.role {
                Role::Weight => Shared::Weight(self.model.weights.get(&spec.name)?.widened()),
                Role::Constant(table) => Shared::Constant(table.clone()),
                Role::Activation | Role::Ids => Shared::None,
            });
            let of = |role: bool| if role { slots } else { 0 };
            samples.push(zeros(
                of(matches!(spec.role, Role::Activation)),
                spec.len(),
                &spec.name,
            )?);
            ids.push(zeros(of(matches!(spec.role, Role::Ids)), spec.len(), &spec.name)?);
        }
        Ok(CpuBatch {
            plan: Arc::new(plan),
            shared,
            samples,
            ids,
            limit: schedule.segments,
            pool: self.pool.clone(),
        })
    }
}

fn zeros<T: Default + Clone>(slots: usize, len: usize, name: &str) -> Result<Vec<T>> {
    let mut data = Vec::new();
    let total = slots.saturating_mul(len);
    data.try_reserve_exact(total).map_err(|e| Error::Device {
        reason: format!(
            "no memory for `{name}` of {slots} samples ({total} elements): {e}; a smaller --batch needs less"
        ),
    })?;
    data.resize(total, T::default());
    Ok(data)
}

/// The carries and activations of a batch.
#[derive(Debug)]
pub struct CpuBatch {
    plan: Arc<Plan>,
    /// By tensor: what all samples share.
    shared: Vec<Shared>,
    /// By tensor: the samples' own values, one slot after the other.
    samples: Vec<Vec<f32>>,
    /// By tensor: the same of ids.
    ids: Vec<Vec<u32>>,
    /// Most segments of a sample.
    limit: usize,
    pool: Arc<rayon::ThreadPool>,
}

#[derive(Debug)]
enum Shared {
    None,
    Weight(Tensor),
    Constant(Arc<[f32]>),
}

impl CpuBatch {
    /// Puts a puzzle into a slot and resets its carry, or sets it where one is given (`z_H` and `z_L`). `puzzle_row`
    /// is empty where the model has no puzzle embedding.
    pub(crate) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: &[f32], carry: Option<[Vec<f32>; 2]>) {
        self.ids[self.plan.io.tokens][slot * tokens.len()..][..tokens.len()].copy_from_slice(tokens);
        self.ids[self.plan.io.state][slot * State::LEN..][..State::LEN]
            .copy_from_slice(&State::new(self.limit).words());
        if let Some(id) = self.plan.io.puzzle {
            self.samples[id][slot * puzzle_row.len()..][..puzzle_row.len()].copy_from_slice(puzzle_row);
        }
        let plan = self.plan.clone();
        plan.load.iter().for_each(|step| self.run(step, &[slot]));
        for (id, z) in [plan.io.z_h, plan.io.z_l].into_iter().zip(carry.iter().flatten()) {
            self.samples[id][slot * z.len()..][..z.len()].copy_from_slice(z);
        }
    }

    /// Empties a slot.
    pub(crate) fn release(&mut self, slot: usize) {
        self.ids[self.plan.io.state][slot * State::LEN..][..State::LEN].copy_from_slice(&State::default().words());
    }

    /// One segment of the samples in the slots `live` (ascending), and what is wanted of them.
    pub(crate) fn segment(&mut self, live: &[usize], want: Want) -> Vec<Outputs> {
        let (plan, pool) = (self.plan.clone(), self.pool.clone());
        pool.install(|| plan.segment.iter().for_each(|step| self.run(step, live)));
        live.iter().map(|&slot| self.outputs(slot, want)).collect()
    }

    /// A segment of all samples that are running, after which the halting rule has judged them.
    pub(crate) fn advance(&mut self, want: Want) -> Vec<Progress> {
        let state = self.plan.io.state;
        let live = compact::compact(&self.ids[state]);
        let (plan, pool) = (self.plan.clone(), self.pool.clone());
        pool.install(|| {
            let steps = plan.segment.iter().chain(&plan.halting);
            steps.for_each(|step| self.run(step, &live));
        });
        let progress = live.into_iter().filter_map(|slot| {
            let state = State::read(self.ids[state].get(slot * State::LEN..(slot + 1) * State::LEN)?)?;
            Some(Progress::new(slot, state, want, || self.outputs(slot, want)))
        });
        progress.collect()
    }

    fn outputs(&self, slot: usize, want: Want) -> Outputs {
        let io = self.plan.io;
        let len = |id: TensorId| self.plan.tensors[id].len();
        let sample = |id: TensorId| self.samples[id][slot * len(id)..][..len(id)].to_vec();
        let q = sample(io.q);
        Outputs {
            preds: self.ids[io.preds][slot * len(io.preds)..][..len(io.preds)].to_vec(),
            q_halt: q[0],
            q_continue: q[1],
            logits: want.logits.then(|| sample(io.logits)),
            z_h: want.carry.then(|| sample(io.z_h)),
            z_l: want.carry.then(|| sample(io.z_l)),
        }
    }

    fn f32s(&self, id: TensorId) -> &[f32] {
        match &self.shared[id] {
            Shared::None => &self.samples[id],
            Shared::Weight(tensor) => tensor.as_f32().unwrap_or_default(),
            Shared::Constant(table) => table,
        }
    }

    fn run(&mut self, step: &Step, live: &[usize]) {
        match step {
            Step::Embed(k) => self.write(k.x, |s, x| {
                let (puzzle, positions) = (k.puzzle.map(|id| s.f32s(id)), k.positions.map(|id| s.f32s(id)));
                embed::embed(k, &s.ids[k.tokens], puzzle, s.f32s(k.table), positions, x, live)
            }),
            Step::Reset(k) => self.write(k.z, |s, z| reset::reset(k, s.f32s(k.init), z, live)),
            Step::Inject(k) => self.write(k.state, |s, state| {
                inject::inject(k, s.f32s(k.a), k.b.map(|id| s.f32s(id)), state, live)
            }),
            Step::Linear(k) => self.write(k.y, |s, y| {
                linear::linear(k, s.f32s(k.x), s.f32s(k.weight), k.bias.map(|id| s.f32s(id)), y, live)
            }),
            Step::Rope(k) => self.write(k.qkv, |s, qkv| rope::rope(k, s.f32s(k.table), qkv, live)),
            Step::Attention(k) => self.write(k.y, |s, y| attention::attention(k, s.f32s(k.qkv), y, live)),
            Step::RmsNorm(k) => self.write(k.h, |s, h| rms_norm::rms_norm(k, s.f32s(k.y), h, live)),
            Step::Swiglu(k) => self.write(k.y, |s, y| swiglu::swiglu(k, s.f32s(k.gate_up), y, live)),
            Step::Transpose(k) => self.write(k.y, |s, y| transpose::transpose(k, s.f32s(k.x), y, live)),
            Step::Argmax(k) => self.write_ids(k.y, |s, y| argmax::argmax(k, s.f32s(k.x), y, live)),
            Step::ValidSudoku(k) => self.judge(k.tokens, k.preds, k.valid, live, valid_sudoku::valid_sudoku),
            Step::ValidMaze(k) => self.judge(k.tokens, k.preds, k.valid, live, valid_maze::valid_maze),
            Step::Halting(k) => {
                let mut state = std::mem::take(&mut self.ids[k.state]);
                self.write_ids(k.previous, |s, previous| {
                    for &slot in live {
                        let (ids, words) = (slot * k.seq_len, slot * State::LEN);
                        let sample = halting::Sample {
                            q: &s.samples[k.q][2 * slot..][..2],
                            preds: &s.ids[k.preds][ids..][..k.seq_len],
                            valid: k.valid.map(|id| s.ids[id][slot]),
                        };
                        let (previous, state) = (&mut previous[ids..][..k.seq_len], &mut state[words..][..State::LEN]);
                        halting::halting(k, sample, previous, state);
                    }
                });
                self.ids[k.state] = state;
            }
            // The list is made where it is used, in `advance`.
            Step::Compact(_) => {}
        }
    }

    /// Lets a kernel write a tensor while it reads the others.
    fn write(&mut self, id: TensorId, kernel: impl FnOnce(&Self, &mut [f32])) {
        let mut out = std::mem::take(&mut self.samples[id]);
        kernel(self, &mut out);
        self.samples[id] = out;
    }

    /// [`CpuBatch::write`], of ids.
    fn write_ids(&mut self, id: TensorId, kernel: impl FnOnce(&Self, &mut [u32])) {
        let mut out = std::mem::take(&mut self.ids[id]);
        kernel(self, &mut out);
        self.ids[id] = out;
    }

    fn judge(
        &mut self,
        tokens: TensorId,
        preds: TensorId,
        valid: TensorId,
        live: &[usize],
        rules: fn(&[u32], &[u32]) -> u32,
    ) {
        let len = self.plan.tensors[preds].len();
        self.write_ids(valid, |s, valid| {
            for &slot in live {
                valid[slot] = rules(&s.ids[tokens][slot * len..][..len], &s.ids[preds][slot * len..][..len]);
            }
        });
    }
}
