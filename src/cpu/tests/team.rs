//! The team of threads, on real ones; `tests/loom` tries every order of events.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{scope, sleep, spawn};
use std::time::Duration;

use crate::cpu::team::lead;

#[test]
fn each_part_is_done_once_and_after_all_of_the_stage_before() {
    for parts in 1..5 {
        for late in [false, true] {
            let stages = 500;
            let done: Vec<AtomicUsize> = (0..stages).map(|_| AtomicUsize::new(0)).collect();
            let work = |stage: usize, _: usize| {
                assert!(stage == 0 || done[stage - 1].load(Ordering::Relaxed) == parts);
                done[stage].fetch_add(1, Ordering::Relaxed);
            };
            lead(parts, stages, &work, |help| {
                drop(spawn(move || {
                    if late {
                        sleep(Duration::from_micros(200));
                    }
                    help();
                }));
            });
            assert!(done.iter().all(|done| done.load(Ordering::Relaxed) == parts));
        }
    }
}

#[test]
fn the_leader_needs_nobody_and_who_comes_too_late_finds_it_closed() {
    let (count, asked) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = |_: usize, _: usize| {
        count.fetch_add(1, Ordering::Relaxed);
    };
    lead(3, 4, &work, |help| asked.lock().unwrap().push(help));
    assert_eq!(count.load(Ordering::Relaxed), 12);
    asked.into_inner().unwrap().into_iter().for_each(|help| help());
    assert_eq!(count.load(Ordering::Relaxed), 12);
}

#[test]
fn a_panic_ends_all_and_reaches_the_caller() {
    for by_leader in [false, true] {
        let ended = scope(|s| {
            let main = s.spawn(|| {
                let leader = std::thread::current().id();
                let work = |stage: usize, _: usize| {
                    sleep(Duration::from_micros(100));
                    let mine = (std::thread::current().id() == leader) == by_leader;
                    assert!(stage < 5 || !mine, "this thread panics");
                };
                lead(2, 1_000, &work, |help| drop(spawn(help)));
            });
            main.join()
        });
        assert!(ended.is_err(), "by the leader: {by_leader}");
    }
}
