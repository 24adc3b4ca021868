//! Configuration files: found, read, completed from the shapes of the weights, and written.

#[cfg(not(target_arch = "wasm32"))]
pub(super) mod disk;
pub(super) mod files;
#[cfg(not(target_arch = "wasm32"))]
mod interpolate;
#[cfg(not(target_arch = "wasm32"))]
mod plain;
mod resolve;

pub(super) use resolve::resolve;
