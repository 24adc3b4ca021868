//! Profile of a segment: its time, shader by shader.

use std::sync::Arc;

use serde::Serialize;
use wgpu::{
    BufferDescriptor, BufferUsages, CommandEncoder, ComputePassDescriptor, ComputePassTimestampWrites, Features,
    MapMode, QuerySetDescriptor, QueryType,
};

use super::device::Device;
use super::executor::GpuExecutor;
use super::program::{Command, Group, clocked};
use super::throughput::submissions;
use crate::error::Result;
use crate::executor::outputs::DeviceChoice;
use crate::halt::{Halt, Schedule};
use crate::kernels::{Binding, Dispatch, Plan, Role};
use crate::model::Model;

/// Time that the dispatches of one shader on one shape take in a segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct KernelTime {
    /// Name of the shader, a file in `shaders/`.
    pub kernel: &'static str,
    /// Shape of its weight, or else of the first tensor that it binds; for per-sample tensors, that of one sample.
    pub shape: Vec<usize>,
    /// Number of dispatches in a segment.
    pub calls: usize,
    /// Seconds for all of them together: the minimum over rounds.
    pub seconds: f64,
    /// Floating-point operations of all of them, counted as in the specification's section 10; 0 for kernels that the
    /// count leaves out.
    pub flop: u64,
    /// Bytes that all of them bind, each tensor once per dispatch.
    pub bytes: u64,
}

/// The profile of a segment.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Profile {
    /// Whether times are from the device's timestamps; otherwise the host awaited each dispatch, round trip included.
    pub timestamps: bool,
    /// Shaders, the slowest first.
    pub kernels: Vec<KernelTime>,
}

/// Times every dispatch of a segment of `slots` samples over `rounds` rounds, after one that is not counted. Opens a
/// device of its own, with timestamps if the adapter offers them; returns `None` if the choice is the CPU executor.
///
/// # Errors
/// As for [`GpuExecutor::open`], and where memory does not suffice.
pub(crate) async fn profile(
    model: Arc<Model>,
    choice: &DeviceChoice,
    slots: usize,
    rounds: usize,
) -> Result<Option<Profile>> {
    let Some(executor) = GpuExecutor::open_with(model, choice, Features::TIMESTAMP_QUERY).await? else {
        return Ok(None);
    };
    let gpu = executor.gpu().clone();
    let timestamps = gpu.open.device.features().contains(Features::TIMESTAMP_QUERY);
    let seq_len = executor.model().config.seq_len;
    let schedule = Schedule {
        halt: Halt::Fixed,
        segments: usize::MAX,
    };
    let mut batch = executor.batch(slots, seq_len, schedule)?;
    let live: Vec<usize> = (0..slots).collect();
    for slot in 0..slots {
        let row = vec![0.0; executor.model().config.puzzle_width()];
        batch.load(slot, &vec![0; seq_len], row, None);
    }
    batch.segment(&live, Default::default()).await?;

    let mut best: Vec<KernelTime> = Vec::new();
    for _ in 0..rounds.max(1) {
        let mut times: Vec<KernelTime> = Vec::new();
        let (plan, recording, groups) = batch.recorded();
        for group in groups {
            let samples = group.slots.len();
            for (dispatch, seconds) in recording
                .segment
                .iter()
                .zip(group.timed(&gpu.open, samples, timestamps).await?)
            {
                add(&mut times, plan, dispatch, samples, seconds);
            }
        }
        if best.is_empty() {
            best = times;
        } else {
            let both = best.iter_mut().zip(times);
            both.for_each(|(best, time)| best.seconds = best.seconds.min(time.seconds));
        }
    }
    best.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    Ok(Some(Profile {
        timestamps,
        kernels: best,
    }))
}

