//! Recording: the dispatches of a plan, as plain data.

use std::collections::BTreeMap;

use super::buffers;
use super::device::Device;
use crate::error::{Error, Result};
use crate::kernels::{Binding, Dispatch, Grid, ImageIndex, PackedShape, Plan, Role, Step, Target, TensorId};

/// The dispatches of a plan, with the grids and images that they use.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub load: Vec<Dispatch>,
    pub segment: Vec<Dispatch>,
    pub halting: Vec<Dispatch>,
    /// Each distinct grid of a segment and of halting, except that of the dispatch that writes the workgroups.
    pub grids: Vec<Grid>,
    /// Shapes of images, by tensor and index.
    pub images: BTreeMap<(TensorId, ImageIndex), PackedShape>,
}

impl Recording {
    pub(super) fn new(plan: &Plan, target: &Target) -> Self {
        let mut images = BTreeMap::new();
        let mut list = |steps: &[Step]| {
            let (dispatches, bound) = target.list(steps, &plan.io);
            images.extend(bound);
            dispatches
        };
        let (load, segment, halting) = (list(&plan.load), list(&plan.segment), list(&plan.halting));
        let mut grids = Vec::new();
        for dispatch in segment.iter().chain(&halting) {
            if !writes_workgroups(dispatch) && !grids.contains(&dispatch.grid) {
                grids.push(dispatch.grid);
            }
        }
        Recording {
            load,
            segment,
            halting,
            grids,
            images,
        }
    }

    /// Returns the byte offset of a dispatch's workgroups in the buffer that the device writes. The dispatch that
    /// writes the buffer cannot use it: `None`.
    pub(super) fn place(&self, dispatch: &Dispatch) -> Option<u64> {
        let grid = self.grids.iter().position(|g| *g == dispatch.grid)?;
        (!writes_workgroups(dispatch)).then_some(12 * grid as u64)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Dispatch> {
        self.load.iter().chain(&self.segment).chain(&self.halting)
    }

    /// Returns all dispatches.
    pub(super) fn into_all(self) -> impl Iterator<Item = Dispatch> {
        self.load.into_iter().chain(self.segment).chain(self.halting)
    }

    /// Returns whether any dispatch binds the tensor as a buffer or as a weight's image.
    pub(super) fn binds(&self, id: TensorId) -> bool {
        let mut bindings = self.all().flat_map(|d| &d.bindings);
        bindings.any(|b| b.tensor() == Some(id) && !matches!(b, Binding::Image(..)))
    }

    /// Returns the largest side of an image for one sample.
    pub(super) fn image_size(&self, plan: &Plan) -> usize {
        let rows = self.images.values().flat_map(|p| p.texels(1));
        let weights = self.all().flat_map(|d| &d.bindings).flat_map(|b| match b {
            Binding::WeightImage(id, _) => buffers::weight_texels(&plan.tensors[*id].shape, 4),
            _ => [0, 0],
        });
        rows.chain(weights).max().unwrap_or(0)
    }

    /// Returns the bytes of the largest rounded rows of so many samples.
    pub(super) fn rounded_bytes(&self, samples: usize) -> u64 {
        let bindings = self.all().flat_map(|d| &d.bindings);
        let rounded = bindings.filter_map(|binding| match binding {
            Binding::Rounded(rows) => Some(buffers::rounded_bytes(*rows, samples)),
            _ => None,
        });
        rounded.max().unwrap_or(0)
    }

    /// Returns the operations of one segment of one sample.
    pub(super) fn flop(&self) -> u64 {
        self.segment.iter().map(|d| d.flop).sum()
    }

    /// Returns how many samples keep every dispatch within the time for one submission; at least one.
    pub(super) fn paced_slots(&self, gpu: &Device) -> usize {
        let largest = self.segment.iter().map(|d| d.flop).max().unwrap_or(0);
        let fit = gpu.throughput.budget().checked_div(largest).unwrap_or(u64::MAX);
        usize::try_from(fit).unwrap_or(usize::MAX).max(1)
    }

    /// Returns the samples per group when a batch of `slots` is split into as few groups as possible.
    pub(super) fn group_slots(&self, gpu: &Device, plan: &Plan, slots: usize) -> Result<usize> {
        let most = self.most_slots(gpu, plan)?.min(self.paced_slots(gpu)).max(1);
        Ok(slots.div_ceil(slots.div_ceil(most).max(1)).max(1))
    }

    /// Returns the most samples that one set of buffers can hold on this device.
    pub(super) fn most_slots(&self, gpu: &Device, plan: &Plan) -> Result<usize> {
        let limits = gpu.device.limits();
        let binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let fit = |name: &str, bytes: u64| match binding.checked_div(bytes) {
            Some(0) => Err(Error::Device {
                reason: format!(
                    "`{name}` takes {bytes} bytes, {} offers buffers of {binding}",
                    gpu.info().name
                ),
            }),
            fit => Ok(fit.map_or(usize::MAX, |fit| usize::try_from(fit).unwrap_or(usize::MAX))),
        };
        let mut most = fit("rounded rows", self.rounded_bytes(1))?;
        for (id, spec) in plan.tensors.iter().enumerate().filter(|(id, _)| self.binds(*id)) {
            let samples = fit(&spec.name, buffers::bytes(plan, id))?;
            if matches!(spec.role, Role::Activation | Role::Ids) {
                most = most.min(samples);
            }
        }
        let side = limits.max_texture_dimension_2d as usize;
        for packed in self.images.values() {
            let [width, height] = packed.texels(1);
            if width > side || height > side {
                return Err(Error::Device {
                    reason: format!(
                        "an image of {width} by {height} is needed, {} offers a side of {side}",
                        gpu.info().name
                    ),
                });
            }
            most = most.min(side / width.max(1));
        }
        Ok(most)
    }
}

fn writes_workgroups(dispatch: &Dispatch) -> bool {
    dispatch.bindings.contains(&Binding::Workgroups)
}
