//! The library as people call it: answers, streams of segments, halting, cancelling, independence of samples.

use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use hrm::executor::{DeviceChoice, Executor, Want};
use hrm::halt::{Halt, Stop};
use hrm::solve::{Cancel, Query, Run, Segment};
use hrm::{Error, Options, Puzzle, Solver};

use crate::common::options;

/// Four segments.
const HARD: &str = ".........4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....";

/// One or two.
const EASY: &str = "7...5498.2..9781.649.6.2.37847.2....9.24...78..5.8.4.1..9547..3.2.8.371..7..61..5";

/// A solver on the CPU, with options that `set` changes.
fn solver(set: impl FnOnce(&mut Options)) -> Solver {
    Solver::open_blocking(&options(set)).unwrap()
}

/// Every `step`th puzzle of the check set, from easy to beyond the bundled model.
fn puzzles(step: usize) -> Vec<Puzzle> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sudoku-check.csv");
    let csv = std::fs::read_to_string(path).unwrap();
    let questions = csv
        .lines()
        .skip(1)
        .step_by(step)
        .map(|line| line.split(',').nth(1).unwrap());
    questions
        .map(|question| Puzzle::parse(question, None).unwrap())
        .collect()
}

fn segments(mut run: Run<impl Iterator<Item = Query>>) -> Vec<Segment> {
    std::iter::from_fn(|| run.next_blocking())
        .map(|segment| segment.unwrap())
        .collect()
}

/// All segments of every puzzle, in their order.
fn by_puzzle(solver: &Solver, puzzles: &[Puzzle]) -> Vec<Vec<Segment>> {
    let mut sorted: Vec<Vec<Segment>> = puzzles.iter().map(|_| Vec::new()).collect();
    let queries: Vec<Query> = puzzles.iter().cloned().map(Query::from).collect();
    for segment in segments(solver.run(queries).unwrap()) {
        sorted[segment.id].push(segment);
    }
    sorted
}

#[test]
fn a_puzzle_is_answered() {
    let puzzle = Puzzle::parse(HARD, None).unwrap();
    let answer = solver(|_| {}).solve_blocking(&puzzle).unwrap();
    assert_eq!(
        (answer.valid(), answer.stopped, answer.segments),
        (Some(true), Stop::Valid, 4)
    );
    assert_eq!(answer.text().len(), 81);
    assert_eq!(*answer.puzzle, puzzle);
    assert!(answer.elapsed.as_nanos() > 0);
}

/// The rules, read from a stream that ran on regardless, say where each run must have stopped.
#[test]
fn each_rule_stops_where_its_words_say() {
    let puzzles = puzzles(5);
    let all = by_puzzle(&solver(|o| o.halt = Some(Halt::Fixed)), &puzzles);
    for segments in &all {
        let numbers: Vec<usize> = segments.iter().map(|s| s.number).collect();
        assert_eq!(numbers, (1..=16).collect::<Vec<_>>());
        assert_eq!(segments[15].stopped, Some(Stop::Limit));
        assert!(segments[..15].iter().all(|s| s.stopped.is_none()));
    }
    let mut fired = 0;
    for (halt, stop) in [
        (Halt::Learned, Stop::Learned),
        (Halt::Stable, Stop::Stable),
        (Halt::Valid, Stop::Valid),
    ] {
        let runs = by_puzzle(&solver(|o| o.halt = Some(halt)), &puzzles);
        for ((puzzle, all), run) in puzzles.iter().zip(&all).zip(&runs) {
            let learned = |i: usize| all[i].outputs.q_halt > all[i].outputs.q_continue;
            let end = (0..16).find(|&i| match halt {
                Halt::Learned => learned(i),
                Halt::Stable => learned(i) && i > 0 && all[i].outputs.preds == all[i - 1].outputs.preds,
                _ => puzzle.is_valid(&all[i].outputs.preds).unwrap(),
            });
            assert_eq!(run.len(), end.map_or(16, |i| i + 1));
            let last = run.last().unwrap();
            assert_eq!(last.stopped, Some(if end.is_some() { stop } else { Stop::Limit }));
            // A sample that has stopped keeps the outputs of its last segment.
            assert_eq!(last.outputs, all[run.len() - 1].outputs);
            fired += usize::from(run.len() < 16);
        }
    }
    assert!(fired > 12, "the rules fired {fired} times");
}

#[test]
fn a_sample_is_the_same_to_the_last_bit_whatever_is_in_the_batch() {
    let puzzles = puzzles(7);
    let want = Want::ALL;
    let outputs = |batch: usize, threads: usize, halt: Halt| {
        let solver = solver(|o| {
            (o.batch, o.threads, o.segments) = (Some(batch), Some(threads), Some(6));
            (o.halt, o.want) = (Some(halt), want);
        });
        by_puzzle(&solver, &puzzles)
    };
    let alone = outputs(1, 1, Halt::Valid);
    assert!(alone[0][0].outputs.logits.is_some() && alone[0][0].outputs.z_h.is_some());
    for (batch, threads) in [(1, 2), (1, 3), (2, 1), (3, 2), (2, 5), (5, 4), (3, 9), (64, 2)] {
        let together = outputs(batch, threads, Halt::Valid);
        for (a, b) in alone.iter().flatten().zip(together.iter().flatten()) {
            assert_eq!(
                (a.id, a.number, &a.outputs),
                (b.id, b.number, &b.outputs),
                "batch {batch}, threads {threads}"
            );
        }
        assert_eq!(together.iter().flatten().count(), alone.iter().flatten().count());
    }
}

