use std::sync::Arc;

use super::{CpuBatch, Shared};
use crate::error::{Error, Result};
use crate::kernels::{Role, Trial};

/// The live samples of the output of a trial.
///
/// # Errors
/// [`Error::Device`] when the system gives no threads.
#[doc(hidden)]
pub fn run(trial: &Trial) -> Result<Vec<f32>> {
    let pool = rayon::ThreadPoolBuilder::new().build().map_err(|e| Error::Device {
        reason: format!("the system gives no worker threads: {e}"),
    })?;
    let (mut shared, mut samples, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (spec, values) in trial.tensors.iter().zip(&trial.values) {
        let table = || Shared::Constant(values.as_slice().into());
        let (ours, own, words) = match spec.role {
            Role::Weight | Role::Constant(_) => (table(), Vec::new(), Vec::new()),
            Role::Activation => (Shared::None, values.clone(), Vec::new()),
            Role::Ids => (Shared::None, Vec::new(), values.iter().map(|v| *v as u32).collect()),
        };
        shared.push(ours);
        samples.push(own);
        ids.push(words);
    }
    let plan = Arc::new(trial.plan());
    let mut batch = CpuBatch {
        plan,
        shared,
        samples,
        ids,
        limit: 1,
        pool: Arc::new(pool),
    };
    batch
        .pool
        .clone()
        .install(|| trial.steps.iter().for_each(|step| batch.run(step, &trial.live)));
    let output = match trial.tensors[trial.output].role {
        Role::Ids => batch.ids[trial.output].iter().map(|v| *v as f32).collect(),
        _ => std::mem::take(&mut batch.samples[trial.output]),
    };
    Ok(trial.live_of(&output))
}
