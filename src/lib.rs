//! Run Hierarchical Reasoning Models (HRM) and Tiny Recursive Models (TRM).

pub mod cpu;
pub mod error;
pub mod executor;
pub mod kernels;
pub mod model;
pub mod network;
pub mod puzzle;

pub use error::{Error, Result};
