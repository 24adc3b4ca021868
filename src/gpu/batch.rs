//! A batch's carries on the device.

use std::collections::{BTreeMap, BTreeSet};

use web_time::Instant;

use super::device::Device;
use super::executor::{GpuExecutor, stored};
use super::program::{self, Group};
use super::readback::Readback;
use super::recording::Recording;
use crate::boxed::Boxed;
use crate::error::Result;
use crate::executor::outputs::{Outputs, Progress, Want};
use crate::halt::Schedule;
#[cfg(not(target_arch = "wasm32"))]
use crate::kernels::Target;
use crate::kernels::{Binding, Change, Plan, State, TensorId};
use crate::network;
use crate::ordered;

/// The carries and activations of a batch.
#[derive(Debug)]
pub(crate) struct GpuBatch {
    executor: GpuExecutor,
    plan: Plan,
    recording: Recording,
    slots: usize,
    /// Most segments per sample.
    limit: usize,
    /// Segments of each slot that the host knows of.
    segments: Vec<u32>,
    /// Samples by slot that are uploaded with the next segment in which the slot is live.
    waiting: BTreeMap<usize, Waiting>,
    /// Slots that the device still believes to be running.
    released: BTreeSet<usize>,
    groups: Vec<Group>,
}

/// A sample that has not been uploaded yet.
#[derive(Debug)]
struct Waiting {
    tokens: Vec<u32>,
    puzzle_row: Vec<f32>,
    /// `z_H`, and `z_L` where there are two, unless they are those of a reset.
    carry: Option<Vec<Vec<f32>>>,
}

impl GpuBatch {
    pub(super) fn new(executor: GpuExecutor, slots: usize, seq_len: usize, schedule: Schedule) -> Result<Self> {
        let plan = network::plan(&executor.model.config, seq_len, schedule.halt);
        let stored = |id: TensorId| stored(&executor.model, &plan, id);
        let recording = Recording::new(&plan, &executor.target(slots, &stored));
        recording.most_slots(&executor.gpu.open, &plan)?;
        Ok(GpuBatch {
            executor,
            plan,
            recording,
            slots,
            limit: schedule.segments,
            segments: vec![0; slots],
            waiting: BTreeMap::new(),
            released: BTreeSet::new(),
            groups: Vec::new(),
        })
    }

