//! A plan recorded for a batch: pipelines and bind groups, made once.

use std::collections::HashMap;
use std::ops::Range;

use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, CommandEncoder, ComputePass, ComputePipeline, MapMode,
    TextureFormat,
};

use super::buffers::{self, DeviceWeights, Resource};
use super::device::Device;
use super::memory::{Buffer, Image};
use super::pipelines::{self, Key, Pipelines};
use super::recording::Recording;
use super::throughput::submissions;
use crate::error::Result;
use crate::kernels::{Binding, Dispatch, Grid, ImageIndex, Plan, Role, TensorId};

/// One dispatch, ready to be encoded.
#[derive(Debug)]
pub(super) struct Command {
    pipeline: ComputePipeline,
    bindings: BindGroup,
    grid: Grid,
    /// Offset of its workgroups in the buffer that the device writes; `None` for the dispatch that writes them.
    place: Option<u64>,
    pub flop: u64,
}

/// A plan recorded for some of a batch's slots, as many as one set of buffers can hold.
#[derive(Debug)]
pub(super) struct Group {
    /// Its slots of the batch.
    pub slots: Range<usize>,
    live: Buffer,
    /// Workgroups by grid, as last written by the device.
    workgroups: Buffer,
    /// Tensors that samples keep from one segment to the next, by tensor.
    kept: Vec<Option<Buffer>>,
    load: Vec<Command>,
    segment: Vec<Command>,
    halting: Vec<Command>,
    /// Resources that bind groups refer to, kept alive.
    _bound: Vec<Resource>,
    /// Buffers for reading by the host, by tensor.
    staging: HashMap<TensorId, Buffer>,
}

/// Records the plan for `slots` samples; `kept` tells which tensors outlast a segment.
pub(super) async fn record(
    gpu: &Device,
    plan: &Plan,
    recording: &Recording,
    (pipelines, weights): (&Pipelines, &DeviceWeights),
    slots: usize,
    kept: impl Fn(TensorId) -> bool,
) -> Result<Vec<Group>> {
    let size = recording.group_slots(gpu, plan, slots)?;
    #[cfg(not(target_arch = "wasm32"))]
    pipelines.prepare(gpu, recording.all())?;
    let shared = gpu
        .guarded(|| SharedResources::new(gpu, plan, recording, size, &kept))
        .await?;
    let mut groups = Vec::new();
    for first in (0..slots).step_by(size) {
        let slots = first..(first + size).min(slots);
        groups.push(
            gpu.guarded(|| shared.group(gpu, plan, recording, (pipelines, weights), slots, &kept))
                .await?,
        );
    }
    Ok(groups)
}

/// Resources that the groups share, one group at a time.
struct SharedResources {
    /// Scratch and constants, by tensor.
    buffers: Vec<Option<Buffer>>,
    /// Images, by tensor and index.
    images: HashMap<(TensorId, ImageIndex), Image>,
    /// Rows rounded to int8, of one layer at a time.
    rounded: Buffer,
    grids: Buffer,
    nothing: Buffer,
    discard: Buffer,
    no_image: Image,
}

impl SharedResources {
    fn new(
        gpu: &Device,
        plan: &Plan,
        recording: &Recording,
        slots: usize,
        kept: &dyn Fn(TensorId) -> bool,
    ) -> SharedResources {
        let tensors = plan.tensors.iter().enumerate();
        let buffers = tensors.map(|(id, spec)| match &spec.role {
            Role::Weight => None,
            Role::Constant(table) => Some(buffers::filled(gpu, &spec.name, bytemuck::cast_slice(table))),
            Role::Activation | Role::Ids if kept(id) || !recording.binds(id) => None,
            Role::Activation | Role::Ids => Some(buffers::buffer(
                gpu,
                &spec.name,
                slots as u64 * buffers::bytes(plan, id),
            )),
        });
        let images = recording.images.iter().map(|(&(id, index), &packed)| {
            let spec = &plan.tensors[id];
            let image = match &spec.role {
                Role::Constant(table) => buffers::table(gpu, &spec.name, packed, table),
                _ => buffers::image(gpu, &spec.name, packed.texels(slots), TextureFormat::Rgba32Float, None),
            };
            ((id, index), image)
        });
        SharedResources {
            buffers: buffers.collect(),
            images: images.collect(),
            rounded: buffers::buffer(gpu, "rounded", recording.rounded_bytes(slots)),
            grids: {
                let words: Vec<u32> = recording.grids.iter().flat_map(Grid::words).collect();
                buffers::filled(gpu, "grids", bytemuck::cast_slice(&words))
            },
            nothing: buffers::buffer(gpu, "nothing", 0),
            discard: buffers::buffer(gpu, "discard", 0),
            no_image: buffers::image(gpu, "no image", [1, 1], TextureFormat::Rgba32Float, None),
        }
    }

