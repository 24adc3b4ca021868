//! Every form in which weights may come, and that saving keeps them.

use crate::checkpoints_support::*;
use crate::common::named;
use hrm::Error;
use hrm::model::{BUNDLED, Dtype, Model, Tensor, Weights};

#[test]
fn golden_cases_open_in_every_form() {
    for case in CASES {
        let model = Model::open(&golden(case), None).unwrap();
        assert!(model.warnings.is_empty());
        assert_eq!(model.weights.get("H_init").unwrap().dtype(), Dtype::BF16);
        assert_equal(
            &model.weights,
            &Model::open(&golden(case).join("checkpoint.pt"), None).unwrap().weights,
        );
    }
    let model = Model::open(&golden("hrm-tiny"), None).unwrap();
    assert_equal(
        &model.weights,
        &Model::open(&golden("hrm-tiny/checkpoint_unprefixed.pt"), None)
            .unwrap()
            .weights,
    );
    assert_eq!(model.name, "hrm-tiny");
}

#[test]
fn bundled_models_open() {
    for name in BUNDLED {
        let model = Model::bundled(name).unwrap();
        assert_eq!(model.config.task.map(|task| task.name()), Some(name));
        assert_eq!(model.name, name);
        assert!(model.license.is_some() && model.source.is_some() && model.trained_on.is_some());
    }
    let error = named("nothing-of-this-name".as_ref()).open_model().unwrap_err();
    assert!(
        matches!(error, Error::NoModel { .. }) && error.to_string().contains("sudoku"),
        "{error}"
    );
}

#[test]
fn saving_keeps_every_bit() {
    for model in CASES
        .map(|case| Model::open(&golden(case), None).unwrap())
        .into_iter()
        .chain([small_model()])
    {
        let dir = tempfile::tempdir().unwrap();
        model.save(&dir.path().join("new/folder"), None).unwrap();
        let again = Model::open(&dir.path().join("new/folder"), None).unwrap();
        assert_eq!(again.config, model.config);
        assert_equal(&again.weights, &model.weights);
        // Over itself, while its files are mapped.
        again.save(&dir.path().join("new/folder"), None).unwrap();
        assert_equal(
            &Model::open(&dir.path().join("new/folder"), None).unwrap().weights,
            &model.weights,
        );
    }
    let dir = tempfile::tempdir().unwrap();
    let bundled = Model::bundled("sudoku").unwrap();
    bundled.save(dir.path(), None).unwrap();
    let again = Model::open(dir.path(), None).unwrap();
    assert_eq!(
        (&again.license, &again.trained_on),
        (&bundled.license, &bundled.trained_on)
    );
}

#[test]
fn saving_rounds_to_nearest_even() {
    let model = small_model();
    for dtype in [Dtype::F16, Dtype::BF16, Dtype::F32] {
        let dir = tempfile::tempdir().unwrap();
        model.save(dir.path(), Some(dtype)).unwrap();
        let converted: Vec<_> = model
            .weights
            .iter()
            .map(|(n, t)| (n.to_owned(), t.to_dtype(dtype).unwrap()))
            .collect();
        assert_equal(
            &Model::open(dir.path(), None).unwrap().weights,
            &Weights::new("", converted),
        );
    }
    let tie = Tensor::from_f32(
        [4],
        vec![1.0 + 1.0 / 256.0, 1.0 + 3.0 / 256.0, 1.0 + 1.0 / 2048.0, -2.5],
    )
    .unwrap();
    assert_eq!(
        tie.to_dtype(Dtype::BF16).unwrap().f32s().unwrap()[..2],
        [1.0, 1.0 + 4.0 / 256.0]
    );
    assert_eq!(tie.to_dtype(Dtype::F16).unwrap().f32s().unwrap()[2..], [1.0, -2.5]);
}

