//! A linear layer tried in several ways, on buffers of its own.

use std::time::{Duration, Instant};

use super::Choice;
use crate::error::Result;
use crate::gpu::buffers::DeviceWeights;
use crate::gpu::device::Gpu;
use crate::gpu::listing::Listing;
use crate::gpu::program::{self, Group};
use crate::kernels::{Dispatch, Join, Linear, Plan, Real, Target, Tile};

/// For one shape, about.
const SHAPE: Duration = Duration::from_millis(60);

/// Least time between two looks at the clock: far longer than a submission takes by itself, far shorter than a frame.
const TURN: f64 = 0.002;

/// The share of the first candidate's time that another must stay below: less may be chance.
const WORTH: f64 = 0.97;

/// Rows by which f16 is judged, about, whatever a batch has.
const ROWS: usize = 1024;

/// What a tile is chosen for: rows, inputs and outputs of a dispatch, how the weight is stored and what is multiplied,
/// and what becomes of the product.
pub(super) fn shape(linear: &Linear, target: &Target) -> String {
    let rows = target.samples * linear.rows;
    let weight = match ((target.half)(linear.weight), linear.real(target)) {
        (_, Real::F16) => "f16 products",
        (true, Real::F32) => "f16",
        (false, Real::F32) => "f32",
    };
    let join = match linear.join {
        Join::Store => "store",
        Join::Rope { .. } => "rope",
        Join::Swiglu => "swiglu",
        Join::Residual { .. } => "residual",
    };
    format!("{rows}x{}x{} {weight} {join}", linear.inputs, linear.outputs)
}

/// Where trials run.
pub(super) struct Bench<'a> {
    pub gpu: &'a Gpu,
    pub plan: &'a Plan,
    pub weights: &'a DeviceWeights,
}

/// A layer in several ways.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub shape: String,
    samples: usize,
    /// The ways; the first one serves unless another is clearly ahead.
    candidates: Vec<(Choice, Dispatch)>,
}

impl Trial {
    /// In both tiles, that of the rule first.
    pub fn tile(target: &Target, linear: &Linear) -> Trial {
        let rule = linear.tile(target.samples);
        let mut tiles = Tile::ALL;
        tiles.sort_by_key(|tile| *tile != rule);
        let candidates = tiles.into_iter().map(|tile| {
            let tiled = Target {
                tile: &|_| Some(tile),
                ..*target
            };
            (Choice::Tile(tile), linear.dispatch(&tiled))
        });
        Trial {
            shape: shape(linear, target),
            samples: target.samples,
            candidates: candidates.collect(),
        }
    }

    /// In f32 and in f16.
    pub fn real(target: &Target, linear: &Linear) -> Trial {
        let samples = ROWS.div_ceil(linear.rows.max(1));
        let candidates = [Real::F32, Real::F16].map(|real| {
            let target = Target {
                real,
                samples,
                ..*target
            };
            (Choice::Real(real), linear.dispatch(&target))
        });
        Trial {
            shape: format!("{}x{} products", linear.inputs, linear.outputs),
            samples,
            candidates: candidates.into(),
        }
    }

    /// Operations of a sample.
    pub fn flop(&self) -> u64 {
        self.candidates
            .iter()
            .map(|(_, dispatch)| dispatch.flop)
            .max()
            .unwrap_or(0)
    }

    /// The first way, unless another is clearly ahead; and how long they were timed.
    pub async fn fastest(&self, bench: &Bench<'_>) -> Result<(Choice, Duration)> {
        let Bench { gpu, plan, weights } = *bench;
        let listing = Listing {
            segment: self.candidates.iter().map(|(_, dispatch)| dispatch.clone()).collect(),
            ..Default::default()
        };
        // On buffers of its own: a residual sum changes what it adds to. They are freed before the batch has its own.
        let groups = program::record(gpu, plan, &listing, weights, self.samples, |_| false).await?;
        let samples = groups.first().map_or(0, |group| group.slots.len());
        let steps = groups.first().map(Group::segment).unwrap_or_default();
        if let Some(group) = groups.first() {
            group.list(gpu, &(0..samples).collect::<Vec<usize>>());
        }

        let most = (gpu.pace.budget() / (self.flop() * samples as u64).max(1)).max(1);
        // Some drivers compile when a shader is first dispatched, and memory is cleared when it is first used.
        for step in steps {
            step.clocked(gpu, samples, 1).await?;
        }
        let (begun, mut times) = (Instant::now(), 1);
        let mut best = vec![f64::INFINITY; steps.len()];
        // In turns, since a device's clock may change. The first turns are short, to see how long a dispatch takes: later
        // ones, which a submission weighs less in, undercut them.
        while begun.elapsed() < SHAPE {
            let mut longest = 0.0f64;
            for (step, best) in steps.iter().zip(&mut best) {
                let seconds = step.clocked(gpu, samples, times).await?;
                *best = best.min(seconds / times as f64);
                longest = longest.max(seconds);
            }
            if longest < TURN {
                times = (2 * times).min(most);
            }
        }
        let bar = WORTH * best.first().unwrap_or(&0.0);
        let ahead = best.iter().position(|seconds| *seconds < bar);
        Ok((self.candidates[ahead.unwrap_or(0)].0, begun.elapsed()))
    }
}
