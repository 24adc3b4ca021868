//! Several tries at a puzzle: what they cost, who wins, and that no valid answer is ever lost.

use std::path::Path;
use std::sync::Arc;

use crate::common::{options, random_model, relative_l2, tiny};
use hrm::executor::{Batch, Executor, Outputs, Progress, Want};
use hrm::halt::{Halt, Schedule};
use hrm::model::Model;
use hrm::solve::Answer;
use hrm::solve::{Query, Segment};
use hrm::tries::{Noise, Variants};
use hrm::{Error, Options, Puzzle, Solver};
use pollster::block_on;
use proptest::prelude::*;

/// Questions of the check set in `class`.
fn questions(class: &str) -> Vec<Puzzle> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sudoku-check.csv");
    let csv = std::fs::read_to_string(path).unwrap();
    let rows = csv.lines().filter(|line| line.starts_with(&format!("{class},")));
    rows.map(|line| Puzzle::parse(line.split(',').nth(1).unwrap(), None).unwrap())
        .collect()
}

/// What differs between tries, and the strength of the noise.
type Kind = (Variants, Option<f32>);

const SYMMETRY: Kind = (Variants::Symmetry, None);

fn solver(count: usize, (variants, noise): Kind, segments: usize, set: impl FnOnce(&mut Options)) -> Solver {
    let options = options(|o| {
        (o.tries, o.variants, o.noise) = (Some(count), Some(variants), noise);
        o.segments = Some(segments);
        set(o);
    });
    Solver::open_blocking(&options).unwrap()
}

fn answers(solver: &Solver, puzzles: &[Puzzle]) -> Vec<Answer> {
    let queries: Vec<Query> = puzzles.iter().cloned().map(Query::from).collect();
    let mut run = solver.answers(queries).unwrap().in_order();
    let segments = std::iter::from_fn(|| run.next_blocking()).map(Result::unwrap);
    segments.map(|segment| segment.answer.unwrap()).collect()
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(SYMMETRY),
        Just((Variants::Noise, Some(0.5))),
        Just((Variants::Both, Some(1.0)))
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Whatever the tries, the batch and the rule: what one try solves stays what it was, at no more segments, and an
    /// unsolved puzzle costs at most as many tries as were allowed.
    #[test]
    fn no_valid_answer_is_lost_and_none_costs_more(
        (count, variants, batch) in (2usize..6, kinds(), 1usize..9),
        halt in prop_oneof![Just(Halt::Valid), Just(Halt::Stable), Just(Halt::Fixed)],
        class in prop_oneof![Just("minimal"), Just("deep"), Just("givens30")],
        first in 0usize..6,
    ) {
        const SEGMENTS: usize = 4;
        let puzzles = &questions(class)[first..first + 4];
        let run = |count| answers(&solver(count, variants, SEGMENTS, |o| (o.halt, o.batch) = (Some(halt), Some(batch))), puzzles);
        for (one, many) in run(1).iter().zip(run(count)) {
            if one.valid() == Some(true) {
                prop_assert_eq!((&one.prediction, one.all_segments), (&many.prediction, many.all_segments));
                prop_assert_eq!((many.tries, many.attempt), (1, 0));
            } else {
                prop_assert_eq!(many.tries > 1, true);
                prop_assert!(many.tries <= count && many.all_segments <= count * SEGMENTS);
            }
            // The verdict is of the answer to the puzzle itself, not to a variant of it.
            prop_assert_eq!(many.puzzle.is_valid(&many.prediction), many.valid());
        }
    }
}

/// With two segments the first try fails at many puzzles that one of its siblings solves.
#[test]
fn siblings_solve_what_the_first_try_did_not() {
    let puzzles = [questions("minimal"), questions("few"), questions("deep")].concat();
    let one = answers(&solver(1, SYMMETRY, 4, |_| {}), &puzzles);
    let eight = answers(&solver(8, SYMMETRY, 4, |_| {}), &puzzles);
    let valid = |answers: &[Answer]| answers.iter().filter(|a| a.valid() == Some(true)).count();
    assert!(valid(&eight) > valid(&one), "{} and {}", valid(&eight), valid(&one));
    let siblings = eight.iter().filter(|a| a.attempt > 0 && a.valid() == Some(true));
    for answer in siblings.clone() {
        assert_eq!(answer.variant.to_string(), format!("symmetry {}", answer.attempt));
        assert!(answer.tries == 8 && answer.all_segments <= 4 + 7 * answer.segments);
    }
    assert!(siblings.count() > 0);
}

