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
mod lane;
mod linear;
mod math;
mod parallel;
mod reset;
mod rms_norm;
mod rope;
mod swiglu;
#[cfg(test)]
mod tests;
mod transpose;
mod trial;
mod valid_maze;
mod valid_sudoku;

#[doc(hidden)]
pub use trial::run;

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::executor::{Outputs, Progress, Want};
use crate::halt::{Halt, Schedule};
use crate::kernels::{Role, Step};
use crate::model::Model;
use crate::network;
use gemm::Panels;
use lane::{Lane, Shared};

/// Rows that a lane should have, so that a weight is read from memory once for many.
const LANE_ROWS: usize = 256;

/// Runs a model's segments on the processor.
#[derive(Debug, Clone)]
pub struct CpuExecutor {
    model: Arc<Model>,
    /// The matrices of linear layers by name, laid out for products.
    panels: Arc<HashMap<String, Arc<Panels>>>,
    pool: Arc<rayon::ThreadPool>,
}

impl CpuExecutor {
    /// With that many threads, or as many as the machine has cores. The matrices are laid out anew in memory, as f32.
    ///
    /// # Errors
    /// [`Error::Device`] when the system gives no threads; [`Error::Tensors`] when the model lacks a weight.
    pub fn new(model: Arc<Model>, threads: Option<usize>) -> Result<Self> {
        let pool = pool(threads.unwrap_or(0))?;
        let plan = network::plan(&model.config, model.config.seq_len, Halt::Fixed);
        let layers = plan.segment.iter().filter_map(|step| match step {
            Step::Linear(k) => Some((plan.tensors[k.weight].name.clone(), (k.inputs, k.outputs))),
            _ => None,
        });
        let layers: HashMap<String, (usize, usize)> = layers.collect();
        let panels = pool.install(|| {
            let panels = layers.into_par_iter().map(|(name, (inputs, outputs))| {
                let panels = Panels::new(&model.weights.get(&name)?.f32s(), inputs, outputs);
                Ok((name, Arc::new(panels)))
            });
            panels.collect::<Result<_>>()
        })?;
        Ok(CpuExecutor {
            model,
            panels: Arc::new(panels),
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
        let plan = Arc::new(network::plan(&self.model.config, seq_len, schedule.halt));
        let shared = plan.tensors.iter().map(|spec| {
            Ok(match &spec.role {
                Role::Weight => match self.panels.get(&spec.name) {
                    Some(panels) => Shared::Panels(panels.clone()),
                    None => Shared::Weight(self.model.weights.get(&spec.name)?.widened()),
                },
                Role::Constant(table) => Shared::Constant(table.clone()),
                Role::Activation | Role::Ids => Shared::None,
            })
        });
        let shared: Arc<[Shared]> = shared.collect::<Result<_>>()?;
        let rows = self.model.config.positions_for(seq_len);
        let width = slots.div_ceil(self.threads()).min(LANE_ROWS.div_ceil(rows)).max(1);
        let lanes = (0..slots).step_by(width).map(|first| {
            let slots = width.min(slots - first);
            Lane::new(plan.clone(), shared.clone(), slots, schedule.segments)
        });
        Ok(CpuBatch {
            width,
            lanes: lanes.collect::<Result<_>>()?,
            pool: self.pool.clone(),
        })
    }
}

fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("hrm-cpu-{i}"))
        .build();
    pool.map_err(|e| Error::Device {
        reason: format!("the system gives no worker threads: {e}"),
    })
}

/// The carries and activations of a batch.
///
/// Slots are divided into lanes, each of which goes through a whole segment by itself: threads need not wait for each
/// other after every kernel. Within a lane the work of a kernel is divided where threads have nothing else to do.
#[derive(Debug)]
pub struct CpuBatch {
    /// Slots of a lane.
    width: usize,
    lanes: Vec<Lane>,
    pool: Arc<rayon::ThreadPool>,
}

impl CpuBatch {
    /// Puts a puzzle into a slot and resets its carry, or sets it where one is given (`z_H` and `z_L`). `puzzle_row`
    /// is empty where the model has no puzzle embedding.
    pub(crate) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: &[f32], carry: Option<[Vec<f32>; 2]>) {
        self.lanes[slot / self.width].load(slot % self.width, tokens, puzzle_row, carry);
    }

    /// Empties a slot.
    pub(crate) fn release(&mut self, slot: usize) {
        self.lanes[slot / self.width].release(slot % self.width);
    }

    /// One segment of the samples in the slots `live` (ascending), and what is wanted of them.
    pub(crate) fn segment(&mut self, live: &[usize], want: Want) -> Vec<Outputs> {
        self.each(|lane, slots| {
            let own = live.iter().filter(|slot| slots.contains(slot));
            lane.segment(&own.map(|slot| slot - slots.start).collect::<Vec<_>>(), want)
        })
    }

    /// A segment of all samples that are running, after which the halting rule has judged them.
    pub(crate) fn advance(&mut self, want: Want) -> Vec<Progress> {
        self.each(|lane, slots| {
            let mut progress = lane.advance(want);
            progress.iter_mut().for_each(|p| p.slot += slots.start);
            progress
        })
    }

    /// What `run` gives of each lane and its slots, in order.
    fn each<T: Send>(&mut self, run: impl Fn(&mut Lane, std::ops::Range<usize>) -> Vec<T> + Sync) -> Vec<T> {
        let (width, lanes, pool) = (self.width, &mut self.lanes, self.pool.clone());
        let parts: Vec<Vec<T>> = pool.install(|| {
            let lanes = lanes.par_iter_mut().enumerate();
            lanes.map(|(i, lane)| run(lane, i * width..(i + 1) * width)).collect()
        });
        parts.into_iter().flatten().collect()
    }
}
