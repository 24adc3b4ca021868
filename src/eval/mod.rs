//! Data sets and the official metrics.

pub mod dataset;
pub mod metrics;
mod npy;
pub mod results;
mod shard;

pub use dataset::{Dataset, Sample};
pub use metrics::{Metrics, Record, Score, Source, Summary};
pub use results::{Conditions, Results};
pub use shard::Shard;
