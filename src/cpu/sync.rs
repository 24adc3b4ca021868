//! What a [team](super::team) of threads is made of. `tests/loom` puts loom's own in its place, to try every order of events.

pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
pub(super) use std::sync::{Arc, Mutex};

/// Spins before a waiting thread yields its core.
const PATIENCE: usize = 1 << 12;

/// Waits a moment: spins at first, later yields the core. `turns` counts the calls.
pub(super) fn wait(turns: &mut usize) {
    *turns += 1;
    if *turns < PATIENCE {
        std::hint::spin_loop();
    } else {
        std::thread::yield_now();
    }
}