/// Adds a dispatch to the entry of its kind.
fn add(times: &mut Vec<KernelTime>, plan: &Plan, dispatch: &Dispatch, samples: usize, seconds: f64) {
    let bound = dispatch.bindings.iter().filter_map(Binding::tensor);
    let weight = |id: &usize| matches!(plan.tensors[*id].role, Role::Weight);
    let named = bound.clone().find(weight).or_else(|| bound.clone().next());
    let shape = named.map(|id| plan.tensors[id].shape.clone()).unwrap_or_default();
    let own = |id: usize| matches!(plan.tensors[id].role, Role::Activation | Role::Ids);
    let bytes = bound.map(|id| 4 * (plan.tensors[id].len() * if own(id) { samples } else { 1 }) as u64);
    let time = KernelTime {
        kernel: dispatch.shader.name,
        shape,
        calls: 1,
        seconds,
        flop: dispatch.flop * samples as u64,
        bytes: bytes.sum(),
    };
    match times
        .iter_mut()
        .find(|t| t.kernel == time.kernel && t.shape == time.shape)
    {
        None => times.push(time),
        Some(sum) => {
            sum.calls += 1;
            sum.seconds += time.seconds;
            sum.flop += time.flop;
            sum.bytes += time.bytes;
        }
    }
}

impl Group {
    /// Returns the seconds of each dispatch in a segment of all slots.
    async fn timed(&self, gpu: &Device, count: usize, timestamps: bool) -> Result<Vec<f64>> {
        let mut seconds = Vec::new();
        if timestamps {
            let flop: Vec<u64> = self.segment().iter().map(|step| step.flop * count as u64).collect();
            for range in submissions(&flop, gpu.throughput.budget()) {
                seconds.extend(stamped(gpu, &self.segment()[range], count).await?);
            }
        } else {
            for step in self.segment() {
                seconds.push(clocked(gpu, std::slice::from_ref(step), count, 1).await?);
            }
        }
        Ok(seconds)
    }
}

/// Returns the seconds of each step, from timestamps around a pass for each.
async fn stamped(gpu: &Device, steps: &[Command], count: usize) -> Result<Vec<f64>> {
    let (queries, bytes) = (2 * steps.len() as u32, 16 * steps.len() as u64);
    let staging = gpu
        .guarded(|| {
            let set = gpu.device.create_query_set(&QuerySetDescriptor {
                label: Some("timestamps"),
                ty: QueryType::Timestamp,
                count: queries,
            });
            let buffer = |usage| {
                gpu.device.create_buffer(&BufferDescriptor {
                    label: Some("timestamps"),
                    size: bytes,
                    usage,
                    mapped_at_creation: false,
                })
            };
            let resolved = buffer(BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC);
            let staging = buffer(BufferUsages::MAP_READ | BufferUsages::COPY_DST);
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            for (step, first) in steps.iter().zip((0..).step_by(2)) {
                let writes = ComputePassTimestampWrites {
                    query_set: &set,
                    beginning_of_pass_write_index: Some(first),
                    end_of_pass_write_index: Some(first + 1),
                };
                encode(step, count, &mut encoder, writes);
            }
            encoder.resolve_query_set(&set, 0..queries, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, &staging, 0, bytes);
            gpu.queue.submit([encoder.finish()]);
            staging.map_async(MapMode::Read, .., |_| {});
            staging
        })
        .await?;
    gpu.wait()?;
    let mapped = staging
        .get_mapped_range(..)
        .map_err(|_| gpu.lost("its timestamps cannot be read"))?;
    let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&mapped);
    let period = f64::from(gpu.queue.get_timestamp_period()) * 1e-9;
    let seconds = |pair: &[u64]| pair[1].saturating_sub(pair[0]) as f64 * period;
    Ok(ticks.chunks_exact(2).map(seconds).collect())
}

/// Encodes one step in a pass of its own, between two timestamps.
fn encode(step: &Command, count: usize, encoder: &mut CommandEncoder, stamps: ComputePassTimestampWrites) {
    let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor {
        label: None,
        timestamp_writes: Some(stamps),
    });
    step.encode(&mut pass, count);
}