/// What a try gives is what its variant gives alone, undone by hand: to the last bit.
#[test]
fn a_try_is_its_variant_alone_undone() {
    let maze = random_model(&tiny().config.clone().with(|c| {
        c.seq_len = 25;
        c.vocab_size = 6;
        c.task = Some(hrm::tasks::maze::TASK);
    }));
    let maze_puzzle = Puzzle::new(
        hrm::tasks::maze::TASK,
        (0..25).map(|i| [3, 4, 1, 2, 2][i % 5]).collect(),
    )
    .unwrap();
    let sudoku = (Model::bundled("sudoku").unwrap(), questions("deep").remove(0));
    for (model, puzzle) in [sudoku, (maze, maze_puzzle)] {
        let (config, task) = (model.config.clone(), model.config.task);
        for (variants, noise) in [SYMMETRY, (Variants::Both, Some(0.5))] {
            let options = options(|o| {
                (o.tries, o.variants, o.noise) = (Some(10), Some(variants), noise);
                (o.segments, o.halt, o.want) = (Some(2), Some(Halt::Fixed), Want::ALL);
            });
            let executor = Executor::cpu(Arc::new(model.clone()), None).unwrap();
            let solver = Solver::on(executor, &options).unwrap();
            let mut query = Query::from(puzzle.clone());
            query.puzzle = None;
            let mut run = solver.run([query.clone()]).unwrap();
            let mut seen = 0;
            while let Some(segment) = run.next_blocking().map(Result::unwrap) {
                let variant = segment.variant;
                let symmetry = variant
                    .symmetry
                    .map(|number| task.unwrap().augmentation(&puzzle.sample(), number));
                let augmentation = symmetry.flatten();
                let symmetry = augmentation.map(|augmentation| augmentation.transform(&[]));
                let mut batch = solver.executor().batch(1, puzzle.board.tokens.len(), None).unwrap();
                let asked = symmetry
                    .as_ref()
                    .map_or(puzzle.board.tokens.clone(), |s| s.apply(&puzzle.board.tokens));
                batch.load(0, &asked, 0, variant.noise).unwrap();
                let mut alone = None;
                for _ in 0..segment.number {
                    alone = block_on(batch.segment(&[0], Want::ALL)).unwrap().pop();
                }
                let alone = alone.unwrap();
                // A cell's own values, wherever the variant put it.
                let (dim, vocab) = (config.hidden_size, config.vocab_size);
                // Ids beyond the vocabulary keep their names: the places of cells, shifted.
                let cells: Vec<u32> = (vocab as u32..).take(puzzle.board.tokens.len()).collect();
                let moved = symmetry.as_ref().map_or(cells.clone(), |s| s.undo(&cells));
                for (cell, &at) in moved.iter().enumerate() {
                    let at = at as usize - vocab;
                    let row = |z: &Option<Vec<f32>>, i: usize| z.as_ref().unwrap()[(1 + i) * dim..][..dim].to_vec();
                    assert_eq!(row(&segment.outputs.z_h, cell), row(&alone.z_h, at));
                    assert_eq!(row(&segment.outputs.z_l, cell), row(&alone.z_l, at));
                    let logits = &segment.outputs.logits.as_ref().unwrap()[cell * vocab..][..vocab];
                    let pred = segment.outputs.preds[cell] as usize;
                    assert!(
                        logits.iter().all(|l| *l <= logits[pred]),
                        "the logits go with the prediction"
                    );
                }
                let undone = symmetry.as_ref().map_or(alone.preds.clone(), |s| s.undo(&alone.preds));
                assert_eq!(
                    (&undone, alone.q_halt),
                    (&segment.outputs.preds, segment.outputs.q_halt)
                );
                seen += usize::from(segment.decision.is_none() || segment.number == 2);
            }
            assert!(seen >= 20, "{seen}");
        }
    }
}

