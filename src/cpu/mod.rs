//! The CPU executor: the reference for every shader, and the executor for machines without a GPU.
//!
//! There is one file per kernel, each the twin of a shader. A sample's result is bit-identical for any number of
//! threads and whatever else is in the batch: every output element is computed by the same operations in the same
//! order, however the work is divided.

#[cfg(target_arch = "x86_64")]
mod amx;
mod argmax;
mod attention;
#[cfg_attr(
    target_arch = "wasm32",
    allow(dead_code, unused_variables, reason = "a page multiplies in f32")
)]
mod bf16;
mod blend;
mod change;
mod compact;
mod confidence;
mod convolve;
#[cfg(not(target_arch = "wasm32"))]
mod divided;
mod embed;
mod epilogues;
#[cfg(feature = "gpu")]
pub(crate) mod fixture;
mod gemm;
mod halting;
mod inject;
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64")),
    allow(dead_code, unused_variables, reason = "no instruction for it is known there")
)]
mod int8;
mod judge;
mod layer_norm;
mod linear;
mod math;
mod matrix;
mod memory;
mod microbatch;
#[cfg(target_arch = "wasm32")]
mod page;
mod panels;
mod parallel;
pub(crate) mod pool;
#[cfg(all(feature = "bench", not(target_arch = "wasm32")))]
mod rate;
mod reset;
mod rms_norm;
mod shift;
mod softmax;
#[cfg(not(target_arch = "wasm32"))]
mod strips;
mod symbol_append;
mod symbol_attention;
mod symbol_embed;
mod symbol_head;
#[cfg(not(target_arch = "wasm32"))]
mod sync;
#[cfg(not(target_arch = "wasm32"))]
mod team;
#[cfg(test)]
mod tests;
mod transpose;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(all(feature = "bench", not(target_arch = "wasm32")))]
pub use rate::Rates;
#[cfg(all(feature = "bench", not(target_arch = "wasm32")))]
pub(crate) use rate::rates;

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::Result;
use crate::executor::outputs::{Outputs, Progress, Want};
use crate::halt::{Halt, Schedule};
use crate::kernels::{Plan, Role, Step};
use crate::model::{Dtype, Model, Tensor};
use crate::network;
use matrix::Matrix;
use microbatch::{Microbatch, Shared};
use pool::Pool;

/// Rows that a microbatch should have, so that each weight read from memory serves many.
const MICROBATCH_ROWS: usize = 256;

/// Runs a model's segments on the processor.
#[derive(Debug, Clone)]
pub(crate) struct CpuExecutor {
    model: Arc<Model>,
    /// The matrices of linear layers by name, laid out for products.
    matrices: Arc<HashMap<String, Arc<Matrix>>>,
    /// The other weights by name, as f32.
    tables: Arc<HashMap<String, Tensor>>,
    pool: Pool,
}

impl CpuExecutor {
    /// Creates an executor with `threads` threads, or one per core. The matrices are copied to their own layout in
    /// memory, in the format of the model's products.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when the system gives no threads;
    /// [`Error::Tensors`](crate::Error::Tensors) when the model lacks a weight.
    pub(crate) fn new(model: Arc<Model>, threads: Option<usize>) -> Result<Self> {
        let pool = Pool::new(threads)?;
        let plan = network::plan(&model.config, model.config.seq_len, Halt::Fixed);
        let layers = plan.layers().map(|(name, k)| {
            let products = if plan.is_narrow(k) { model.products } else { Dtype::F32 };
            (name.to_owned(), (k.inputs, k.outputs, products))
        });
        let layers: HashMap<_, _> = layers.collect();
        let matrices = pool.map(layers.into_iter().collect(), |(name, (inputs, outputs, products))| {
            let matrix = Matrix::new(&model.weights.stacked(&name)?, inputs, outputs, products)?;
            Ok((name, Arc::new(matrix)))
        })?;
        let matrices: HashMap<String, Arc<Matrix>> = matrices.into_iter().collect();
        let tables = plan.tensors.iter().filter(|spec| matches!(spec.role, Role::Weight));
        let tables = tables.filter(|spec| !matrices.contains_key(&spec.name));
        let tables = tables.map(|spec| Ok((spec.name.clone(), model.weights.stacked(&spec.name)?.widened()?)));
        Ok(CpuExecutor {
            tables: Arc::new(tables.collect::<Result<_>>()?),
            matrices: Arc::new(matrices),
            model,
            pool,
        })
    }

