//! Futures that are compiled once, in this crate, and not again in every program that awaits them.

use std::pin::Pin;

/// The boxed future of an executor's work. It may move to another thread, except in a browser, whose objects may not.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
#[cfg(target_arch = "wasm32")]
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
