//! Threads that go through the same steps side by side, each with its own share of the rows.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Turns of waiting after which a thread lets others have its core.
const PATIENCE: usize = 1 << 12;

/// A cache line of its own, so that who waits for one value does not slow down who writes another.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line<T>(T);

/// Where the threads wait for each other. They stay awake: what lies between two meetings is shorter than waking a thread.
pub(super) struct Team {
    members: usize,
    /// Members that have come to the present meeting.
    here: Line<AtomicUsize>,
    /// Meetings that are over.
    met: Line<AtomicUsize>,
    /// Whether a member has gone without finishing.
    broken: AtomicBool,
    /// Members that have gone.
    gone: Line<AtomicUsize>,
}

/// One of a team's threads.
pub(super) struct Member<'a> {
    team: &'a Team,
    index: usize,
}

impl Team {
    pub(super) fn new(members: usize) -> Team {
        Team {
            members,
            here: Line::default(),
            met: Line::default(),
            broken: AtomicBool::new(false),
            gone: Line::default(),
        }
    }

    /// Each index below the number of members is to be given to one thread.
    pub(super) fn member(&self, index: usize) -> Member<'_> {
        Member { team: self, index }
    }

    /// Waits until all members but the caller have gone, which is a moment after the last meeting.
    pub(super) fn part(&self) {
        let mut turns = 0;
        while self.gone.0.load(Ordering::Relaxed) + 1 < self.members {
            wait(&mut turns);
        }
    }
}

impl Member<'_> {
    /// Its share of `0..count`.
    pub(super) fn share(&self, count: usize) -> Range<usize> {
        let start = |index: usize| count * index / self.team.members;
        start(self.index)..start(self.index + 1)
    }

    /// Waits until all members have come here, and has then seen what they wrote. Tells whether they have all come: where
    /// one has panicked, the others are to end, too.
    #[must_use]
    pub(super) fn meet(&self) -> bool {
        let Team {
            members,
            here,
            met,
            broken,
            ..
        } = self.team;
        let (here, met) = (&here.0, &met.0);
        let before = met.load(Ordering::Relaxed);
        if here.fetch_add(1, Ordering::AcqRel) + 1 == *members {
            here.store(0, Ordering::Relaxed);
            met.store(before.wrapping_add(1), Ordering::Release);
            return true;
        }
        let mut turns = 0;
        while met.load(Ordering::Acquire) == before {
            if broken.load(Ordering::Relaxed) {
                return false;
            }
            wait(&mut turns);
        }
        true
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.team.broken.store(true, Ordering::Relaxed);
        }
        self.team.gone.0.fetch_add(1, Ordering::Relaxed);
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

    fn each(members: usize, work: impl Fn(Member) + Sync) {
        let team = Team::new(members);
        std::thread::scope(|scope| {
            for index in 0..members {
                let member = team.member(index);
                scope.spawn(|| work(member));
            }
        });
    }

    #[test]
    fn shares_are_all_of_it_and_none_twice() {
        for members in 1..7 {
            for count in 0..40 {
                let team = Team::new(members);
                let shares = (0..members).flat_map(|index| team.member(index).share(count));
                assert!(shares.eq(0..count));
            }
        }
    }

    #[test]
    fn nobody_goes_on_before_all_have_come() {
        for members in 1..5 {
            let arrivals = AtomicUsize::new(0);
            each(members, |member| {
                for meeting in 1..2_000 {
                    arrivals.fetch_add(1, Ordering::Relaxed);
                    assert!(member.meet());
                    assert!(arrivals.load(Ordering::Relaxed) >= meeting * members);
                }
            });
        }
    }

    #[test]
    fn a_panic_ends_the_others() {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            each(3, |member| {
                assert!(member.meet());
                assert!(member.index != 1, "this one panics");
                assert!(!member.meet());
            });
        }));
        assert!(ended.is_err());
    }
}