#[test]
fn saving_in_f16_refuses_what_f16_cannot_hold() {
    let config = small_config();
    let mut all = tensors(&config);
    all[0].1 = Tensor::from_f32([8], vec![1e5; 8]).unwrap();
    let model = Model::from_parts(config, Weights::new("big", all)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let error = model.save(dir.path(), Some(Dtype::F16)).unwrap_err();
    assert!(error.to_string().contains("`H_init` holds 100000"), "{error}");
    assert!(
        dir.path().read_dir().unwrap().next().is_none(),
        "half a model was left behind"
    );
}

#[test]
fn f32_in_place_is_borrowed() {
    use std::borrow::Cow;
    let model = Model::open(&golden("hrm-tiny"), None).unwrap();
    let weight = model.weights.get("lm_head.weight").unwrap();
    assert!(matches!(weight.f32s().unwrap(), Cow::Borrowed(_)));
    assert_eq!(
        weight.to_dtype(Dtype::F32).unwrap().bytes().unwrap().as_ptr(),
        weight.bytes().unwrap().as_ptr()
    );
    let init = model.weights.get("H_init").unwrap();
    assert_eq!(init.to_dtype(Dtype::F32).unwrap().f32s().unwrap(), init.f32s().unwrap());
}

#[test]
fn tensors_without_a_place_are_refused_by_name() {
    let config = small_config();
    let with = |name: &str| {
        let extra = (name.to_owned(), Tensor::from_f32([1], vec![0.0]).unwrap());
        Model::from_parts(
            config.clone(),
            Weights::new("x", tensors(&config).into_iter().chain([extra])),
        )
    };
    // Buffers that do nothing in inference.
    for name in [
        "puzzle_emb.local_weights",
        "puzzle_emb.local_ids",
        "rotary_emb.cos_cached",
        "L_level.layers.0.rotary_emb.inv_freq",
    ] {
        let model = with(name).unwrap();
        assert_eq!(model.warnings.len(), 1);
        assert!(model.weights.get(name).is_err());
    }
    for name in [
        "lm_head.bias",
        "L_level.layers.2.mlp.down_proj.weight",
        "H_level.layers.0.mlp_t.down_proj.weight",
        "aug_dihedral_emb.embedding_weight",
        "final_norm.weight",
        "own_rotary_emb.inv_freq.weight",
    ] {
        let error = with(name).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// Integers and flags are never weights: a trainer's counters may stand beside the network, but not within it.
#[test]
fn counters_beside_the_network_are_ignored() {
    let place = Place::new();
    let with = |name: &str, class: &'static str, size: usize| {
        let (mut tensors, mut storages) = torch_of(&small_model());
        tensors.push(Pickled {
            name: name.to_owned(),
            class,
            key: "99".to_owned(),
            numel: 4,
            offset: 0,
            shape: vec![4],
            stride: vec![1],
        });
        storages.push(("99".to_owned(), vec![0; 4 * size]));
        place.open(&torch(&tensors, &storages))
    };
    assert_eq!(with("steps", "LongStorage", 8).unwrap().warnings.len(), 1);
    assert_eq!(with("loss_head.count", "IntStorage", 4).unwrap().warnings.len(), 1);
    for (name, class, size) in [
        ("H_level.permutation", "LongStorage", 8),
        ("counts", "FloatStorage", 4),
        ("counts", "DoubleStorage", 8),
    ] {
        let error = with(name, class, size).unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}` [4] has no place")), "{error}");
    }
}

#[test]
fn values_that_are_not_finite_are_refused_where_they_are_used() {
    let config = small_config();
    let with = |name: &str| {
        let damaged = tensors(&config).into_iter().map(|(n, t)| {
            let mut values = t.f32s().unwrap().into_owned();
            if n == name {
                values[13] = f32::NAN;
            }
            (
                n,
                Tensor::from_f32(t.shape(), values)
                    .unwrap()
                    .to_dtype(Dtype::BF16)
                    .unwrap(),
            )
        });
        Model::from_parts(config.clone(), Weights::new("x", damaged))
    };
    let error = with("lm_head.weight").unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { tensor, index: 13, .. } if tensor == "lm_head.weight"),
        "{error}"
    );
    // Element 13 is in row 1 of the puzzle table.
    let model = with("puzzle_emb.weights").unwrap();
    assert!(model.puzzle_row(0).is_ok());
    assert!(matches!(model.puzzle_row(1), Err(Error::NotFinite { index: 13, .. })));
    assert!(matches!(model.puzzle_row(3), Err(Error::Input { .. })));
}

#[test]
fn inspection_works_where_the_model_does_not() {
    let fine = named(&golden("trm-att-tiny")).inspect_model().unwrap();
    assert_eq!(
        (fine.parameters, fine.tensors.len(), fine.positions),
        (Some(132_738), 15, Some([16, 16, 32]))
    );
    assert!(fine.problem.is_none() && fine.fit.missing.is_empty());
    assert!(
        fine.config
            .iter()
            .any(|note| note.key == "seq_len" && note.from == "dataset.json")
    );
    assert!(fine.to_string().contains("L_level.layers.1.mlp.down_proj.weight"));
    let dir = folder(&[
        ("hrm-tiny/checkpoint.pt", "checkpoint"),
        ("trm-att-tiny/config.yaml", "config.yaml"),
    ]);
    let mut options = named(dir.path());
    options.task = Some(hrm::tasks::maze::TASK);
    let odd = options.inspect_model().unwrap();
    assert!(
        odd.fit.unexpected.iter().any(|problem| problem.contains("H_level")),
        "{odd}"
    );
    let dir = folder(&[("hrm-tiny/checkpoint.pt", "checkpoint")]);
    let bare = named(dir.path()).inspect_model().unwrap();
    assert!(bare.problem.is_some() && bare.tensors.len() == 23);
    assert!(serde_json::to_string(&bare).unwrap().contains("\"H_init\""));
}
