//! A model: configuration and weights, with no executor in it.

pub mod config;
mod weights;
pub use weights::{Model, Tensor, Weights};

pub use config::{Config, Family, Loss, Positions, Task};
