//! Timing the ways in which a product can be computed, on buffers of its own.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::gpu::buffers::DeviceWeights;
use crate::gpu::device::Device;
use crate::gpu::pipelines::Pipelines;
use crate::gpu::program;
use crate::gpu::recording::Recording;
use crate::kernels::{Dispatch, Epilogue, Gemm, Kernel, Linear, Plan, Scalar, Target};

/// For one shape, about.
const SHAPE: Duration = Duration::from_millis(60);

/// Least seconds between two looks at the clock: far longer than a submission takes by itself, far shorter than a frame.
const ROUND: f64 = 0.002;

/// The share of the first candidate's time that another one must stay below: less may be chance.
const WORTH: f64 = 0.97;

/// Rows by which the scalar of a model is judged, about, whatever a batch has.
const ROWS: usize = 1024;

/// What a tile is chosen for: rows, inputs and outputs of a dispatch, how the weight is stored and what is multiplied,
/// and the epilogue.
pub(super) fn shape(linear: &Linear, target: &Target, scalar: Scalar) -> String {
    let rows = target.samples * linear.rows;
    let weight = match ((target.half)(linear.weight), scalar) {
        (_, Scalar::F16) => "f16 products",
        (true, Scalar::F32) => "f16",
        (false, Scalar::F32) => "f32",
    };
    let epilogue = match linear.epilogue {
        Epilogue::Store => "store",
        Epilogue::Rope { .. } => "rope",
        Epilogue::Swiglu => "swiglu",
        Epilogue::Residual { .. } => "residual",
    };
    format!("{rows}x{}x{} {weight} {epilogue}", linear.inputs, linear.outputs)
}

/// What a layer multiplies in a model for which `scalar` was chosen.
pub(super) fn scalar_of(linear: &Linear, target: &Target, scalar: Scalar) -> Scalar {
    let rule = Gemm::by_rule(linear, target.samples);
    if (Gemm { scalar, ..rule }).suits(linear, target) {
        scalar
    } else {
        Scalar::F32
    }
}

/// Where candidates are timed, and what for.
pub(super) struct Setting<'a> {
    pub gpu: &'a Device,
    pub pipelines: &'a Pipelines,
    pub plan: &'a Plan,
    pub weights: &'a DeviceWeights,
    pub target: Target<'a>,
}

/// A layer, and the candidates for its product.
#[derive(Debug, Clone)]
pub(super) struct Tuning<'a> {
    /// What the choice is remembered by.
    pub shape: String,
    samples: usize,
    linear: &'a Linear,
    /// The first one serves unless another is clearly ahead.
    candidates: Vec<Gemm>,
}

impl<'a> Tuning<'a> {
    /// For a layer of a model that multiplies `scalar`: all ways that give the same bits, that of the rule first.
    pub(crate) fn layer(target: &Target, linear: &'a Linear, scalar: Scalar) -> Self {
        let scalar = scalar_of(linear, target, scalar);
        let rule = Gemm::by_rule(linear, target.samples);
        Tuning {
            shape: shape(linear, target, scalar),
            samples: target.samples,
            linear,
            candidates: candidates(rule, |gemm| gemm.scalar == scalar, |gemm| gemm.tile == rule.tile),
        }
    }

    /// For the scalar of a model whose largest layer this is: the way of the rule in f32, then in others.
    pub(crate) fn model(target: &Target, linear: &'a Linear) -> Self {
        let samples = ROWS.div_ceil(linear.rows.max(1));
        let rule = Gemm::by_rule(linear, samples);
        let suits = |gemm: Gemm| gemm.tile == rule.tile && gemm.suits(linear, target);
        Tuning {
            shape: format!("{}x{} products", linear.inputs, linear.outputs),
            samples,
            linear,
            candidates: candidates(rule, suits, |gemm| gemm.scalar == rule.scalar),
        }
    }

    /// Operations of a sample.
    pub(crate) fn flop(&self) -> u64 {
        self.linear.flop()
    }

    fn dispatch(&self, gemm: Gemm, target: &Target) -> Dispatch {
        self.linear.dispatch(&Target {
            gemm: &|_| Some(gemm),
            samples: self.samples,
            ..*target
        })
    }

    /// Times all candidates. The first one wins unless another is clearly ahead; and how long it took.
    pub(crate) async fn fastest(&self, setting: &Setting<'_>) -> Result<(Gemm, Duration)> {
        let Setting {
            gpu,
            pipelines,
            plan,
            weights,
            target,
        } = setting;
        let dispatches = self.candidates.iter().map(|gemm| self.dispatch(*gemm, target));
        let recording = Recording {
            segment: dispatches.collect(),
            ..Default::default()
        };
        // On buffers of its own: a residual sum changes what it adds to. They are freed before the batch has its own.
        let compiled = (*pipelines, *weights);
        let groups = program::record(gpu, plan, &recording, compiled, self.samples, |_| false).await?;
        let rule = self.candidates[0];
        let Some(group) = groups.first() else {
            return Ok((rule, Duration::ZERO));
        };
        let samples = group.slots.len();
        group.list(gpu, &(0..samples).collect::<Vec<usize>>());

        let most = (gpu.throughput.budget() / (self.flop() * samples as u64).max(1)).max(1);
        // Some drivers compile when a shader is first dispatched, and memory is cleared when it is first used.
        for command in group.segment() {
            command.clocked(gpu, samples, 1).await?;
        }
        let (begun, mut times) = (Instant::now(), 1);
        let mut best = vec![f64::INFINITY; self.candidates.len()];
        // In turn, since a device's clock may change. The first rounds are short, to see how long a dispatch takes; in
        // later ones a submission weighs less, so that their times replace the first.
        while begun.elapsed() < SHAPE {
            let mut longest = 0.0f64;
            for (command, best) in group.segment().iter().zip(&mut best) {
                let seconds = command.clocked(gpu, samples, times).await?;
                *best = best.min(seconds / times as f64);
                longest = longest.max(seconds);
            }
            if longest < ROUND {
                times = (2 * times).min(most);
            }
        }
        let timed = self.candidates.iter().zip(&best);
        let ahead = timed.filter(|(_, seconds)| **seconds < WORTH * best[0]);
        let fastest = ahead.min_by(|(_, a), (_, b)| a.total_cmp(b));
        Ok((fastest.map_or(rule, |(gemm, _)| *gemm), begun.elapsed()))
    }
}

/// The ways that `may` serve, those that are `first` before the others; never none.
fn candidates(rule: Gemm, may: impl Fn(Gemm) -> bool, first: impl Fn(Gemm) -> bool) -> Vec<Gemm> {
    let mut candidates: Vec<Gemm> = Gemm::ALL.into_iter().filter(|gemm| may(*gemm)).collect();
    candidates.sort_by_key(|gemm| !first(*gemm));
    if candidates.is_empty() {
        candidates.push(rule);
    }
    candidates
}
