//! Divides a kernel's work among threads, and lets the compiler use the processor's vector instructions.

use std::marker::PhantomData;

/// Work, in operations, below which one thread is done before others could be woken.
#[cfg(not(target_arch = "wasm32"))]
const SERIAL: usize = 400_000;

/// Calls `task` with each of `0..tasks`, on the threads of the current pool if there is enough `work` (operations in
/// all). A task may not divide its own work in turn.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn for_each(tasks: usize, work: usize, task: impl Fn(usize) + Sync) {
    use rayon::prelude::*;

    if tasks > 1 && work >= SERIAL && rayon::current_thread_index().is_some() {
        (0..tasks).into_par_iter().for_each(&task);
    } else {
        (0..tasks).for_each(task);
    }
}

/// Calls `task` with each of `0..tasks`: on the web there is one thread.
#[cfg(target_arch = "wasm32")]
pub(super) fn for_each(tasks: usize, _work: usize, task: impl Fn(usize)) {
    (0..tasks).for_each(task);
}

/// Runs a loop with the widest vectors that the processor has. The arithmetic stays as written: nothing is fused or
/// reordered, so the bits do not depend on the processor.
#[inline(always)]
pub(super) fn vectorised<T>(run: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(run)
}

/// A slice whose parts are written by several threads.
pub(super) struct Output<'a, T> {
    data: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// Not derived: that would require `T: Clone`.
impl<T> Clone for Output<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Output<'_, T> {}

// SAFETY: all writes go through `Output::part` and `Output::put`, whose callers keep threads to parts that do not
// overlap.
unsafe impl<T: Send> Sync for Output<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Output<'_, T> {}

impl<'a, T> Output<'a, T> {
    pub(super) fn new(data: &'a mut [T]) -> Self {
        Output {
            data: data.as_mut_ptr(),
            len: data.len(),
            life: PhantomData,
        }
    }

    /// Returns elements `start` to `start + len` for writing.
    ///
    /// # Safety
    /// While the returned slice lives, nothing else may access these elements.
    #[inline(always)]
    pub(super) unsafe fn part(self, start: usize, len: usize) -> &'a mut [T] {
        self.check(start, len);
        // SAFETY: within the slice, and exclusive to the caller for as long as the part lives.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(start), len) }
    }

    /// Returns elements `start` to `start + len` for reading.
    ///
    /// # Safety
    /// While the returned slice lives, nothing may write these elements.
    pub(super) unsafe fn written(self, start: usize, len: usize) -> &'a [T] {
        self.check(start, len);
        // SAFETY: within the slice, and not written for as long as the part lives.
        unsafe { std::slice::from_raw_parts(self.data.add(start), len) }
    }

    /// Writes elements `start`, `start + step` and so on.
    ///
    /// # Safety
    /// Nothing else may access these elements meanwhile.
    #[inline(always)]
    pub(super) unsafe fn put(self, start: usize, step: usize, values: &[T])
    where
        T: Copy,
    {
        self.check(start, values.len().saturating_sub(1) * step + 1);
        for (i, value) in values.iter().enumerate() {
            // SAFETY: within the slice, and exclusive to the caller.
            unsafe { self.data.add(start + i * step).write(*value) };
        }
    }

    #[inline(always)]
    fn check(self, start: usize, len: usize) {
        assert!(
            start.checked_add(len).is_some_and(|end| end <= self.len),
            "a part beyond its slice"
        );
    }
}

/// Calls `kernel(slot, first row, rows of the output)` for the live samples of `out`, in blocks of `block` rows of
/// `width`; a sample has `len` elements.
pub(super) fn for_live_rows<T: Send>(
    out: &mut [T],
    live: &[usize],
    len: usize,
    width: usize,
    block: usize,
    kernel: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    /// Rough cost of one element, in operations.
    const OPERATIONS: usize = 8;
    if len == 0 || width == 0 {
        return;
    }
    let size = block * width;
    let blocks = len.div_ceil(size);
    let out = Output::new(out);
    for_each(live.len() * blocks, live.len() * len * OPERATIONS, |task| {
        let (slot, first) = (live[task / blocks], task % blocks * size);
        // SAFETY: live slots are distinct, and so are the blocks of a sample.
        let rows = unsafe { out.part(slot * len + first, size.min(len - first)) };
        vectorised(
            #[inline(always)]
            || kernel(slot, first / width, rows),
        );
    });
}
