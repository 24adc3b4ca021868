//! Data sets and the official metrics.

mod conditions;
mod dataset;
mod fnv;
mod folder;
mod merge;
mod metrics;
mod npy;
mod record;
mod results;
mod shard;
mod summary;
mod votes;

pub use conditions::Conditions;
pub use dataset::{Dataset, Sample};
pub use merge::merge;
pub use metrics::Metrics;
pub use record::{Point, Record};
pub use results::Results;
pub use shard::Shard;
pub use summary::{After, Source, Summary};
