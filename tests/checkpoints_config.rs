//! What configuration files say, what fills in the rest, and what is said where they contradict the weights.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod checkpoints_support;

use checkpoints_support::*;
use hrm::Error;
use hrm::model::{Config, Family, Loss, Model, Positions, Weights};

#[test]
fn golden_configurations_are_read_as_they_are() {
    let hrm = Model::open(&golden("hrm-tiny"), None).unwrap().config;
    assert_eq!(
        (hrm.family, hrm.positions, hrm.loss),
        (Family::Hrm, Positions::Rope, Loss::Stablemax)
    );
    assert_eq!(
        (hrm.prefix_len(), hrm.inner_size(64), hrm.num_puzzle_identifiers),
        (1, 256, 5)
    );
    let trm = Model::open(&golden("trm-mlp-tiny"), None).unwrap().config;
    assert_eq!(
        (trm.family, trm.positions, trm.mlp_t, trm.h_layers),
        (Family::Trm, Positions::None, true, 0)
    );
    assert_eq!(
        (trm.prefix_len(), trm.positions_for(81), trm.task),
        (16, 97, Some(hrm::tasks::sudoku::TASK))
    );
}

/// Specification, section 10; the first is also the figure of an official training run.
#[test]
fn parameters_are_those_of_the_specification() {
    let sudoku = Config {
        h_cycles: 2,
        l_cycles: 2,
        h_layers: 4,
        l_layers: 4,
        hidden_size: 512,
        num_heads: 8,
        expansion: 4.0,
        positions: Positions::Rope,
        puzzle_emb_ndim: 512,
        seq_len: 81,
        vocab_size: 11,
        num_puzzle_identifiers: 1,
        ..small_config()
    };
    assert_eq!((sudoku.parameters(), sudoku.tensors().len()), (27_275_266, 39));
    let trm = Config {
        family: Family::Trm,
        l_layers: 2,
        puzzle_emb_len: 16,
        ..sudoku
    };
    assert_eq!((trm.parameters(), trm.tensors().len()), (6_828_034, 15));
    let mlp = Config {
        mlp_t: true,
        positions: Positions::None,
        ..trm
    };
    assert_eq!(mlp.parameters(), 5_028_866);
}

#[test]
fn a_yaml_with_nothing_but_arch_and_three_keys_of_data_are_enough() {
    let dir = folder(&[("hrm-tiny/checkpoint.pt", "step_100")]);
    let arch = "arch: {H_cycles: 2.0, L_cycles: 2, H_layers: 2, L_layers: 2, hidden_size: 64, num_heads: 2,
               expansion: 4, pos_encodings: rope, halt_max_steps: 4, puzzle_emb_ndim: 64, unknown: [1, {a: b}]}";
    std::fs::write(dir.path().join("all_config.yaml"), arch).unwrap();
    std::fs::write(
        dir.path().join("dataset.json"),
        r#"{"seq_len":16,"vocab_size":6.0,"num_puzzle_identifiers":5}"#,
    )
    .unwrap();
    let model = Model::open(dir.path(), None).unwrap();
    assert_eq!(model.config, Model::open(&golden("hrm-tiny"), None).unwrap().config);
}

#[test]
fn without_dataset_json_shapes_and_task_fill_in() {
    // Rope: the length of a puzzle is in no file.
    let dir = folder(&[
        ("hrm-sudoku-small/checkpoint.pt", "checkpoint"),
        ("hrm-sudoku-small/config.yaml", "config.yaml"),
    ]);
    let error = Model::open(dir.path(), None).unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert!(
        error.to_string().contains("`seq_len`") && error.to_string().contains("task"),
        "{error}"
    );
    let config = Model::open(dir.path(), Some(hrm::tasks::sudoku::TASK)).unwrap().config;
    assert_eq!(config, Model::open(&golden("hrm-sudoku-small"), None).unwrap().config);
    assert!(matches!(
        Model::open(dir.path(), Some(hrm::tasks::maze::TASK)),
        Err(Error::Usage(_))
    ));
    // The token MLP's shape tells it.
    let dir = folder(&[
        ("trm-mlp-tiny/checkpoint.pt", "checkpoint"),
        ("trm-mlp-tiny/config.yaml", "config.yaml"),
    ]);
    let config = Model::open(dir.path(), None).unwrap().config;
    assert_eq!(config, Model::open(&golden("trm-mlp-tiny"), None).unwrap().config);
}

#[test]
fn a_folder_says_what_it_lacks() {
    let message = |dir: &tempfile::TempDir| Model::open(dir.path(), None).unwrap_err().to_string();
    let dir = folder(&[("hrm-tiny/model.safetensors", "model.safetensors")]);
    assert!(message(&dir).contains("needed one of config.json, all_config.yaml, config.yaml"));
    let dir = folder(&[("hrm-tiny/config.yaml", "config.yaml")]);
    assert!(message(&dir).contains("no model.safetensors"));
    let dir = folder(&[
        ("hrm-tiny/checkpoint.pt", "step_2"),
        ("hrm-tiny/checkpoint.pt", "step_10"),
    ]);
    assert!(message(&dir).contains("step_10, step_2"));
}

