use super::batch::read_later;
use super::buffers::DeviceWeights;
use super::device::Gpu;
use super::listing::Listing;
use super::program;
use crate::error::{Error, Result};
use crate::kernels::{Dispatch, Role, Target, TensorId, Trial, Variant};
use crate::model::{Dtype, Tensor};

impl Gpu {
    /// The live samples of the output of a trial.
    ///
    /// # Errors
    /// What wgpu reports; [`Error::Device`] where the trial does not fit the device.
    #[doc(hidden)]
    pub async fn run(&self, trial: &Trial, variant: Variant) -> Result<Vec<f32>> {
        let plan = trial.plan();
        let weight = |id: TensorId| matches!(trial.tensors[id].role, Role::Weight);
        let half = |id: TensorId| trial.half && weight(id);
        let target = Target {
            real: trial.real,
            ..Target::new(variant, trial.slots, &half)
        };
        let listing = Listing::new(&plan, &target);
        let dispatches: Vec<Dispatch> = listing.all().cloned().collect();
        let named = trial.tensors.iter().zip(&trial.values);
        let tensors = named.map(|(spec, values)| {
            let tensor = Tensor::from_f32(
                spec.shape.clone(),
                if matches!(spec.role, Role::Weight) {
                    values.clone()
                } else {
                    vec![0.0; spec.len()]
                },
            )?;
            let dtype = if trial.half { Dtype::F16 } else { Dtype::F32 };
            Ok((spec.name.as_str(), tensor.to_dtype(dtype)))
        });
        let tensors: Vec<(&str, Tensor)> = tensors.collect::<Result<_>>()?;
        let find = |name: &str| {
            let found = tensors.iter().find(|(n, _)| *n == name);
            found
                .map(|(_, tensor)| tensor)
                .ok_or_else(|| Error::Usage(format!("no tensor `{name}`")))
        };
        let weights = DeviceWeights::upload(self, &plan, &dispatches, find).await?;
        let mut groups = program::record(self, &plan, &listing, &weights, trial.slots, |_| true).await?;
        let mut groups: Vec<_> = groups
            .iter_mut()
            .map(|group| {
                let live = group.local(&trial.live);
                (group, live)
            })
            .collect();
        groups.retain(|(_, live)| !live.is_empty());
        let answers = self
            .guarded(|| {
                for (group, live) in &groups {
                    for (id, spec) in trial.tensors.iter().enumerate() {
                        for slot in group.slots.clone() {
                            let Some(values) = trial.values[id].get(slot * spec.len()..(slot + 1) * spec.len()) else {
                                continue;
                            };
                            let ids: Vec<u32> = values.iter().map(|v| *v as u32).collect();
                            let bytes = if matches!(spec.role, Role::Ids) {
                                bytemuck::cast_slice(&ids)
                            } else {
                                bytemuck::cast_slice(values)
                            };
                            group.write(self, id, slot - group.slots.start, bytes);
                        }
                    }
                    group.run_segment(self, live);
                }
                read_later(self, &plan, &[trial.output], &mut groups)
            })
            .await?;
        answers.wait(self).await?;
        let mut output = Vec::new();
        for (group, live) in &groups {
            let words: Vec<u32> = group
                .read(&plan, trial.output, live.len())
                .ok_or_else(|| self.lost("its memory cannot be read"))?;
            output.extend(words.into_iter().map(|word| match trial.tensors[trial.output].role {
                Role::Ids => word as f32,
                _ => f32::from_bits(word),
            }));
        }
        Ok(output)
    }
}
