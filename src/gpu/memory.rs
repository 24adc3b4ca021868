//! Who owns what is on the device.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wgpu::TextureView;

/// How many bytes are on a device. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory(Arc<AtomicU64>);

/// A buffer or an image that is freed with its last owner. In a browser dropping a handle frees nothing before the
/// garbage collector comes by, which knows nothing of the device's memory.
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

/// What can be freed.
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

    /// Takes over something new of that many bytes.
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