fn edited(case: &str, file: &str, from: &str, to: &str) -> Error {
    let dir = folder(&[
        (&format!("{case}/checkpoint.pt"), "checkpoint.pt"),
        (&format!("{case}/config.yaml"), "config.yaml"),
        (&format!("{case}/dataset.json"), "dataset.json"),
    ]);
    let text = std::fs::read_to_string(dir.path().join(file)).unwrap();
    assert!(text.contains(from));
    std::fs::write(dir.path().join(file), text.replace(from, to)).unwrap();
    Model::open(dir.path(), None).expect_err(to)
}

#[test]
fn a_configuration_in_conflict_with_the_weights_names_both() {
    let error = edited("hrm-tiny", "config.yaml", "L_layers: 2", "L_layers: 1");
    let Error::Tensors { path, config, problems } = &error else {
        panic!("{error}")
    };
    assert!(path.ends_with("checkpoint.pt") && config.ends_with("config.yaml"));
    assert_eq!(problems.len(), 4, "{problems:?}");
    for (case, file, from, to, expected) in [
        (
            "hrm-tiny",
            "config.yaml",
            "H_layers: 2",
            "H_layers: 3",
            "`H_level.layers.2.mlp.down_proj.weight` is missing",
        ),
        (
            "hrm-tiny",
            "config.yaml",
            "hidden_size: 64",
            "hidden_size: 32",
            "is [6, 64], needed [6, 32]",
        ),
        (
            "hrm-tiny",
            "config.yaml",
            ": rope",
            ": learned",
            "`embed_pos.embedding_weight` is missing, needed [17, 64]",
        ),
        (
            "hrm-tiny",
            "config.yaml",
            "puzzle_emb_ndim: 64",
            "puzzle_emb_ndim: 0",
            "`puzzle_emb.weights` [5, 64] is there",
        ),
        (
            "hrm-tiny",
            "config.yaml",
            "hrm.hrm_act_v1@Hier",
            "recursive_reasoning.trm@Tiny",
            "`arch.name` is",
        ),
        (
            "trm-att-tiny",
            "config.yaml",
            "mlp_t: false",
            "mlp_t: true",
            "mlp_t.down_proj.weight` is missing",
        ),
        (
            "hrm-tiny",
            "dataset.json",
            "\"vocab_size\": 6",
            "\"vocab_size\": 7",
            "is [6, 64], needed [7, 64]",
        ),
        (
            "trm-mlp-tiny",
            "dataset.json",
            "\"seq_len\": 81",
            "\"seq_len\": 80",
            "needed [512, 96]",
        ),
    ] {
        let error = edited(case, file, from, to).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn impossible_values_are_named() {
    for (case, from, to, expected) in [
        ("hrm-tiny", "num_heads: 2", "num_heads: 3", "not a multiple"),
        ("hrm-tiny", "num_heads: 2", "num_heads: 64", "even head"),
        ("hrm-tiny", "num_heads: 2", "num_heads: 0", "`num_heads` is 0"),
        ("hrm-tiny", "num_heads: 2", "num_heads: -2", "negative"),
        ("hrm-tiny", "num_heads: 2", "num_heads: 2.5", "whole number"),
        ("hrm-tiny", "num_heads: 2", "num_heads: two", "whole number"),
        ("hrm-tiny", "num_heads: 2", "nothing: 2", "missing `num_heads`"),
        (
            "hrm-tiny",
            "hidden_size: 64",
            "hidden_size: 18446744073709551615",
            "`hidden_size`",
        ),
        ("hrm-tiny", "expansion: 4", "expansion: -4", "`expansion`"),
        ("hrm-tiny", "expansion: 4", "expansion: .nan", "expansion"),
        ("hrm-tiny", "expansion: 4", "expansion: 1e300", "`expansion`"),
        ("hrm-tiny", "L_cycles: 2", "L_cycles: 0", "`L_cycles`"),
        (
            "hrm-tiny",
            "pos_encodings: rope",
            "pos_encodings: none",
            "needed rope or learned",
        ),
        ("hrm-tiny", "hrm.hrm_act_v1@Hier", "transformers@Hier", "`arch.name`"),
        ("hrm-tiny", "stablemax_cross_entropy", "mse", "stablemax_cross_entropy"),
        ("hrm-tiny", "arch:", "arch: [", "line"),
        ("hrm-tiny", "arch:", "architecture:", "arch"),
        (
            "trm-att-tiny",
            "puzzle_emb_ndim: 64",
            "puzzle_emb_ndim: 0",
            "`puzzle_emb_len` is 16",
        ),
        (
            "trm-att-tiny",
            "puzzle_emb_len: 16",
            "puzzle_emb_len: 0.5",
            "whole number",
        ),
        (
            "trm-att-tiny",
            "puzzle_emb_ndim: 64",
            "puzzle_emb_ndim: 1025",
            "does not fit",
        ),
    ] {
        let error = edited(case, "config.yaml", from, to);
        assert!(matches!(error, Error::Config { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains(expected) && error.lines().count() == 1, "{to}: {error}");
    }
}

#[test]
fn hrm_of_the_trm_repository_may_do_without_positions_or_attention() {
    for mlp_t in [false, true] {
        let config = Config {
            positions: Positions::None,
            mlp_t,
            ..small_config()
        };
        let model = Model::from_parts(config.clone(), Weights::new("x", tensors(&config))).unwrap();
        let dir = tempfile::tempdir().unwrap();
        model.save(dir.path(), None).unwrap();
        assert_eq!(Model::open(dir.path(), None).unwrap().config, config);
    }
}
