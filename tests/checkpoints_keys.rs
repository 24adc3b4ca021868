//! The class name and the keys of a configuration: what tells the family, and what nobody knows.

use crate::checkpoints_support::*;
use hrm::Error;
use hrm::model::{Model, Positions};
use proptest::prelude::*;

const HRM_NAME: &str = "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1";
const TRM_NAME: &str = "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1";

#[test]
fn the_class_name_tells_the_family_whatever_stands_before_it() {
    for (case, from, names) in [
        (
            "hrm-tiny",
            HRM_NAME,
            [
                "recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1",
                "architectures.hrm:HierarchicalReasoningModel_ACTV1",
                "HierarchicalReasoningModel_ACTV1",
                "models.hrm.hrm_act_v1@hierarchicalreasoningmodel_actv1",
            ],
        ),
        (
            "trm-mlp-tiny",
            TRM_NAME,
            [
                "recursive_reasoning.trm:TinyRecursiveReasoningModel_ACTV1",
                "models.recursive_reasoning.trm.TinyRecursiveReasoningModel_ACTV1",
                "trm@TinyRecursiveReasoningModel_ActV1",
                "TinyRecursiveReasoningModel_ACTV1",
            ],
        ),
    ] {
        let expected = Model::open(&golden(case), None).unwrap().config;
        for name in names {
            let found = opened(case, "config.yaml", from, &format!("\"{name}\""));
            assert_eq!(found.unwrap().config, expected, "{name}");
        }
        // Without a name the tensors tell.
        let found = opened(case, "config.yaml", &format!("name: {from}"), "name: null");
        assert_eq!(found.unwrap().config, expected);
    }
    for other in ["trm_singlez", "trm_hier6", "trm_ablation"] {
        let name = format!("recursive_reasoning.{other}@TinyRecursiveReasoningModel_ACTV1");
        let error = edited("trm-mlp-tiny", "config.yaml", TRM_NAME, &name).to_string();
        assert!(error.contains(&format!("module `{other}`")), "{error}");
    }
    let error = edited(
        "trm-mlp-tiny",
        "config.yaml",
        TRM_NAME,
        "recursive_reasoning.trm@Model_ACTV2",
    )
    .to_string();
    for part in [
        "TinyRecursiveReasoningModel_ACTV1 (trm)",
        ", found `recursive_reasoning.trm@Model_ACTV2`",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

/// HRM's own class refuses positions that it does not know and has no `mlp_t`; the TRM repository's copy has both.
#[test]
fn hrm_and_its_copy_are_told_apart() {
    let with = |name: &str, from: &str, to: &str| {
        let dir = folder(&[
            ("hrm-tiny/checkpoint.pt", "checkpoint.pt"),
            ("hrm-tiny/config.yaml", "config.yaml"),
            ("hrm-tiny/dataset.json", "dataset.json"),
        ]);
        let path = dir.path().join("config.yaml");
        let text = std::fs::read_to_string(&path).unwrap().replace(HRM_NAME, name);
        std::fs::write(&path, text.replace(from, to)).unwrap();
        Model::open(dir.path(), None)
    };
    let (rope, none) = ("pos_encodings: rope", "pos_encodings: none");
    let copy = "recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1";
    assert!(matches!(with(HRM_NAME, rope, none), Err(Error::Config { .. })));
    assert_eq!(with(copy, rope, none).unwrap().config.positions, Positions::None);
    let mlp_t = "pos_encodings: rope\n  mlp_t: true";
    assert!(!with(HRM_NAME, rope, mlp_t).unwrap().config.mlp_t);
    let error = with(copy, rope, mlp_t).unwrap_err().to_string();
    assert!(error.contains("mlp_t.down_proj.weight` is missing"), "{error}");
    // The prefix of HRM follows from the embedding: another length would be another network.
    assert!(with(copy, rope, "pos_encodings: rope\n  puzzle_emb_len: 1").is_ok());
    let error = with(copy, rope, "pos_encodings: rope\n  puzzle_emb_len: 16").unwrap_err();
    assert!(error.to_string().contains("`puzzle_emb_len`"), "{error}");
}

#[test]
fn keys_of_training_change_nothing() {
    for case in ["hrm-tiny", "trm-att-tiny"] {
        let expected = Model::open(&golden(case), None).unwrap().config;
        for keys in [
            "batch_size: 7\n  causal: false",
            "ema: true\n  ema_rate: 0.99\n  dropout: 0.1\n  lr: 1e-4",
            "seq_len: 16",
        ] {
            let found = opened(case, "config.yaml", "arch:", &format!("arch:\n  {keys}"));
            assert_eq!(found.unwrap().config, expected, "{keys}");
        }
        // Beside `arch` anything may stand.
        let found = opened(case, "config.yaml", "arch:", "anything: {at: all, beyond: .inf}\narch:");
        assert_eq!(found.unwrap().config, expected);
    }
}

/// Such keys stand in configurations of networks that keep the official class name.
#[test]
fn unknown_keys_are_refused_by_name() {
    for (case, key, value) in [
        ("trm-att-tiny", "aug_dihedral_emb_dim", "4"),
        ("trm-att-tiny", "axial_t", "false"),
        ("trm-att-tiny", "num_slots", "8"),
        ("trm-att-tiny", "H_hidden_size", "64"),
        ("trm-att-tiny", "lambda_", "0.95"),
        ("hrm-tiny", "use_cross_attention", "true"),
        ("hrm-tiny", "num_key_value_heads", "1"),
        ("hrm-tiny", "no_ACT_continue", "true"),
        ("hrm-tiny", "input_injection_mode", "add"),
        ("hrm-tiny", "Hidden_size", "64"),
    ] {
        let error = edited(case, "config.yaml", "arch:", &format!("arch:\n  {key}: {value}"));
        assert!(matches!(error, Error::Config { .. }), "{error}");
        let error = error.to_string();
        assert!(
            error.contains(&format!("unknown `{key}`")) && error.contains("knows H_cycles, ") && !error.contains('\n'),
            "{error}"
        );
    }
    let place = Place::new();
    let path = place.0.path().join("config.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen('{', "{\"gate\": 1,", 1)).unwrap();
    let error = Model::open(place.0.path(), None).unwrap_err().to_string();
    assert!(error.contains("unknown `gate`"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_keys_are_refused_by_name(
        hrm in any::<bool>(),
        key in "[a-zA-Z][a-z]{3,9}_x[a-z0-9_]{0,9}",
        value in prop::sample::select(vec!["1", "0.5", "true", "rope", "[1, 2]", "{a: 1}", "\"\""]),
    ) {
        let case = if hrm { "hrm-tiny" } else { "trm-mlp-tiny" };
        let error = edited(case, "config.yaml", "arch:", &format!("arch:\n  {key}: {value}")).to_string();
        prop_assert!(error.contains(&format!("unknown `{key}`")), "{}", error);
    }
}
