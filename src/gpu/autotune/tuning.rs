//! Times the candidates for a product, on buffers of its own.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::gpu::buffers::DeviceWeights;
use crate::gpu::device::Device;
use crate::gpu::pipelines::Pipelines;
use crate::gpu::program::{self, Command};
use crate::gpu::recording::Recording;
use crate::kernels::{Dispatch, Epilogue, Gemm, Linear, Plan, Scalar, Target};

/// Approximate time for one shape.
const SHAPE: Duration = Duration::from_millis(60);

/// Shortest round between two readings of the clock, in seconds: far longer than a submission takes by itself, far
/// shorter than a frame.
const ROUND: f64 = 0.002;

/// Share of the first candidate's time that another must stay below to win; a smaller gain may be chance.
const WORTH: f64 = 0.97;

/// Approximate number of rows for choosing a model's scalar, whatever the batch.
const ROWS: usize = 1024;

/// Returns the key of a choice: rows, inputs and outputs of a dispatch, how the weight is stored, what is multiplied,
/// and the epilogue.
pub(super) fn shape(linear: &Linear, target: &Target) -> String {
    let rows = target.samples * linear.rows;
    let numbers = numbers((target.stored)(linear.weight), Gemm::by_rule(linear, target).scalar);
    let epilogue = match linear.epilogue {
        Epilogue::Store => "store",
        Epilogue::Rope { .. } => "rope",
        Epilogue::Swiglu => "swiglu",
        Epilogue::Relu => "relu",
        Epilogue::Residual { .. } => "residual",
    };
    format!("{rows}x{}x{} {numbers} {epilogue}", linear.inputs, linear.outputs)
}

/// Says how weights are stored and what is multiplied.
fn numbers(stored: Scalar, scalar: Scalar) -> &'static str {
    match (stored, scalar) {
        (_, Scalar::I8) => "int8 products",
        (_, Scalar::F16) => "f16 products",
        (Scalar::F16, Scalar::F32) => "f16",
        (Scalar::F32 | Scalar::I8, Scalar::F32) => "f32",
    }
}

/// The device, pipelines and weights that candidates are timed with.
pub(super) struct Setting<'a> {
    pub gpu: &'a Device,
    pub pipelines: &'a Pipelines,
    pub plan: &'a Plan,
    pub weights: &'a DeviceWeights,
    pub target: Target<'a>,
}

/// A layer and the candidates for its product.
#[derive(Debug, Clone)]
pub(super) struct Tuning<'a> {
    /// The key under which the choice is remembered.
    pub shape: String,
    samples: usize,
    linear: &'a Linear,
    /// The first wins unless another is clearly faster.
    candidates: Vec<Gemm>,
}

impl<'a> Tuning<'a> {
    /// Lists candidates for a layer: all that give the same bits, that of the rule first.
    pub(crate) fn layer(target: &Target, linear: &'a Linear) -> Self {
        let rule = Gemm::by_rule(linear, target);
        let may = |gemm: Gemm| gemm.scalar == rule.scalar && gemm.suits(linear, target);
        Tuning {
            shape: shape(linear, target),
            samples: target.samples,
            linear,
            candidates: candidates(rule, may, |gemm| gemm.tile == rule.tile),
        }
    }

    /// Lists candidates for a model's scalar, given its largest layer: that of the rule in f32, then those in other
    /// scalars.
    pub(crate) fn model(target: &Target, linear: &'a Linear) -> Self {
        let samples = ROWS.div_ceil(linear.rows.max(1));
        let rule = Gemm::by_rule(linear, &Target { samples, ..*target });
        let suits = |gemm: Gemm| gemm.tile == rule.tile && gemm.suits(linear, target);
        let stored = (target.stored)(linear.weight);
        Tuning {
            shape: format!("{}x{} {}", linear.inputs, linear.outputs, numbers(stored, stored)),
            samples,
            linear,
            candidates: candidates(rule, suits, |gemm| gemm.scalar == rule.scalar),
        }
    }

    /// Returns the operations for one sample.
    pub(crate) fn flop(&self) -> u64 {
        self.linear.flop()
    }

    /// Returns the dispatches of each candidate.
    pub(crate) fn dispatches(&self, target: &Target) -> Vec<Vec<Dispatch>> {
        let samples = self.samples;
        let of = |gemm: &Gemm| {
            let gemm = &|_: &Linear| Some(*gemm);
            let target = Target {
                gemm,
                samples,
                ..*target
            };
            target.dispatches(self.linear).collect()
        };
        self.candidates.iter().map(of).collect()
    }

    /// Times all candidates; returns the winner and the time spent. The first wins unless another is clearly faster.
    pub(crate) async fn fastest(&self, setting: &Setting<'_>) -> Result<(Gemm, Duration)> {
        let Setting {
            gpu,
            pipelines,
            plan,
            weights,
            target,
        } = setting;
        let dispatches = self.dispatches(target);
        let recording = Recording {
            segment: dispatches.concat(),
            ..Default::default()
        };
        // On buffers of its own, since a residual sum changes its operand. They are freed before the batch allocates
        // its own.
        let compiled = (*pipelines, *weights);
        let groups = program::record(gpu, plan, &recording, compiled, self.samples, |_| false).await?;
        let rule = self.candidates[0];
        let Some(group) = groups.first() else {
            return Ok((rule, Duration::ZERO));
        };
        let samples = group.slots.len();
        group.list(gpu, &(0..samples).collect::<Vec<usize>>());

        let mut rest = group.segment();
        let mut commands: Vec<&[Command]> = Vec::new();
        for dispatches in &dispatches {
            let (own, others) = rest.split_at(dispatches.len());
            commands.push(own);
            rest = others;
        }
        let most = (gpu.throughput.budget() / (self.flop() * samples as u64).max(1)).max(1);
        // Some drivers compile when a shader is first dispatched, and memory is cleared when it is first used.
        for commands in &commands {
            program::clocked(gpu, commands, samples, 1).await?;
        }
        let (begun, mut times) = (Instant::now(), 1);
        let mut best = vec![f64::INFINITY; self.candidates.len()];
        // Candidates alternate, since a device's clock may change. The first rounds are short, to see how long a
        // dispatch takes; submission overhead weighs less in the longer rounds that follow, whose lower times replace
        // the first.
        while begun.elapsed() < SHAPE {
            let mut longest = 0.0f64;
            for (commands, best) in commands.iter().zip(&mut best) {
                let seconds = program::clocked(gpu, commands, samples, times).await?;
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

/// Returns the candidates that `may` be used, those that are `first` in front; never empty.
fn candidates(rule: Gemm, may: impl Fn(Gemm) -> bool, first: impl Fn(Gemm) -> bool) -> Vec<Gemm> {
    let mut candidates: Vec<Gemm> = Gemm::ALL.into_iter().filter(|gemm| may(*gemm)).collect();
    candidates.sort_by_key(|gemm| !first(*gemm));
    if candidates.is_empty() {
        candidates.push(rule);
    }
    candidates
}