/// Sudoku without rules: all tries run, and the vote is the specification's.
#[test]
fn without_rules_the_vote_decides() {
    let solver = solver(5, SYMMETRY, 3, |o| o.halt = Some(Halt::Fixed));
    let queries: Vec<Query> = [questions("few"), questions("givens36")]
        .concat()
        .into_iter()
        .map(|puzzle| {
            let mut query = Query::from(puzzle);
            query.puzzle = None;
            query
        })
        .collect();
    let mut last: Vec<Vec<Segment>> = vec![Vec::new(); queries.len()];
    let mut decided = vec![None; queries.len()];
    let mut run = solver.run(queries.clone()).unwrap();
    while let Some(segment) = run.next_blocking().map(Result::unwrap) {
        let id = segment.id;
        assert!(decided[id].is_none(), "what decides comes last");
        if segment.number == 3 && last[id].iter().all(|s| s.attempt != segment.attempt) {
            last[id].push(segment.clone());
        }
        if segment.decision.is_some() {
            decided[id] = Some(segment);
        }
    }
    let (mut unanimous, mut split) = (0, 0);
    for (tries, decided) in last.iter_mut().zip(&decided) {
        let (decided, decision) = (decided.as_ref().unwrap(), decided.as_ref().unwrap().decision.unwrap());
        tries.sort_by_key(|segment| segment.attempt);
        let answers: Vec<_> = tries.iter().map(|s| (&*s.outputs.preds, s.outputs.q_halt)).collect();
        let winner = hrm::tasks::sudoku::TASK.rank(&answers)[0][0];
        assert_eq!(decided.outputs.preds, tries[winner].outputs.preds);
        assert_eq!((decision.tries, decision.segments), (5, 15));
        let votes = tries
            .iter()
            .filter(|s| s.outputs.preds == decided.outputs.preds)
            .count();
        assert_eq!(decision.votes, votes);
        (unanimous, split) = (unanimous + usize::from(votes == 5), split + usize::from(votes < 5));
    }
    assert!(unanimous > 0 && split > 0, "{unanimous} unanimous, {split} split");
    // Answers are those of the stream, without the others.
    let mut run = solver.answers(queries).unwrap();
    let answers: Vec<Segment> = std::iter::from_fn(|| run.next_blocking()).map(Result::unwrap).collect();
    assert_eq!(answers.len(), decided.len());
    for answer in answers {
        let decided = decided[answer.id].as_ref().unwrap();
        assert_eq!((&answer.outputs, answer.decision), (&decided.outputs, decided.decision));
    }
}

/// What a query comes to does not depend on its neighbours: nor on how many slots there are,
/// even where its variants run one after the other.
#[test]
fn answers_are_the_same_whatever_is_in_the_batch() {
    let puzzles = [questions("deep"), questions("givens30"), questions("few")].concat();
    let run = |batch: usize, puzzles: &[Puzzle]| {
        let solver = solver(5, SYMMETRY, 4, |o| o.batch = Some(batch));
        let answers = answers(&solver, puzzles).into_iter();
        let answers = answers.map(|a| (a.prediction, a.attempt, a.segments, a.all_segments, a.tries));
        answers.collect::<Vec<_>>()
    };
    let together = run(64, &puzzles);
    for batch in 1..5 {
        assert_eq!(run(batch, &puzzles), together, "{batch} slots");
    }
    assert_eq!(run(9, &puzzles[3..4]), together[3..4]);
}

#[test]
fn a_bad_query_costs_the_others_nothing() {
    let solver = solver(3, SYMMETRY, 1, |_| {});
    let good = Query::from(questions("deep").remove(0));
    for puzzle in [good.puzzle.clone(), None] {
        let mut bad = good.clone();
        (bad.tokens, bad.puzzle) = (vec![11; 81], puzzle);
        let mut run = solver.answers([good.clone(), bad, good.clone()]).unwrap().in_order();
        let ended: Vec<Option<usize>> = std::iter::from_fn(|| run.next_blocking())
            .map(|result| result.ok().and_then(|s| s.decision).map(|d| d.tries))
            .collect();
        assert_eq!(ended, [Some(3), None, Some(3)]);
    }
    let none = Solver::open_blocking(&options(|o| o.tries = Some(0)));
    assert!(matches!(none, Err(Error::Usage(_))));
}

