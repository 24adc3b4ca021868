//! A plan recorded for a batch: what is dispatched with what, once and for all.

use std::collections::HashMap;
use std::ops::Range;

use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, Buffer, CommandEncoder, ComputePipeline, MapMode, TextureView,
};

use super::buffers::{self, DeviceWeights, Resource};
use super::device::Gpu;
use super::pace::submissions;
use super::pipelines::{self, Key};
use crate::error::{Error, Result};
use crate::kernels::{Binding, Dispatch, Grid, Packed, Plan, Role, Step, TensorId, Variant};

/// Rows of the packed image are made for whole workgroups of any shader that reads it.
const PACKED_ROWS: usize = 32;

/// The dispatches of a plan.
#[derive(Debug)]
pub(super) struct Listing {
    pub load: Vec<Dispatch>,
    pub segment: Vec<Dispatch>,
    pub halting: Vec<Dispatch>,
    packed: Vec<Packed>,
}

impl Listing {
    /// `half` tells which weights are stored as f16.
    pub(super) fn new(plan: &Plan, variant: Variant, half: &dyn Fn(TensorId) -> bool) -> Self {
        let list = |steps: &[Step]| steps.iter().flat_map(|s| s.dispatches(variant, half)).collect();
        Listing {
            load: list(&plan.load),
            segment: list(&plan.segment),
            halting: list(&plan.halting),
            packed: plan.segment.iter().filter_map(|s| s.packed(variant)).collect(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Dispatch> {
        self.load.iter().chain(&self.segment).chain(&self.halting)
    }

    /// Largest side of an image that one sample needs.
    pub(super) fn image_size(&self, plan: &Plan) -> usize {
        let packed = self
            .packed
            .iter()
            .map(|p| p.columns.max(p.stride.div_ceil(PACKED_ROWS) * PACKED_ROWS / 4));
        let weights = self.all().flat_map(|d| &d.bindings).map(|b| match b {
            Binding::WeightImage(id) => match *plan.tensors[*id].shape {
                [n, k] => k.max(n.next_multiple_of(8) / 4),
                _ => 0,
            },
            _ => 0,
        });
        packed.chain(weights).max().unwrap_or(0)
    }

    /// Operations of a segment of one sample.
    pub(super) fn flop(&self) -> u64 {
        self.segment.iter().map(|d| d.flop).sum()
    }

    /// Samples of which no dispatch is longer than a submission should be; one at least.
    fn calm_slots(&self, gpu: &Gpu) -> usize {
        let largest = self.segment.iter().map(|d| d.flop).max().unwrap_or(0);
        let fit = gpu.pace.budget().checked_div(largest).unwrap_or(u64::MAX);
        usize::try_from(fit).unwrap_or(usize::MAX).max(1)
    }

    /// Samples that one set of buffers can hold on this device.
    pub(super) fn most_slots(&self, gpu: &Gpu, plan: &Plan) -> Result<usize> {
        let limits = gpu.device.limits();
        let binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let mut most = usize::MAX;
        for (id, spec) in plan.tensors.iter().enumerate() {
            let bytes = buffers::bytes(plan, id);
            let fit = binding.checked_div(bytes).unwrap_or(u64::MAX);
            if fit == 0 {
                return Err(Error::Device {
                    reason: format!(
                        "`{}` takes {bytes} bytes, {} offers buffers of {binding}",
                        spec.name,
                        gpu.info().name
                    ),
                });
            }
            if matches!(spec.role, Role::Activation | Role::Ids) {
                most = most.min(usize::try_from(fit).unwrap_or(usize::MAX));
            }
        }
        let side = limits.max_texture_dimension_2d as usize;
        let rows = side / (PACKED_ROWS / 4) * PACKED_ROWS;
        for packed in &self.packed {
            if packed.columns > side || packed.stride > rows {
                let Packed { stride, columns } = packed;
                return Err(Error::Device {
                    reason: format!(
                        "an image of {stride} rows and {columns} columns is needed, {} offers a side of {side}",
                        gpu.info().name
                    ),
                });
            }
            most = most.min(rows / packed.stride.max(1));
        }
        Ok(most)
    }
}

/// One dispatch, ready to be encoded.
#[derive(Debug)]
struct Recorded {
    pipeline: ComputePipeline,
    bindings: BindGroup,
    grid: Grid,
    flop: u64,
}

/// A plan recorded for some of a batch's slots, as many as one set of buffers holds.
#[derive(Debug)]
pub(super) struct Group {
    /// The slots of the batch.
    pub slots: Range<usize>,
    live: Buffer,
    /// By tensor: what the samples keep from one segment to the next.
    kept: Vec<Option<Buffer>>,
    load: Vec<Recorded>,
    segment: Vec<Recorded>,
    halting: Vec<Recorded>,
    /// By tensor: where the host reads it.
    staging: HashMap<TensorId, Buffer>,
}

/// Records the plan for `slots` samples; `kept` tells which tensors outlast a segment.
pub(super) async fn record(
    gpu: &Gpu,
    plan: &Plan,
    listing: &Listing,
    weights: &DeviceWeights,
    slots: usize,
    kept: impl Fn(TensorId) -> bool,
) -> Result<Vec<Group>> {
    let most = listing.most_slots(gpu, plan)?.min(listing.calm_slots(gpu));
    let count = slots.div_ceil(most.max(1)).max(1);
    let size = slots.div_ceil(count);
    let shared = gpu.guarded(|| Shared::new(gpu, plan, listing, size, &kept)).await?;
    let mut groups = Vec::new();
    for first in (0..slots).step_by(size) {
        let slots = first..(first + size).min(slots);
        groups.push(
            gpu.guarded(|| shared.group(gpu, plan, listing, weights, slots, &kept))
                .await?,
        );
    }
    Ok(groups)
}

/// What all groups use in turn.
struct Shared {
    /// By tensor: scratch and constants.
    buffers: Vec<Option<Buffer>>,
    packed: Option<TextureView>,
    nothing: Buffer,
}

impl Shared {
    fn new(gpu: &Gpu, plan: &Plan, listing: &Listing, slots: usize, kept: &dyn Fn(TensorId) -> bool) -> Shared {
        let tensors = plan.tensors.iter().enumerate();
        let buffers = tensors.map(|(id, spec)| match &spec.role {
            Role::Weight => None,
            Role::Constant(table) => Some(buffers::filled(gpu, &spec.name, bytemuck::cast_slice(table))),
            Role::Activation | Role::Ids if kept(id) => None,
            Role::Activation | Role::Ids => Some(buffers::buffer(
                gpu,
                &spec.name,
                slots as u64 * buffers::bytes(plan, id),
            )),
        });
        let stride = listing.packed.iter().map(|p| p.stride).max();
        let columns = listing.packed.iter().map(|p| p.columns).max();
        let size = stride.zip(columns).map(|(stride, columns)| {
            let rows = (slots * stride).next_multiple_of(PACKED_ROWS);
            [rows / 4, columns]
        });
        Shared {
            buffers: buffers.collect(),
            packed: size.map(|size| buffers::image(gpu, "packed", size, None)),
            nothing: buffers::buffer(gpu, "nothing", 0),
        }
    }

    fn group(
        &self,
        gpu: &Gpu,
        plan: &Plan,
        listing: &Listing,
        weights: &DeviceWeights,
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
        // Blocks run many times in a segment: the same bindings serve each time.
        let mut known: HashMap<(Key, Vec<Binding>), (ComputePipeline, BindGroup)> = HashMap::new();
        let mut record = |dispatch: &Dispatch| {
            let (pipeline, bindings) = known
                .entry((pipelines::key(dispatch), dispatch.bindings.clone()))
                .or_insert_with(|| {
                    let pipeline = gpu.pipelines.get(&gpu.device, dispatch);
                    let bound = dispatch.bindings.iter();
                    let bound: Vec<Resource> = bound
                        .map(|b| self.resource(gpu, plan, weights, &kept, &live, b))
                        .collect();
                    let bindings = bind(gpu, &pipeline, dispatch.shader.name, &bound);
                    (pipeline, bindings)
                })
                .clone();
            Recorded {
                pipeline,
                bindings,
                grid: dispatch.grid,
                flop: dispatch.flop,
            }
        };
        let load = listing.load.iter().map(&mut record).collect();
        let segment = listing.segment.iter().map(&mut record).collect();
        let halting = listing.halting.iter().map(&mut record).collect();
        Group {
            slots,
            live,
            kept,
            load,
            segment,
            halting,
            staging: HashMap::new(),
        }
    }

    fn resource(
        &self,
        gpu: &Gpu,
        plan: &Plan,
        weights: &DeviceWeights,
        kept: &[Option<Buffer>],
        live: &Buffer,
        binding: &Binding,
    ) -> Resource {
        if let Some(weight) = weights.get(plan, binding) {
            return weight.clone();
        }
        let buffer = match *binding {
            Binding::Live => Some(live.clone()),
            Binding::Sizes(sizes) => Some(buffers::uniform(gpu, &sizes)),
            Binding::Tensor(id) | Binding::Weight(id) | Binding::WeightImage(id) => {
                self.buffers[id].clone().or_else(|| kept[id].clone())
            }
            Binding::Packed => match &self.packed {
                Some(view) => return Resource::Image(view.clone()),
                None => None,
            },
            Binding::Nothing => None,
        };
        Resource::Buffer(buffer.unwrap_or_else(|| self.nothing.clone()))
    }
}

fn bind(gpu: &Gpu, pipeline: &ComputePipeline, label: &str, resources: &[Resource]) -> BindGroup {
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

impl Group {
    /// The group's part of the batch's live slots, counted within the group.
    pub(super) fn local(&self, live: &[usize]) -> Vec<usize> {
        let own = live.iter().filter(|slot| self.slots.contains(slot));
        own.map(|slot| slot - self.slots.start).collect()
    }

    /// Writes a sample's part of a tensor that is kept.
    pub(super) fn write(&self, gpu: &Gpu, id: TensorId, slot: usize, data: &[u8]) {
        if let Some(buffer) = &self.kept[id] {
            gpu.queue.write_buffer(buffer, (slot * data.len()) as u64, data);
        }
    }

    /// Submits the steps that take puzzles in.
    pub(super) fn run_load(&self, gpu: &Gpu, live: &[usize]) {
        self.list(gpu, live);
        self.submit(gpu, self.load.iter(), live.len());
    }

    /// Submits a segment.
    pub(super) fn run_segment(&self, gpu: &Gpu, live: &[usize]) {
        self.list(gpu, live);
        self.submit(gpu, self.segment.iter(), live.len());
    }

    /// Submits segments of the samples whose state is running, at most `count`: those that stop are left out of the
    /// next segment without the host's knowing.
    pub(super) fn run_on(&self, gpu: &Gpu, count: usize, segments: usize) {
        let list = self.halting.last().into_iter();
        let once = self.segment.iter().chain(&self.halting);
        self.submit(gpu, list.chain((0..segments).flat_map(|_| once.clone())), count);
    }

    /// Writes the list of live slots.
    fn list(&self, gpu: &Gpu, live: &[usize]) {
        let list: Vec<u32> = [live.len()].iter().chain(live).map(|&v| v as u32).collect();
        gpu.queue.write_buffer(&self.live, 0, bytemuck::cast_slice(&list));
    }

    fn submit<'r>(&self, gpu: &Gpu, steps: impl Iterator<Item = &'r Recorded>, count: usize) {
        let steps: Vec<&Recorded> = steps.collect();
        let flop: Vec<u64> = steps.iter().map(|step| step.flop * count as u64).collect();
        for range in submissions(&flop, gpu.pace.budget()) {
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for step in &steps[range] {
                let [x, y] = folded(gpu, step.grid.workgroups(count));
                pass.set_pipeline(&step.pipeline);
                pass.set_bind_group(0, &step.bindings, &[]);
                pass.dispatch_workgroups(x, y, 1);
            }
            drop(pass);
            gpu.queue.submit([encoder.finish()]);
        }
    }

    /// Copies live samples of a kept tensor to where the host reads, and asks for it.
    pub(super) fn stage(&mut self, gpu: &Gpu, plan: &Plan, id: TensorId, live: &[usize], encoder: &mut CommandEncoder) {
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

    /// Maps what was staged; the answer comes once the device has been waited for.
    pub(super) fn map(&self, id: TensorId, answered: impl FnOnce(bool) + Send + 'static) {
        if let Some(staging) = self.staging.get(&id) {
            staging.map_async(MapMode::Read, .., move |result| answered(result.is_ok()));
        }
    }

    /// Reads the words of what was mapped, the first `count` samples, and unmaps it.
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

/// Workgroups in two dimensions, each within the device's limit.
fn folded(gpu: &Gpu, count: usize) -> [u32; 2] {
    let most = gpu.device.limits().max_compute_workgroups_per_dimension as usize;
    let y = count.div_ceil(most).max(1);
    [count.div_ceil(y) as u32, y as u32]
}
