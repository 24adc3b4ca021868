//! Data sets and the official metrics.

pub mod dataset;
pub mod metrics;
mod npy;

pub use dataset::{Dataset, Sample};
pub use metrics::{Metrics, Record, Score, Summary};
