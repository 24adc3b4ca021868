//! The thread that owns the solver.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hrm::executor::DeviceChoice;
use hrm::halt::Halt;
use hrm::tasks::sudoku;
use hrm::{Error, Options, Puzzle};
use hrm_app::messages::{Event, Setup};
use hrm_app::worker::Worker;

use super::{HARD, HARDEST};

/// Returns options that run `segments` segments, whatever the answer.
fn fixed(segments: usize) -> Options {
    let mut options = Options::default();
    options.halt = Some(Halt::Fixed);
    options.segments = Some(segments);
    options
}

fn setup() -> Setup {
    Setup {
        model: None,
        task: sudoku::TASK,
        device: DeviceChoice::Cpu,
    }
}

fn puzzle(text: &str) -> Puzzle {
    Puzzle::parse(text, None).unwrap()
}

/// Returns the next event that `pick` accepts, dropping others.
fn next<T>(worker: &Worker, mut pick: impl FnMut(Event) -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(120));
        match worker.event() {
            Some(event) => {
                if let Some(picked) = pick(event) {
                    return picked;
                }
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn over(worker: &Worker, ticket: u64) -> hrm::Result<()> {
    next(worker, |event| match event {
        Event::Finished(of, done) if of == ticket => Some(done),
        _ => None,
    })
}

#[test]
fn segments_stream_out_until_the_answer() {
    let mut worker = Worker::start(Arc::new(|| {}));
    let ticket = worker.solve(setup(), Options::default(), puzzle(HARD));
    let mut numbers = Vec::new();
    let mut last = None;
    let done = next(&worker, |event| match event {
        Event::Segment {
            ticket: of,
            thought,
            answer,
            ..
        } => {
            assert_eq!(of, ticket);
            numbers.push(thought.number);
            assert_eq!(thought.confidence.as_ref().map(Vec::len), Some(81));
            assert_eq!(thought.probabilities.as_ref().map(Vec::len), Some(81 * 11));
            last = Some((thought.grid.clone(), answer.is_some()));
            None
        }
        Event::Finished(_, done) => Some(done),
        _ => None,
    });
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    let (grid, answers) = last.unwrap();
    assert!(answers && puzzle(HARD).is_valid(&grid) == Some(true));
}

#[test]
fn stopping_takes_effect_within_a_segment() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let mut worker = Worker::start(Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    }));
    let options = fixed(1_000_000);
    let ticket = worker.solve(setup(), options, puzzle(HARDEST));
    next(&worker, |event| {
        matches!(event, Event::Segment { thought, .. } if thought.number == 3).then_some(())
    });
    worker.stop();
    let before = sent.load(Ordering::SeqCst);
    assert!(matches!(over(&worker, ticket), Err(Error::Cancelled)));
    // One segment may have been running, and one been sent but not counted; the end is an event, too.
    let after = sent.load(Ordering::SeqCst);
    assert!(after - before <= 3, "{before} {after}");
}

#[test]
fn a_new_order_ends_the_old_one() {
    let mut worker = Worker::start(Arc::new(|| {}));
    let options = fixed(1_000_000);
    let old = worker.solve(setup(), options, puzzle(HARDEST));
    let new = worker.solve(setup(), Options::default(), puzzle(HARD));
    assert!(matches!(over(&worker, old), Err(Error::Cancelled)));
    assert!(over(&worker, new).is_ok());
}

#[test]
fn the_cpu_goes_on_where_a_device_cannot_be_had() {
    let mut worker = Worker::start(Arc::new(|| {}));
    let odd = Setup {
        device: DeviceChoice::Name("no such adapter".into()),
        ..setup()
    };
    let ticket = worker.solve(odd, Options::default(), puzzle(HARD));
    let opened = next(&worker, |event| match event {
        Event::Opened(opened) => Some(opened),
        _ => None,
    });
    assert_eq!(opened.device, "cpu");
    assert!(opened.remarks[0].contains("no such adapter"), "{:?}", opened.remarks);
    assert!(over(&worker, ticket).is_ok());
}

#[test]
fn a_model_that_is_not_there_or_does_not_fit_is_an_error_and_the_worker_goes_on() {
    let mut worker = Worker::start(Arc::new(|| {}));
    let missing = Setup {
        model: Some("no-such-model".into()),
        ..setup()
    };
    worker.open(missing);
    let reason = next(&worker, |event| match event {
        Event::NotOpened(_, reason) => Some(reason),
        _ => None,
    });
    assert!(reason.contains("no-such-model"), "{reason}");
    let maze = puzzle("#####\n#S G#\n#   #\n#   #\n#####");
    let unfit = worker.solve(setup(), Options::default(), maze);
    let error = over(&worker, unfit).err().map(|e| e.to_string());
    assert!(error.is_some_and(|e| e.contains("maze") && e.contains("sudoku")));
    let ticket = worker.solve(setup(), Options::default(), puzzle(HARD));
    assert!(over(&worker, ticket).is_ok());
}

#[test]
fn dropping_it_in_mid_thought_does_not_hang() {
    let mut worker = Worker::start(Arc::new(|| {}));
    let mut options = fixed(1_000_000);
    options.tries = Some(4);
    worker.solve(setup(), options, puzzle(HARDEST));
    next(&worker, |event| matches!(event, Event::Segment { .. }).then_some(()));
}
