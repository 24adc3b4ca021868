//! Measures how fast a model runs here, beside what the hardware could do: the figures of `hrm bench`.

mod cost;
mod hardware;

pub use cost::Cost;
pub use hardware::rates;

use std::time::{Duration, Instant};

use serde::Serialize;

pub use crate::cpu::Rates;
use crate::error::{Error, Result};
use crate::executor::{Batch, Executor, Want};
#[cfg(feature = "gpu")]
use crate::gpu::profile::profile;
use crate::halt::{Halt, Schedule};
use crate::network::PUZZLE_TABLE;
use crate::options::Options;
use crate::solve::{Cancel, Solver};

/// One measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The name: `copy`, `gemm`, `load`, `pipelines`, `autotune`, `first_segment`, `latency`, `throughput`, or
    /// `kernel …` with shader and shape.
    pub name: String,
    /// The name of the device, for display.
    pub device: String,
    /// The model; `None` if the figure belongs to the device alone.
    pub model: Option<String>,
    /// Samples that run side by side; `None` if there are none.
    pub batch: Option<usize>,
    /// The measured value.
    pub value: f64,
    /// The unit: `ms`, `segments/s`, `GB/s` or `GFLOP/s`.
    pub unit: &'static str,
    /// What the hardware could do, in the same unit, by its measured rates; `None` if these do not determine it.
    pub limit: Option<f64>,
    /// The fraction of the limit that was reached. Above 1 if caches save memory traffic that the limit counts.
    pub fraction: Option<f64>,
}

/// The settings of a measurement.
#[derive(Debug, Clone)]
pub struct Bench {
    /// The model and its precision, the device, its threads, and the segments of a puzzle; others have no effect.
    pub options: Options,
    /// Sizes of the batches to measure.
    pub batches: Vec<usize>,
    /// Approximate time that each figure is measured.
    pub time: Duration,
    /// Ends the measurements early.
    pub cancel: Cancel,
}

/// A device with the model on it, the model's cost and the device's rates.
struct Subject<'a> {
    bench: &'a Bench,
    executor: Executor,
    cost: Cost,
    rates: Rates,
}

impl Bench {
    /// Returns how often [`Bench::run`] announces a new stage.
    pub fn stages(&self) -> usize {
        4 + self.batches.len()
    }

    /// Measures every figure and passes it to `figure` as soon as it is known. `stage` is told what is being measured.
    ///
    /// # Errors
    /// [`Error::Cancelled`]; as [`Solver::open`]; [`Error::Device`] if a batch does not fit.
    pub async fn run(&self, mut stage: impl FnMut(&str), mut figure: impl FnMut(Figure) -> Result<()>) -> Result<()> {
        stage("loading");
        let start = Instant::now();
        let solver = Solver::open(&self.options).await?;
        let load = milliseconds(start);
        let executor = solver.executor().clone();
        let start = Instant::now();
        let mut batch = self.loaded(&executor, 1, usize::MAX)?;
        batch.advance(1, Want::default()).await?;
        let first = milliseconds(start);
        let tuning = executor.tuning_time().map(|time| 1e3 * time.as_secs_f64());
        let later = self.median(async || {
            let start = Instant::now();
            batch.advance(1, Want::default()).await?;
            Ok(milliseconds(start))
        });
        let later = later.await?;

        stage("what the hardware could do");
        let rates = hardware::rates(&self.options.device, self.options.threads, self.time).await?;
        let weights = &solver.model().weights;
        // The largest matrix tells in what most of a segment's weights are stored, whatever a family calls them.
        let layers = weights.iter().filter(|(name, _)| *name != PUZZLE_TABLE);
        let largest = layers.max_by_key(|(_, tensor)| tensor.len());
        let bytes = largest.map_or(4, |(_, tensor)| tensor.dtype().size());
        let cost = Cost::of(&solver.model().config, bytes);
        let stored: usize = weights.iter().map(|(_, tensor)| tensor.size()).sum();
        let it = Subject {
            bench: self,
            executor,
            cost,
            rates,
        };
        let copied = 1e3 * 2.0 * stored as f64 / rates.copy;
        figure(it.figure("copy", None, rates.copy / 1e9, "GB/s", None))?;
        figure(it.figure("gemm", None, rates.gemm / 1e9, "GFLOP/s", None))?;
        figure(it.figure("load", None, load, "ms", Some(copied)))?;
        let pipelines = first - later - tuning.unwrap_or(0.0);
        figure(it.figure("pipelines", Some(1), pipelines.max(0.0), "ms", None))?;
        if let Some(tuning) = tuning {
            figure(it.figure("autotune", Some(1), tuning, "ms", None))?;
        }
        figure(it.figure("first_segment", Some(1), first, "ms", Some(it.least(1))))?;

        stage("one puzzle");
        let segments = self.options.segments.unwrap_or(solver.model().config.halt_max_steps);
        let latency = it.latency(segments).await?;
        let least = segments as f64 * it.least(1);
        figure(it.figure("latency", Some(1), latency, "ms", Some(least)))?;
        for &size in &self.batches {
            stage(&format!("batch {size}"));
            let throughput = it.throughput(size).await?;
            let most = 1e3 * size as f64 / it.least(size);
            figure(it.figure("throughput", Some(size), throughput, "segments/s", Some(most)))?;
        }
        stage("kernels");
        it.kernels(figure).await
    }

