//! `hrm run`: tensors in, tensors out, against the official outputs.

use super::common::{Golden, relative_l2};
use super::{file, hrm, repository};
use insta::assert_snapshot;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

fn run(model: &str, inputs: &str, outputs: &str, more: &[&str]) -> super::Ran {
    hrm(
        [
            &[
                "run",
                "--device",
                "cpu",
                "--model",
                model,
                "--inputs",
                inputs,
                "--outputs",
                outputs,
            ],
            more,
        ]
        .concat(),
        "",
    )
}

#[test]
fn outputs_are_the_official_ones() {
    for (case, file) in [
        ("hrm-tiny", "checkpoint.pt"),
        ("trm-att-tiny", ""),
        ("trm-mlp-tiny", ""),
        ("eqr-maze-tiny", "checkpoint.pth"),
        ("nano-mlp-tiny", "last.ckpt"),
        ("urm-sudoku-tiny", ""),
        ("serrm-arc-tiny", ""),
        ("sotaku-wide", ""),
    ] {
        let golden = Golden::load(case);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.safetensors");
        let model = golden.folder.join(file);
        let inputs = golden.folder.join("io.safetensors");
        let arguments = [&model, &inputs, &path].map(|path| path.to_str().unwrap());
        let count = golden.count.to_string();
        let ran = run(arguments[0], arguments[1], arguments[2], &["--segments", &count]);
        assert_eq!(ran.code, 0, "{case}: {}", ran.stderr);

        let bytes = std::fs::read(&path).unwrap();
        let outputs = SafeTensors::deserialize(&bytes).unwrap();
        let states = golden.outputs().filter(|name| name.starts_with('z')).count();
        assert_eq!(outputs.len(), (4 + states) * golden.count, "{:?}", outputs.names());
        for segment in 1..=golden.count {
            let tensor = |name: &str| outputs.tensor(&format!("seg{segment}.{name}")).unwrap();
            let floats = |name: &str| -> Vec<f32> {
                assert_eq!(tensor(name).dtype(), Dtype::F32);
                tensor(name)
                    .data()
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&b| f32::from_le_bytes(b))
                    .collect()
            };
            let official = |name: &str| golden.f32s(&format!("seg{segment}.{name}"));
            let bound = if segment == 1 { 1e-5 } else { 1e-4 };
            for name in golden.outputs().filter(|name| !name.starts_with('q')) {
                let error = relative_l2(&floats(name), &official(name));
                assert!(error <= bound, "{case} segment {segment} {name}: {error:e}");
            }
            for name in golden.outputs().filter(|name| name.starts_with('q')) {
                assert!(
                    floats(name)
                        .iter()
                        .zip(official(name))
                        .all(|(a, b)| (a - b).abs() < 1e-3)
                );
            }
            let (s, b) = (golden.seq_len, golden.samples);
            assert_eq!(tensor("preds").dtype(), Dtype::I32);
            assert_eq!(
                (tensor("preds").shape(), tensor("q_halt").shape()),
                (&[b, s][..], &[b][..])
            );
            assert_eq!(tensor("logits").shape()[..2], [b, s]);
            // A state with a symbol axis has one more.
            assert_eq!(
                tensor("z_H").shape().len(),
                if case.starts_with("serrm") { 4 } else { 3 }
            );
        }
    }
}

/// `inputs` as a file.
fn inputs(dtype: Dtype, shape: &[usize], data: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let view = TensorView::new(dtype, shape.to_vec(), data).unwrap();
    file(
        "in.safetensors",
        safetensors::serialize([("inputs", view)], None).unwrap(),
    )
}

#[test]
fn every_integer_type_will_do_and_segments_are_exact() {
    let tokens: Vec<u8> = (0..162).map(|i| 1 + i % 10).collect();
    let i32s: Vec<u8> = tokens.iter().flat_map(|&t| i32::from(t).to_le_bytes()).collect();
    let i64s: Vec<u8> = tokens.iter().flat_map(|&t| i64::from(t).to_le_bytes()).collect();
    let mut results = Vec::new();
    for (dtype, data) in [(Dtype::U8, &tokens), (Dtype::I32, &i32s), (Dtype::I64, &i64s)] {
        let (folder, path) = inputs(dtype, &[2, 81], data);
        let out = folder.path().join("out.safetensors");
        let ran = run(
            "sudoku",
            path.to_str().unwrap(),
            out.to_str().unwrap(),
            &["--segments", "2"],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        results.push(std::fs::read(out).unwrap());
    }
    assert!(results.windows(2).all(|w| w[0] == w[1]));
    assert_eq!(SafeTensors::deserialize(&results[0]).unwrap().len(), 12);
}

#[test]
fn wrong_inputs_leave_no_output() {
    let error = |model: &str, dtype, shape: &[usize], data: &[u8]| {
        let (folder, path) = inputs(dtype, shape, data);
        let out = folder.path().join("out.safetensors");
        let error = run(model, path.to_str().unwrap(), out.to_str().unwrap(), &[]).error(2);
        assert!(!out.exists());
        error
            .lines()
            .next()
            .unwrap()
            .replace(path.to_str().unwrap(), "in.safetensors")
    };
    assert_snapshot!(error("sudoku", Dtype::U8, &[81], &[1; 81]), @"error: in.safetensors: `inputs` must be [B, S], found [81]");
    assert_snapshot!(error("sudoku", Dtype::U8, &[1, 80], &[1; 80]), @"error: model sudoku: the model fixes the length: expected puzzles of 81 tokens, found 80");
    assert_snapshot!(error("sudoku", Dtype::U8, &[1, 81], &[11; 81]), @"error: puzzle: token 0: expected an id below 11, found 11");
    assert_snapshot!(error("sudoku", Dtype::I32, &[1, 81], &[0xff; 324]), @"error: in.safetensors: `inputs` element 0 is -1: no id");
    assert_snapshot!(error("sudoku", Dtype::F32, &[1, 81], &[0; 324]), @"error: in.safetensors: `inputs` must be i32, i64 or u8, found F32");
}

#[test]
fn an_identifier_out_of_range_is_an_error() {
    let folder = repository().join("tests/golden/hrm-tiny");
    let golden = Golden::load("hrm-tiny");
    let tokens: Vec<u8> = golden.inputs[..golden.seq_len].iter().map(|&t| t as u8).collect();
    let views = [
        (
            "inputs",
            TensorView::new(Dtype::U8, vec![1, golden.seq_len], &tokens).unwrap(),
        ),
        (
            "puzzle_identifiers",
            TensorView::new(Dtype::U8, vec![1], &[200]).unwrap(),
        ),
    ];
    let (out, path) = file("in.safetensors", safetensors::serialize(views, None).unwrap());
    let model = folder.join("model.safetensors");
    let out = out.path().join("out.safetensors");
    let [model, path, out] = [&model, &path, &out].map(|path| path.to_str().unwrap());
    assert_snapshot!(run(model, path, out, &[]).error(2), @r"
    error: puzzle identifier: 200 is out of range: model `model.safetensors` has identifiers 0 to 4
    hint: see `hrm run --help`
    ");
}
