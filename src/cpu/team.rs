//! Threads that work through one lane's loops together.
//!
//! A segment of a single small puzzle has more than a hundred loops of a few microseconds each: less than it takes to
//! wake a thread. So the others stay awake for the length of a segment and take tasks as one of them, the leader, comes
//! to a loop.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// Turns of waiting after which a thread lets others have its core.
const PATIENCE: usize = 1 << 12;

/// A loop's body, called with the number of a task.
type Task<'a> = dyn Fn(usize) + Sync + 'a;

thread_local! {
    /// The team that this thread leads.
    static LED: Cell<*const Team> = const { Cell::new(std::ptr::null()) };
}

/// A cache line of its own, so that who waits for one value does not slow down who writes another.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line<T>(T);

/// What a leader and its helpers share.
#[derive(Debug, Default)]
pub(super) struct Team {
    /// Tasks of the present loop that nobody has taken; its body is in `body` as long as there are any.
    left: Line<AtomicUsize>,
    /// Tasks of it that are finished.
    done: Line<AtomicUsize>,
    body: AtomicPtr<&'static Task<'static>>,
    over: AtomicBool,
}

impl Team {
    /// Does `work`, whose loops this team shares, and sends the helpers home.
    pub(super) fn lead(&self, work: impl FnOnce()) {
        struct Leading<'a>(&'a Team);
        impl Drop for Leading<'_> {
            fn drop(&mut self) {
                LED.set(std::ptr::null());
                self.0.over.store(true, Ordering::Release);
            }
        }
        LED.set(self);
        let _leading = Leading(self);
        work();
    }

    /// Takes tasks of the leader's loops until it has finished its work.
    pub(super) fn help(&self) {
        let mut turns = 0;
        loop {
            if let Some(task) = self.take() {
                // SAFETY: a task of this loop is taken and not done, so the leader has not left `share`, where the body
                // lives; and who took a task has seen what was written before the number of tasks.
                let body = unsafe { *self.body.load(Ordering::Relaxed) };
                self.carry_out(body, task);
                turns = 0;
            } else if self.over.load(Ordering::Acquire) {
                return;
            } else {
                wait(&mut turns);
            }
        }
    }

    /// Calls `task` with 0 to `tasks` in the threads of the team that this thread leads, and tells whether it leads one.
    pub(super) fn share(tasks: usize, task: &Task<'_>) -> bool {
        // SAFETY: the pointer is there as long as `lead` borrows the team.
        let Some(team) = (unsafe { LED.get().as_ref() }) else {
            return false;
        };
        /// Waits for tasks that others have taken, also where one of the leader's own has panicked.
        struct Loop<'a>(&'a Team, usize);
        impl Drop for Loop<'_> {
            fn drop(&mut self) {
                let taken = self.1 - self.0.left.0.swap(0, Ordering::Relaxed);
                let mut turns = 0;
                while self.0.done.0.load(Ordering::Acquire) < taken {
                    wait(&mut turns);
                }
            }
        }
        // SAFETY: only the lifetime changes; `Loop` waits for everybody who may use the body.
        let body = unsafe { std::mem::transmute::<&Task<'_>, &'static Task<'static>>(task) };
        team.done.0.store(0, Ordering::Relaxed);
        team.body.store((&raw const body).cast_mut(), Ordering::Relaxed);
        let running = Loop(team, tasks);
        team.left.0.store(tasks, Ordering::Release);
        while let Some(task) = team.take() {
            team.carry_out(body, task);
        }
        drop(running);
        true
    }

    /// The number of a task that nobody has taken.
    fn take(&self) -> Option<usize> {
        let less = |left: usize| left.checked_sub(1);
        let left = &self.left.0;
        if left.load(Ordering::Relaxed) == 0 {
            return None;
        }
        left.fetch_update(Ordering::Acquire, Ordering::Relaxed, less)
            .ok()
            .map(|left| left - 1)
    }

    /// Does a task, which counts as done even where it panics.
    fn carry_out(&self, body: &Task<'_>, task: usize) {
        struct Done<'a>(&'a Team);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.done.0.fetch_add(1, Ordering::Release);
            }
        }
        let _done = Done(self);
        body(task);
    }
}

fn wait(turns: &mut usize) {
    *turns += 1;
    if *turns < PATIENCE {
        std::hint::spin_loop();
    } else {
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn with_helpers(helpers: usize, work: impl FnOnce()) {
        let team = Team::default();
        std::thread::scope(|scope| {
            (0..helpers).for_each(|_| drop(scope.spawn(|| team.help())));
            team.lead(work);
        });
    }

    #[test]
    fn every_task_of_every_loop_is_done_once() {
        for helpers in 0..4 {
            with_helpers(helpers, || {
                for n in 0..2_000 {
                    let done: Vec<AtomicUsize> = (0..n % 23).map(|_| AtomicUsize::new(0)).collect();
                    assert!(Team::share(done.len(), &|task| {
                        done[task].fetch_add(1, Ordering::Relaxed);
                    }));
                    assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1));
                }
            });
        }
        assert!(!Team::share(1, &|_| {}), "this thread leads no team now");
    }

    #[test]
    fn a_task_that_panics_ends_the_loop_and_sends_helpers_home() {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            with_helpers(2, || {
                // Helpers may take all other tasks, never all of these.
                let main = std::thread::current().id();
                Team::share(64, &|_| {
                    std::thread::sleep(std::time::Duration::from_micros(50));
                    assert!(std::thread::current().id() != main, "the leader's task");
                });
            });
        }));
        assert!(ended.is_err());
    }
}
