use std::time::Duration;

use crate::cpu::{self, Rates};
use crate::error::Result;
use crate::executor::DeviceChoice;

/// Measures what the hardware does at best, for about twice `time`, on the CPU with `threads` threads, or one for each
/// core.
///
/// For a GPU, `gemm` is the best rate of this program's GEMM on matrices as large as suit the device: what a model's
/// own shapes fall short of it is what they cost.
///
/// # Errors
/// As when the CPU executor opens, and [`Gpu::open`](crate::gpu::Gpu::open).
#[cfg_attr(not(feature = "gpu"), allow(unused_variables, reason = "there is the CPU alone"))]
pub async fn rates(choice: &DeviceChoice, threads: Option<usize>, time: Duration) -> Result<Rates> {
    #[cfg(feature = "gpu")]
    match gpu::rates(choice, time).await {
        Ok(Some(rates)) => return Ok(rates),
        Ok(None) => {}
        // `auto` falls back to the CPU if a GPU does not suffice, as the executor does.
        Err(crate::Error::Device { .. }) if *choice == DeviceChoice::Auto => {}
        Err(error) => return Err(error),
    }
    cpu::rates(threads, time)
}

#[cfg(feature = "gpu")]
mod gpu {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{DeviceChoice, Rates};
    use crate::error::Result;
    use crate::gpu::Gpu;
    use crate::gpu::profile::profile;
    use crate::model::{Config, Family, Loss, Model, Positions, Tensor, Weights};

    /// Largest number of samples, of 256 rows each, in a product.
    const MOST: usize = 32;

    pub(super) async fn rates(choice: &DeviceChoice, time: Duration) -> Result<Option<Rates>> {
        let Some(gpu) = Gpu::open(choice, wgpu::Features::empty()).await? else {
            return Ok(None);
        };
        let copy = gpu.copy_rate(time).await?;
        drop(gpu);
        let model = Arc::new(one_block()?);
        let mut gemm = 0.0f64;
        let mut samples = 1;
        // More rows suit the device better, until one product takes long.
        while samples <= MOST {
            let Some(profile) = profile(model.clone(), choice, samples, 3).await? else {
                return Ok(None);
            };
            let rate = |flop: u64, seconds: f64| flop as f64 / seconds;
            let kernels = profile.kernels.iter().filter(|kernel| kernel.seconds > 0.0);
            gemm = kernels.fold(gemm, |best, kernel| best.max(rate(kernel.flop, kernel.seconds)));
            let longest = profile.kernels.first().map_or(0.0, |kernel| kernel.seconds);
            if longest > time.as_secs_f64() / 16.0 {
                break;
            }
            samples *= 4;
        }
        Ok(Some(Rates { copy, gemm }))
    }

    /// Creates a model of one wide block with random weights.
    fn one_block() -> Result<Model> {
        let config = Config {
            h_cycles: 1,
            l_cycles: 1,
            l_layers: 1,
            hidden_size: 1024,
            num_heads: 16,
            positions: Positions::None,
            puzzle_emb_ndim: 0,
            puzzle_emb_len: 0,
            halt_max_steps: 1,
            loss: Loss::Softmax,
            ..Config::published(Family::Trm, 256, 8)
        };
        let mut random = fastrand::Rng::with_seed(1);
        let tensors = config.tensors().into_iter().map(|(name, shape)| {
            let values = (0..shape.iter().product()).map(|_| 0.1 * random.f32() - 0.05).collect();
            Ok((name, Tensor::from_f32(shape, values)?))
        });
        let tensors = tensors.collect::<Result<Vec<_>>>()?;
        Model::from_parts(config, Weights::new("one block", tensors))
    }
}
