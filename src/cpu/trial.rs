use std::sync::Arc;

use super::gemm::Panels;
use super::lane::{Lane, Shared};
use super::pool::Pool;
use crate::error::Result;
use crate::kernels::{Role, Step, TensorId, Trial};

/// The live samples of the output of a trial.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the system gives no threads or no memory.
#[doc(hidden)]
pub fn run(trial: &Trial) -> Result<Vec<f32>> {
    let panels = |id: TensorId| {
        let layer = trial.steps.iter().find_map(|step| match step {
            Step::Linear(k) if k.weight == id => Some(k),
            _ => None,
        });
        layer.map(|k| Panels::new(&trial.values[id], k.inputs, k.outputs))
    };
    let shared = trial.tensors.iter().zip(&trial.values).enumerate();
    let shared = shared.map(|(id, (spec, values))| match (&spec.role, panels(id)) {
        (_, Some(panels)) => Shared::Panels(Arc::new(panels)),
        (Role::Weight | Role::Constant(_), None) => Shared::Constant(values.as_slice().into()),
        (Role::Activation | Role::Ids, None) => Shared::None,
    });
    let mut lane = Lane::new(Arc::new(trial.plan()), shared.collect(), trial.slots, 1)?;
    for (id, (spec, values)) in trial.tensors.iter().zip(&trial.values).enumerate() {
        match spec.role {
            Role::Weight | Role::Constant(_) => {}
            Role::Activation => lane.samples[id].copy_from_slice(values),
            Role::Ids => lane.ids[id] = values.iter().map(|v| *v as u32).collect(),
        }
    }
    Pool::new(None)?.install(|| trial.steps.iter().for_each(|step| lane.run(step, &trial.live)));
    let output = match trial.tensors[trial.output].role {
        Role::Ids => lane.ids[trial.output].iter().map(|v| *v as f32).collect(),
        _ => std::mem::take(&mut lane.samples[trial.output]),
    };
    Ok(trial.live_of(&output))
}
