//! Builders of weight files, well-formed or not, for the tests of checkpoints.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]
#![allow(dead_code, reason = "each test crate uses its part")]

use hrm::Error;
use hrm::model::{Config, Dtype, Family, Loss, Model, Positions, Tensor, Weights};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub const CASES: [&str; 4] = ["hrm-tiny", "hrm-sudoku-small", "trm-att-tiny", "trm-mlp-tiny"];

pub fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

/// A folder with the golden files `from` under the names `to`.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (from, to) in files {
        std::fs::copy(golden(from), dir.path().join(to)).unwrap();
    }
    dir
}

/// The golden case with `from` in `file` replaced by `to`.
pub fn opened(case: &str, file: &str, from: &str, to: &str) -> Result<Model, Error> {
    let dir = folder(&[
        (&format!("{case}/checkpoint.pt"), "checkpoint.pt"),
        (&format!("{case}/config.yaml"), "config.yaml"),
        (&format!("{case}/dataset.json"), "dataset.json"),
    ]);
    let text = std::fs::read_to_string(dir.path().join(file)).unwrap();
    assert!(text.contains(from), "`{from}` is not in {file}");
    std::fs::write(dir.path().join(file), text.replace(from, to)).unwrap();
    Model::open(dir.path(), None)
}

pub fn edited(case: &str, file: &str, from: &str, to: &str) -> Error {
    opened(case, file, from, to).expect_err(to)
}

/// A small HRM: learned positions, unequal layers, a puzzle embedding wider than a token.
pub fn small_config() -> Config {
    Config::published(Family::Hrm, 5, 7).with(|c| {
        (c.h_cycles, c.l_cycles) = (1, 3);
        (c.h_layers, c.l_layers) = (1, 2);
        (c.hidden_size, c.num_heads) = (8, 2);
        c.expansion = 1.5;
        c.positions = Positions::Learned;
        (c.puzzle_emb_ndim, c.num_puzzle_identifiers) = (12, 3);
        c.halt_max_steps = 3;
        c.loss = Loss::Softmax;
    })
}

pub fn tensors(config: &Config) -> Vec<(String, Tensor)> {
    let value = |i: usize| ((i * 2654435761) % 1000) as f32 / 500.0 - 1.0;
    let tensor = |shape: Vec<usize>| {
        let n = shape.iter().product();
        Tensor::from_f32(shape, (0..n).map(value).collect()).unwrap()
    };
    config
        .tensors()
        .into_iter()
        .map(|(name, shape)| (name, tensor(shape)))
        .collect()
}

pub fn small_model() -> Model {
    let config = small_config();
    let weights = Weights::new("small", tensors(&config));
    Model::from_parts(config, weights).unwrap()
}

pub fn assert_equal(one: &Weights, other: &Weights) {
    assert_eq!(one.iter().count(), other.iter().count());
    for ((name, a), (other_name, b)) in one.iter().zip(other.iter()) {
        assert_eq!((name, a.shape(), a.dtype()), (other_name, b.shape(), b.dtype()));
        assert!(a.bytes().unwrap() == b.bytes().unwrap(), "{name} differs");
    }
}

/// A safetensors file with `header` and `data`.
pub fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// An entry of a ZIP archive; what is not said is what torch writes.
#[derive(Clone)]
pub struct Entry {
    pub name: String,
    pub data: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    /// Sizes that the central directory claims, packed and unpacked.
    pub claims: Option<(u32, u32)>,
}

impl Entry {
    pub fn new(name: &str, data: impl Into<Vec<u8>>) -> Entry {
        Entry {
            name: name.to_owned(),
            data: data.into(),
            method: 0,
            flags: 0x0808,
            claims: None,
        }
    }
}

/// The archive: like torch, with sizes in the central directory only.
pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for Entry {
        name,
        data,
        method,
        flags,
        claims,
    } in entries
    {
        let offset = file.len() as u32;
        let common = |sizes: (u32, u32)| {
            let mut fields = Vec::new();
            [20, *flags, *method, 0, 0]
                .iter()
                .for_each(|f: &u16| fields.extend(f.to_le_bytes()));
            [0, sizes.0, sizes.1]
                .iter()
                .for_each(|f: &u32| fields.extend(f.to_le_bytes()));
            fields.extend((name.len() as u16).to_le_bytes());
            fields.extend(0u16.to_le_bytes());
            fields
        };
        file.extend([b"PK\x03\x04", &common((0, 0))[..], name.as_bytes(), data].concat());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(common(claims.unwrap_or((data.len() as u32, data.len() as u32))));
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (file.len() as u32, entries.len() as u16);
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    file.extend([(directory.len() as u32).to_le_bytes(), start.to_le_bytes()].concat());
    file.extend([0, 0]);
    file
}

/// A tensor as a pickle describes it.
#[derive(Clone)]
pub struct Pickled {
    pub name: String,
    pub class: &'static str,
    pub key: String,
    pub numel: i64,
    pub offset: i64,
    pub shape: Vec<i64>,
    pub stride: Vec<i64>,
}

pub fn int(value: i64) -> Vec<u8> {
    [&[0x8a, 8][..], &value.to_le_bytes()].concat()
}

pub fn text(value: &str) -> Vec<u8> {
    [b"X", &(value.len() as u32).to_le_bytes()[..], value.as_bytes()].concat()
}

