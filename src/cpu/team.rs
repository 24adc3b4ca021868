//! Threads that go through the same stages side by side, each with its own part of the work.
//!
//! The work between two stages is shorter than waking a thread takes, so threads stay awake and wait for each other.
//! But no one waits for a thread that has not joined: on a busy machine, those that have joined do its parts as well.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::PoisonError;

use super::sync::{Arc, AtomicBool, AtomicUsize, Mutex, Ordering, fence, wait};

/// Work of the team, called with a stage and a part.
type Work<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// A value on a cache line of its own, so that waiting for one value does not slow down writers of another.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line<T>(T);

/// State that the threads share. The work may be called while the leader is inside, and until all helpers that had
/// joined by the time it left have gone.
pub(super) struct Team {
    work: *const Work<'static>,
    stages: usize,
    /// By part: how many stages of it have been begun.
    begun: Vec<Line<AtomicUsize>>,
    /// Number of parts done, over all stages.
    done: Line<AtomicUsize>,
    /// Number of helpers inside.
    inside: Line<AtomicUsize>,
    /// Whether the leader admits no more helpers.
    closed: AtomicBool,
    /// Whether a thread has panicked, so that the others must stop.
    broken: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: the work may be called by several threads; when it may be called is described above.
unsafe impl Send for Team {}
// SAFETY: as above.
unsafe impl Sync for Team {}

/// Calls `work` for each of `parts` in each of `stages`: all parts of a stage before any of the next, and each part
/// always on the same thread as long as all keep up. `ask` receives a closure that another thread may call at any time.
pub(super) fn lead(parts: usize, stages: usize, work: &Work, ask: impl Fn(Box<dyn FnOnce() + Send>)) {
    /// Waits for the helpers inside, even if the leader has panicked.
    struct Closing<'a>(&'a Team);
    impl Drop for Closing<'_> {
        fn drop(&mut self) {
            self.0.broken.fetch_or(std::thread::panicking(), Ordering::Relaxed);
            // Closes before checking who is inside, just as helpers enter before checking whether it is closed: one of
            // the two sees the other.
            self.0.closed.store(true, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            let mut turns = 0;
            while self.0.inside.0.load(Ordering::Acquire) > 0 {
                wait(&mut turns);
            }
        }
    }
    // SAFETY: only the lifetime changes; `Closing` waits for every thread that may call the work.
    let work = unsafe { std::mem::transmute::<&Work<'_>, &'static Work<'static>>(work) };
    let team = Arc::new(Team {
        work,
        stages,
        begun: (0..parts).map(|_| Line::default()).collect(),
        done: Line::default(),
        inside: Line::default(),
        closed: AtomicBool::new(false),
        broken: AtomicBool::new(false),
        panic: Mutex::default(),
    });
    let closing = Closing(&team);
    for part in 1..parts {
        let team = team.clone();
        ask(Box::new(move || team.help(part)));
    }
    team.go_through(0);
    drop(closing);
    let panic = team.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

impl Team {
    fn help(&self, part: usize) {
        self.inside.0.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !self.closed.load(Ordering::Relaxed)
            && let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.go_through(part)))
        {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            self.broken.store(true, Ordering::Relaxed);
        }
        self.inside.0.fetch_sub(1, Ordering::Release);
    }

    /// Goes through all stages, beginning each with the part `first`.
    fn go_through(&self, first: usize) {
        // SAFETY: called by the leader, or by a helper that entered before the team was closed.
        let work = unsafe { &*self.work };
        let parts = self.begun.len();
        for stage in 0..self.stages {
            for part in (first..parts).chain(0..first) {
                let begun = &self.begun[part].0;
                // Relaxed is enough: what the previous stage wrote became visible when that stage ended.
                let begin = begun.compare_exchange(stage, stage + 1, Ordering::Relaxed, Ordering::Relaxed);
                if begin.is_ok() {
                    work(stage, part);
                    self.done.0.fetch_add(1, Ordering::AcqRel);
                }
            }
            let mut turns = 0;
            while self.done.0.load(Ordering::Acquire) < (stage + 1) * parts {
                if self.broken.load(Ordering::Relaxed) {
                    return;
                }
                wait(&mut turns);
            }
        }
    }
}
