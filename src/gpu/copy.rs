use std::time::{Duration, Instant};

use wgpu::{BufferDescriptor, BufferUsages};

use super::context::Gpu;
use crate::error::Result;

impl Gpu {
    /// Measures a copy between two buffers of the device, in bytes per second, counting reads and writes: the best of
    /// several rounds within about `time`.
    ///
    /// # Errors
    /// Whatever wgpu reports.
    pub(crate) async fn copy_rate(&self, time: Duration) -> Result<f64> {
        // More than the caches of large GPUs hold, within what every device allows.
        let bytes = self.open.device.limits().max_buffer_size.min(256 << 20);
        let [from, to] = self
            .open
            .guarded(|| {
                [BufferUsages::COPY_SRC, BufferUsages::COPY_DST].map(|usage| {
                    self.open.device.create_buffer(&BufferDescriptor {
                        label: Some("copy"),
                        size: bytes,
                        usage,
                        mapped_at_creation: false,
                    })
                })
            })
            .await?;
        let (mut copies, mut best) = (1, 0.0f64);
        let begun = Instant::now();
        // The first round allocates memory; rounds so short that they measure the submission are followed by longer
        // ones.
        for round in 0.. {
            let start = Instant::now();
            self.open
                .guarded(|| {
                    let mut encoder = self.open.device.create_command_encoder(&Default::default());
                    (0..copies).for_each(|_| encoder.copy_buffer_to_buffer(&from, 0, &to, 0, bytes));
                    self.open.queue.submit([encoder.finish()]);
                })
                .await?;
            self.open.wait()?;
            let took = start.elapsed();
            if round > 0 {
                best = best.max(2.0 * bytes as f64 * f64::from(copies) / took.as_secs_f64());
            }
            if took < time / 8 {
                copies *= 2;
            }
            if begun.elapsed() > time && round > 1 {
                break;
            }
        }
        Ok(best)
    }
}