/// The model on the CPU and on every adapter, with what to call it.
fn executors(model: &Arc<Model>) -> Vec<(String, Executor)> {
    #[cfg_attr(not(feature = "gpu"), allow(unused_mut))]
    let mut all = vec![("cpu".to_owned(), Executor::cpu(model.clone(), None).unwrap())];
    #[cfg(feature = "gpu")]
    all.extend(
        crate::gpus::gpus()
            .iter()
            .map(|gpu| (crate::gpus::named(gpu), crate::gpus::executor(model, gpu))),
    );
    all
}

/// A sample that is taken out leaves its slot to another; its neighbours and its successor notice nothing. Noise is
/// part of a sample, and the same on every device.
#[test]
fn samples_leave_their_slots_and_begin_with_noise_on_every_device() {
    let model = tiny();
    let load = |batch: &mut Batch, slot: usize, i: usize, noise: bool| {
        let tokens: Vec<u32> = (0..21).map(|c| ((c + i) % 7) as u32).collect();
        let (seed, strength) = (i as u64, 0.7);
        let noise = noise.then_some(Noise { seed, strength });
        batch.load(slot, &tokens, 0, noise).unwrap();
    };
    let schedule = Schedule {
        halt: Halt::Fixed,
        segments: 3,
    };
    let mut cpu: Option<Vec<Outputs>> = None;
    for (on, executor) in executors(&model) {
        let step = |batch: &mut Batch| {
            let progress = block_on(batch.advance(usize::MAX, Want::ALL)).unwrap();
            let ended = progress.into_iter().filter(|p| p.stopped.is_some());
            ended.collect::<Vec<Progress>>()
        };
        let alone = |i: usize, noise: bool| {
            let mut batch = executor.batch(1, 21, Some(schedule)).unwrap();
            load(&mut batch, 0, i, noise);
            let mut last = None;
            while !batch.is_idle() {
                last = step(&mut batch).pop();
            }
            last.unwrap().outputs.unwrap()
        };
        let mut batch = executor.batch(3, 21, Some(schedule)).unwrap();
        (0..3).for_each(|i| load(&mut batch, i, i, i == 2));
        let mut ended = step(&mut batch);
        assert_eq!((batch.release(1), batch.release(1)), (Some(1), None), "{on}");
        assert_eq!(batch.free().collect::<Vec<_>>(), [1], "{on}");
        ended.extend(step(&mut batch));
        load(&mut batch, 1, 3, true);
        // One that never began leaves, too.
        ended.extend(step(&mut batch));
        load(&mut batch, 0, 4, false);
        assert_eq!(batch.release(0), Some(0), "{on}");
        while !batch.is_idle() {
            ended.extend(step(&mut batch));
        }
        ended.sort_by_key(|p| p.slot);
        let slots: Vec<usize> = ended.iter().map(|p| p.slot).collect();
        assert_eq!(slots, [0, 1, 2], "{on}");
        let outputs: Vec<Outputs> = ended.iter().map(|p| p.outputs.clone().unwrap()).collect();
        for ((progress, outputs), i) in ended.iter().zip(&outputs).zip([0, 3, 2]) {
            assert_eq!(progress.segments, 3, "{on}");
            assert_eq!(*outputs, alone(i, i >= 2), "{on}");
        }
        let calm = alone(2, false);
        assert!(relative_l2(outputs[2].z_h.as_ref().unwrap(), calm.z_h.as_ref().unwrap()) > 1e-3);
        for (ours, cpu) in outputs.iter().zip(cpu.iter().flatten()) {
            let error = relative_l2(ours.z_h.as_ref().unwrap(), cpu.z_h.as_ref().unwrap());
            assert!(error < 1e-4, "{on}: {error:e}");
        }
        cpu = cpu.or(Some(outputs));
    }
}
