//! What configuration files say, what fills in the rest, and what is said where they contradict the weights.

use crate::checkpoints_support::*;
use crate::common::inner_size;
use hrm::Error;
use hrm::model::{Family, Loss, Model, Positions, Weights};

#[test]
fn golden_configurations_are_read_as_they_are() {
    let hrm = Model::open(&golden("hrm-tiny"), None).unwrap().config;
    assert_eq!(
        (hrm.family, hrm.positions, hrm.loss),
        (Family::Hrm, Positions::Rope, Loss::Stablemax)
    );
    assert_eq!(
        (hrm.positions_for(0), inner_size(&hrm), hrm.num_puzzle_identifiers),
        (1, 256, 5)
    );
    let trm = Model::open(&golden("trm-mlp-tiny"), None).unwrap().config;
    assert_eq!(
        (trm.family, trm.positions, trm.mlp_t, trm.h_layers),
        (Family::Trm, Positions::None, true, 0)
    );
    assert_eq!(
        (trm.positions_for(0), trm.positions_for(81), trm.task),
        (16, 97, Some(hrm::tasks::sudoku::TASK))
    );
}

/// Specification, section 10; the first is also the figure of an official training run.
#[test]
fn parameters_are_those_of_the_specification() {
    let sudoku = small_config().with(|c| {
        c.h_cycles = 2;
        c.l_cycles = 2;
        c.h_layers = 4;
        c.l_layers = 4;
        c.hidden_size = 512;
        c.num_heads = 8;
        c.expansion = 4.0;
        c.positions = Positions::Rope;
        c.puzzle_emb_ndim = 512;
        c.seq_len = 81;
        c.vocab_size = 11;
        c.num_puzzle_identifiers = 1;
    });
    assert_eq!((sudoku.parameters(), sudoku.tensors().len()), (27_275_266, 39));
    let trm = sudoku.with(|c| {
        c.family = Family::Trm;
        c.l_layers = 2;
        c.puzzle_emb_len = 16;
    });
    assert_eq!((trm.parameters(), trm.tensors().len()), (6_828_034, 15));
    let mlp = trm.with(|c| {
        c.mlp_t = true;
        c.positions = Positions::None;
    });
    assert_eq!(mlp.parameters(), 5_028_866);
}

