//! What single families have of their own: first carries that are drawn, tries told apart by how little they change,
//! shifted tokens, configurations inside a checkpoint.

use std::sync::Arc;

use crate::common::{Golden, named, options, random_model, values};
use hrm::executor::{Executor, Outputs, Want};
use hrm::halt::{Halt, Schedule, Stop};
use hrm::model::{Config, Family, Model, Positions, Tensor, Weights, inspect};
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

/// What a checkpoint says of itself is found and shown, whatever stands beside it.
#[test]
fn configurations_inside_checkpoints_count() {
    for (case, file, family, told) in [
        ("eqr-sudoku-tiny", "checkpoint.pth", Family::Eqr, "lambda_"),
        ("eqr-plain-tiny", "checkpoint.pth", Family::Eqr, "board_width"),
        ("nano-att-tiny", "last.ckpt", Family::Nano, "pos_emb_type"),
    ] {
        let golden = Golden::load(case);
        let found = inspect(&named(&golden.folder.join(file))).unwrap();
        assert_eq!((found.family, &found.problem), (Some(family), &None), "{case}");
        assert!(found.fit.problems().is_empty(), "{case}: {:?}", found.fit.problems());
        assert!(
            found.config.iter().any(|note| note.key == told),
            "{case}: {:?}",
            found.config
        );
        assert!(
            found.fit.ignored.iter().any(|note| note.contains("averaged weights")),
            "{case}"
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(golden.folder.join(file), folder.path().join(file)).unwrap();
        std::fs::write(folder.path().join("all_config.yaml"), "arch: {H_cycles: 77}\n").unwrap();
        let dataset = golden.folder.join("dataset.json");
        if dataset.exists() {
            std::fs::copy(dataset, folder.path().join("dataset.json")).unwrap();
        }
        let model = Model::open(folder.path(), None).unwrap();
        assert_eq!(
            model.config,
            Model::open(&golden.folder.join(file), None).unwrap().config,
            "{case}"
        );
        assert!(model.config.h_cycles < 4 && model.config.puzzle_emb_len <= 16);
    }
}

/// Configurations that would compute something else are refused by name.
#[test]
fn other_forms_are_refused() {
    let says = |config: Config| {
        let error = Model::from_parts(config, Weights::new("none", Vec::new())).unwrap_err();
        error.to_string()
    };
    let eqr = Config::published(Family::Eqr, 30, 11);
    let nano = Config::published(Family::Nano, 81, 12);
    let sotaku = Config::published(Family::Sotaku, 81, 10);
    for (config, needed) in [
        (
            eqr.clone().with(|c| c.damping = 1.5),
            "`lambda_`: expected more than 0 and at most 1",
        ),
        (eqr.clone().with(|c| c.init_std[1] = f64::NAN), "`L_init_std`"),
        (eqr.clone().with(|c| c.positions = Positions::Rope2d), "and no prefix"),
        (
            eqr.with(|c| {
                c.positions = Positions::Rope2d;
                (c.puzzle_emb_ndim, c.puzzle_emb_len, c.board) = (0, 0, Some([5, 7]));
            }),
            "`board_height` · `board_width`: expected `seq_len` 30, found 5 · 7",
        ),
        (
            nano.clone()
                .with(|c| (c.puzzle_emb_ndim, c.num_puzzle_identifiers) = (8, 1)),
            "`puzzle_emb_len`: expected 1 or more",
        ),
        (nano.clone().with(|c| c.l_layers = 0), "`num_layers`: expected 1"),
        (
            nano.clone().with(|c| c.expansion = 0.0),
            "`ffn_expansion`: expected more than 0",
        ),
        (
            nano.clone().with(|c| c.puzzle_emb_ndim = 1 << 30),
            "`puzzle_emb_dim`: expected 0 to",
        ),
        (
            nano.clone().with(|c| c.puzzle_emb_len = 3),
            "without puzzle embedding (`puzzle_emb_dim` 0)",
        ),
        (nano.with(|c| c.halt_max_steps = 0), "`N_supervision_val`: expected 1"),
        (
            sotaku.clone().with(|c| c.rms_norm_eps = 2.0),
            "`layer_norm_eps`: expected",
        ),
        (sotaku.with(|c| c.rope_theta = -1.0), "`rope_base`: expected"),
    ] {
        let error = says(config);
        assert!(error.contains(needed), "{error}");
    }
}

/// What a key means that is absent or null is what the authors' code takes it for; what that code refuses, or computes
/// otherwise, is refused.
#[test]
fn keys_that_are_not_stated_mean_what_the_authors_code_assumes() {
    let attention = Config::published(Family::Nano, 25, 7).with(|c| {
        (c.mlp_t, c.positions, c.hidden_size, c.num_heads) = (false, Positions::Rope2d, 16, 2);
        (c.puzzle_emb_ndim, c.puzzle_emb_len, c.num_puzzle_identifiers) = (16, 16, 1);
        (c.l_layers, c.expansion) = (1, 1.0);
    });
    let board = Config::published(Family::Eqr, 15, 7).with(|c| {
        (c.positions, c.board) = (Positions::Rope2d, Some([3, 5]));
        (c.hidden_size, c.num_heads, c.l_layers, c.expansion) = (16, 2, 1, 1.0);
        (c.puzzle_emb_ndim, c.puzzle_emb_len, c.num_puzzle_identifiers) = (0, 0, 0);
    });
    let square = board.clone().with(|c| (c.seq_len, c.board) = (16, None));
    let symbols = Config::published(Family::SeRrm, 16, 5).with(|c| {
        (c.hidden_size, c.l_layers, c.expansion) = (16, 1, 1.0);
    });
    let null = serde_json::Value::Null;
    type Case<'a> = (
        &'a Config,
        &'a [(&'a str, Option<serde_json::Value>)],
        Result<Config, &'a str>,
    );
    let cases: [Case<'_>; 11] = [
        (
            &attention,
            &[("pos_emb_type", None)],
            Ok(attention.clone().with(|c| c.positions = Positions::Rope)),
        ),
        (
            &attention,
            &[("pos_emb_type", Some(null.clone()))],
            Ok(attention.clone().with(|c| c.positions = Positions::None)),
        ),
        (
            &attention,
            &[("pos_emb_type", Some("null".into()))],
            Ok(attention.clone().with(|c| c.positions = Positions::None)),
        ),
        (
            &attention,
            &[("puzzle_emb_len", None), ("puzzle_emb_dim", None)],
            Ok(attention.clone()),
        ),
        (
            &board,
            &[("board_height", None), ("board_width", None)],
            Err("`seq_len` 15 is no square"),
        ),
        (
            &board,
            &[("board_height", None)],
            Err("`board_height`: expected one beside `board_width`"),
        ),
        (
            &board,
            &[("board_width", Some(null))],
            Err("`board_width`: expected one beside `board_height`"),
        ),
        (
            &board,
            &[("board_height", Some(6.into()))],
            Err("expected `seq_len` 15, found 6 · 5"),
        ),
        (&square, &[("lambda_", None), ("H_init_std", None)], Ok(square.clone())),
        (
            &symbols,
            &[("forward_dtype", None), ("equivariant_symbols", None)],
            Ok(symbols.clone()),
        ),
        (
            &symbols,
            &[("forward_dtype", Some("float16".into()))],
            Err("`forward_dtype`: expected bfloat16 or float32"),
        ),
    ];
    for (config, changes, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        random_model(config).save(folder.path(), None).unwrap();
        let path = folder.path().join("config.json");
        let mut keys: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for (key, value) in changes {
            let known = keys.remove(*key);
            assert!(known.is_some(), "{key}");
            keys.extend(value.clone().map(|value| ((*key).to_owned(), value)));
        }
        std::fs::write(&path, serde_json::to_string(&keys).unwrap()).unwrap();
        match (Model::open(folder.path(), None), expected) {
            (Ok(model), Ok(expected)) => assert_eq!(model.config, expected, "{changes:?}"),
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{changes:?}: {error}"),
            (found, _) => panic!("{changes:?}: {:?}", found.map(|model| model.config)),
        }
    }
    let executor = Executor::cpu(Arc::new(random_model(&square)), None).unwrap();
    let error = executor.batch(1, 25, None).unwrap_err().to_string();
    assert!(
        error.contains("fixes the length: expected puzzles of 16 tokens, found 25"),
        "{error}"
    );
}
