//! What single families have of their own: first carries that are drawn, tries told apart by how little they change,
//! shifted tokens.

use std::sync::Arc;

use crate::common::{options, random_model, values};
use hrm::executor::{Executor, Outputs, Want};
use hrm::halt::{Halt, Schedule, Stop};
use hrm::model::{Config, Family, Model, Tensor, Weights};
use hrm::solve::{Query, Solver};
use hrm::tasks::Puzzle;
use hrm::tries::{Noise, Variants};
use pollster::block_on;

/// The model on the CPU and on every adapter, with what to call it.
pub fn executors(model: &Arc<Model>) -> Vec<(String, Executor)> {
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

fn eqr() -> Arc<Model> {
    Arc::new(random_model(&Config::published(Family::Eqr, 20, 7).with(|c| {
        (c.hidden_size, c.num_heads, c.puzzle_emb_ndim) = (32, 2, 32);
        (c.l_layers, c.puzzle_emb_len, c.expansion) = (1, 3, 1.0);
        (c.init_std, c.l_cycles) = ([1.0, 0.5], 2);
    })))
}

fn tokens(shift: usize) -> Vec<u32> {
    (0..20).map(|t| ((t * 3 + shift) % 7) as u32).collect()
}

/// The same start has the same bits in any slot and beside anyone, and another seed is another start.
#[test]
fn a_drawn_carry_depends_on_its_seed_alone() {
    for (on, executor) in executors(&eqr()) {
        let first = |slots: usize, slot: usize, noise: Option<Noise>| {
            let mut batch = executor.batch(slots, 20, None).unwrap();
            for other in 0..slots {
                batch.load(other, &tokens(other + 1), 0, None).unwrap();
            }
            batch.load(slot, &tokens(0), 0, noise).unwrap();
            let live: Vec<usize> = (0..slots).collect();
            block_on(batch.segment(&live, Want::ALL)).unwrap().swap_remove(slot)
        };
        let alone = first(1, 0, None);
        assert_eq!(alone, first(5, 3, None), "{on}");
        assert_eq!(alone, first(2, 1, Some(Noise { seed: 0, strength: 1.0 })), "{on}");
        assert_ne!(alone, first(1, 0, Some(Noise { seed: 1, strength: 1.0 })), "{on}");
        assert_ne!(alone, first(1, 0, Some(Noise { seed: 0, strength: 0.5 })), "{on}");
    }
}

#[test]
fn a_given_carry_is_taken_and_one_of_another_size_refused() {
    let model = eqr();
    let executor = Executor::cpu(model.clone(), None).unwrap();
    let mut batch = executor.batch(1, 20, None).unwrap();
    let one = |batch: &mut hrm::executor::Batch| block_on(batch.segment(&[0], Want::ALL)).unwrap().remove(0);
    let given = [1, 2].map(|seed| values(23 * 32, seed));
    batch.load_carry(0, &tokens(0), 0, given.clone()).unwrap();
    let once = one(&mut batch);
    batch.load_carry(0, &tokens(0), 0, given).unwrap();
    assert_eq!(once, one(&mut batch));
    batch.load(0, &tokens(0), 0, None).unwrap();
    assert_ne!(once, one(&mut batch));
    let error = batch
        .load_carry(0, &tokens(0), 0, [vec![0.0; 23 * 32], vec![0.0; 5]])
        .unwrap_err();
    assert!(error.to_string().contains("expected 736 values"), "{error}");
}

/// Without rules, the start whose outputs changed least over its last three segments wins.
#[test]
fn the_stillest_start_wins() {
    for (on, executor) in executors(&eqr()) {
        let options = options(|o| {
            (o.tries, o.variants, o.noise) = (Some(5), Some(Variants::Noise), Some(1.0));
            (o.halt, o.segments, o.want) = (Some(Halt::Fixed), Some(5), Want::ALL);
        });
        let solver = Solver::on(executor, &options).unwrap();
        let mut run = solver.run([Query::new(tokens(0))]).unwrap();
        let segments: Vec<_> = std::iter::from_fn(|| run.next_blocking().map(Result::unwrap)).collect();
        let score = |attempt: usize| {
            let own = segments.iter().filter(|segment| segment.attempt == attempt);
            let logits: Vec<&Vec<f32>> = own.map(|segment| segment.outputs.logits.as_ref().unwrap()).collect();
            assert_eq!(logits.len(), 5, "{on}");
            let moved = |pair: &[&Vec<f32>]| {
                let cells = pair[0].chunks(7).zip(pair[1].chunks(7));
                let far = cells.map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt());
                far.sum::<f32>() / 20.0
            };
            logits.windows(2).skip(1).map(moved).sum::<f32>() / 3.0
        };
        let scores: Vec<f32> = (0..5).map(score).collect();
        let best = (0..5).min_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap();
        let decided: Vec<_> = segments.iter().filter(|segment| segment.decision.is_some()).collect();
        assert_eq!(decided.len(), 1);
        assert_eq!(decided[0].attempt, best, "{on}: {scores:?}");
        for segment in segments.iter().filter(|segment| segment.stopped.is_some()) {
            let found = segment.outputs.change.unwrap();
            assert!(
                (found / scores[segment.attempt] - 1.0).abs() < 1e-3,
                "{on}: {found} {scores:?}"
            );
        }
        assert!(
            scores.iter().any(|score| (score / scores[0] - 1.0).abs() > 1e-3),
            "{scores:?}"
        );
    }
}