    fn group(
        &self,
        gpu: &Device,
        plan: &Plan,
        recording: &Recording,
        (pipelines, weights): (&Pipelines, &DeviceWeights),
        slots: Range<usize>,
        kept: &dyn Fn(TensorId) -> bool,
    ) -> Group {
        let tensors = plan.tensors.iter().enumerate();
        let own = tensors.map(|(id, spec)| {
            let own = matches!(spec.role, Role::Activation | Role::Ids) && kept(id);
            own.then(|| buffers::buffer(gpu, &spec.name, slots.len() as u64 * buffers::bytes(plan, id)))
        });
        let kept: Vec<Option<Buffer>> = own.collect();
        let live = buffers::buffer(gpu, "live", 4 * (1 + slots.len() as u64));
        let workgroups = buffers::indirect(gpu, 3 * recording.grids.len());
        // Blocks run many times in a segment, each time with the same bindings.
        let mut known: HashMap<(Key, Vec<Binding>), (ComputePipeline, BindGroup)> = HashMap::new();
        let mut all_bound = Vec::new();
        let mut record = |dispatch: &Dispatch| {
            let (pipeline, bindings) = known
                .entry((pipelines::key(dispatch), dispatch.bindings.clone()))
                .or_insert_with(|| {
                    let pipeline = pipelines.get(gpu, dispatch);
                    let bound = dispatch.bindings.iter();
                    let bound: Vec<Resource> = bound
                        .map(|b| self.resource(gpu, plan, weights, &kept, [&live, &workgroups], b))
                        .collect();
                    let bindings = bind(gpu, &pipeline, dispatch.shader.name, &bound);
                    all_bound.extend(bound);
                    (pipeline, bindings)
                })
                .clone();
            Command {
                pipeline,
                bindings,
                grid: dispatch.grid,
                place: recording.place(dispatch),
                flop: dispatch.flop,
            }
        };
        let load = recording.load.iter().map(&mut record).collect();
        let segment = recording.segment.iter().map(&mut record).collect();
        let halting = recording.halting.iter().map(&mut record).collect();
        Group {
            slots,
            live,
            workgroups,
            kept,
            load,
            segment,
            halting,
            _bound: all_bound,
            staging: HashMap::new(),
        }
    }

    fn resource(
        &self,
        gpu: &Device,
        plan: &Plan,
        weights: &DeviceWeights,
        kept: &[Option<Buffer>],
        [live, workgroups]: [&Buffer; 2],
        binding: &Binding,
    ) -> Resource {
        if let Some(weight) = weights.get(plan, binding) {
            return weight.clone();
        }
        let buffer = match *binding {
            Binding::Live => Some(live.clone()),
            Binding::Workgroups => Some(workgroups.clone()),
            Binding::Grids => Some(self.grids.clone()),
            Binding::Uniforms(uniforms) => Some(buffers::uniform(gpu, &uniforms.words)),
            Binding::Rounded(_) => Some(self.rounded.clone()),
            Binding::Tensor(id) | Binding::Weight(id, _) | Binding::Words(id, _) | Binding::WeightImage(id, _) => {
                self.buffers[id].clone().or_else(|| kept[id].clone())
            }
            Binding::Image(id, index) => {
                return Resource::Image(self.images.get(&(id, index)).unwrap_or(&self.no_image).clone());
            }
            Binding::NoImage => return Resource::Image(self.no_image.clone()),
            Binding::Discard => Some(self.discard.clone()),
            Binding::Nothing => None,
        };
        Resource::Buffer(buffer.unwrap_or_else(|| self.nothing.clone()))
    }
}

fn bind(gpu: &Device, pipeline: &ComputePipeline, label: &str, resources: &[Resource]) -> BindGroup {
    let entries: Vec<BindGroupEntry> = (0..)
        .zip(resources)
        .map(|(binding, resource)| BindGroupEntry {
            binding,
            resource: resource.binding(),
        })
        .collect();
    gpu.device.create_bind_group(&BindGroupDescriptor {
        label: Some(label),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &entries,
    })
}

impl Command {
    /// Encodes the dispatch for `count` live samples.
    pub(super) fn encode(&self, pass: &mut ComputePass, count: usize) {
        let [x, y] = self.grid.folded(count);
        self.bind(pass);
        pass.dispatch_workgroups(x, y, 1);
    }

    fn bind(&self, pass: &mut ComputePass) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
    }
}

/// Returns the seconds for running some dispatches `times` times in sequence with `count` live samples, by the host's clock,
/// including the round trip.
#[cfg(any(not(target_arch = "wasm32"), feature = "bench"))]
pub(super) async fn clocked(gpu: &Device, commands: &[Command], count: usize, times: u64) -> Result<f64> {
    let mut encoder = gpu.device.create_command_encoder(&Default::default());
    let mut pass = encoder.begin_compute_pass(&Default::default());
    for _ in 0..times {
        commands.iter().for_each(|command| command.encode(&mut pass, count));
    }
    drop(pass);
    let start = web_time::Instant::now();
    gpu.guarded(|| gpu.queue.submit([encoder.finish()])).await?;
    gpu.wait()?;
    Ok(start.elapsed().as_secs_f64())
}

