//! The carries of a batch on the device.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use super::device::Gpu;
use super::executor::{GpuExecutor, is_half};
use super::program::{self, Group, Listing};
use crate::error::Result;
use crate::executor::{Outputs, Want};
use crate::kernels::{Binding, Plan, TensorId};
use crate::network;

/// The carries and activations of a batch.
#[derive(Debug)]
pub struct GpuBatch {
    executor: GpuExecutor,
    plan: Plan,
    listing: Listing,
    slots: usize,
    /// Tokens and puzzle row by slot: they go to the device with the next segment in which the slot is live.
    puzzles: Vec<(Vec<u32>, Vec<f32>)>,
    waiting: BTreeSet<usize>,
    groups: Vec<Group>,
}

impl GpuBatch {
    pub(super) fn new(executor: GpuExecutor, slots: usize, seq_len: usize) -> Result<Self> {
        let plan = network::plan(&executor.model.config, seq_len);
        let listing = Listing::new(&plan, executor.variant, &|id| is_half(&executor.model, &plan, id));
        listing.most_slots(&executor.gpu, &plan)?;
        Ok(GpuBatch {
            executor,
            plan,
            listing,
            slots,
            puzzles: vec![Default::default(); slots],
            waiting: BTreeSet::new(),
            groups: Vec::new(),
        })
    }

    /// Puts a puzzle into a slot and resets its carry. `puzzle_row` is empty where the model has no puzzle embedding.
    pub(crate) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: &[f32]) {
        self.puzzles[slot] = (tokens.to_vec(), puzzle_row.to_vec());
        self.waiting.insert(slot);
    }

    /// One segment of the samples in the slots `live` (ascending), and what is wanted of them.
    ///
    /// # Errors
    /// [`Error::DeviceLost`](crate::Error::DeviceLost), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Gpu`](crate::Error::Gpu): the carry is lost with any of them.
    pub(crate) async fn segment(&mut self, live: &[usize], want: Want) -> Result<Vec<Outputs>> {
        if self.groups.is_empty() {
            self.record().await?;
        }
        let (gpu, io) = (self.executor.gpu.clone(), self.plan.io);
        let mut wanted = vec![io.preds, io.q];
        wanted.extend(want.logits.then_some(io.logits));
        wanted.extend(want.carry.then_some([io.z_h, io.z_l]).into_iter().flatten());

        let (plan, puzzles, waiting) = (&self.plan, &self.puzzles, &mut self.waiting);
        let mut groups: Vec<(&mut Group, Vec<usize>)> = self
            .groups
            .iter_mut()
            .map(|g| (g.local(live), g))
            .map(|(live, group)| (group, live))
            .collect();
        groups.retain(|(_, live)| !live.is_empty());
        let answers = gpu
            .guarded(|| {
                for (group, live) in &mut groups {
                    let first = group.slots.start;
                    let new: Vec<usize> = live
                        .iter()
                        .copied()
                        .filter(|slot| waiting.remove(&(first + slot)))
                        .collect();
                    for &slot in &new {
                        let (tokens, row) = &puzzles[first + slot];
                        group.write(&gpu, io.tokens, slot, bytemuck::cast_slice(tokens));
                        if let Some(id) = io.puzzle {
                            group.write(&gpu, id, slot, bytemuck::cast_slice(row));
                        }
                    }
                    if !new.is_empty() {
                        group.run_load(&gpu, &new);
                    }
                    group.run_segment(&gpu, live);
                }
                read_later(&gpu, plan, &wanted, &mut groups)
            })
            .await?;
        answers.wait(&gpu).await?;
        let mut outputs = Vec::with_capacity(live.len());
        for (group, live) in &groups {
            outputs.extend(self::outputs(&gpu, plan, group, live.len(), want)?);
        }
        Ok(outputs)
    }

    async fn record(&mut self) -> Result<()> {
        let GpuExecutor { gpu, weights, .. } = &self.executor;
        let io = self.plan.io;
        let ours = [
            Some(io.tokens),
            io.puzzle,
            Some(io.z_h),
            Some(io.z_l),
            Some(io.logits),
            Some(io.q),
            Some(io.preds),
        ];
        // What is made when a puzzle is taken in outlasts the segments, too.
        let bound: Vec<Binding> = self.listing.load.iter().flat_map(|d| d.bindings.clone()).collect();
        let kept = |id: TensorId| ours.contains(&Some(id)) || bound.contains(&Binding::Tensor(id));
        self.groups = program::record(gpu, &self.plan, &self.listing, weights, self.slots, kept).await?;
        Ok(())
    }
}