    /// Creates a batch of `size` puzzles, each of which runs `segments` segments.
    fn loaded(&self, executor: &Executor, size: usize, segments: usize) -> Result<Batch> {
        let schedule = Schedule {
            halt: Halt::Fixed,
            segments,
        };
        let mut batch = executor.batch(size, executor.model().config.seq_len, Some(schedule))?;
        (0..size).try_for_each(|slot| load(&mut batch, executor, slot))?;
        Ok(batch)
    }

    /// Returns the median of what `measure` returns, over as many rounds as time allows, but at least three.
    async fn median(&self, mut measure: impl AsyncFnMut() -> Result<f64>) -> Result<f64> {
        let begun = Instant::now();
        let mut values = Vec::new();
        while values.len() < 3 || begun.elapsed() < self.time {
            self.go_on()?;
            values.push(measure().await?);
        }
        values.sort_by(f64::total_cmp);
        Ok(values[values.len() / 2])
    }

    fn go_on(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(())
    }
}

impl Subject<'_> {
    /// Returns the shortest time in which the hardware could do a segment of `samples` samples, in milliseconds.
    fn least(&self, samples: usize) -> f64 {
        1e3 * self.cost.seconds(samples, self.rates)
    }

    /// Creates a figure; `limit` is the least for times, the most for rates.
    fn figure(&self, name: &str, batch: Option<usize>, value: f64, unit: &'static str, limit: Option<f64>) -> Figure {
        let own = matches!(name, "copy" | "gemm");
        let fraction = limit.map(|limit| if unit == "ms" { limit / value } else { value / limit });
        Figure {
            name: name.to_owned(),
            device: self.executor.device_name(),
            model: (!own).then(|| self.executor.model().name.clone()),
            batch,
            value,
            unit,
            limit,
            fraction: fraction.filter(|fraction| fraction.is_finite()),
        }
    }

    /// Measures the milliseconds of one puzzle of `segments` segments, from its tokens to its answer.
    async fn latency(&self, segments: usize) -> Result<f64> {
        let mut batch = self.bench.loaded(&self.executor, 1, segments)?;
        self.finish(&mut batch, segments).await?;
        self.bench
            .median(async || {
                let start = Instant::now();
                load(&mut batch, &self.executor, 0)?;
                self.finish(&mut batch, segments).await?;
                Ok(milliseconds(start))
            })
            .await
    }

    /// Runs a batch of one puzzle to its end.
    async fn finish(&self, batch: &mut Batch, segments: usize) -> Result<()> {
        loop {
            self.bench.go_on()?;
            let progress = batch.advance(segments, Want::default()).await?;
            if progress.iter().all(|progress| progress.stopped.is_some()) {
                return Ok(());
            }
        }
    }

    /// Measures the segments per second of a batch of `size`, those of all samples counted.
    async fn throughput(&self, size: usize) -> Result<f64> {
        let mut batch = self.bench.loaded(&self.executor, size, usize::MAX)?;
        let mut done = advanced(&mut batch).await?;
        self.bench
            .median(async || {
                let (start, before) = (Instant::now(), done);
                done = advanced(&mut batch).await?;
                Ok((done - before) as f64 / start.elapsed().as_secs_f64())
            })
            .await
    }

    /// Measures the time of each shader in a segment, for the smallest and the largest batch.
    #[cfg(feature = "gpu")]
    async fn kernels(&self, mut figure: impl FnMut(Figure) -> Result<()>) -> Result<()> {
        let sizes = [self.bench.batches.iter().min(), self.bench.batches.iter().max()];
        let mut sizes: Vec<usize> = sizes.into_iter().flatten().copied().collect();
        sizes.dedup();
        for size in sizes {
            self.bench.go_on()?;
            let model = self.executor.model().clone();
            let Some(profile) = profile(model, &self.bench.options.device, size, 3).await? else {
                return Ok(());
            };
            for kernel in profile.kernels {
                let shape: Vec<String> = kernel.shape.iter().map(usize::to_string).collect();
                let name = format!("kernel {} {}", kernel.kernel, shape.join("x"));
                let least = (kernel.flop as f64 / self.rates.gemm).max(kernel.bytes as f64 / self.rates.copy);
                figure(self.figure(&name, Some(size), 1e3 * kernel.seconds, "ms", Some(1e3 * least)))?;
            }
        }
        Ok(())
    }

    #[cfg(not(feature = "gpu"))]
    async fn kernels(&self, _: impl FnMut(Figure) -> Result<()>) -> Result<()> {
        Ok(())
    }
}

/// Loads a puzzle into a slot. Its content does not affect how long a segment takes.
fn load(batch: &mut Batch, executor: &Executor, slot: usize) -> Result<()> {
    let config = &executor.model().config;
    let token = |i: usize| ((7 * i + 3 * slot) % config.vocab_size) as u32;
    batch.load(slot, &(0..config.seq_len).map(token).collect::<Vec<u32>>(), 0, None)
}

/// Advances all samples of a batch by as many segments as the device takes at once, and returns how many they have run
/// in total.
async fn advanced(batch: &mut Batch) -> Result<usize> {
    let progress = batch.advance(usize::MAX, Want::default()).await?;
    Ok(progress.iter().map(|progress| progress.segments).sum())
}

fn milliseconds(since: Instant) -> f64 {
    1e3 * since.elapsed().as_secs_f64()
}
