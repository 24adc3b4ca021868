//! The dispatches of a plan, as plain data.

use super::buffers;
use super::device::Gpu;
use crate::error::{Error, Result};
use crate::kernels::{Binding, Dispatch, Grid, Packed, Plan, Role, Step, TensorId, Variant};

/// Rows of the packed image are made for whole workgroups of any shader that reads it.
pub(super) const PACKED_ROWS: usize = 32;

/// The dispatches of a plan.
#[derive(Debug)]
pub(super) struct Listing {
    pub load: Vec<Dispatch>,
    pub segment: Vec<Dispatch>,
    pub halting: Vec<Dispatch>,
    /// Every grid of a segment and of halting, once, but for that of the dispatch that writes the workgroups.
    pub grids: Vec<Grid>,
    pub packed: Vec<Packed>,
}

impl Listing {
    /// `half` tells which weights are stored as f16.
    pub(super) fn new(plan: &Plan, variant: Variant, half: &dyn Fn(TensorId) -> bool) -> Self {
        let list = |steps: &[Step]| steps.iter().flat_map(|s| s.dispatches(variant, half)).collect();
        let (load, segment, halting): (_, Vec<Dispatch>, Vec<Dispatch>) =
            (list(&plan.load), list(&plan.segment), list(&plan.halting));
        let mut grids = Vec::new();
        for dispatch in segment.iter().chain(&halting) {
            if !writes_workgroups(dispatch) && !grids.contains(&dispatch.grid) {
                grids.push(dispatch.grid);
            }
        }
        Listing {
            load,
            segment,
            halting,
            grids,
            packed: plan.segment.iter().filter_map(|s| s.packed(variant)).collect(),
        }
    }

    /// Byte at which a dispatch finds its workgroups among those that the device writes. Who writes them cannot be
    /// dispatched by them.
    pub(super) fn place(&self, dispatch: &Dispatch) -> Option<u64> {
        let grid = self.grids.iter().position(|g| *g == dispatch.grid)?;
        (!writes_workgroups(dispatch)).then_some(12 * grid as u64)
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
    pub(super) fn calm_slots(&self, gpu: &Gpu) -> usize {
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

fn writes_workgroups(dispatch: &Dispatch) -> bool {
    dispatch.bindings.contains(&Binding::Workgroups)
}
