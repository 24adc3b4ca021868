//! Run Hierarchical Reasoning Models (HRM) and Tiny Recursive Models (TRM).

#[cfg(feature = "cli")]
pub mod cli;
pub mod error;
#[cfg(feature = "eval")]
pub mod eval;
pub mod model;
pub mod puzzle;

pub use error::{Error, Result};
