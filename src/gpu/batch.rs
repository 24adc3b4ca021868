//! The carries of a batch on the device.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::answers::Answers;
use super::device::Gpu;
use super::executor::{GpuExecutor, is_half};
use super::listing::Listing;
use super::program::{self, Group};
use crate::error::Result;
use crate::executor::{Outputs, Progress, Want};
use crate::halt::Schedule;
use crate::kernels::{Binding, Plan, State, TensorId};
use crate::network;

/// The carries and activations of a batch.
#[derive(Debug)]
pub struct GpuBatch {
    executor: GpuExecutor,
    plan: Plan,
    listing: Listing,
    slots: usize,
    /// Most segments of a sample.
    limit: usize,
    /// By slot: segments that the host knows of.
    segments: Vec<u32>,
    /// By slot: what goes to the device with the next segment in which the slot is live.
    waiting: BTreeMap<usize, Waiting>,
    /// Slots that the device still believes to be running.
    released: BTreeSet<usize>,
    groups: Vec<Group>,
}

/// A sample that the device does not have yet.
#[derive(Debug)]
struct Waiting {
    tokens: Vec<u32>,
    puzzle_row: Vec<f32>,
    /// `z_H` and `z_L`, where they are not those of a reset.
    carry: Option<[Vec<f32>; 2]>,
}

impl GpuBatch {
    pub(super) fn new(executor: GpuExecutor, slots: usize, seq_len: usize, schedule: Schedule) -> Result<Self> {
        let plan = network::plan(&executor.model.config, seq_len, schedule.halt);
        let listing = Listing::new(&plan, executor.variant, &|id| is_half(&executor.model, &plan, id));
        listing.most_slots(&executor.gpu, &plan)?;
        Ok(GpuBatch {
            executor,
            plan,
            listing,
            slots,
            limit: schedule.segments,
            segments: vec![0; slots],
            waiting: BTreeMap::new(),
            released: BTreeSet::new(),
            groups: Vec::new(),
        })
    }

