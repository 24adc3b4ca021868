//! Data sets and the official metrics.

mod conditions;
pub mod dataset;
mod fnv;
mod merge;
pub mod metrics;
mod npy;
pub mod results;
mod shard;
mod summary;

pub use conditions::Conditions;
pub use dataset::{Dataset, Sample};
pub use merge::merge;
pub use metrics::{Metrics, Point, Record, Score};
pub use results::Results;
pub use shard::Shard;
pub use summary::{After, Named, Source, Summary};
