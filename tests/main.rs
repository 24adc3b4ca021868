//! The library's tests, in one binary, which is linked once. A module is a concern.
//!
//! Two are binaries of their own: `full_size` measures the memory of its process, and `latin` registers a task in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[cfg(feature = "eval")]
mod arc;
mod checkpoints;
mod checkpoints_config;
mod checkpoints_hostile;
mod checkpoints_keys;
mod checkpoints_large;
mod checkpoints_pickle;
mod checkpoints_random;
mod checkpoints_support;
mod checkpoints_training;
mod codecs;
mod common;
#[cfg(all(feature = "eval", feature = "picture"))]
mod corpus;
#[cfg(feature = "eval")]
mod datasets;
#[cfg(feature = "eval")]
mod evaluation;
mod families;
mod families_config;
mod golden;
#[cfg(feature = "gpu")]
#[path = "common/gpus.rs"]
mod gpus;
mod halting;
mod licences;
mod network;
mod precision;
mod public_api;
mod solver;
mod sotaku;
mod specification;
mod symbols;
mod trace;
#[cfg(target_os = "linux")]
mod training;
mod tries;
