//! Weight files that are damaged or made to harm: an error says why, nothing panics, nothing takes long.

use crate::checkpoints_support::*;
use hrm::Error;
use hrm::model::{Dtype, Model, Weights};
use std::path::Path;

#[test]
fn what_the_builders_make_is_well_formed() {
    let place = Place::new();
    let model = place.open(&small_torch()).unwrap();
    assert_equal(&model.weights, &small_model().weights);
    assert_equal(&place.open(&place.safetensors()).unwrap().weights, &model.weights);
}

#[test]
fn files_of_no_known_format() {
    let place = Place::new();
    refused(b"", "empty");
    refused(b"PK", "neither safetensors");
    refused(b"version https://git-lfs\noid sha256:00\n", "Git LFS pointer");
    refused(b"<!DOCTYPE html><html></html>", "web page");
    refused(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "truncated");
    assert!(matches!(
        Model::open(place.0.path().join("absent").as_path(), None),
        Err(Error::NoModel { .. })
    ));
    std::fs::create_dir(place.0.path().join("folder")).unwrap();
    assert!(matches!(
        Model::open(&place.0.path().join("folder"), None),
        Err(Error::NoModel { .. })
    ));
    // A folder where the weight file should be.
    std::fs::remove_file(place.0.path().join("model.safetensors")).unwrap();
    std::fs::create_dir(place.0.path().join("model.safetensors")).unwrap();
    assert!(matches!(
        Model::open(place.0.path(), None),
        Err(Error::Checkpoint { .. })
    ));
    #[cfg(unix)]
    assert!(matches!(
        Model::open(Path::new("/dev/zero"), None),
        Err(Error::Checkpoint { .. })
    ));
}

#[test]
fn truncated_files() {
    let place = Place::new();
    for whole in [place.safetensors(), small_torch()] {
        let lengths = (0..whole.len())
            .step_by(whole.len() / 150)
            .chain(whole.len() - 40..whole.len());
        for length in lengths {
            assert!(
                place.open(&whole[..length]).is_err(),
                "{length} of {} bytes",
                whole.len()
            );
        }
    }
    refused(&place.safetensors()[..place.safetensors().len() - 1], "truncated");
    refused(&small_torch()[..small_torch().len() - 1], "truncated");
}

#[test]
fn safetensors_headers_that_lie() {
    let one = |dtype: &str, shape: &str, offsets: &str, data: usize| {
        let header = format!(r#"{{"H_init":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#);
        safetensors(&header, &vec![0; data])
    };
    refused(&one("F32", "[8]", "[0,32]", 32), "is missing");
    refused(&one("F32", "[8]", "[0,32]", 31), "truncated");
    refused(&one("F32", "[8]", "[0,32]", 33), "left over");
    refused(&one("F32", "[9]", "[0,32]", 32), "header");
    refused(&one("F32", "[8]", "[32,0]", 32), "header");
    refused(&one("F32", "[8]", "[-1,31]", 32), "header");
    refused(&one("Q4", "[8]", "[0,32]", 32), "header");
    refused(&one("F32", "[4294967296,4294967296]", "[0,0]", 0), "header");
    refused(
        &one("I64", "[8]", "[0,64]", 64),
        "`H_init`: expected F64, F32, F16, BF16, or I8 with scales, found I64",
    );
    let overlapping = r#"{"H_init":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},
                          "L_init":{"dtype":"F32","shape":[8],"data_offsets":[16,48]}}"#;
    refused(&safetensors(overlapping, &[0; 48]), "invalid offset");
    // Sizes that only fit together when their sum overflows.
    let huge = (1u128 << 61) - 1;
    let tensor = |i| {
        format!(
            r#""t{i}":{{"dtype":"U8","shape":[{huge}],"data_offsets":[{},{}]}}"#,
            i * huge,
            (i + 1) * huge
        )
    };
    let header = format!("{{{}}}", (0..8).map(tensor).collect::<Vec<_>>().join(","));
    refused(&safetensors(&header, &[]), "truncated");
    let mut oversized = Place::new().safetensors();
    oversized[..8].copy_from_slice(&(u64::MAX >> 1).to_le_bytes());
    refused(&oversized, "header claims");
    oversized[..8].copy_from_slice(&(1u64 << 20).to_le_bytes());
    refused(&oversized, "truncated: the header");
    refused(&safetensors(&format!("{{\"a\":{}", "[".repeat(100_000)), &[]), "header");
}

