//! Tests of the GPU executor that need its insides, on every adapter at hand.

mod autotune;
mod kernels;
mod segments;
mod shaders;

#[path = "../../../tests/common/mod.rs"]
#[allow(dead_code, reason = "integration tests use the rest")]
mod common;
#[path = "../../../tests/common/gpus.rs"]
mod gpus;
