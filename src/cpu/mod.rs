//! The CPU executor: the oracle for every shader, and what serves a machine without a GPU.
//!
//! One file a kernel, each the twin of a shader. A sample's result is the same to the last bit for any number of
//! threads and whatever else is in the batch: every output element is computed by the same operations in the same
//! order, however the work is divided.

mod argmax;
mod attention;
mod embed;
mod gemm;
mod inject;
mod linear;
mod math;
mod reset;
mod rms_norm;
mod rope;
mod rows;
mod swiglu;
#[cfg(test)]
mod tests;
mod transpose;
mod trial;

#[doc(hidden)]
pub use trial::run;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::executor::{Outputs, Want};
use crate::kernels::{Plan, Role, Step, TensorId};
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

    /// Room for `slots` samples of `seq_len` tokens.
    ///
    /// # Errors
    /// [`Error::Device`] when memory does not suffice; [`Error::Tensors`] when the model lacks a weight.
    pub fn batch(&self, slots: usize, seq_len: usize) -> Result<CpuBatch> {
        let plan = network::plan(&self.model.config, seq_len);
        let mut shared = Vec::with_capacity(plan.tensors.len());
        let mut samples = Vec::with_capacity(plan.tensors.len());
        for spec in &plan.tensors {
            shared.push(match &spec.role {
                Role::Weight => Shared::Weight(self.model.weights.get(&spec.name)?.widened()),
                Role::Constant(table) => Shared::Constant(table.clone()),
                Role::Activation | Role::Ids => Shared::None,
            });
            let own = matches!(spec.role, Role::Activation);
            samples.push(zeros(if own { slots } else { 0 }, spec.len(), &spec.name)?);
        }
        let ids = |id: TensorId| zeros(slots, plan.tensors[id].len(), &plan.tensors[id].name);
        let (tokens, preds) = (ids(plan.io.tokens)?, ids(plan.io.preds)?);
        Ok(CpuBatch {
            plan: Arc::new(plan),
            shared,
            samples,
            tokens,
            preds,
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
    tokens: Vec<u32>,
    preds: Vec<u32>,
    pool: Arc<rayon::ThreadPool>,
}

#[derive(Debug)]
enum Shared {
    None,
    Weight(Tensor),
    Constant(Arc<[f32]>),
}

impl CpuBatch {
    /// Put a puzzle into a slot and reset its carry. `puzzle_row` is empty where the model has no puzzle embedding.
    pub(crate) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: &[f32]) {
        self.tokens[slot * tokens.len()..][..tokens.len()].copy_from_slice(tokens);
        if let Some(id) = self.plan.io.puzzle {
            self.samples[id][slot * puzzle_row.len()..][..puzzle_row.len()].copy_from_slice(puzzle_row);
        }
        let plan = self.plan.clone();
        plan.load.iter().for_each(|step| self.run(step, &[slot]));
    }

    /// One segment of the samples in the slots `live` (ascending), and what is wanted of them.
    pub(crate) fn segment(&mut self, live: &[usize], want: Want) -> Vec<Outputs> {
        let (plan, pool) = (self.plan.clone(), self.pool.clone());
        pool.install(|| plan.segment.iter().for_each(|step| self.run(step, live)));
        live.iter().map(|&slot| self.outputs(slot, want)).collect()
    }

    fn outputs(&self, slot: usize, want: Want) -> Outputs {
        let io = self.plan.io;
        let len = |id: TensorId| self.plan.tensors[id].len();
        let sample = |id: TensorId| self.samples[id][slot * len(id)..][..len(id)].to_vec();
        let q = sample(io.q);
        Outputs {
            preds: self.preds[slot * len(io.preds)..][..len(io.preds)].to_vec(),
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
                embed::embed(k, &s.tokens, puzzle, s.f32s(k.table), positions, x, live)
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
            Step::Argmax(k) => {
                let mut preds = std::mem::take(&mut self.preds);
                argmax::argmax(k, self.f32s(k.x), &mut preds, live);
                self.preds = preds;
            }
        }
    }

    /// Lets a kernel write a tensor while it reads the others.
    fn write(&mut self, id: TensorId, kernel: impl FnOnce(&Self, &mut [f32])) {
        let mut out = std::mem::take(&mut self.samples[id]);
        kernel(self, &mut out);
        self.samples[id] = out;
    }
}
