//! `hrm verify`: this machine's GPU held to the CPU executor, kernel by kernel and over whole segments.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::{Gpu, GpuExecutor, golden};
use crate::cpu;
use crate::error::Result;
use crate::executor::{Executor, Outputs, Want};
use crate::kernels::{Real, Role, Trial, Variant};
use crate::model::Model;

/// Relative L2 that a kernel may be away from its twin: a few times what f32 rounding makes of the sums in it.
const KERNEL_BOUND: f64 = 3e-6;
/// The same where f16 is multiplied and eight products are summed in it.
const F16_BOUND: f64 = 2e-3;
/// Relative L2 over a whole segment.
const SEGMENT_BOUND: f64 = 2e-5;

/// What was found: worst errors, to attach to a bug report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The adapter and its interface.
    pub adapter: String,
    /// Its driver with version.
    pub driver: String,
    /// Which shaders it runs: workgroup or register tiles.
    pub variant: String,
    /// Version of hrm.
    pub version: &'static str,
    /// All comparisons.
    pub findings: Vec<Finding>,
}

/// One comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was compared.
    pub name: String,
    /// Relative L2 (for predictions: the share that differs); NaN where something was not a number.
    pub error: f64,
    /// The largest error that is right.
    pub bound: f64,
    /// Whether it is within the bound.
    pub passed: bool,
}

impl Finding {
    /// Compares with ‖found − expected‖ / ‖expected‖.
    pub fn relative_l2(name: impl Into<String>, found: &[f32], expected: &[f32], bound: f64) -> Self {
        let square = |v: f64| v * v;
        let pairs = found.iter().zip(expected);
        let difference: f64 = pairs.map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
        let norm: f64 = expected.iter().map(|b| square(f64::from(*b))).sum();
        let error = if found.len() != expected.len() {
            f64::NAN
        } else if difference == 0.0 {
            0.0
        } else {
            (difference / norm).sqrt()
        };
        Finding::new(name.into(), error, bound)
    }

    fn new(name: String, error: f64, bound: f64) -> Self {
        let passed = error <= bound;
        Finding {
            name,
            error,
            bound,
            passed,
        }
    }
}

impl Report {
    /// Whether everything is within its bound.
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|f| f.passed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            adapter,
            driver,
            variant,
            version,
            ..
        } = self;
        writeln!(f, "hrm {version} on {adapter}, driver {driver}, {variant} shaders")?;
        let width = self.findings.iter().map(|f| f.name.chars().count()).max().unwrap_or(0);
        for Finding {
            name,
            error,
            bound,
            passed,
        } in &self.findings
        {
            let verdict = if *passed { "ok" } else { "OUT OF BOUNDS" };
            writeln!(f, "{name:width$}  {error:8.1e}  (bound {bound:.0e})  {verdict}")?;
        }
        let failed = self.findings.iter().filter(|f| !f.passed).count();
        write!(f, "{} comparisons, {failed} out of bounds", self.findings.len())
    }
}

/// Compares every kernel with its CPU twin, for each model whole segments with the CPU executor, and both
/// with official outputs.
///
/// # Errors
/// What wgpu reports; as [`GpuExecutor::new`].
pub async fn verify(gpu: &Arc<Gpu>, models: &[Arc<Model>]) -> Result<Report> {
    let mut findings = kernels(gpu).await?;
    for model in models {
        findings.extend(segment(gpu, model).await?);
    }
    let model = golden::model()?;
    findings.extend(golden::compare("CPU", &Executor::cpu(model.clone(), None)?).await?);
    let executor = Executor::gpu(GpuExecutor::new(model, gpu.clone()).await?);
    findings.extend(golden::compare("GPU", &executor).await?);
    let info = gpu.info();
    Ok(Report {
        adapter: format!("{} ({})", info.name, info.backend),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        variant: format!("{:?}", gpu.variant()).to_lowercase(),
        version: env!("CARGO_PKG_VERSION"),
        findings,
    })
}

