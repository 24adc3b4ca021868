//! The pool of threads that share the work.

#[cfg(not(target_arch = "wasm32"))]
use std::sync::Arc;

#[cfg(not(target_arch = "wasm32"))]
use super::team;
use crate::error::{Error, Result};

/// Most worker threads, unless there are more cores: starting thousands takes longer than any puzzle.
const MOST: usize = 256;

/// Checks a number of worker threads, if one is given.
///
/// # Errors
/// [`Error::Usage`] for none, or for more than any machine of this size needs.
pub(crate) fn check(threads: Option<usize>) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = MOST.max(cores);
    match threads {
        Some(threads) if !(1..=most).contains(&threads) => {
            Err(Error::Usage(format!("threads: expected 1 to {most}, found {threads}")))
        }
        _ => Ok(()),
    }
}

/// Returns the number of threads that share what is running.
pub(super) fn current() -> usize {
    // Outside of a pool rayon would start one of its own.
    #[cfg(not(target_arch = "wasm32"))]
    return rayon::current_thread_index().map_or(1, |_| rayon::current_num_threads());
    #[cfg(target_arch = "wasm32")]
    1
}

/// Worker threads. On the web there is only the caller's.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    #[cfg(not(target_arch = "wasm32"))]
    threads: Arc<rayon::ThreadPool>,
}

#[cfg(not(target_arch = "wasm32"))]
impl Pool {
    /// Creates a pool of `threads` threads, or one per core.
    pub(super) fn new(threads: Option<usize>) -> Result<Pool> {
        check(threads)?;
        // Without a number rayon would follow a variable of the environment.
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let builder = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or_else(cores))
            .thread_name(|i| format!("hrm-cpu-{i}"));
        let threads = builder.build().map_err(|e| Error::Device {
            reason: format!("the system gives no worker threads: {e}"),
        })?;
        Ok(Pool {
            threads: Arc::new(threads),
        })
    }

    /// Returns the number of threads.
    pub(super) fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Makes something of each item, on all threads; the error is that of one of them.
    pub(super) fn map<I: Send, T: Send>(
        &self,
        items: Vec<I>,
        make: impl Fn(I) -> Result<T> + Send + Sync,
    ) -> Result<Vec<T>> {
        use rayon::prelude::*;

        self.install(|| items.into_par_iter().map(make).collect())
    }

    /// Runs `work` in the pool.
    pub(super) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }

    /// Calls `work` with each stage and part, on the caller's thread and those that are free; see [`team::lead`].
    pub(super) fn as_team(&self, parts: usize, stages: usize, work: impl Fn(usize, usize) + Sync) {
        team::lead(parts, stages, &work, |help| self.threads.spawn(help));
    }

    /// Runs `work` on every thread at once.
    #[cfg(feature = "bench")]
    pub(super) fn broadcast<T: Send>(&self, work: impl Fn() -> T + Sync) -> Vec<T> {
        self.threads.broadcast(|_| work())
    }
}

#[cfg(target_arch = "wasm32")]
impl Pool {
    /// Creates a pool of one thread, the caller's.
    pub(super) fn new(threads: Option<usize>) -> Result<Pool> {
        check(threads)?;
        match threads {
            None | Some(1) => Ok(Pool {}),
            Some(threads) => Err(Error::Device {
                reason: format!("the web gives one thread, {threads} were asked for"),
            }),
        }
    }

    /// Returns the number of threads.
    pub(super) fn threads(&self) -> usize {
        1
    }

    /// Makes something of each item, in order, up to the first error.
    pub(super) fn map<I, T>(&self, items: Vec<I>, make: impl Fn(I) -> Result<T>) -> Result<Vec<T>> {
        items.into_iter().map(make).collect()
    }

    /// Runs `work` on the caller's thread.
    #[cfg(feature = "gpu")]
    pub(super) fn install<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }
}
