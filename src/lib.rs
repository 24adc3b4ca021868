//! Run Hierarchical Reasoning Models (HRM) and Tiny Recursive Models (TRM).

pub mod error;
pub mod model;
pub mod puzzle;

pub use error::{Error, Result};