async fn kernels(gpu: &Gpu) -> Result<Vec<Finding>> {
    let live = &[0, 2][..];
    let trials = [
        ("embed", Trial::embed(3, live, [81, 2, 64, 100], false)),
        ("embed, learned positions", Trial::embed(3, live, [81, 0, 64, 0], true)),
        ("reset", Trial::reset(3, live, [82, 64])),
        ("inject", Trial::inject(3, live, [82, 64], true)),
        ("linear", Trial::linear(3, live, [1, 81, 512, 200], true, false)),
        (
            "linear, odd sizes",
            Trial::linear(3, live, [0, 37, 97, 65], false, false),
        ),
        (
            "linear, f16 weights",
            Trial::linear(3, live, [0, 82, 512, 200], false, true),
        ),
        (
            "linear, normed, rotary positions",
            Trial::joined(3, live, [82, 256, 768], Some(64), true, 2.0, false),
        ),
        (
            "linear, normed, SwiGLU",
            Trial::joined(3, live, [82, 256, 512], None, true, 2.0, false),
        ),
        (
            "linear, SwiGLU of large values",
            Trial::joined(3, live, [82, 256, 512], None, false, 200.0, false),
        ),
        ("block", Trial::block(3, live, [82, 4, 64, 512], false)),
        ("attention", Trial::attention(3, live, [82, 4, 64], 3.0)),
        ("attention, 901 positions", Trial::attention(1, &[0], [901, 1, 64], 3.0)),
        ("attention, heads of 10", Trial::attention(3, live, [33, 2, 10], 3.0)),
        ("rms_norm", Trial::rms_norm(3, live, [82, 512], 1.0)),
        ("rms_norm, small values", Trial::rms_norm(3, live, [82, 97], 1e-3)),
        ("transpose", Trial::transpose(3, live, [97, 64])),
        ("argmax", Trial::argmax(3, live, [81, 11])),
    ];
    let mut findings = Vec::new();
    let f16 = (gpu.has_f16() && gpu.variant() == Variant::Workgroup).then(|| {
        let mut trial = Trial::block(3, live, [82, 4, 64, 512], true);
        trial.real = Real::F16;
        ("block, f16 products", trial)
    });
    for (name, trial) in trials.into_iter().chain(f16) {
        let (expected, found) = (cpu::run(&trial)?, gpu.run(&trial, gpu.variant()).await?);
        findings.push(match trial.tensors[trial.output].role {
            Role::Ids => {
                let differ = expected.iter().zip(&found).filter(|(a, b)| a != b).count();
                Finding::new(name.to_owned(), differ as f64 / expected.len().max(1) as f64, 0.0)
            }
            _ => {
                let bound = match trial.real {
                    Real::F32 => KERNEL_BOUND,
                    Real::F16 => F16_BOUND,
                };
                Finding::relative_l2(name, &found, &expected, bound)
            }
        });
    }
    Ok(findings)
}

/// One segment of two made-up inputs.
async fn segment(gpu: &Arc<Gpu>, model: &Arc<Model>) -> Result<Vec<Finding>> {
    let ours = Executor::gpu(GpuExecutor::new(model.clone(), gpu.clone()).await?);
    let (found, expected) = (
        outputs(&ours).await?,
        outputs(&Executor::cpu(model.clone(), None)?).await?,
    );
    type Part = fn(&Outputs) -> &Option<Vec<f32>>;
    let part = |outputs: &[Outputs], tensor: Part| -> Vec<f32> {
        outputs
            .iter()
            .filter_map(|o| tensor(o).as_ref())
            .flatten()
            .copied()
            .collect()
    };
    let tensors: [(&str, Part); 3] = [("logits", |o| &o.logits), ("z_H", |o| &o.z_h), ("z_L", |o| &o.z_l)];
    let compare = tensors.map(|(name, tensor)| {
        let name = format!("model {}, a segment, {name}", model.name);
        Finding::relative_l2(name, &part(&found, tensor), &part(&expected, tensor), SEGMENT_BOUND)
    });
    Ok(compare.into())
}

async fn outputs(executor: &Executor) -> Result<Vec<Outputs>> {
    let config = &executor.model().config;
    let mut batch = executor.batch(2, config.seq_len)?;
    for slot in 0..2 {
        let token = |t: usize| u32::try_from((7 * t + 3 * slot) % config.vocab_size).unwrap_or(0);
        let tokens: Vec<u32> = (0..config.seq_len).map(token).collect();
        batch.load(slot, &tokens, 0)?;
    }
    let want = Want::ALL;
    batch.segment(&[0, 1], want).await
}