#[test]
fn a_yaml_with_nothing_but_arch_and_three_keys_of_data_are_enough() {
    let dir = folder(&[("hrm-tiny/checkpoint.pt", "step_100")]);
    let arch = "arch: {H_cycles: 2.0, L_cycles: 2, H_layers: 2, L_layers: 2, hidden_size: 64, num_heads: 2,
               expansion: 4, pos_encodings: rope, halt_max_steps: 4, puzzle_emb_ndim: 64}\nunknown: [1, {a: b}]";
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
    assert!(message(&dir).contains("expected one of config.json, all_config.yaml, config.yaml"));
    let dir = folder(&[("hrm-tiny/config.yaml", "config.yaml")]);
    assert!(message(&dir).contains("no model.safetensors"));
    let dir = folder(&[
        ("hrm-tiny/checkpoint.pt", "step_2"),
        ("hrm-tiny/checkpoint.pt", "step_10"),
    ]);
    assert!(message(&dir).contains("step_10, step_2"));
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
            "H_layers: 2\n  causal: true",
            "`causal`: expected false, found true",
        ),
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
            "expected [6, 32], found [6, 64]",
        ),
        (
            "hrm-tiny",
            "config.yaml",
            ": rope",
            ": learned",
            "`embed_pos.embedding_weight` is missing, expected [17, 64]",
        ),
        (
            "hrm-tiny",
            "config.yaml",
            "puzzle_emb_ndim: 64",
            "puzzle_emb_ndim: 0",
            "`puzzle_emb.weights` [5, 64] has no place",
        ),
        (
            "hrm-tiny",
            "config.yaml",
            "hrm.hrm_act_v1@Hier",
            "recursive_reasoning.trm@Tiny",
            "`arch.name`: expected the class",
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
            "expected [7, 64], found [6, 64]",
        ),
        (
            "trm-mlp-tiny",
            "dataset.json",
            "\"seq_len\": 81",
            "\"seq_len\": 80",
            "expected [512, 96]",
        ),
    ] {
        let error = edited(case, file, from, to).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn impossible_values_are_named() {
    for (case, from, to, expected) in [
        (
            "hrm-tiny",
            "num_heads: 2",
            "num_heads: 3",
            "expected a multiple of `num_heads` 3, found 64",
        ),
        (
            "hrm-tiny",
            "num_heads: 2",
            "num_heads: 64",
            "`hidden_size` / `num_heads`: rotary positions need heads of a multiple of 2, found 64 / 64 = 1",
        ),
        (
            "trm-att-tiny",
            "pos_encodings: rope",
            "pos_encodings: rope2d",
            "`pos_encodings`: expected rope or learned, found `rope2d`",
        ),
        (
            "serrm-arc-tiny",
            "forward_dtype: bfloat16",
            "forward_dtype: float16",
            "`forward_dtype`: expected bfloat16 or float32",
        ),
        (
            "serrm-arc-tiny",
            "head_dim: 32",
            "head_dim: 6",
            "`head_dim`: rotary positions need heads of a multiple of 4, found 6",
        ),
        (
            "urm-arc-tiny",
            "num_layers: 3",
            "num_layers: 0",
            "`num_layers`: expected 1",
        ),
        ("urm-arc-tiny", "loops: 5", "loops: 0", "`loops`: expected 1"),
        (
            "hrm-tiny",
            "num_heads: 2",
            "num_heads: 0",
            "`num_heads`: expected 1 to 65536, found 0",
        ),
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
            "expected rope or learned",
        ),
        ("hrm-tiny", "hrm.hrm_act_v1@Hier", "hrm.hrm_act_v1@Other", "`arch.name`"),
        ("hrm-tiny", "stablemax_cross_entropy", "mse", "stablemax_cross_entropy"),
        ("hrm-tiny", "arch:", "arch: [", "line"),
        ("hrm-tiny", "arch:", "architecture:", "arch"),
        (
            "trm-att-tiny",
            "puzzle_emb_ndim: 64",
            "puzzle_emb_ndim: 0",
            "`puzzle_emb_len`: expected 0",
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
        let config = small_config().with(|c| {
            c.positions = Positions::None;
            c.mlp_t = mlp_t;
        });
        let model = Model::from_parts(config.clone(), Weights::new("x", tensors(&config))).unwrap();
        let dir = tempfile::tempdir().unwrap();
        model.save(dir.path(), None).unwrap();
        assert_eq!(Model::open(dir.path(), None).unwrap().config, config);
    }
}

/// What other programs make of a configuration; the network is the same.
#[test]
fn configurations_come_in_several_forms() {
    let yaml = std::fs::read_to_string(golden("hrm-tiny/config.yaml")).unwrap();
    let lines = || yaml.lines();
    let arch: Vec<&str> = lines()
        .skip_while(|line| *line != "arch:")
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .collect();
    let alone: String = arch.iter().map(|line| format!("{}\n", &line[2..])).collect();
    let wrapped: String = arch.iter().map(|line| format!("  {line}\n")).collect();
    let wrapped = format!("arch:\n  desc: null\n  value:\n{wrapped}lr:\n  desc: null\n  value: 0.1\n");
    let beside = yaml.replace("puzzle_emb_ndim: 64", "puzzle_emb_ndim: ${.hidden_size}");
    let from_top = yaml.replace("puzzle_emb_ndim: 64", "puzzle_emb_ndim: ${arch.hidden_size}");
    assert!(beside != yaml);
    let expected = Model::open(&golden("hrm-tiny"), None).unwrap().config;
    let hub = r#"{"model_type": "hrm", "architectures": ["HRM"]}"#;
    for files in [
        vec![("config.yaml", alone.as_str())],
        vec![("config.yaml", &wrapped)],
        vec![("all_config.yaml", &beside)],
        vec![("all_config.yaml", &from_top)],
        vec![("step_100.yaml", &yaml)],
        // The file of that name counts, not the other model's.
        vec![("step_100.yml", &yaml), ("all_config.yaml", "arch: {}")],
        vec![("config.json", hub), ("all_config.yaml", &yaml)],
        vec![("config.yml", &yaml)],
        vec![("all_config.yml", &yaml)],
        vec![("hparams.yaml", &yaml)],
        vec![(".hydra/config.yaml", &yaml)],
        vec![("config.yaml", &yaml.replace("arch:", "model:"))],
    ] {
        let dir = folder(&[
            ("hrm-tiny/checkpoint.pt", "step_100"),
            ("hrm-tiny/dataset.json", "dataset.json"),
        ]);
        for (name, text) in &files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        assert_eq!(Model::open(dir.path(), None).unwrap().config, expected, "{files:?}");
    }
    // Some trainers keep checkpoints in a folder of their own.
    let dir = folder(&[
        ("hrm-tiny/config.yaml", "config.yaml"),
        ("hrm-tiny/dataset.json", "dataset.json"),
    ]);
    let checkpoint = dir.path().join("checkpoints/step_100");
    std::fs::create_dir(checkpoint.parent().unwrap()).unwrap();
    std::fs::copy(golden("hrm-tiny/checkpoint.pt"), &checkpoint).unwrap();
    assert_eq!(Model::open(&checkpoint, None).unwrap().config, expected);
    for (nowhere, told) in [
        ("${.width}", "leads nowhere"),
        ("${model.hidden_size}", "leads nowhere"),
        ("${.puzzle_emb_ndim}", "leads in a circle"),
    ] {
        let error = edited(
            "hrm-tiny",
            "config.yaml",
            "puzzle_emb_ndim: 64",
            &format!("puzzle_emb_ndim: {nowhere}"),
        );
        assert!(error.to_string().contains(told), "{error}");
    }
}
