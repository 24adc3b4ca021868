//! Run Hierarchical Reasoning Models (HRM) and Tiny Recursive Models (TRM).

#[cfg(feature = "cli")]
pub mod cli;
pub mod cpu;
pub mod error;
#[cfg(feature = "eval")]
pub mod eval;
pub mod executor;
pub mod files;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod kernels;
pub mod model;
pub mod network;
pub mod puzzle;
pub mod session;
pub mod solve;

pub use error::{Error, Result};
pub use puzzle::Puzzle;
pub use solve::Solver;