    /// Puts a puzzle into a slot and resets its carry, or sets it where one is given (`z_H` and `z_L`). `puzzle_row`
    /// is empty where the model has no puzzle embedding.
    pub(crate) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: Vec<f32>, carry: Option<[Vec<f32>; 2]>) {
        let tokens = tokens.to_vec();
        self.waiting.insert(
            slot,
            Waiting {
                tokens,
                puzzle_row,
                carry,
            },
        );
    }

    /// Empties a slot.
    pub(crate) fn release(&mut self, slot: usize) {
        self.waiting.remove(&slot);
        self.released.insert(slot);
    }

    /// One segment of the samples in the slots `live` (ascending), and what is wanted of them.
    ///
    /// # Errors
    /// [`Error::DeviceLost`](crate::Error::DeviceLost), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Gpu`](crate::Error::Gpu): the carry is lost with any of them.
    pub(crate) async fn segment(&mut self, live: &[usize], want: Want) -> Result<Vec<Outputs>> {
        let start = Instant::now();
        let read = self.run(live, want, Group::run_segment).await?;
        self.executor
            .gpu
            .pace
            .measured(self.listing.flop() * live.len() as u64, start.elapsed().as_secs_f64());
        Ok(read.into_iter().map(|(_, outputs)| outputs).collect())
    }

    /// One segment or several, at most `most`, of the samples that are running, in the slots `running` (ascending);
    /// and how far each is.
    ///
    /// # Errors
    /// As [`GpuBatch::segment`].
    pub(crate) async fn advance(&mut self, running: &[usize], most: usize, want: Want) -> Result<Vec<Progress>> {
        let start = Instant::now();
        let (flop, gpu) = (self.listing.flop(), self.executor.gpu.clone());
        let segments = gpu.pace.segments(flop * running.len() as u64, most);
        let on = |group: &Group, gpu: &Gpu, live: &[usize]| group.run_on(gpu, live.len(), segments);
        let read = self.run(running, want, on).await?;
        let mut ran = 0;
        let progress = running.iter().zip(read).map(|(&slot, (state, outputs))| {
            ran += u64::from(state.segments.saturating_sub(self.segments[slot]));
            self.segments[slot] = state.segments;
            Progress::new(slot, state, want, || outputs)
        });
        let progress = progress.collect();
        gpu.pace.measured(flop * ran, start.elapsed().as_secs_f64());
        Ok(progress)
    }

    /// Takes in what waits in the slots `live`, submits `work` for each group of them, and reads what is wanted.
    async fn run(
        &mut self,
        live: &[usize],
        want: Want,
        work: impl Fn(&Group, &Gpu, &[usize]),
    ) -> Result<Vec<(State, Outputs)>> {
        if self.groups.is_empty() {
            self.record().await?;
        }
        let (gpu, io) = (self.executor.gpu.clone(), self.plan.io);
        let mut wanted = vec![io.state, io.preds, io.q];
        wanted.extend(want.logits.then_some(io.logits));
        wanted.extend(want.carry.then_some([io.z_h, io.z_l]).into_iter().flatten());

        let (plan, waiting, limit) = (&self.plan, &mut self.waiting, self.limit);
        let (segments, released) = (&mut self.segments, &mut self.released);
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
                    for slot in released.extract_if(group.slots.clone(), |_| true) {
                        let idle = State::default().words();
                        group.write(&gpu, io.state, slot - first, bytemuck::cast_slice(&idle));
                    }
                    let new = live
                        .iter()
                        .filter_map(|&slot| Some((slot, waiting.remove(&(first + slot))?)));
                    let new: BTreeMap<usize, Waiting> = new.collect();
                    for (&slot, Waiting { tokens, puzzle_row, .. }) in &new {
                        segments[first + slot] = 0;
                        group.write(&gpu, io.tokens, slot, bytemuck::cast_slice(tokens));
                        group.write(&gpu, io.state, slot, bytemuck::cast_slice(&State::new(limit).words()));
                        if let Some(id) = io.puzzle {
                            group.write(&gpu, id, slot, bytemuck::cast_slice(puzzle_row));
                        }
                    }
                    if !new.is_empty() {
                        group.run_load(&gpu, &new.keys().copied().collect::<Vec<_>>());
                    }
                    // What is written now arrives after the reset, which has been submitted.
                    for (&slot, Waiting { carry, .. }) in &new {
                        for (id, z) in [io.z_h, io.z_l].into_iter().zip(carry.iter().flatten()) {
                            group.write(&gpu, id, slot, bytemuck::cast_slice(z));
                        }
                    }
                    work(group, &gpu, live);
                }
                read_later(&gpu, plan, &wanted, &mut groups)
            })
            .await?;
        answers.wait(&gpu).await?;
        let mut read = Vec::with_capacity(live.len());
        for (group, live) in &groups {
            read.extend(self::outputs(&gpu, plan, group, live.len(), want)?);
        }
        Ok(read)
    }

    /// The plan as it was recorded, once a segment has run.
    pub(super) fn recorded(&self) -> (&Plan, &Listing, &[Group]) {
        (&self.plan, &self.listing, &self.groups)
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
        // What is made when a puzzle is taken in outlasts the segments, too, and so does what halting remembers.
        let lasting = self.listing.load.iter().chain(&self.listing.halting);
        let bound: Vec<Binding> = lasting.flat_map(|d| d.bindings.clone()).collect();
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

fn outputs(gpu: &Gpu, plan: &Plan, group: &Group, count: usize, want: Want) -> Result<Vec<(State, Outputs)>> {
    let io = plan.io;
    let gone = || gpu.lost("its memory cannot be read");
    let floats = |id: TensorId| group.read::<f32>(plan, id, count).ok_or_else(gone);
    let wanted = |want: bool, id: TensorId| if want { floats(id) } else { Ok(Vec::new()) };
    let ids = |id: TensorId| group.read::<u32>(plan, id, count).ok_or_else(gone);
    let (states, preds) = (ids(io.state)?, ids(io.preds)?);
    let (q, logits) = (floats(io.q)?, wanted(want.logits, io.logits)?);
    let (z_h, z_l) = (wanted(want.carry, io.z_h)?, wanted(want.carry, io.z_l)?);
    let part = |values: &[f32], i: usize, id: TensorId| {
        let len = plan.tensors[id].len();
        values.get(i * len..(i + 1) * len).map(<[f32]>::to_vec)
    };
    let seq_len = plan.tensors[io.preds].len();
    let states = states.chunks_exact(State::LEN).filter_map(State::read);
    let samples = states
        .zip(preds.chunks_exact(seq_len).zip(q.chunks_exact(2)))
        .enumerate();
    let sample = samples.map(|(i, (state, (preds, q)))| {
        let outputs = Outputs {
            preds: preds.to_vec(),
            q_halt: q[0],
            q_continue: q[1],
            logits: part(&logits, i, io.logits),
            z_h: part(&z_h, i, io.z_h),
            z_l: part(&z_l, i, io.z_l),
        };
        (state, outputs)
    });
    Ok(sample.collect())
}