    /// Puts a puzzle into a slot and resets its carry, or sets the carry if one is given (`z_H`, and `z_L` where there are two).
    /// `puzzle_row` is empty if the model has no puzzle embedding.
    pub(crate) fn load(&mut self, slot: usize, tokens: &[u32], puzzle_row: Vec<f32>, carry: Option<Vec<Vec<f32>>>) {
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

    /// Runs one segment of the samples in the slots `live` (ascending) and returns the outputs that are wanted.
    ///
    /// # Errors
    /// [`Error::DeviceLost`](crate::Error::DeviceLost), [`Error::OutOfMemory`](crate::Error::OutOfMemory),
    /// [`Error::Gpu`](crate::Error::Gpu); the carry is lost with any of them.
    pub(crate) fn segment<'a>(&'a mut self, live: &'a [usize], want: Want) -> Boxed<'a, Result<Vec<Outputs>>> {
        Box::pin(async move {
            let start = Instant::now();
            let read = self.run(live, want, Group::run_segment).await?;
            let throughput = &self.executor.gpu.open.throughput;
            throughput.measured(self.recording.flop() * live.len() as u64, start.elapsed().as_secs_f64());
            Ok(read.into_iter().map(|(_, outputs)| outputs).collect())
        })
    }

    /// Runs one or more segments, at most `most`, of the running samples, in the slots `running` (ascending), and
    /// returns how far each is.
    ///
    /// # Errors
    /// As for [`GpuBatch::segment`].
    pub(crate) fn advance<'a>(
        &'a mut self,
        running: &'a [usize],
        most: usize,
        want: Want,
    ) -> Boxed<'a, Result<Vec<Progress>>> {
        Box::pin(self.advanced(running, most, want))
    }

    async fn advanced(&mut self, running: &[usize], most: usize, want: Want) -> Result<Vec<Progress>> {
        let start = Instant::now();
        let (flop, gpu) = (self.recording.flop(), self.executor.gpu.clone());
        let segments = gpu.open.throughput.segments(flop * running.len() as u64, most);
        let on = |group: &Group, gpu: &Device, live: &[usize]| group.run_on(gpu, live.len(), segments);
        let read = self.run(running, want, on).await?;
        let mut ran = 0;
        let progress = running.iter().zip(read).map(|(&slot, (state, outputs))| {
            ran += u64::from(state.segments.saturating_sub(self.segments[slot]));
            self.segments[slot] = state.segments;
            Progress::new(slot, state, want, || outputs)
        });
        let progress = progress.collect();
        gpu.open.throughput.measured(flop * ran, start.elapsed().as_secs_f64());
        Ok(progress)
    }

    /// Uploads samples that wait in the slots `live`, submits `work` for each group of slots, and reads the outputs
    /// wanted.
    async fn run(
        &mut self,
        live: &[usize],
        want: Want,
        work: impl Fn(&Group, &Device, &[usize]),
    ) -> Result<Vec<(State, Outputs)>> {
        if self.groups.is_empty() {
            self.record().await?;
        }
        let (executor, io) = (self.executor.clone(), self.plan.io);
        let gpu = &executor.gpu.open;
        let mut wanted = vec![io.state, io.preds, io.q];
        wanted.extend(io.change);
        wanted.extend(want.logits.then_some(io.logits));
        wanted.extend(io.carry().filter(|_| want.carry));

        let (plan, waiting, limit) = (&self.plan, &mut self.waiting, self.limit);
        let (segments, released) = (&mut self.segments, &mut self.released);
        let mut groups: Vec<(&mut Group, Vec<usize>)> = self
            .groups
            .iter_mut()
            .map(|g| (g.local(live), g))
            .map(|(live, group)| (group, live))
            .collect();
        groups.retain(|(_, live)| !live.is_empty());
        let readback = gpu
            .guarded(|| {
                for (group, live) in &mut groups {
                    let first = group.slots.start;
                    for slot in released.extract_if(group.slots.clone(), |_| true) {
                        let idle = State::default().words();
                        group.write(gpu, io.state, slot - first, bytemuck::cast_slice(&idle));
                    }
                    let new = live
                        .iter()
                        .filter_map(|&slot| Some((slot, waiting.remove(&(first + slot))?)));
                    let new = ordered::map(new);
                    for (&slot, Waiting { tokens, puzzle_row, .. }) in &new {
                        segments[first + slot] = 0;
                        group.write(gpu, io.tokens, slot, bytemuck::cast_slice(tokens));
                        group.write(gpu, io.state, slot, bytemuck::cast_slice(&State::new(limit).words()));
                        if let Some(id) = io.puzzle {
                            group.write(gpu, id, slot, bytemuck::cast_slice(puzzle_row));
                        }
                    }
                    if !new.is_empty() {
                        group.run_load(gpu, &new.keys().copied().collect::<Vec<_>>());
                    }
                    // The reset has been submitted, so what is written now arrives after it.
                    for (&slot, Waiting { carry, .. }) in &new {
                        for (id, z) in io.carry().zip(carry.iter().flatten()) {
                            group.write(gpu, id, slot, bytemuck::cast_slice(z));
                        }
                    }
                    work(group, gpu, live);
                }
                read_later(gpu, plan, &wanted, &mut groups)
            })
            .await?;
        readback.wait(gpu).await?;
        let mut read = Vec::with_capacity(live.len());
        for (group, live) in &groups {
            read.extend(self::outputs(gpu, plan, group, live.len(), want)?);
        }
        Ok(read)
    }

    /// Returns the plan as recorded, once a segment has run.
    #[cfg(any(test, feature = "bench"))]
    pub(super) fn recorded(&self) -> (&Plan, &Recording, &[Group]) {
        (&self.plan, &self.recording, &self.groups)
    }

    /// Returns the recording for groups of the size to come, with the tuned choices of products.
    async fn tuned(&self) -> Result<Recording> {
        let (GpuExecutor { model, gpu, .. }, plan) = (&self.executor, &self.plan);
        let stored = |id: TensorId| stored(model, plan, id);
        let samples = self.recording.group_slots(&gpu.open, plan, self.slots)?;
        let target = self.executor.target(samples, &stored);
        // In a browser there is no folder for remembered choices.
        #[cfg(not(target_arch = "wasm32"))]
        let tuned = {
            let device = (&gpu.open, &gpu.pipelines);
            let tuned = gpu.autotune.tuned(device, plan, &self.executor.weights, &target);
            tuned.await?
        };
        #[cfg(not(target_arch = "wasm32"))]
        let target = Target {
            gemm: &|linear| Some(tuned.gemm(linear, &target)),
            ..target
        };
        Ok(Recording::new(plan, &target))
    }

    async fn record(&mut self) -> Result<()> {
        #[cfg(not(target_arch = "wasm32"))]
        self.executor.prefetch.finish();
        self.recording = self.tuned().await?;
        let GpuExecutor { gpu, weights, .. } = &self.executor;
        let io = self.plan.io;
        let ours = [
            Some(io.tokens),
            io.puzzle,
            Some(io.z_h),
            io.z_l,
            Some(io.logits),
            Some(io.q),
            Some(io.preds),
        ];
        // Tensors written when a puzzle is loaded, and those that halting remembers, outlast a segment.
        let lasting = self.recording.load.iter().chain(&self.recording.halting);
        let bound: Vec<Binding> = lasting.flat_map(|d| d.bindings.clone()).collect();
        let kept = |id: TensorId| ours.contains(&Some(id)) || bound.contains(&Binding::Tensor(id));
        self.groups = {
            let compiled = (&gpu.pipelines, &**weights);
            program::record(&gpu.open, &self.plan, &self.recording, compiled, self.slots, kept).await?
        };
        Ok(())
    }
}

