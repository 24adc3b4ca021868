//! `hrm verify`: checks this machine's GPU against the CPU executor, kernel by kernel and over whole segments.

mod fixtures;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::{Gpu, adapter, golden};
use crate::cpu;
use crate::error::Result;
use crate::executor::{Executor, Outputs, Want};
use crate::kernels::fixture::{BlockSizes, Fixture, Samples};
use crate::kernels::{Role, Scalar, ShaderSet};
use crate::model::{Dtype, Model};
use fixtures::{BLOCK, fixtures};

/// Bound of a kernel's relative L2 error against its twin: a few times the f32 rounding error of its sums.
const KERNEL_BOUND: f64 = 3e-6;
/// Bound of the relative L2 error over a whole segment.
const SEGMENT_BOUND: f64 = 2e-5;

/// The comparison of a block's products in a number type that no device needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Narrow {
    pub scalar: Scalar,
    pub name: &'static str,
    /// Bound of the relative L2 error against the twin.
    bound: f64,
}

/// In f16, eight products at a time are summed in f16. In int8 a few elements are rounded the other way, where what they
/// come from differs in its last digits.
pub(super) const NARROW: [Narrow; 2] = [
    Narrow {
        scalar: Scalar::F16,
        name: "block, f16 products",
        bound: 2e-3,
    },
    Narrow {
        scalar: Scalar::I8,
        name: "block, int8 products",
        bound: 2e-3,
    },
];

/// Results of the verification: worst errors, to attach to a bug report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The adapter and its backend.
    pub adapter: String,
    /// Driver and its version.
    pub driver: String,
    /// Which shaders it runs: workgroup or register tiles.
    pub shaders: String,
    /// Version of hrm.
    pub version: &'static str,
    /// All comparisons.
    pub findings: Vec<Finding>,
}

/// Result of one comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was compared.
    pub name: String,
    /// Relative L2 error (for predictions: the share that differs); NaN if a value was not a number.
    pub error: f64,
    /// Largest acceptable error.
    pub bound: f64,
    /// Whether the error is within the bound.
    pub passed: bool,
    /// Whether the GPU computed what was compared; else the CPU did.
    pub on_gpu: bool,
}

impl Finding {
    /// Compares by ‖found − expected‖ / ‖expected‖.
    pub(super) fn relative_l2(name: impl Into<String>, found: &[f32], expected: &[f32], bound: f64) -> Self {
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
            on_gpu: true,
        }
    }

    fn on_cpu(self) -> Self {
        Finding { on_gpu: false, ..self }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            adapter,
            driver,
            shaders,
            version,
            ..
        } = self;
        writeln!(f, "hrm {version} on {adapter}, driver {driver}, {shaders} shaders")?;
        let width = self.findings.iter().map(|f| f.name.chars().count()).max().unwrap_or(0);
        for Finding {
            name,
            error,
            bound,
            passed,
            ..
        } in &self.findings
        {
            let verdict = if *passed { "ok" } else { "OUT OF BOUNDS" };
            writeln!(f, "{name:width$}  {error:8.1e}  (bound {bound:.0e})  {verdict}")?;
        }
        let failed = self.findings.iter().filter(|f| !f.passed).count();
        write!(f, "{} comparisons, {failed} out of bounds", self.findings.len())
    }
}

/// Compares every kernel with its CPU twin, whole segments of each model with the CPU executor, and both executors with
/// official outputs; the CPU also in its narrower formats.
///
/// # Errors
/// Whatever wgpu reports; as for [`Executor::on_gpu`].
pub async fn verify(gpu: &Arc<Gpu>, models: &[Arc<Model>]) -> Result<Report> {
    let mut findings = kernels(gpu, models).await?;
    for model in models {
        findings.extend(segment(gpu, model).await?);
    }
    let model = golden::model()?;
    let mut on_cpu = golden::compare("CPU", &Executor::cpu(model.clone(), None)?, golden::BOUNDS).await?;
    for dtype in [Dtype::BF16, Dtype::I8] {
        let rounded = Arc::new(Model::clone(&model).rounded(dtype)?);
        let (device, executor) = (format!("CPU in {dtype}"), Executor::cpu(rounded, None)?);
        on_cpu.extend(golden::compare(&device, &executor, golden::NARROW_BOUNDS).await?);
    }
    findings.extend(on_cpu.into_iter().map(Finding::on_cpu));
    let executor = Executor::on_gpu(model, gpu.clone()).await?;
    findings.extend(golden::compare("GPU", &executor, golden::BOUNDS).await?);
    Ok(Report {
        adapter: adapter::name(gpu.info()),
        driver: adapter::driver(gpu.info()),
        shaders: format!("{:?}", gpu.shader_set()).to_lowercase(),
        version: env!("CARGO_PKG_VERSION"),
        findings,
    })
}

async fn kernels(gpu: &Gpu, models: &[Arc<Model>]) -> Result<Vec<Finding>> {
    let narrow = NARROW.into_iter().filter(|narrow| {
        gpu.shader_set() == ShaderSet::Workgroup && (narrow.scalar != Scalar::F16 || gpu.open.has_f16())
    });
    let narrow = narrow.map(|narrow| {
        let samples = Samples {
            slots: 3,
            live: &[0, 2],
        };
        let stored = narrow.scalar;
        let block = Fixture::block(samples, BlockSizes { stored, ..BLOCK });
        (narrow.name, block.with_small_rows().narrow(), narrow.bound)
    });
    let plain = fixtures(models)
        .into_iter()
        .map(|(name, fixture)| (name, fixture, KERNEL_BOUND));
    let mut findings = Vec::new();
    for (name, fixture, bound) in plain.chain(narrow) {
        let expected = cpu::fixture::run(&fixture)?;
        let found = gpu.run(&fixture, gpu.shader_set()).await?;
        findings.push(match fixture.tensors[fixture.output].role {
            Role::Ids => {
                let differ = expected.iter().zip(&found).filter(|(a, b)| a != b).count();
                Finding::new(name.to_owned(), differ as f64 / expected.len().max(1) as f64, 0.0)
            }
            _ => Finding::relative_l2(name, &found, &expected, bound),
        });
    }
    Ok(findings)
}

/// Compares one segment of two made-up inputs.
async fn segment(gpu: &Arc<Gpu>, model: &Arc<Model>) -> Result<Vec<Finding>> {
    let ours = Executor::on_gpu(model.clone(), gpu.clone()).await?;
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
    // A model may have a single state.
    let tensors = tensors
        .into_iter()
        .filter(|(_, tensor)| expected.iter().any(|o| tensor(o).is_some()));
    let compare = tensors.map(|(name, tensor)| {
        let name = format!("model {}, a segment, {name}", model.name);
        Finding::relative_l2(name, &part(&found, tensor), &part(&expected, tensor), SEGMENT_BOUND)
    });
    Ok(compare.collect())
}

async fn outputs(executor: &Executor) -> Result<Vec<Outputs>> {
    let config = &executor.model().config;
    let mut batch = executor.batch(2, config.seq_len, None)?;
    for slot in 0..2 {
        let token = |t: usize| u32::try_from((7 * t + 3 * slot) % config.vocab_size).unwrap_or(0);
        let tokens: Vec<u32> = (0..config.seq_len).map(token).collect();
        batch.load(slot, &tokens, 0, None)?;
    }
    let want = Want::ALL;
    batch.segment(&[0, 1], want).await
}