#[test]
fn names_that_collide_without_their_prefixes() {
    let header = r#"{"model.H_init":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},
                     "_orig_mod.H_init":{"dtype":"F32","shape":[8],"data_offsets":[32,64]}}"#;
    refused(&safetensors(header, &[0; 64]), "two tensors are called `H_init`");
    let (mut tensors, storages) = torch_of(&small_model());
    tensors[1].name = format!("_orig_mod._orig_mod.model.inner.{}", tensors[0].name);
    refused(&torch(&tensors, &storages), "two tensors are called `H_init`");
}

#[test]
fn archives_that_torch_does_not_write() {
    assert!(Place::new().open(&changed(|_| ())).is_ok());
    refused(&changed(|entries| entries[2].method = 8), "is compressed");
    refused(
        &changed(|entries| entries[2].claims = Some((32, 4_000_000_000))),
        "is compressed",
    );
    refused(&changed(|entries| entries[2].flags = 0x0809), "is encrypted");
    refused(
        &changed(|entries| entries[2].claims = Some((4_000_000_000, 4_000_000_000))),
        "beyond the end",
    );
    refused(
        &changed(|entries| entries[2].claims = Some((31, 31))),
        "storage should hold 8 elements",
    );
    refused(
        &changed(|entries| entries[3].name = entries[2].name.clone()),
        "same name",
    );
    refused(
        &changed(|entries| entries.push(Entry::new("b/data.pkl", *b"."))),
        "more than one `data.pkl`",
    );
    refused(
        &changed(|entries| entries.push(Entry::new("a/byteorder", *b"big"))),
        "byte order: expected `little`, found `big`",
    );
    refused(&changed(|entries| drop(entries.remove(0))), "no `data.pkl`");
    refused(
        &changed(|entries| drop(entries.remove(2))),
        "`data/0` is not in the archive",
    );
    refused(&changed(|entries| entries[0].data = vec![b')'; 5 << 20]), "more than");
}

/// Names in an archive are keys: a path in one opens no file and writes none.
#[test]
fn paths_in_names_are_only_names() {
    let folder = "../../../../tmp/hrm-escape";
    let bytes = changed(|entries| {
        entries
            .iter_mut()
            .for_each(|entry| entry.name = entry.name.replacen('a', folder, 1));
    });
    assert!(Place::new().open(&bytes).is_ok());
    assert!(!Path::new("/tmp/hrm-escape").exists());
    let mut tensor = first_tensor();
    tensor.key = "../../etc/passwd".to_owned();
    refused(
        &torch::<&str>(&[tensor], &[]),
        "`data/../../etc/passwd` is not in the archive",
    );
}

#[test]
fn strides_and_offsets_are_honoured_and_storages_shared() {
    let model = small_model();
    let (mut tensors, mut storages) = torch_of(&model);
    let at = tensors
        .iter()
        .position(|tensor| tensor.name == "lm_head.weight")
        .unwrap();
    let (rows, columns) = (tensors[at].shape[0] as usize, tensors[at].shape[1] as usize);
    let values = model
        .weights
        .get("lm_head.weight")
        .unwrap()
        .f32s()
        .unwrap()
        .into_owned();
    // Stored transposed, behind three elements of something else.
    let transposed = (0..columns)
        .flat_map(|c| (0..rows).map(move |r| (r, c)))
        .map(|(r, c)| values[r * columns + c]);
    storages[at].1 = [9.0; 3]
        .into_iter()
        .chain(transposed)
        .flat_map(f32::to_le_bytes)
        .collect();
    (tensors[at].numel, tensors[at].offset) = ((rows * columns + 3) as i64, 3);
    tensors[at].stride = vec![1, rows as i64];
    // H_init and L_init become halves of one storage.
    let find = |name: &str| tensors.iter().position(|tensor| tensor.name == name).unwrap();
    let (h, l) = (find("H_init"), find("L_init"));
    storages[h].1 = [storages[l].1.clone(), storages[h].1.clone()].concat();
    (tensors[h].numel, tensors[h].offset, tensors[l].numel) = (16, 8, 16);
    tensors[l].key = tensors[h].key.clone();
    assert_equal(
        &Place::new().open(&torch(&tensors, &storages)).unwrap().weights,
        &model.weights,
    );
}

#[test]
fn half_storages_are_read() {
    let model = small_model();
    for dtype in [Dtype::F16, Dtype::BF16] {
        let halves = model
            .weights
            .iter()
            .map(|(name, tensor)| (name.to_owned(), tensor.to_dtype(dtype).unwrap()));
        let halves = Model::from_parts(model.config.clone(), Weights::new("x", halves)).unwrap();
        let (tensors, storages) = torch_of(&halves);
        assert_equal(
            &Place::new().open(&torch(&tensors, &storages)).unwrap().weights,
            &halves.weights,
        );
    }
}
