//! The threads that share the work.

#[cfg(not(target_arch = "wasm32"))]
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(not(target_arch = "wasm32"))]
use super::team::{Member, Team};
use crate::error::{Error, Result};

/// Worker threads; on the web there is the caller alone, and rayon runs everything in turn.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    #[cfg(not(target_arch = "wasm32"))]
    threads: Arc<rayon::ThreadPool>,
    /// Held by the team at work.
    #[cfg(not(target_arch = "wasm32"))]
    turn: Arc<Mutex<()>>,
}

#[cfg(not(target_arch = "wasm32"))]
impl Pool {
    /// That many threads, or as many as the machine has cores.
    pub(super) fn new(threads: Option<usize>) -> Result<Pool> {
        let builder = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.unwrap_or(0))
            .thread_name(|i| format!("hrm-cpu-{i}"));
        let threads = builder.build().map_err(|e| Error::Device {
            reason: format!("the system gives no worker threads: {e}"),
        })?;
        Ok(Pool {
            threads: Arc::new(threads),
            turn: Arc::default(),
        })
    }

    /// How many there are.
    pub(super) fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// Does `work` on them.
    pub(super) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }

    /// Does `work` on as many threads side by side, of which the caller's is one.
    pub(super) fn as_team(&self, work: impl Fn(Member) + Sync) {
        let team = Team::new(self.threads());
        // Teams that wait for each other's threads would wait for ever.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.threads.in_place_scope(|scope| {
            for index in 1..self.threads() {
                let (team, work) = (&team, &work);
                scope.spawn(move |_| work(team.member(index)));
            }
            let caller = team.member(0);
            work(caller);
            team.part();
        });
    }

    /// Does `work` on each of them at once.
    pub(super) fn broadcast<T: Send>(&self, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        self.threads.broadcast(|thread| work(thread.index()))
    }
}

#[cfg(target_arch = "wasm32")]
impl Pool {
    /// The caller's thread, which is one.
    pub(super) fn new(threads: Option<usize>) -> Result<Pool> {
        match threads {
            None | Some(0 | 1) => Ok(Pool {}),
            Some(threads) => Err(Error::Device {
                reason: format!("the web gives one thread, {threads} were asked for"),
            }),
        }
    }

    /// How many there are.
    pub(super) fn threads(&self) -> usize {
        1
    }

    /// Does `work` here.
    pub(super) fn install<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }
}
