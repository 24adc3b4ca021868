//! What configurations of single families say: those inside a checkpoint, those that would compute something else, and
//! what a key means that is not stated.

use std::sync::Arc;

use crate::common::{Golden, named, random_model};
use hrm::executor::Executor;
use hrm::model::{Config, Family, Model, Positions, Weights};

/// What a checkpoint says of itself is found and shown, whatever stands beside it.
#[test]
fn configurations_inside_checkpoints_count() {
    for (case, file, family, told) in [
        ("eqr-sudoku-tiny", "checkpoint.pth", Family::Eqr, "lambda_"),
        ("eqr-plain-tiny", "checkpoint.pth", Family::Eqr, "board_width"),
        ("nano-att-tiny", "last.ckpt", Family::Nano, "pos_emb_type"),
    ] {
        let golden = Golden::load(case);
        let found = named(&golden.folder.join(file)).inspect_model().unwrap();
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
