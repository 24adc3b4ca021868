//! A linear layer tried in two ways, on buffers of its own.

use std::time::{Duration, Instant};

use super::Choice;
use crate::error::Result;
use crate::gpu::buffers::DeviceWeights;
use crate::gpu::device::Gpu;
use crate::gpu::listing::Listing;
use crate::gpu::program;
use crate::kernels::{Dispatch, Join, Linear, Plan, Real, Target, Tile};

/// For one shape, about.
const SHAPE: Duration = Duration::from_millis(60);

/// Least time between two looks at the clock: far longer than a submission takes by itself, far shorter than a frame.
const TURN: f64 = 0.002;

/// The share of the first way's time that the other must stay below: less may be chance.
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

/// Where trials run, and what for.
pub(super) struct Bench<'a> {
    pub gpu: &'a Gpu,
    pub plan: &'a Plan,
    pub weights: &'a DeviceWeights,
    pub target: Target<'a>,
}

/// A layer in two ways.
#[derive(Debug, Clone)]
pub(super) struct Trial<'a> {
    pub shape: String,
    samples: usize,
    linear: &'a Linear,
    /// The first one serves unless the other is clearly ahead.
    ways: [Choice; 2],
}

impl<'a> Trial<'a> {
    /// In both tiles, that of the rule first.
    pub fn tile(target: &Target, linear: &'a Linear) -> Self {
        let rule = linear.tile(target.samples);
        let mut tiles = Tile::ALL;
        tiles.sort_by_key(|tile| *tile != rule);
        Trial {
            shape: shape(linear, target),
            samples: target.samples,
            linear,
            ways: tiles.map(Choice::Tile),
        }
    }

    /// In f32 and in f16.
    pub fn real(linear: &'a Linear) -> Self {
        Trial {
            shape: format!("{}x{} products", linear.inputs, linear.outputs),
            samples: ROWS.div_ceil(linear.rows.max(1)),
            linear,
            ways: [Real::F32, Real::F16].map(Choice::Real),
        }
    }

    /// Operations of a sample.
    pub fn flop(&self) -> u64 {
        self.linear.flop()
    }

    fn dispatch(&self, way: Choice, target: &Target) -> Dispatch {
        let samples = self.samples;
        match way {
            Choice::Tile(tile) => self.linear.dispatch(&Target {
                tile: &|_| Some(tile),
                samples,
                ..*target
            }),
            Choice::Real(real) => self.linear.dispatch(&Target {
                real,
                samples,
                ..*target
            }),
        }
    }

    /// The first way, unless the other is clearly ahead; and how long they were timed.
    pub async fn faster(&self, bench: &Bench<'_>) -> Result<(Choice, Duration)> {
        let Bench {
            gpu,
            plan,
            weights,
            target,
        } = bench;
        let listing = Listing {
            segment: self.ways.map(|way| self.dispatch(way, target)).into(),
            ..Default::default()
        };
        // On buffers of its own: a residual sum changes what it adds to. They are freed before the batch has its own.
        let groups = program::record(gpu, plan, &listing, weights, self.samples, |_| false).await?;
        let Some(group) = groups.first() else {
            return Ok((self.ways[0], Duration::ZERO));
        };
        let samples = group.slots.len();
        group.list(gpu, &(0..samples).collect::<Vec<usize>>());

        let most = (gpu.pace.budget() / (self.flop() * samples as u64).max(1)).max(1);
        // Some drivers compile when a shader is first dispatched, and memory is cleared when it is first used.
        for step in group.segment() {
            step.clocked(gpu, samples, 1).await?;
        }
        let (begun, mut times) = (Instant::now(), 1);
        let mut best = [f64::INFINITY; 2];
        // In turns, since a device's clock may change. The first turns are short, to see how long a dispatch takes: later
        // ones, which a submission weighs less in, undercut them.
        while begun.elapsed() < SHAPE {
            let mut longest = 0.0f64;
            for (step, best) in group.segment().iter().zip(&mut best) {
                let seconds = step.clocked(gpu, samples, times).await?;
                *best = best.min(seconds / times as f64);
                longest = longest.max(seconds);
            }
            if longest < TURN {
                times = (2 * times).min(most);
            }
        }
        let ahead = best[1] < WORTH * best[0];
        Ok((self.ways[usize::from(ahead)], begun.elapsed()))
    }
}