/// Submits the copies of what is wanted and asks for it.
pub(super) fn read_later(
    gpu: &Gpu,
    plan: &Plan,
    wanted: &[TensorId],
    groups: &mut [(&mut Group, Vec<usize>)],
) -> Answers {
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    for (group, live) in groups.iter_mut() {
        wanted
            .iter()
            .for_each(|&id| group.stage(gpu, plan, id, live, &mut encoder));
    }
    gpu.queue.submit([encoder.finish()]);
    let answers = Answers::new(groups.len() * wanted.len());
    for (group, _) in groups.iter() {
        wanted.iter().for_each(|&id| group.map(id, answers.one()));
    }
    answers
}

fn outputs(gpu: &Gpu, plan: &Plan, group: &Group, count: usize, want: Want) -> Result<Vec<Outputs>> {
    let io = plan.io;
    let gone = || gpu.lost("its memory cannot be read");
    let floats = |id: TensorId| group.read::<f32>(plan, id, count).ok_or_else(gone);
    let wanted = |want: bool, id: TensorId| if want { floats(id) } else { Ok(Vec::new()) };
    let preds: Vec<u32> = group.read(plan, io.preds, count).ok_or_else(gone)?;
    let (q, logits) = (floats(io.q)?, wanted(want.logits, io.logits)?);
    let (z_h, z_l) = (wanted(want.carry, io.z_h)?, wanted(want.carry, io.z_l)?);
    let part = |values: &[f32], i: usize, id: TensorId| {
        let len = plan.tensors[id].len();
        values.get(i * len..(i + 1) * len).map(<[f32]>::to_vec)
    };
    let seq_len = plan.tensors[io.preds].len();
    let samples = preds.chunks_exact(seq_len).zip(q.chunks_exact(2)).enumerate();
    let sample = samples.map(|(i, (preds, q))| Outputs {
        preds: preds.to_vec(),
        q_halt: q[0],
        q_continue: q[1],
        logits: part(&logits, i, io.logits),
        z_h: part(&z_h, i, io.z_h),
        z_l: part(&z_l, i, io.z_l),
    });
    Ok(sample.collect())
}

/// Answers that are still to come from the device.
pub(super) struct Answers(Arc<Mutex<Waiting>>);

struct Waiting {
    missing: usize,
    refused: bool,
    waker: Option<Waker>,
}

impl Answers {
    fn new(missing: usize) -> Self {
        Answers(Arc::new(Mutex::new(Waiting {
            missing,
            refused: false,
            waker: None,
        })))
    }

    /// Takes one of the answers.
    fn one(&self) -> impl FnOnce(bool) + Send + 'static {
        let waiting = self.0.clone();
        move |granted| {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.missing -= 1;
            waiting.refused |= !granted;
            if let (0, Some(waker)) = (waiting.missing, waiting.waker.take()) {
                waker.wake();
            }
        }
    }

    /// Until all are there.
    pub(super) async fn wait(self, gpu: &Gpu) -> Result<()> {
        // Native drivers answer only while they are asked; a browser answers by itself.
        let native = cfg!(not(target_arch = "wasm32"));
        if native {
            gpu.wait()?;
        }
        let granted = poll_fn(|context| {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.waker = Some(context.waker().clone());
            match (waiting.missing, native) {
                (0, _) => Poll::Ready(!waiting.refused),
                (_, true) => Poll::Ready(false),
                (_, false) => Poll::Pending,
            }
        });
        if granted.await {
            Ok(())
        } else {
            Err(gpu.lost("it gave no answer"))
        }
    }
}