impl Group {
    /// Returns the steps of a segment.
    #[cfg(any(not(target_arch = "wasm32"), feature = "bench"))]
    pub(super) fn segment(&self) -> &[Command] {
        &self.segment
    }

    /// Returns the live slots of the batch that are in this group, numbered within the group.
    pub(super) fn local(&self, live: &[usize]) -> Vec<usize> {
        let own = live.iter().filter(|slot| self.slots.contains(slot));
        own.map(|slot| slot - self.slots.start).collect()
    }

    /// Writes a sample's part of a kept tensor.
    pub(super) fn write(&self, gpu: &Device, id: TensorId, slot: usize, data: &[u8]) {
        if let Some(buffer) = &self.kept[id] {
            gpu.queue.write_buffer(buffer, (slot * data.len()) as u64, data);
        }
    }

    /// Submits the steps that load puzzles.
    pub(super) fn run_load(&self, gpu: &Device, live: &[usize]) {
        self.list(gpu, live);
        self.submit(gpu, &direct(&self.load), live.len());
    }

    /// Submits one segment.
    pub(super) fn run_segment(&self, gpu: &Device, live: &[usize]) {
        self.list(gpu, live);
        self.submit(gpu, &direct(&self.segment), live.len());
    }

    /// Submits `segments` segments of the `count` samples whose state is running. Samples that stop drop out of the
    /// next segment without the host's knowledge: the device itself writes the workgroups of later segments.
    /// (Dispatching for all samples, with idle workgroups returning at once, took lavapipe ten times as long for one
    /// live sample in 64.)
    pub(super) fn run_on(&self, gpu: &Device, count: usize, segments: usize) {
        let mut work = direct(&self.halting[self.halting.len().saturating_sub(1)..]);
        for segment in 0..segments {
            let steps = self.segment.iter().chain(&self.halting);
            work.extend(steps.map(|step| (step, segment > 0)));
        }
        self.submit(gpu, &work, count);
    }

    /// Writes the list of live slots.
    pub(super) fn list(&self, gpu: &Device, live: &[usize]) {
        let list: Vec<u32> = [live.len()].iter().chain(live).map(|&v| v as u32).collect();
        gpu.queue.write_buffer(&self.live, 0, bytemuck::cast_slice(&list));
    }

    /// Submits steps for at most `count` live samples; each flag tells whether to use the workgroups that the device
    /// wrote.
    fn submit(&self, gpu: &Device, work: &[(&Command, bool)], count: usize) {
        let flop: Vec<u64> = work.iter().map(|(step, _)| step.flop * count as u64).collect();
        for range in submissions(&flop, gpu.throughput.budget()) {
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for (step, indirect) in &work[range] {
                match step.place.filter(|_| *indirect) {
                    None => step.encode(&mut pass, count),
                    Some(place) => {
                        step.bind(&mut pass);
                        pass.dispatch_workgroups_indirect(&self.workgroups, place);
                    }
                }
            }
            drop(pass);
            gpu.queue.submit([encoder.finish()]);
        }
    }

    /// Copies the live samples of a kept tensor to its staging buffer and requests the mapping.
    pub(super) fn stage(
        &mut self,
        gpu: &Device,
        plan: &Plan,
        id: TensorId,
        live: &[usize],
        encoder: &mut CommandEncoder,
    ) {
        let (bytes, slots) = (buffers::bytes(plan, id), self.slots.len() as u64);
        let name = &plan.tensors[id].name;
        let staging = self
            .staging
            .entry(id)
            .or_insert_with(|| buffers::staging(gpu, name, slots * bytes));
        let Some(source) = &self.kept[id] else { return };
        let mut done = 0;
        for run in live.chunk_by(|a, b| a + 1 == *b) {
            let (from, len) = (run[0] as u64 * bytes, run.len() as u64 * bytes);
            encoder.copy_buffer_to_buffer(source, from, staging, done, len);
            done += len;
        }
    }

    /// Maps a staged tensor; `answered` is called once the device has been waited for.
    pub(super) fn map(&self, id: TensorId, answered: impl FnOnce(bool) + Send + 'static) {
        if let Some(staging) = self.staging.get(&id) {
            staging.map_async(MapMode::Read, .., move |result| answered(result.is_ok()));
        }
    }

    /// Reads the first `count` samples of a mapped tensor, and unmaps it.
    pub(super) fn read<T: bytemuck::Pod>(&self, plan: &Plan, id: TensorId, count: usize) -> Option<Vec<T>> {
        let staging = self.staging.get(&id)?;
        let mapped = staging
            .get_mapped_range(..count as u64 * buffers::bytes(plan, id))
            .ok()?;
        let values = bytemuck::pod_collect_to_vec(&mapped);
        drop(mapped);
        staging.unmap();
        Some(values)
    }
}

/// Returns steps whose workgroups the host knows.
fn direct(steps: &[Command]) -> Vec<(&Command, bool)> {
    steps.iter().map(|step| (step, false)).collect()
}
