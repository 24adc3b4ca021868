//! Tests of the GPU executor that need its insides, on every adapter at hand.

mod autotune;
mod devices;
mod kernels;
mod masks;
mod segments;
mod shaders;

#[path = "../../../tests/common/mod.rs"]
pub(super) mod common;
#[path = "../../../tests/common/gpus.rs"]
mod gpus;
