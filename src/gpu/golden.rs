//! A built-in golden case: outputs of the official implementation for a small TRM with attention (specification,
//! section 11).

use std::sync::Arc;

use safetensors::SafeTensors;

use super::verify::Finding;
use crate::error::{Error, Result};
use crate::executor::{Executor, Outputs, Want};
use crate::model::Model;

const CONFIG: &str = include_str!("golden/config.json");
static WEIGHTS: &[u8] = include_bytes!("golden/model.safetensors");
static OUTPUTS: &[u8] = include_bytes!("golden/outputs.safetensors");

/// Bounds of the relative L2 error, in the segments whose official outputs are stored: of products in f32.
pub(super) const BOUNDS: &[(usize, f64)] = &[(1, 1e-5), (4, 1e-4)];
/// The same for products in bf16 and int8.
pub(super) const NARROW_BOUNDS: &[(usize, f64)] = &[(1, 0.03)];

/// Returns the model of the case.
pub(super) fn model() -> Result<Arc<Model>> {
    Model::from_bytes("golden-trm", CONFIG, WEIGHTS).map(Arc::new)
}

/// Runs the case on an executor of [`model`], up to the last segment that has a bound.
pub(super) async fn compare(device: &str, executor: &Executor, bounds: &[(usize, f64)]) -> Result<Vec<Finding>> {
    let damaged = |e: safetensors::SafeTensorError| Error::Input {
        what: "golden outputs".into(),
        reason: e.to_string(),
    };
    let file = SafeTensors::deserialize(OUTPUTS).map_err(damaged)?;
    let words = |name: &str| {
        file.tensor(name)
            .map(|tensor| tensor.data().as_chunks::<4>().0.to_vec())
            .map_err(damaged)
    };
    let ids = |name: &str| Ok::<_, Error>(words(name)?.into_iter().map(u32::from_le_bytes).collect::<Vec<_>>());
    let (inputs, identifiers) = (ids("inputs")?, ids("puzzle_identifiers")?);
    let seq_len = executor.model().config.seq_len;

    let mut batch = executor.batch(identifiers.len(), seq_len, None)?;
    for (slot, (tokens, &identifier)) in inputs.chunks(seq_len).zip(&identifiers).enumerate() {
        batch.load(slot, tokens, identifier as usize, None)?;
    }
    let live: Vec<usize> = (0..identifiers.len()).collect();
    let mut findings = Vec::new();
    for segment in 1..=bounds.last().map_or(0, |(last, _)| *last) {
        let outputs = batch.segment(&live, Want::ALL).await?;
        let Some(&(_, bound)) = bounds.iter().find(|(bounded, _)| *bounded == segment) else {
            continue;
        };
        type Part = fn(&Outputs) -> &[f32];
        let parts: [(&str, Part); 3] = [
            ("logits", |o| o.logits.as_deref().unwrap_or_default()),
            ("z_H", |o| o.z_h.as_deref().unwrap_or_default()),
            ("z_L", |o| o.z_l.as_deref().unwrap_or_default()),
        ];
        for (name, part) in parts {
            let ours = outputs.iter().flat_map(|o| part(o).iter().copied());
            let official: Vec<f32> = words(&format!("seg{segment}.{name}"))?
                .into_iter()
                .map(f32::from_le_bytes)
                .collect();
            let ours: Vec<f32> = ours.collect();
            let what = format!("golden outputs, {device}, segment {segment}: {name}");
            findings.push(Finding::relative_l2(what, &ours, &official, bound));
        }
    }
    Ok(findings)
}
