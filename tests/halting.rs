//! Halting: every rule against plain segments, on the CPU and on every adapter; samples that join and leave at any time.

use std::sync::{Arc, OnceLock};

use crate::common::tiny;
use hrm::Error;
use hrm::executor::{Executor, Outputs, Progress, Want};
#[cfg(feature = "gpu")]
use hrm::gpu::ShaderSet;
use hrm::halt::{Halt, Schedule, Stop};
use hrm::model::{Config, Family, Model, Tensor, Weights};
use hrm::solve::Query;
use hrm::tasks::Puzzle;
use pollster::block_on;
use proptest::prelude::*;

const RULES: [Halt; 4] = [Halt::Fixed, Halt::Learned, Halt::Stable, Halt::Valid];
/// Segments of a puzzle, at most.
const SEGMENTS: usize = 4;

/// The model on the CPU and on every adapter, with what to call it. One shader set of each adapter is taken to be so fast
/// that all segments of a sample go into one submission, the other so slow that each dispatch has one of its own.
fn executors(model: &Arc<Model>) -> Vec<(String, Executor)> {
    #[cfg_attr(not(feature = "gpu"), allow(unused_mut))]
    let mut all = vec![("cpu".to_owned(), Executor::cpu(model.clone(), None).unwrap())];
    #[cfg(feature = "gpu")]
    all.extend((0..crate::gpus::gpus().len()).map(|i| {
        let (shader_set, rate) = [(ShaderSet::Workgroup, 1e-300), (ShaderSet::Register, 1e300)][i % 2];
        let gpu = Arc::new(crate::gpus::open(i / 2).with_shader_set(shader_set).with_rate(rate));
        (crate::gpus::named(&gpu), crate::gpus::executor(model, &gpu))
    }));
    all
}

/// All segments of a query alone, none of them halted.
fn segments(executor: &Executor, query: &Query, count: usize) -> Vec<Outputs> {
    let mut batch = executor.batch(1, query.tokens.len(), None).unwrap();
    batch.load(0, &query.tokens, query.puzzle_identifier, None).unwrap();
    (0..count)
        .map(|_| block_on(batch.segment(&[0], Want::ALL)).unwrap().remove(0))
        .collect()
}

/// Where a rule stops, told from all segments.
fn stop(halt: Halt, family: Family, puzzle: Option<&Puzzle>, segments: &[Outputs]) -> (usize, Stop) {
    for (i, outputs) in segments.iter().enumerate() {
        let learned = match family {
            Family::Hrm => outputs.q_halt > outputs.q_continue,
            _ => outputs.q_halt > 0.0,
        };
        let stays = i > 0 && segments[i - 1].preds == outputs.preds;
        match halt {
            Halt::Learned if learned => return (i + 1, Stop::Learned),
            Halt::Stable if learned && stays => return (i + 1, Stop::Stable),
            Halt::Valid if puzzle.unwrap().judge(&outputs.preds).unwrap().valid => return (i + 1, Stop::Valid),
            _ => {}
        }
    }
    (segments.len(), Stop::Limit)
}

/// How far all queries were when they stopped, in their order, from `slots` slots; a query joins where `joins` says so.
fn last_segments(
    executor: &Executor,
    queries: &[Query],
    slots: usize,
    schedule: Schedule,
    want: Want,
    mut joins: impl FnMut() -> bool,
) -> Vec<Progress> {
    let mut batch = executor.batch(slots, queries[0].tokens.len(), Some(schedule)).unwrap();
    let (mut next, mut ended) = (0, vec![None; queries.len()]);
    let mut asked = vec![0; slots];
    while next < queries.len() || !batch.is_idle() {
        while next < queries.len() && (batch.is_idle() || joins()) {
            let Some(slot) = batch.free().next() else { break };
            let query = &queries[next];
            batch.load(slot, &query.tokens, query.puzzle_identifier, None).unwrap();
            asked[slot] = next;
            next += 1;
        }
        for progress in block_on(batch.advance(usize::MAX, want)).unwrap() {
            if progress.stopped.is_some() {
                let before = ended[asked[progress.slot]].replace(progress);
                assert!(before.is_none(), "a sample stops once");
            }
        }
    }
    ended.into_iter().map(Option::unwrap).collect()
}

/// Every rule stops every puzzle at the segment, with the outputs and for the reason that plain segments give.
#[test]
fn rules_stop_where_plain_segments_say() {
    let model = Arc::new(Model::bundled("sudoku").unwrap());
    let puzzles = [
        "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
        "..............3.85..1.2.......5.7.....4...1...9.......5......73..2.1........4...9",
    ];
    let queries: Vec<Query> = puzzles.iter().map(|p| Puzzle::parse(p, None).unwrap().into()).collect();
    let mut seen = std::collections::HashSet::new();
    for (on, executor) in executors(&model) {
        let plain: Vec<Vec<Outputs>> = queries
            .iter()
            .map(|query| segments(&executor, query, SEGMENTS))
            .collect();
        for halt in RULES {
            let schedule = Schedule {
                halt,
                segments: SEGMENTS,
            };
            let ended = last_segments(
                &executor,
                &queries,
                2,
                schedule,
                Want {
                    every_segment: false,
                    ..Want::ALL
                },
                || true,
            );
            for (segment, (query, plain)) in ended.iter().zip(queries.iter().zip(&plain)) {
                let (number, stopped) = stop(halt, Family::Hrm, query.puzzle.as_deref(), plain);
                assert_eq!(
                    (segment.segments, segment.stopped),
                    (number, Some(stopped)),
                    "{on}, {halt:?}"
                );
                assert_eq!(segment.outputs.as_ref(), Some(&plain[number - 1]), "{on}, {halt:?}");
                seen.insert(stopped);
            }
        }
    }
    assert_eq!(seen.len(), 4, "every rule fires somewhere: {seen:?}");
}

