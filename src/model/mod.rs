//! A model: configuration and weights, with no executor in it.

pub mod config;

pub use config::{Config, Family, Loss, Positions, Task};
