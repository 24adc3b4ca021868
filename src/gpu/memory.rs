//! Ownership and accounting of memory on the device.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wgpu::TextureView;

/// Bytes allocated on a device. Clones share one count.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory(Arc<AtomicU64>);

/// A buffer or an image that is freed explicitly with its last owner. In a browser, dropping a handle frees nothing
/// until garbage collection, which knows nothing about the device's memory.
#[derive(Debug, Clone)]
pub(super) struct Owned<T: Freed>(Arc<Place<T>>);

pub(super) type Buffer = Owned<wgpu::Buffer>;
pub(super) type Image = Owned<TextureView>;

#[derive(Debug)]
struct Place<T: Freed> {
    what: T,
    bytes: u64,
    memory: Memory,
}

/// A resource that can be freed explicitly.
pub(super) trait Freed {
    fn free(&self);
}

impl Freed for wgpu::Buffer {
    fn free(&self) {
        self.destroy();
    }
}

impl Freed for TextureView {
    fn free(&self) {
        self.texture().destroy();
    }
}

impl Memory {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes ownership of a new resource of `bytes` bytes.
    pub(super) fn own<T: Freed>(&self, what: T, bytes: u64) -> Owned<T> {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        let memory = self.clone();
        Owned(Arc::new(Place { what, bytes, memory }))
    }
}

impl<T: Freed> Deref for Owned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0.what
    }
}

impl<T: Freed> Drop for Place<T> {
    fn drop(&mut self) {
        self.memory.0.fetch_sub(self.bytes, Ordering::Relaxed);
        if cfg!(target_arch = "wasm32") {
            self.what.free();
        }
    }
}