    /// Returns the number of worker threads.
    pub(crate) fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Returns why products are computed by f32 instructions, where the model asks for another format that is the CPU's.
    pub(crate) fn why_f32(&self) -> Option<&'static str> {
        match self.model.products {
            Dtype::BF16 if !bf16::Way::best().is_some_and(bf16::Way::is_native) => {
                Some("this processor has no instruction for bf16 products that is faster than those for f32")
            }
            Dtype::I8 if int8::Way::best().is_none() => Some(
                "this processor has no instruction for int8 products (AMX, AVX-512 VNNI, AVX-VNNI or dot products of NEON)",
            ),
            _ => None,
        }
    }

    /// Allocates a batch for `slots` samples of `seq_len` tokens that run by `schedule`.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device) when there is not enough memory;
    /// [`Error::Tensors`](crate::Error::Tensors) when the model lacks a weight.
    pub(crate) fn batch(&self, slots: usize, seq_len: usize, schedule: Schedule) -> Result<CpuBatch> {
        let plan = Arc::new(network::plan(&self.model.config, seq_len, schedule.halt));
        let own = plan
            .tensors
            .iter()
            .filter(|spec| matches!(spec.role, Role::Activation | Role::Ids));
        let bytes = own.fold(0u64, |sum, spec| sum.saturating_add(4 * spec.len() as u64));
        memory::check(bytes.saturating_mul(slots as u64), slots)?;
        let shared = plan.tensors.iter().map(|spec| {
            Ok(match &spec.role {
                Role::Weight => match (self.matrices.get(&spec.name), self.tables.get(&spec.name)) {
                    (Some(matrix), _) => Shared::Matrix(matrix.clone()),
                    (None, Some(table)) => Shared::Weight(table.clone()),
                    (None, None) => Shared::Weight(self.model.weights.stacked(&spec.name)?.widened()?),
                },
                Role::Constant(table) => Shared::Constant(table.clone()),
                Role::Activation | Role::Ids => Shared::None,
            })
        });
        let shared: Arc<[Shared]> = shared.collect::<Result<_>>()?;
        let rows = self.model.config.rows_for(seq_len);
        let width = slots
            .div_ceil(self.threads())
            .min(MICROBATCH_ROWS.div_ceil(rows))
            .max(1);
        let microbatches = (0..slots).step_by(width).map(|first| {
            let slots = width.min(slots - first);
            Microbatch::new(plan.clone(), shared.clone(), slots, schedule.segments)
        });
        Ok(CpuBatch {
            microbatches: microbatches.collect::<Result<_>>()?,
            plan: plan.clone(),
            #[cfg(not(target_arch = "wasm32"))]
            strips: self.suits_strips(&plan, rows),
            width,
            #[cfg(not(target_arch = "wasm32"))]
            pool: self.pool.clone(),
        })
    }

    /// Returns whether strips pay off. Each thread reads all weights for its strip, so these must stay in its caches or
    /// serve many rows.
    #[cfg(not(target_arch = "wasm32"))]
    fn suits_strips(&self, plan: &Plan, rows: usize) -> bool {
        /// Words of all matrices that stay in a thread's caches.
        const FEW_WEIGHTS: usize = 2 << 20;
        /// Rows of a strip that make reading all weights worthwhile.
        const MANY_ROWS: usize = 112;
        let mixes = plan.segment.iter().any(|step| matches!(step, Step::Transpose(_)));
        let weights: usize = self.matrices.values().map(|matrix| matrix.words()).sum();
        !mixes && (weights <= FEW_WEIGHTS || rows / self.threads() >= MANY_ROWS)
    }
}

/// The carries and activations of a batch.
///
/// Slots are divided into microbatches, each of which goes through a whole segment by itself, so threads need not wait
/// for each other after every kernel. Threads that would otherwise be idle share a microbatch's rows, or the work of
/// its kernels.
#[derive(Debug)]
pub(crate) struct CpuBatch {
    plan: Arc<Plan>,
    /// Slots per microbatch.
    width: usize,
    /// Whether threads share the rows of a microbatch while busy microbatches are at most half as many as threads.
    #[cfg(not(target_arch = "wasm32"))]
    strips: bool,
    microbatches: Vec<Microbatch>,
    #[cfg(not(target_arch = "wasm32"))]
    pool: Pool,
}

