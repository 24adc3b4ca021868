//! Data sets and the official metrics.

mod dataset;
mod metrics;
mod npy;
mod results;
mod shard;

pub use dataset::{Dataset, Sample};
pub use metrics::{Cells, Metrics, Record, Score, Source, Summary};
pub use results::{Conditions, Results};
pub use shard::Shard;
