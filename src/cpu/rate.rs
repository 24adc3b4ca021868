use std::time::{Duration, Instant};

use super::gemm::Product;
use super::panels::{PANEL, Panels};
use super::parallel::Output;
use super::pool::Pool;
use crate::error::{Error, Result};

/// Side of the square products: large enough that packing costs little, small enough for the second-level cache.
const SIDE: usize = 384;
/// Floats that all threads together copy: more than any cache holds.
const COPIED: usize = 32 << 20;

/// Peak rates of the processor, with all its threads together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Bytes per second of a copy, counting both reads and writes.
    pub copy: f64,
    /// f32 FLOP per second of matrix products, each thread with its own, in its cache.
    pub gemm: f64,
}

/// Measures the processor for about twice `time`, with `threads` threads or one per core.
///
/// # Errors
/// [`Error::Device`] when the system gives no threads, [`Error::OutOfMemory`] when it does not give what is copied.
pub(crate) fn rates(threads: Option<usize>, time: Duration) -> Result<Rates> {
    let pool = Pool::new(threads)?;
    // Asked for once beforehand: threads that find no memory end the process.
    let enough = Vec::<f32>::new().try_reserve_exact(2 * COPIED);
    enough.map_err(|_| Error::OutOfMemory {
        reason: format!("expected {} MiB to measure copies with", (8 * COPIED) >> 20),
    })?;
    let x: Vec<f32> = (0..SIDE * SIDE).map(|i| (i % 7) as f32 - 3.0).collect();
    let weight = Panels::new(&x, SIDE, SIDE);
    let gemm = best(&pool, time, || {
        let mut out = vec![0.0; SIDE * SIDE];
        let (x, weight) = (&x, &weight);
        move || {
            for i in 0..weight.count() {
                let (panel, columns) = weight.get(i);
                let product = Product {
                    x,
                    stride: SIDE,
                    rows: SIDE,
                    panel,
                    columns,
                    ahead: panel,
                    out: Output::new(&mut out),
                    at: i * PANEL,
                    out_stride: SIDE,
                };
                // SAFETY: the output is this thread's own.
                unsafe { product.run() };
            }
            2.0 * (SIDE as f64).powi(3)
        }
    });
    let copied = COPIED / pool.threads();
    let copy = best(&pool, time, || {
        let (from, mut to) = (vec![1.0f32; copied], vec![0.0f32; copied]);
        move || {
            std::hint::black_box(&mut to).copy_from_slice(std::hint::black_box(&from));
            8.0 * copied as f64
        }
    });
    Ok(Rates { copy, gemm })
}

/// Returns the best rate of all threads at once, over rounds that take `time` together, not counting the first. What
/// `prepare` makes on each thread does some work and returns how much.
fn best<W: FnMut() -> f64>(pool: &Pool, time: Duration, prepare: impl Fn() -> W + Sync) -> f64 {
    let rounds = pool.broadcast(|| {
        let mut work = prepare();
        work();
        let (begun, mut best) = (Instant::now(), 0.0f64);
        while begun.elapsed() < time {
            let round = Instant::now();
            let mut done = 0.0;
            while round.elapsed() < time / 8 {
                done += work();
            }
            best = best.max(done / round.elapsed().as_secs_f64());
        }
        best
    });
    rounds.iter().sum()
}