impl CpuBatch {
    /// Puts a puzzle into a slot and resets its carry, or sets the carry if one is given (`z_H`, and `z_L` where there are two).
    /// `puzzle_row` is empty if the model has no puzzle embedding.
    pub(crate) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: &[f32], carry: Option<Vec<Vec<f32>>>) {
        self.microbatches[slot / self.width].load(slot % self.width, tokens, puzzle_row, carry);
    }

    /// Empties a slot.
    pub(crate) fn release(&mut self, slot: usize) {
        self.microbatches[slot / self.width].release(slot % self.width);
    }

    /// Runs one segment of the samples in the slots `live` (ascending) and returns the outputs that are wanted.
    pub(crate) async fn segment(&mut self, live: &[usize], want: Want) -> Vec<Outputs> {
        let microbatches = (0..self.microbatches.len()).map(|i| i * self.width..(i + 1) * self.width);
        let own = microbatches.map(|slots| {
            let own = live.iter().filter(|slot| slots.contains(slot));
            own.map(|slot| slot - slots.start).collect()
        });
        let live: Vec<Vec<usize>> = own.collect();
        let plan = self.plan.clone();
        self.carry_out(&plan.segment, &[], &live).await;
        let outputs = self.microbatches.iter().zip(live);
        let outputs =
            outputs.flat_map(|(microbatch, live)| live.into_iter().map(|slot| microbatch.outputs(slot, want)));
        outputs.collect()
    }

    /// Runs a segment of every running sample, applies the halting rule, and returns their progress.
    pub(crate) async fn advance(&mut self, want: Want) -> Vec<Progress> {
        let live: Vec<Vec<usize>> = self.microbatches.iter().map(Microbatch::running).collect();
        let plan = self.plan.clone();
        self.carry_out(&plan.segment, &plan.halting, &live).await;
        let microbatches = self.microbatches.iter().zip(live).zip((0..).step_by(self.width));
        let progress = microbatches.flat_map(|((microbatch, live), first)| {
            let progress = live.into_iter().filter_map(|slot| microbatch.progress(slot, want));
            progress.map(move |mut p| {
                p.slot += first;
                p
            })
        });
        progress.collect()
    }

    /// Runs the segment and then the steps `then` for the slots `live` of each microbatch.
    #[cfg(not(target_arch = "wasm32"))]
    async fn carry_out(&mut self, segment: &[Step], then: &[Step], live: &[Vec<usize>]) {
        let busy = live.iter().filter(|live| !live.is_empty()).count();
        let (by_strips, pool) = (self.strips && 2 * busy <= self.pool.threads(), &self.pool);
        let microbatches = self
            .microbatches
            .iter_mut()
            .zip(live)
            .filter(|(_, live)| !live.is_empty());
        if by_strips {
            microbatches.for_each(|(microbatch, live)| {
                strips::run(pool, microbatch, segment, live);
                then.iter().for_each(|step| microbatch.run(step, live));
            });
        } else {
            use rayon::iter::{ParallelBridge, ParallelIterator};

            let run = |(microbatch, live): (&mut Microbatch, &Vec<usize>)| {
                segment.iter().chain(then).for_each(|step| microbatch.run(step, live));
            };
            pool.install(|| microbatches.par_bridge().for_each(run));
        }
    }

    /// Runs the segment and then the steps `then` for the slots `live` of each microbatch. Yields to the page in
    /// between, which would freeze otherwise.
    #[cfg(target_arch = "wasm32")]
    async fn carry_out(&mut self, segment: &[Step], then: &[Step], live: &[Vec<usize>]) {
        for (microbatch, live) in self
            .microbatches
            .iter_mut()
            .zip(live)
            .filter(|(_, live)| !live.is_empty())
        {
            for step in segment.iter().chain(then) {
                microbatch.run(step, live);
                page::yield_now().await;
            }
        }
    }
}