/// The model with its halting head turned and shifted so that it says stop in half of these segments, the later ones.
fn undecided(model: &Model, queries: &[Query]) -> Arc<Model> {
    let cpu = Executor::cpu(Arc::new(model.clone()), None).unwrap();
    let outputs = queries.iter().flat_map(|query| segments(&cpu, query, 5));
    let mut leads: Vec<f32> = outputs.map(|o| o.q_continue - o.q_halt).collect();
    leads.sort_by(f32::total_cmp);
    let tensors = model.config.tensors().into_iter().map(|(name, shape)| {
        let mut values = model.weights.get(&name).unwrap().f32s().unwrap().into_owned();
        if name.starts_with("q_head") {
            values.iter_mut().for_each(|v| *v = -*v);
        }
        if name == "q_head.bias" {
            values[0] -= leads[leads.len() / 2];
        }
        (name, Tensor::from_f32(shape, values).unwrap())
    });
    let weights = Weights::new("undecided", tensors.collect::<Vec<_>>());
    Arc::new(Model::from_parts(model.config.clone(), weights).unwrap())
}

/// A device: its name, the model on it, and what it makes of each query alone.
type Alone = (String, Executor, Vec<Vec<Outputs>>);

/// Sixteen different queries of the tiny model, and what each device makes of them.
fn alone() -> &'static (Vec<Query>, Vec<Alone>) {
    static ALONE: OnceLock<(Vec<Query>, Vec<Alone>)> = OnceLock::new();
    ALONE.get_or_init(|| {
        let model = tiny();
        let Config {
            seq_len, vocab_size, ..
        } = model.config;
        // Alike but for one token, so that they are of different minds at the same segment.
        let query = |q: usize| {
            let token = |t: usize| ((t * 3 + usize::from(t == q) * (1 + q % 2)) % vocab_size) as u32;
            Query::new((0..seq_len).map(token).collect())
        };
        let queries: Vec<Query> = (0..16).map(query).collect();
        let model = undecided(&model, &queries);
        let devices = executors(&model).into_iter().map(|(on, executor)| {
            let plain = queries.iter().map(|query| segments(&executor, query, 5)).collect();
            (on, executor, plain)
        });
        (queries.clone(), devices.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// A sample's result is the same to the last bit whatever else is in the batch and whenever it joined.
    #[test]
    fn results_do_not_depend_on_the_company(
        slots in 1usize..140,
        order in proptest::collection::vec(0usize..16, 1..64),
        joins in proptest::collection::vec(any::<bool>(), 1..60),
        halt in proptest::sample::select(vec![Halt::Fixed, Halt::Learned, Halt::Stable]),
        limit in 1usize..=5,
        every_segment in any::<bool>(),
    ) {
        let (queries, devices) = alone();
        let queries: Vec<Query> = order.iter().map(|&q| queries[q].clone()).collect();
        let want = Want { every_segment, ..Want::ALL };
        for (on, executor, plain) in devices {
            let mut joins = joins.iter().cycle();
            let schedule = Schedule { halt, segments: limit };
            let ended = last_segments(executor, &queries, slots, schedule, want, || *joins.next().unwrap());
            for (segment, &q) in ended.iter().zip(&order) {
                let (number, stopped) = stop(halt, Family::Hrm, None, &plain[q][..limit]);
                prop_assert_eq!((segment.segments, segment.stopped), (number, Some(stopped)), "{}, query {}", on, q);
                prop_assert_eq!(segment.outputs.as_ref(), Some(&plain[q][number - 1]), "{}, query {}", on, q);
            }
        }
    }
}

/// The samples of the property test do not all stop at the same segment.
#[test]
fn the_tiny_model_halts_at_different_segments() {
    let (_, devices) = alone();
    let stops = devices[0]
        .2
        .iter()
        .map(|plain| stop(Halt::Learned, Family::Hrm, None, plain));
    let kinds: std::collections::HashSet<_> = stops.collect();
    assert!(kinds.len() > 1, "{kinds:?}");
}

#[test]
fn a_batch_refuses_a_schedule_that_its_model_cannot_obey() {
    let valid = Schedule {
        halt: Halt::Valid,
        segments: 4,
    };
    let executor = Executor::cpu(tiny(), None).unwrap();
    assert!(matches!(executor.batch(1, 21, Some(valid)), Err(Error::Usage(_))));
}
