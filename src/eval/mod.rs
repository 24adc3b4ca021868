//! Data sets, their evaluation, and the official metrics.

mod conditions;
mod dataset;
mod evaluation;
mod files;
mod fnv;
mod folder;
mod merge;
mod metrics;
mod npy;
mod record;
mod results;
mod shard;
mod summary;
#[cfg(test)]
mod tests;
mod votes;

pub use dataset::{Dataset, Sample};
pub use evaluation::{Evaluation, Event};
pub use merge::merge;
pub use record::{Point, Record};
pub use results::conditions_file;
pub use shard::Shard;
pub use summary::{After, Source, Summary};
