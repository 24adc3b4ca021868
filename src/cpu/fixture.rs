use std::sync::Arc;

use super::int8::{Int8, Way};
use super::matrix::Matrix;
use super::microbatch::{Microbatch, Shared};
use super::pool::Pool;
use crate::error::{Error, Result};
use crate::kernels::fixture::Fixture;
use crate::kernels::{Role, Scalar, Step, TensorId};
use crate::model::{Dtype, Tensor};

/// Computes a fixture and returns the live samples of its output.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device) when the system gives no threads or no memory.
pub(crate) fn run(fixture: &Fixture) -> Result<Vec<f32>> {
    let matrix = |id: TensorId| {
        let layer = fixture.steps.iter().find_map(|step| match step {
            Step::Linear(k) if k.weight == id => Some(k),
            _ => None,
        });
        layer.map(|k| {
            let weight = Tensor::from_f32([k.outputs, k.inputs], fixture.values[id].clone())?;
            match fixture.scalar {
                Scalar::I8 => {
                    let way = Way::best().unwrap_or(Way::Portable);
                    Int8::new(&weight, k.inputs, k.outputs, way).map(Matrix::Int8)
                }
                Scalar::F32 | Scalar::F16 => Matrix::new(&weight, k.inputs, k.outputs, Dtype::F32),
            }
        })
    };
    let shared = fixture.tensors.iter().zip(&fixture.values).enumerate();
    let shared = shared.map(|(id, (spec, values))| {
        Ok::<_, Error>(match (&spec.role, matrix(id).transpose()?) {
            (_, Some(matrix)) => Shared::Matrix(Arc::new(matrix)),
            (Role::Weight | Role::Constant(_), None) => Shared::Constant(values.as_slice().into()),
            (Role::Activation | Role::Ids, None) => Shared::None,
        })
    });
    let shared = shared.collect::<Result<_>>()?;
    let mut microbatch = Microbatch::new(Arc::new(fixture.plan()), shared, fixture.slots, 1)?;
    for (id, (spec, values)) in fixture.tensors.iter().zip(&fixture.values).enumerate() {
        match spec.role {
            Role::Weight | Role::Constant(_) => {}
            Role::Activation => microbatch.samples[id].copy_from_slice(values),
            Role::Ids => microbatch.ids[id] = values.iter().map(|v| *v as u32).collect(),
        }
    }
    Pool::new(None)?.install(|| {
        fixture
            .steps
            .iter()
            .for_each(|step| microbatch.run(step, &fixture.live))
    });
    let output = match fixture.tensors[fixture.output].role {
        Role::Ids => microbatch.ids[fixture.output].iter().map(|v| *v as f32).collect(),
        _ => std::mem::take(&mut microbatch.samples[fixture.output]),
    };
    Ok(fixture.live_of(&output))
}