/// Submits copies of the outputs wanted and requests their mapping.
pub(super) fn read_later(
    gpu: &Device,
    plan: &Plan,
    wanted: &[TensorId],
    groups: &mut [(&mut Group, Vec<usize>)],
) -> Readback {
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    for (group, live) in groups.iter_mut() {
        wanted
            .iter()
            .for_each(|&id| group.stage(gpu, plan, id, live, &mut encoder));
    }
    gpu.queue.submit([encoder.finish()]);
    let readback = Readback::new(groups.len() * wanted.len());
    for (group, _) in groups.iter() {
        wanted.iter().for_each(|&id| group.map(id, readback.one()));
    }
    readback
}

fn outputs(gpu: &Device, plan: &Plan, group: &Group, count: usize, want: Want) -> Result<Vec<(State, Outputs)>> {
    let io = plan.io;
    let gone = || gpu.lost("its memory cannot be read");
    let floats = |id: TensorId| group.read::<f32>(plan, id, count).ok_or_else(gone);
    let wanted = |want: bool, id: TensorId| if want { floats(id) } else { Ok(Vec::new()) };
    let ids = |id: TensorId| group.read::<u32>(plan, id, count).ok_or_else(gone);
    let (states, preds) = (ids(io.state)?, ids(io.preds)?);
    let changes = io.change.map_or(Ok(Vec::new()), floats)?;
    let (q, logits) = (floats(io.q)?, wanted(want.logits, io.logits)?);
    let z_h = wanted(want.carry, io.z_h)?;
    let z_l = io.z_l.map(|id| wanted(want.carry, id)).transpose()?;
    let part = |values: &[f32], i: usize, id: TensorId| {
        let len = plan.tensors[id].len();
        values.get(i * len..(i + 1) * len).map(<[f32]>::to_vec)
    };
    let seq_len = plan.tensors[io.preds].len();
    let states = states.chunks_exact(State::LEN).filter_map(State::read);
    let samples = states
        .zip(
            preds
                .chunks_exact(seq_len)
                .zip(q.chunks_exact(plan.tensors[io.q].len())),
        )
        .enumerate();
    let sample = samples.map(|(i, (state, (preds, q)))| {
        let outputs = Outputs {
            preds: preds.to_vec(),
            q_halt: q[0],
            q_continue: q.get(1).copied().unwrap_or(0.0),
            change: io
                .change
                .and_then(|id| Change::score(&part(&changes, i, id)?, state.segments)),
            logits: part(&logits, i, io.logits),
            z_h: part(&z_h, i, io.z_h),
            z_l: io.z_l.zip(z_l.as_ref()).and_then(|(id, z_l)| part(z_l, i, id)),
        };
        (state, outputs)
    });
    Ok(sample.collect())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::sync::Arc;

    use pollster::block_on;

    use super::*;
    use crate::executor::outputs::DeviceChoice;
    use crate::gpu::{AdapterReport, Gpu, adapters_to_test};
    use crate::halt::Halt;
    use crate::kernels::{Gemm, Linear, Scalar, ShaderSet, Step, Tile};
    use crate::model::Model;

    /// The recording uses the remembered tiles, by the size of a group rather than of the batch.
    #[test]
    fn tiles_are_those_that_are_remembered() {
        let model = Arc::new(Model::bundled("sudoku").unwrap());
        for AdapterReport { index, .. } in adapters_to_test() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("autotune.json");
            // A rate so low that every sample becomes a group.
            let batch = || {
                let gpu = block_on(Gpu::open(&DeviceChoice::Index(index), wgpu::Features::empty()))
                    .unwrap()
                    .unwrap();
                let gpu = gpu.with_shader_set(ShaderSet::Workgroup).with_rate(1.0);
                let gpu = Arc::new(gpu.with_autotune(Some(folder.path().to_owned())));
                let executor = block_on(GpuExecutor::new(model.clone(), gpu)).unwrap();
                let (halt, segments) = (Halt::Fixed, 1);
                let mut batch = executor.batch(256, 81, Schedule { halt, segments }).unwrap();
                block_on(batch.record()).unwrap();
                assert_eq!(batch.recorded().2.len(), 256);
                batch
            };
            let tiles = |batch: &GpuBatch| {
                let steps = batch.plan.segment.iter().zip(&batch.recording.segment);
                let linear = steps.filter_map(|(step, dispatch)| match step {
                    Step::Linear(linear) => Some((linear, dispatch)),
                    _ => None,
                });
                let tile = |(linear, dispatch): (&Linear, &crate::kernels::Dispatch)| {
                    let large = dispatch.shader.name == "linear_large";
                    let tile = if large { Tile::Large } else { Tile::Small };
                    assert_eq!(dispatch.grid.tile, tile.side());
                    (
                        Gemm::by_rule(linear, &Target::new(ShaderSet::Workgroup, 1, &|_| Scalar::F32)).tile,
                        tile,
                    )
                };
                linear.map(tile).collect::<Vec<_>>()
            };
            // A busy machine may not time them all at once.
            (0..10).for_each(|_| drop(batch()));
            for tile in [Tile::Small, Tile::Large] {
                let text = std::fs::read_to_string(&file).unwrap();
                let name = |tile: Tile| serde_json::to_string(&tile).unwrap();
                let text = [Tile::Small, Tile::Large]
                    .iter()
                    .fold(text, |text, &t| text.replace(&name(t), &name(tile)));
                std::fs::write(&file, text).unwrap();
                let found = tiles(&batch());
                assert!(found.len() > 5, "{found:?}");
                assert!(found.iter().all(|(_, found)| *found == tile), "{found:?}");
            }
            // Not one sample has enough large tiles, though 256 have.
            std::fs::write(&file, "").unwrap();
            assert!(tiles(&batch()).iter().all(|(rule, _)| *rule == Tile::Small));
        }
    }
}
