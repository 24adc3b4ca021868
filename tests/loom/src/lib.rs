//! The thread team of the CPU executor in every order of events that the memory model allows, up to the bounds below.
#![cfg(test)]

#[path = "../../../src/cpu/team.rs"]
mod team;

/// In place of `src/cpu/sync.rs`.
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
    pub(super) use loom::sync::{Arc, Mutex};

    /// A thread that waits gains nothing by another look before somebody else has moved.
    pub(super) fn wait(_: &mut usize) {
        loom::thread::yield_now();
    }
}

use loom::cell::UnsafeCell;
use loom::thread::spawn;

/// Cells that loom watches: parts of a stage write their own and read all of the stage before.
struct Cells(Vec<Vec<UnsafeCell<usize>>>);

// SAFETY: loom ends the test where two threads are at a cell at once and one of them writes.
unsafe impl Sync for Cells {}

impl Cells {
    fn new(stages: usize, parts: usize) -> Cells {
        Cells(
            (0..stages)
                .map(|_| (0..parts).map(|_| UnsafeCell::new(0)).collect())
                .collect(),
        )
    }

    /// Counts a part of a stage as done, after all of the stage before.
    fn done(&self, stage: usize, part: usize) {
        if let Some(before) = stage.checked_sub(1) {
            let done = |cell: &UnsafeCell<usize>| cell.with(|count| unsafe { *count });
            assert!(
                self.0[before].iter().all(|cell| done(cell) == 1),
                "stage {stage} came too soon"
            );
        }
        self.0[stage][part].with_mut(|count| unsafe { *count += 1 });
    }
}

/// Leads two threads, and then looks at all their work, as whoever called it would. Of more than two, those that wait
/// could keep each other busy forever, which loom takes for a fault.
#[test]
fn two_threads_do_each_part_once_and_after_the_stage_before() {
    let (parts, stages) = (2, 3);
    let mut model = loom::model::Builder::new();
    // Of thousands of orders, unless LOOM_MAX_PREEMPTIONS asks for more.
    model.preemption_bound = model.preemption_bound.or(Some(2));
    model.check(move || {
        let cells = Cells::new(stages, parts);
        team::lead(parts, stages, &|stage, part| cells.done(stage, part), |help| {
            drop(spawn(help))
        });
        for cell in cells.0.iter().flatten() {
            // Nobody is left who reads.
            cell.with_mut(|count| assert_eq!(unsafe { *count }, 1));
        }
    });
}