#[test]
fn more_slots_than_puzzles_and_no_puzzles_at_all() {
    let solver = solver(|o| o.batch = Some(64));
    assert_eq!(solver.slots(), 64);
    let easy = puzzles(60);
    assert_eq!(by_puzzle(&solver, &easy)[0].last().unwrap().stopped, Some(Stop::Valid));
    assert!(solver.run([]).unwrap().next_blocking().is_none());
}

/// Queries are drawn as slots fall free: an endless iterator of them is a stream too.
#[test]
fn queries_are_drawn_when_there_is_room() {
    let puzzle = puzzles(60).remove(0);
    let solver = solver(|o| (o.batch, o.segments) = (Some(2), Some(1)));
    let mut run = solver
        .run(std::iter::repeat_with(|| Query::from(puzzle.clone())))
        .unwrap();
    let ids: Vec<usize> = (0..5).map(|_| run.next_blocking().unwrap().unwrap().id).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4]);
}

#[test]
fn a_bad_query_is_an_error_and_the_others_go_on() {
    let solver = solver(|o| o.segments = Some(1));
    let good = Query::from(Puzzle::parse(HARD, None).unwrap());
    let mut bad = good.clone();
    bad.tokens = vec![11; 81];
    let mut run = solver.run([good.clone(), bad, good]).unwrap();
    let results: Vec<_> = std::iter::from_fn(|| run.next_blocking()).collect();
    let errors: Vec<String> = results
        .iter()
        .filter_map(|r| r.as_ref().err())
        .map(Error::to_string)
        .collect();
    assert_eq!(errors, ["puzzle: token 0: expected an id below 11, found 11"]);
    let ids: Vec<usize> = results.iter().filter_map(|r| r.as_ref().ok()).map(|s| s.id).collect();
    assert_eq!(ids, [0, 2]);
}

#[test]
fn a_run_is_cancelled_from_another_thread() {
    let puzzle = Puzzle::parse(HARD, None).unwrap();
    let solver = solver(|o| (o.halt, o.segments) = (Some(Halt::Fixed), Some(usize::MAX)));
    let cancel = Cancel::default();
    let run = solver.run([Query::from(puzzle.clone())]).unwrap();
    let mut run = run.with_cancel(cancel.clone());
    let (first, started) = std::sync::mpsc::channel();
    let canceller = std::thread::spawn(move || {
        started.recv().unwrap();
        cancel.cancel();
    });
    let mut count = 0;
    let error = loop {
        match run.next_blocking().unwrap() {
            Ok(_) if count == 0 => first.send(()).unwrap(),
            Ok(_) => {}
            Err(error) => break error,
        }
        count += 1;
    };
    canceller.join().unwrap();
    assert!(matches!(error, Error::Cancelled) && count > 0);
    assert!(run.next_blocking().is_none(), "a run that was cancelled is over");
}

/// A timeout beside a run has its turn after every segment, and a future that it drops has lost nothing.
#[test]
fn a_run_yields_between_segments_and_survives_a_dropped_future() {
    let puzzle = Puzzle::parse(HARD, None).unwrap();
    let solver = solver(|_| {});
    let mut context = Context::from_waker(Waker::noop());
    let mut solving = Box::pin(solver.solve(&puzzle));
    let polls = std::iter::repeat_with(|| solving.as_mut().poll(&mut context)).take_while(Poll::is_pending);
    assert_eq!(polls.count(), 4, "one a segment");

    let mut run = solver.run([Query::from(puzzle.clone())]).unwrap();
    let mut numbers = Vec::new();
    loop {
        // A future for every poll.
        match Box::pin(run.next()).as_mut().poll(&mut context) {
            Poll::Pending => {}
            Poll::Ready(Some(segment)) => numbers.push(segment.unwrap().number),
            Poll::Ready(None) => break,
        }
    }
    assert_eq!(numbers, [1, 2, 3, 4]);
}

