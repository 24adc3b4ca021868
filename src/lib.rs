//! Run Hierarchical Reasoning Models (HRM) and Tiny Recursive Models (TRM): small recurrent networks that solve a
//! puzzle by refining their answer again and again, one segment at a time.
//!
//! A model that solves Sudoku is bundled, so this needs no files:
//!
//! ```
//! use hrm::{Options, Puzzle, Solver};
//!
//! fn main() -> hrm::Result<()> {
//!     let puzzle = Puzzle::parse(
//!         ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....",
//!         None,
//!     )?;
//!     let solver = Solver::open_blocking(&Options::default())?;
//!     let answer = solver.solve_blocking(&puzzle)?;
//!     println!("{} after {} segments", answer.text(), answer.segments);
//!     assert_eq!(answer.valid(), Some(true));
//!     Ok(())
//! }
//! ```
//!
//! The answer is the network's own: rules judge it and may stop the network, but no search or repair touches it. Your
//! own models, official checkpoints included, are [`Options::model`]; [`Solver::run`]
//! streams the segments of many puzzles side by side, and a [`Cancel`](solve::Cancel) ends it. Calls that run the
//! network are async and need no runtime; those that end in `_blocking` wait.
//!
//! # Modules
//!
//! | module | holds |
//! |---|---|
//! | [`solve`] | [`Solver`] and its [`Options`]: puzzles in, answers and segments out. Start here |
//! | [`tries`] | several tries at one puzzle: variants, noise, and which answer is taken |
//! | [`trace`] | segments as plain data: changes, confidences, how far the carry moved |
//! | [`report`] | answers and their segments as JSON |
//! | [`tasks`] | the tasks: text ⇄ tokens, the rules that judge, augmentations, generators, drawings as data |
//! | `run` | queries in, tries scheduled in the slots of one batch, segments and answers out |
//! | [`executor`] | what runs a plan on a device |
//! | `network` | the network, described once as data: kernels in order |
//! | `kernels` | what each kernel computes and on which shapes |
//! | `cpu` | the kernels on the CPU |
#![cfg_attr(
    feature = "gpu",
    doc = "| [`gpu`] | the kernels as compute shaders, on any adapter that wgpu finds |"
)]
//! | [`halt`] | when a sample stops: rules, and which one fired |
//! | [`model`] | configuration and weights from model folders and official checkpoints |
#![cfg_attr(feature = "picture", doc = "| [`picture`] | pictures of segments, as GIF and PNG |")]
#![cfg_attr(feature = "eval", doc = "| [`eval`] | data sets and their metrics |")]
#![cfg_attr(
    feature = "bench",
    doc = "| [`mod@bench`] | how fast a model runs here, beside what the hardware could do |"
)]
//! | [`error`] | the one error type |
#![cfg_attr(
    not(target_arch = "wasm32"),
    doc = "| [`files`] | files written whole or not at all |"
)]
//!
//! # Features
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `gpu` | yes | the GPU executor, by wgpu |
//! | `picture` | no | pictures of segments, as GIF and PNG |
//! | `eval` | no | data sets (`.npy` folders, CSV, text) and the official metrics |
//! | `bench` | no | how fast a model runs, beside what the hardware could do |
//!
//! The command `hrm` is the package `hrm-cli`, the window is `hrm-app`; the npm package `hrm-webgpu` is built on
//! `hrm-web`.
//!
//! For the CPU executor alone, set `default-features = false`.
//!
//! # In a web page
//!
//! The crate compiles for `wasm32-unknown-unknown` with the features `gpu` and `picture`, or none, for pages written in
//! Rust; pages written in JavaScript use the npm package. Differences on the web:
//!
//! - A page cannot block, only await: functions that end in `_blocking` do not exist.
//! - There are no files: `files`, `Model::open` and `Model::save` do not exist. Bundled models do, and
//!   [`Model::from_bytes`](model::Model::from_bytes) takes what was fetched, as safetensors.
//! - [`DeviceChoice::Auto`](executor::DeviceChoice::Auto) takes WebGPU where the browser has a real GPU for it. A
//!   browser offers at most one adapter, and tells little about it.
//! - The CPU executor has only the caller's thread. It yields to the page's events every few milliseconds, even within
//!   a segment. With `-C target-feature=+simd128` it is several times as fast. It multiplies in f32, whatever
//!   [`Model::rounded`](model::Model::rounded) asks for.
//!
//! ```ignore
//! // What a click handler does: `spawn_local` is wasm-bindgen-futures'.
//! spawn_local(async move {
//!     let solver = hrm::Solver::open(&hrm::Options::default()).await?;
//!     let answer = solver.solve(&puzzle).await?;
//! });
//! ```

// Every `pub` is a promise to users, which `tests/public-api.txt` lists. Without a feature some have no way out.
#![cfg_attr(
    all(not(test), feature = "bench", feature = "eval", feature = "gpu", feature = "picture"),
    deny(unreachable_pub)
)]

// Unit tests share the helpers of integration tests, which refer to the crate by its name.
#[cfg(test)]
extern crate self as hrm;

#[cfg(feature = "bench")]
pub mod bench;
mod boxed;
mod buffer;
mod cpu;
pub mod error;
#[cfg(feature = "eval")]
pub mod eval;
pub mod executor;
#[cfg(not(target_arch = "wasm32"))]
pub mod files;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod halt;
mod json;
mod kernels;
pub mod model;
mod network;
mod noise;
mod options;
mod ordered;
#[cfg(feature = "picture")]
pub mod picture;
pub mod report;
mod run;
pub mod solve;
#[cfg(not(target_arch = "wasm32"))]
mod source;
pub mod tasks;
pub mod trace;
pub mod tries;
mod vote;
mod words;

/// Compiles and runs the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use error::{Error, Result};
pub use options::Options;
pub use solve::Solver;
pub use tasks::Puzzle;
