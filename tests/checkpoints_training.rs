//! Files that trainers write: the same weights in every wrapper, pickle and container.

use crate::checkpoints_support::*;
use crate::common::{named, options};
use hrm::model::{Config, Family, Model, Weights};

/// The tensors of the small model as a pickle of a table, each name changed.
fn table(rename: impl Fn(&str) -> String) -> Vec<u8> {
    table_of(&small_model(), rename)
}

fn table_of(model: &Model, rename: impl Fn(&str) -> String) -> Vec<u8> {
    let (tensors, _) = torch_of(model);
    let items: Vec<u8> = tensors
        .iter()
        .flat_map(|tensor| [text(&rename(&tensor.name)), tensor_opcodes(tensor)].concat())
        .collect();
    [b"}(", &items[..], b"u"].concat()
}

fn archive(root: &[u8], protocol: u8) -> Vec<u8> {
    archive_of(&small_model(), root, protocol)
}

fn archive_of(model: &Model, root: &[u8], protocol: u8) -> Vec<u8> {
    let (_, storages) = torch_of(model);
    let pickle = [&[0x80, protocol][..], root, b"."].concat();
    let mut entries = vec![Entry::new("a/data.pkl", pickle)];
    entries.extend(
        storages
            .iter()
            .map(|(key, data)| Entry::new(&format!("a/data/{key}"), data.clone())),
    );
    zip(&entries)
}

#[track_caller]
fn same(bytes: &[u8]) -> Model {
    let model = Place::new().open(bytes).unwrap();
    assert_equal(&model.weights, &small_model().weights);
    model
}

#[test]
fn every_wrapper_at_every_depth() {
    for wrapper in ["module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module"] {
        for depth in 0..5 {
            let rename = |name: &str| {
                let mut parts: Vec<_> = ["model", "inner"].into_iter().chain(name.split('.')).collect();
                parts.insert(depth.min(parts.len() - 1), wrapper);
                parts.join(".")
            };
            same(&archive(&table(rename), 2));
        }
    }
    for prefix in [
        "model.",
        "inner.",
        "net.",
        "network.model.",
        "solver.core.",
        "module.trm._orig_mod.model.inner.",
    ] {
        same(&archive(&table(|name| format!("{prefix}{name}")), 2));
    }
}

/// A small model of each family.
fn families() -> Vec<Model> {
    use Family::*;
    let small = |family: Family| {
        let config = Config::published(family, 4, 7).with(|c| {
            (c.hidden_size, c.num_heads, c.l_layers, c.expansion) = (8, 2, 1, 1.0);
            (c.h_layers, c.h_cycles, c.l_cycles) = (usize::from(family == Hrm), 1, 1);
            if c.puzzle_emb_ndim > 0 {
                (c.puzzle_emb_ndim, c.num_puzzle_identifiers) = (8, 2);
            }
        });
        let weights = Weights::new("small", tensors(&config));
        Model::from_parts(config, weights).unwrap()
    };
    [Hrm, Trm, Eqr, Nano, Urm, SeRrm, Sotaku].map(small).into()
}

/// Each family is known by its tensors, whatever is around their names and wherever the state_dict lies.
#[test]
fn every_family_in_every_wrapper() {
    for model in families() {
        let family = model.config.family;
        let place = Place(tempfile::tempdir().unwrap());
        model.save(place.0.path(), None).unwrap();
        let own = place.0.path().join("config.json");
        let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&own).unwrap()).unwrap();
        assert!(config.as_object_mut().unwrap().remove("family").is_some());
        std::fs::write(own, config.to_string()).unwrap();
        std::fs::remove_file(place.0.path().join("model.safetensors")).unwrap();
        let open = |root: &[u8]| {
            let opened = place
                .open(&archive_of(&model, root, 2))
                .unwrap_or_else(|e| panic!("{family}: {e}"));
            assert_eq!(opened.config, model.config);
            assert_equal(&opened.weights, &model.weights);
        };
        for prefix in [
            "",
            "_orig_mod.model.inner.",
            "module.",
            "solver.core.",
            "net.trm._orig_mod.",
        ] {
            let named = table_of(&model, |name| format!("{prefix}{name}"));
            open(&named);
            for key in ["model", "state_dict", "model_state_dict", "trainer"] {
                open(&[b"}", &text(key)[..], &named, b"s"].concat());
            }
            let average = [b"}", &text("shadow")[..], &named, b"s"].concat();
            open(&[b"}", &text("model")[..], &named, b"s", &text("ema"), &average, b"s"].concat());
        }
    }
}

