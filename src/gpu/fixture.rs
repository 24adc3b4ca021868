use super::batch::read_later;
use super::buffers::DeviceWeights;
use super::context::Gpu;
use super::program;
use super::recording::Recording;
use crate::cpu;
use crate::error::{Error, Result};
use crate::kernels::fixture::Fixture;
use crate::kernels::{Dispatch, Gemm, Role, Scalar, ShaderSet, Target, TensorId};
use crate::model::{Dtype, Tensor};

impl Gpu {
    /// Computes a fixture and returns the live samples of its output.
    ///
    /// # Errors
    /// Whatever wgpu reports; [`Error::Device`] when the fixture does not fit the device.
    pub(crate) async fn run(&self, fixture: &Fixture, shader_set: ShaderSet) -> Result<Vec<f32>> {
        let plan = fixture.plan();
        let weight = |id: TensorId| matches!(fixture.tensors[id].role, Role::Weight);
        let stored = |id: TensorId| if weight(id) { fixture.stored } else { Scalar::F32 };
        let by_rule = Target {
            scalar: fixture.scalar,
            ..self.target(shader_set, fixture.slots, &stored)
        };
        let target = Target {
            gemm: &|linear| {
                let rule = Gemm::by_rule(linear, &by_rule);
                let tile = fixture.tile.unwrap_or(rule.tile);
                Some(Gemm { tile, ..rule })
            },
            ..by_rule
        };
        let recording = Recording::new(&plan, &target);
        let dispatches: Vec<Dispatch> = recording.all().cloned().collect();
        let named = fixture.tensors.iter().zip(&fixture.values);
        let tensors = named.map(|(spec, values)| {
            let tensor = Tensor::from_f32(
                spec.shape.clone(),
                if matches!(spec.role, Role::Weight) {
                    values.clone()
                } else {
                    vec![0.0; spec.len()]
                },
            )?;
            let dtype = match fixture.stored {
                Scalar::F32 => Dtype::F32,
                Scalar::F16 => Dtype::F16,
                Scalar::I8 if spec.shape.len() == 2 => Dtype::I8,
                Scalar::I8 => Dtype::F32,
            };
            Ok((spec.name.as_str(), tensor.to_dtype(dtype)?))
        });
        let tensors: Vec<(&str, Tensor)> = tensors.collect::<Result<_>>()?;
        let find = |name: &str| {
            let found = tensors.iter().find(|(n, _)| *n == name);
            found
                .map(|(_, tensor)| tensor.clone())
                .ok_or_else(|| Error::Usage(format!("no tensor `{name}`")))
        };
        let weights = DeviceWeights::upload(&self.open, &plan, &dispatches, find).await?;
        let mut groups = {
            let compiled = (&self.pipelines, &weights);
            program::record(&self.open, &plan, &recording, compiled, fixture.slots, |_| true).await?
        };
        let mut groups: Vec<_> = groups
            .iter_mut()
            .map(|group| {
                let live = group.local(&fixture.live);
                (group, live)
            })
            .collect();
        groups.retain(|(_, live)| !live.is_empty());
        let readback = self
            .open
            .guarded(|| {
                for (group, live) in &groups {
                    for (id, spec) in fixture.tensors.iter().enumerate() {
                        for slot in group.slots.clone() {
                            let Some(values) = fixture.values[id].get(slot * spec.len()..(slot + 1) * spec.len())
                            else {
                                continue;
                            };
                            let ids: Vec<u32> = values.iter().map(|v| *v as u32).collect();
                            let bytes = if matches!(spec.role, Role::Ids) {
                                bytemuck::cast_slice(&ids)
                            } else {
                                bytemuck::cast_slice(values)
                            };
                            group.write(&self.open, id, slot - group.slots.start, bytes);
                        }
                    }
                    group.run_segment(&self.open, live);
                }
                read_later(&self.open, &plan, &[fixture.output], &mut groups)
            })
            .await?;
        readback.wait(&self.open).await?;
        let mut output = Vec::new();
        for (group, live) in &groups {
            let words: Vec<u32> = group
                .read(&plan, fixture.output, live.len())
                .ok_or_else(|| self.open.lost("its memory cannot be read"))?;
            output.extend(
                words
                    .into_iter()
                    .map(|word| match fixture.tensors[fixture.output].role {
                        Role::Ids => word as f32,
                        _ => f32::from_bits(word),
                    }),
            );
        }
        Ok(output)
    }
}

/// Computes a chain of `depth` products with the same square `weight` `[width, width]`, starting from `x` `[samples,
/// rows, width]`: on the GPU, or with `None` by the CPU twin. For benchmarks of products alone.
///
/// # Errors
/// Whatever wgpu reports; [`Error::Device`] when there is not enough memory.
pub async fn products(gpu: Option<&Gpu>, x: Vec<f32>, weight: Vec<f32>, rows: usize, depth: usize) -> Result<Vec<f32>> {
    let fixture = Fixture::products(x, weight, rows, depth);
    match gpu {
        Some(gpu) => gpu.run(&fixture, gpu.shader_set()).await,
        None => cpu::fixture::run(&fixture),
    }
}