/// The last segment of a query carries its answer, and a run is a stream.
#[test]
fn a_run_is_a_stream_that_ends_each_query_with_its_answer() {
    let puzzles = puzzles(30);
    let solver = solver(|o| o.batch = Some(2));
    let raw = Query::new(puzzles[0].board.tokens.clone());
    let queries = puzzles.iter().cloned().map(Query::from).chain([raw]);
    let mut run = solver.run(queries.collect::<Vec<_>>()).unwrap();
    let next = || pollster::block_on(std::future::poll_fn(|context| Pin::new(&mut run).poll_next(context)));
    let mut last: Vec<Option<Segment>> = vec![None; puzzles.len() + 1];
    for segment in std::iter::from_fn(next).map(Result::unwrap) {
        let before = last[segment.id].replace(segment);
        assert!(before.is_none_or(|before| before.decision.is_none() && before.answer.is_none()));
    }
    for (segment, puzzle) in last.iter().flatten().zip(&puzzles) {
        let answer = segment.answer.as_ref().unwrap();
        assert_eq!((&*answer.puzzle, &answer.prediction), (puzzle, &segment.outputs.preds));
        assert_eq!(answer.verdict, puzzle.judge(&answer.prediction));
        assert_eq!((answer.segments, answer.elapsed), (segment.number, segment.elapsed));
    }
    let raw = last.pop().flatten().unwrap();
    assert!(raw.decision.is_some() && raw.answer.is_none());
}

/// Futures can be given to a runtime of several threads.
#[test]
fn futures_are_send() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let puzzle = Puzzle::parse(EASY, None).unwrap();
    let solver = pollster::block_on(assert_send(Solver::open(&options(|_| {})))).unwrap();
    pollster::block_on(assert_send(solver.warm_up())).unwrap();
    let answer = pollster::block_on(assert_send(solver.solve(&puzzle))).unwrap();
    assert_eq!(answer.valid(), Some(true));
    let mut run = assert_send(solver.run([Query::from(puzzle.clone())]).unwrap());
    assert!(pollster::block_on(assert_send(run.next())).is_some());
    drop(assert_send(Executor::open(
        solver.executor().model().clone(),
        &DeviceChoice::Cpu,
        None,
    )));
    drop(assert_send(solver.executor().rebuild()));
}

#[test]
fn what_cannot_be_done_is_refused_before_it_starts() {
    let usage = |options: Options| match Solver::open_blocking(&options) {
        Err(Error::Usage(message)) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        usage(options(|o| o.segments = Some(0))),
        "segments: expected 1 or more, found 0"
    );
    assert_eq!(
        usage(options(|o| o.batch = Some(0))),
        "batch: expected 1 to 65536, found 0"
    );
    // This model is for no task: nobody knows rules.
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/trm-att-tiny");
    let message = usage(options(|o| (o.model, o.halt) = (Some(tiny), Some(Halt::Valid))));
    assert!(message.contains("needs rules to judge by"), "{message}");

    let maze = Puzzle::parse("#####\n#S G#\n#   #\n#   #\n#####\n", Some(hrm::tasks::maze::TASK)).unwrap();
    let error = solver(|_| {}).solve_blocking(&maze).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this puzzle is a maze, and model sudoku solves sudoku: give another model"
    );
}

/// What the model stores is what it computes with, unless the caller wants otherwise.
#[test]
fn the_bundled_model_is_found_by_name_and_by_task() {
    let answer = |solver: Solver| {
        let puzzle = Puzzle::parse(HARD, None).unwrap();
        solver.solve_blocking(&puzzle).unwrap().prediction
    };
    let expected = answer(solver(|_| {}));
    assert_eq!(answer(solver(|o| o.model = Some("sudoku".into()))), expected);
    assert_eq!(answer(solver(|o| o.task = Some(hrm::tasks::sudoku::TASK))), expected);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/sudoku");
    assert_eq!(answer(solver(|o| o.model = Some(folder))), expected);
}

/// Answers come as they are done, or in the order of the questions; a bad query takes its turn, too.
#[test]
fn answers_come_in_the_order_that_is_wished() {
    let solver = solver(|o| (o.batch, o.halt) = (Some(2), Some(Halt::Valid)));
    // The third is too short.
    let mut queries: Vec<Query> = [HARD, EASY, EASY, EASY]
        .map(|p| Query::from(Puzzle::parse(p, None).unwrap()))
        .into();
    queries[2].tokens.pop();
    let order = |mut run: Run<_>| {
        let mut order = Vec::new();
        while let Some(segment) = run.next_blocking() {
            order.push(segment.ok().map(|s| (s.id, s.number, s.stopped.is_some())));
        }
        order
    };
    let answers = order(solver.answers(queries.clone()).unwrap().in_order());
    let ids: Vec<_> = answers.iter().map(|a| a.map(|(id, ..)| id)).collect();
    assert_eq!(ids, [Some(0), Some(1), None, Some(3)]);
    assert!(answers.iter().flatten().all(|(_, _, last)| *last));
    let done: Vec<_> = order(solver.answers(queries.clone()).unwrap());
    let done: Vec<_> = done.iter().map(|a| a.map(|(id, ..)| id)).collect();
    assert_eq!(done.last(), Some(&Some(0)), "the hard one is done last: {done:?}");
    let segments = order(solver.run(queries).unwrap().in_order());
    let of_first: Vec<_> = segments
        .iter()
        .take_while(|s| s.is_some_and(|(id, ..)| id == 0))
        .collect();
    let numbers: Vec<_> = of_first.iter().flat_map(|s| s.map(|(_, number, _)| number)).collect();
    assert_eq!(numbers, (1..=answers[0].unwrap().1).collect::<Vec<_>>());
}