#[test]
fn every_protocol() {
    for protocol in 2..=5 {
        let framed = [&[0x95][..], &9u64.to_le_bytes(), &table(str::to_owned), b"\x94"].concat();
        same(&archive(&framed, protocol));
    }
}

#[test]
fn weights_below_a_key_beside_what_is_never_built() {
    let inert = [
        &b"cos\nsystem\nX\x02\0\0\0id\x85R"[..],
        b"comegaconf.dictconfig\nDictConfig\n)\x81}X\x08\0\0\0_contentNsb",
        b"cnumpy\ndtype\nX\x02\0\0\0f8\x89\x88\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb",
        b"G\x3f\xf0\0\0\0\0\0\0",
    ];
    for key in ["model", "state_dict", "model_state_dict", "ema", "ema_model", "trainer"] {
        for value in inert {
            let root = [
                b"}",
                &text("beside")[..],
                value,
                b"s",
                &text(key),
                &table(str::to_owned),
                b"s",
            ];
            assert!(same(&archive(&root.concat(), 2)).warnings.is_empty());
        }
    }
}

/// The name of a tensor in weights of other values: two tensors have changed places.
fn swapped(name: &str) -> String {
    match name {
        "H_init" => "L_init".to_owned(),
        "L_init" => "H_init".to_owned(),
        name => name.to_owned(),
    }
}