/// The opcodes that leave the tensor on the stack.
pub fn tensor_opcodes(tensor: &Pickled) -> Vec<u8> {
    let ints = |values: &[i64]| [b"(", &values.iter().flat_map(|&v| int(v)).collect::<Vec<_>>()[..], b"t"].concat();
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n((",
        &text("storage")[..],
        format!("ctorch\n{}\n", tensor.class).as_bytes(),
        &text(&tensor.key),
        &text("cuda:0"),
        &int(tensor.numel),
        b"tQ",
        &int(tensor.offset),
        &ints(&tensor.shape),
        &ints(&tensor.stride),
        b"\x89ccollections\nOrderedDict\n)RtR",
    ]
    .concat()
}

/// A pickled state_dict whose values are left by the given opcodes.
pub fn state_dict<'a>(values: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Vec<u8> {
    let items: Vec<u8> = values
        .into_iter()
        .flat_map(|(name, value)| [text(name), value].concat())
        .collect();
    [b"\x80\x02ccollections\nOrderedDict\n)R(", &items[..], b"u."].concat()
}

/// A torch checkpoint of these tensors and storages.
pub fn torch<K: std::fmt::Display>(tensors: &[Pickled], storages: &[(K, Vec<u8>)]) -> Vec<u8> {
    let pickle = state_dict(
        tensors
            .iter()
            .map(|tensor| (tensor.name.as_str(), tensor_opcodes(tensor))),
    );
    let mut entries = vec![
        Entry::new("archive/data.pkl", pickle),
        Entry::new("archive/byteorder", *b"little"),
    ];
    entries.extend(
        storages
            .iter()
            .map(|(key, data)| Entry::new(&format!("archive/data/{key}"), data.clone())),
    );
    zip(&entries)
}

/// `model` as torch would have saved it, each tensor in a storage of its own.
pub fn torch_of(model: &Model) -> (Vec<Pickled>, Vec<(String, Vec<u8>)>) {
    let mut storages = Vec::new();
    let tensors = model.weights.iter().enumerate().map(|(key, (name, tensor))| {
        storages.push((key.to_string(), tensor.bytes().unwrap().to_vec()));
        let shape: Vec<i64> = tensor.shape().iter().map(|&d| d as i64).collect();
        let stride = (0..shape.len()).map(|i| shape[i + 1..].iter().product()).collect();
        let class = match tensor.dtype() {
            Dtype::F32 => "FloatStorage",
            Dtype::F16 => "HalfStorage",
            Dtype::BF16 => "BFloat16Storage",
            other => panic!("{other} is not stored here"),
        };
        let numel = tensor.f32s().unwrap().len() as i64;
        Pickled {
            name: name.to_owned(),
            class,
            key: key.to_string(),
            numel,
            offset: 0,
            shape,
            stride,
        }
    });
    (tensors.collect(), storages)
}

/// A folder with the configuration of the small model, where weight files can be put.
pub struct Place(pub tempfile::TempDir);

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        small_model().save(dir.path(), None).unwrap();
        Place(dir)
    }

    /// Opens a weight file with these bytes.
    pub fn open(&self, bytes: &[u8]) -> Result<Model, Error> {
        let path = self.0.path().join("weights");
        // Removed, not rewritten: an earlier model may still map the file.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).unwrap();
        let started = Instant::now();
        let result = Model::open(&path, None);
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "took {:?}",
            started.elapsed()
        );
        if let Err(error) = &result {
            let of_model = matches!(
                error,
                Error::NoModel { .. }
                    | Error::Config { .. }
                    | Error::Checkpoint { .. }
                    | Error::Tensors { .. }
                    | Error::NotFinite { .. }
            );
            let line = error.to_string();
            assert!(line.lines().count() == 1 && of_model, "{line}");
        }
        result
    }

    pub fn safetensors(&self) -> Vec<u8> {
        std::fs::read(self.0.path().join("model.safetensors")).unwrap()
    }
}

pub fn small_torch() -> Vec<u8> {
    let (tensors, storages) = torch_of(&small_model());
    torch(&tensors, &storages)
}

#[track_caller]
pub fn refused(bytes: &[u8], expected: &str) {
    let error = Place::new().open(bytes).expect_err(expected);
    assert!(
        matches!(error, Error::Checkpoint { .. } | Error::Tensors { .. }),
        "{error}"
    );
    assert!(error.to_string().contains(expected), "`{expected}` is not in: {error}");
}

pub fn first_tensor() -> Pickled {
    torch_of(&small_model()).0[0].clone()
}

/// The archive of the small model after `change`.
pub fn changed(change: impl FnOnce(&mut Vec<Entry>)) -> Vec<u8> {
    let (tensors, storages) = torch_of(&small_model());
    let pickle = state_dict(
        tensors
            .iter()
            .map(|tensor| (tensor.name.as_str(), tensor_opcodes(tensor))),
    );
    let mut entries = vec![Entry::new("a/data.pkl", pickle), Entry::new("a/version", *b"3\n")];
    entries.extend(
        storages
            .into_iter()
            .map(|(key, data)| Entry::new(&format!("a/data/{key}"), data)),
    );
    change(&mut entries);
    zip(&entries)
}