/// The rule `still` stops where plain segments say: after three that changed nothing.
#[test]
fn still_stops_where_plain_segments_say() {
    let model = Arc::new(Model::bundled("sudoku").unwrap());
    let text = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
    let tokens = Query::from(Puzzle::parse(text, None).unwrap()).tokens;
    for (on, executor) in executors(&model) {
        let mut plain = executor.batch(1, 81, None).unwrap();
        plain.load(0, &tokens, 0, None).unwrap();
        let segments: Vec<Outputs> = (0..16)
            .map(|_| block_on(plain.segment(&[0], Want::ALL)).unwrap().remove(0))
            .collect();
        let unchanged = |pair: &[Outputs]| {
            let [old, new] = [&pair[0], &pair[1]].map(|outputs| outputs.logits.as_ref().unwrap());
            let norm = |values: &[f32]| values.iter().map(|v| v * v).sum::<f32>().sqrt();
            let moved: Vec<f32> = old.iter().zip(new).map(|(old, new)| new - old).collect();
            let sum = |values: &[f32]| values.chunks(11).map(norm).sum::<f32>();
            pair[0].preds == pair[1].preds && sum(&moved) <= 0.01 * sum(new)
        };
        let unchanged: Vec<bool> = segments.windows(2).map(unchanged).collect();
        let expected = 4 + unchanged.windows(3).position(|three| three == [true; 3]).unwrap();
        assert!((5..16).contains(&expected), "{on}: {unchanged:?}");
        let schedule = Schedule {
            halt: Halt::Still,
            segments: 16,
        };
        let mut batch = executor.batch(2, 81, Some(schedule)).unwrap();
        batch.load(1, &tokens, 0, None).unwrap();
        let want = Want {
            every_segment: false,
            ..Want::ALL
        };
        let mut last = None;
        while !batch.is_idle() {
            last = block_on(batch.advance(usize::MAX, want)).unwrap().pop();
        }
        let last = last.unwrap();
        assert_eq!((last.segments, last.stopped), (expected, Some(Stop::Still)), "{on}");
        assert_eq!(last.outputs.unwrap(), segments[expected - 1], "{on}");
    }
}

/// A nano-trm whose blocks do nothing and whose tables are orthogonal: it answers with what it is asked.
fn parrot() -> Arc<Model> {
    let config = Config::published(Family::Nano, 81, 12).with(|c| {
        (c.hidden_size, c.num_heads, c.l_layers) = (16, 1, 1);
        c.task = Some(hrm::tasks::sudoku::TASK);
    });
    let tensors = config.tensors().into_iter().map(|(name, shape)| {
        let mut data = vec![0.0; shape.iter().product()];
        if name.contains("embedding") || name == "lm_head.weight" {
            (0..12).for_each(|id| data[id * 16 + id] = 1.0);
        }
        (name, Tensor::from_f32(shape, data).unwrap())
    });
    let weights = Weights::new("parrot", tensors.collect::<Vec<_>>());
    Arc::new(Model::from_parts(config, weights).unwrap())
}

/// Puzzles and answers have the task's ids, the network has its own, and the rules judge the former on every device.
#[test]
fn shifted_tokens_are_the_tasks_own() {
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let open = solved.replace('9', ".");
    for (on, executor) in executors(&parrot()) {
        let solver = Solver::on(executor.clone(), &options(|o| o.want = Want::ALL)).unwrap();
        let answers: Vec<_> = [solved, &open]
            .iter()
            .map(|text| solver.solve_blocking(&Puzzle::parse(text, None).unwrap()).unwrap())
            .collect();
        assert_eq!((answers[0].stopped, answers[0].segments), (Stop::Valid, 1), "{on}");
        assert_eq!(
            (answers[1].stopped, answers[1].valid()),
            (Stop::Limit, Some(false)),
            "{on}"
        );
        let mut run = solver.run([Query::from(Puzzle::parse(solved, None).unwrap())]).unwrap();
        let segment = run.next_blocking().unwrap().unwrap();
        let ids: Vec<u32> = solved.bytes().map(|b| u32::from(b - b'0') + 1).collect();
        assert_eq!(segment.outputs.preds, ids, "{on}");
        let logits = segment.outputs.logits.unwrap();
        assert_eq!(logits.len(), 81 * 11);
        assert!(logits[ids[0] as usize] > 0.1, "{on}");
        // A batch has the network's own.
        let mut batch = executor.batch(1, 81, None).unwrap();
        let own: Vec<u32> = ids.iter().map(|id| id + 1).collect();
        batch.load(0, &own, 0, None).unwrap();
        let outputs = block_on(batch.segment(&[0], Want::ALL)).unwrap().remove(0);
        assert_eq!((outputs.preds, outputs.q_continue), (own, 0.0), "{on}");
    }
}