#[test]
fn an_average_counts_unless_raw_weights_are_asked_for_and_the_choice_is_told() {
    let raw = [&text("model")[..], &table(swapped), b"s"].concat();
    let shadow = table(|name| format!("_orig_mod.{name}"));
    let average = [&text("ema")[..], b"}", &text("shadow"), &shadow, b"ss"].concat();
    let (place, path) = (Place::new(), |place: &Place| place.0.path().join("weights"));
    let find = |file: &[&[u8]], average: Option<bool>| {
        let root = [b"}", &file.concat()[..]].concat();
        place.open(&archive(&root, 2)).unwrap();
        let options = options(|options| {
            options.model = Some(path(&place));
            options.average = average;
        });
        options.open_model()
    };
    for file in [[&raw[..], &average], [&average, &raw]] {
        for (asked, is_average, told) in [
            (
                None,
                true,
                "the averaged weights below `ema.shadow` are read, not the raw ones below `model`",
            ),
            (
                Some(true),
                true,
                "the averaged weights below `ema.shadow` are read, not the raw ones below `model`",
            ),
            (
                Some(false),
                false,
                "the raw weights below `model` are read, not the averaged ones below `ema.shadow`",
            ),
        ] {
            let model = find(&file, asked).unwrap();
            assert_eq!(model.warnings, [told]);
            let init = if is_average { "H_init" } else { "L_init" };
            let (found, expected) = (model.weights.get("H_init"), small_model().weights.get(init).cloned());
            assert_eq!(
                found.unwrap().bytes().unwrap(),
                expected.unwrap().bytes().unwrap(),
                "{asked:?}"
            );
        }
    }
    for (file, asked, told) in [
        (&raw, true, "expected averaged weights, found raw ones only"),
        (&average, false, "expected raw weights, found averaged ones only"),
    ] {
        assert!(find(&[file], None).unwrap().warnings.is_empty());
        assert!(find(&[file], Some(!asked)).is_ok());
        let error = find(&[file], Some(asked)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    // The library has the same choice for a bundled model, which has one set of weights.
    let mut bundled = named("sudoku".as_ref());
    bundled.average = Some(false);
    assert!(bundled.open_model().is_ok());
    bundled.average = Some(true);
    assert!(bundled.open_model().is_err());
}

#[test]
fn the_older_format() {
    let (_, storages) = torch_of(&small_model());
    let mut file = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.".to_vec();
    file.extend([b"\x80\x02}", &text("little_endian")[..], b"\x88s."].concat());
    file.extend([b"\x80\x02", &table(str::to_owned)[..], b"."].concat());
    let keys: Vec<u8> = storages.iter().flat_map(|(key, _)| text(key)).collect();
    file.extend([b"\x80\x02](", &keys[..], b"e."].concat());
    let (tensors, _) = torch_of(&small_model());
    for (tensor, (_, data)) in tensors.iter().zip(&storages) {
        file.extend(tensor.numel.to_le_bytes());
        file.extend(data);
    }
    same(&file);
    // In later protocols the first pickle has another head.
    for head in [
        &b"\x80\x03"[..],
        b"\x80\x04\x95\x0d\0\0\0\0\0\0\0",
        b"\x80\x05\x95\x0d\0\0\0\0\0\0\0",
    ] {
        same(&[head, &file[2..]].concat());
    }
    for length in [20, 60, file.len() / 2, file.len() - 1] {
        refused(&file[..length], "");
    }
}

/// What is left to do to a tensor's values is told by flags; such a tensor is refused by name.
#[test]
fn a_tensor_that_is_stored_as_its_negative() {
    for flag in ["neg", "conj"] {
        let (tensors, _) = torch_of(&small_model());
        let items = tensors.iter().enumerate().flat_map(|(i, tensor)| {
            let mut value = tensor_opcodes(tensor);
            let plain = value.strip_suffix(b"tR").map(<[u8]>::len).unwrap();
            if i == 3 {
                value.truncate(plain);
                value.extend([b"}", &text(flag)[..], b"\x88stR"].concat());
            }
            [text(&tensor.name), value].concat()
        });
        let root = [b"}(", &items.collect::<Vec<_>>()[..], b"u"].concat();
        let error = Place::new().open(&archive(&root, 2)).unwrap_err().to_string();
        assert!(
            error.contains(&tensors[3].name) && error.contains("negative"),
            "{error}"
        );
    }
}

#[test]
fn several_files_with_an_index() {
    let dir = tempfile::tempdir().unwrap();
    small_model().save(dir.path(), None).unwrap();
    std::fs::rename(
        dir.path().join("model.safetensors"),
        dir.path().join("part-1.safetensors"),
    )
    .unwrap();
    let names: Vec<_> = small_model()
        .weights
        .iter()
        .map(|(name, _)| format!("\"{name}\":\"part-1.safetensors\""))
        .collect();
    let index = dir.path().join("model.safetensors.index.json");
    std::fs::write(&index, format!("{{\"weight_map\":{{{}}}}}", names.join(","))).unwrap();
    assert_equal(&Model::open(dir.path(), None).unwrap().weights, &small_model().weights);
    std::fs::write(&index, "{\"weight_map\":{\"H_init\":\"../other\"}}").unwrap();
    assert!(
        Model::open(dir.path(), None)
            .unwrap_err()
            .to_string()
            .contains("same folder")
    );
}

#[test]
fn any_name_where_it_is_the_only_weight_file() {
    for name in [
        "step_5_epoch50k",
        "other.safetensors",
        "last.ckpt",
        "pytorch_model.bin",
        "x.pth",
    ] {
        let dir = tempfile::tempdir().unwrap();
        small_model().save(dir.path(), None).unwrap();
        std::fs::rename(dir.path().join("model.safetensors"), dir.path().join(name)).unwrap();
        assert_equal(&Model::open(dir.path(), None).unwrap().weights, &small_model().weights);
    }
}
