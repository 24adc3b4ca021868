//! What a machine can do to the command: too little of everything, files that change under it, signals at any moment. Whatever
//! it is, the end is an answer or a sentence, and nothing that was there is lost.

mod changes;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(unix)]
mod signals;
mod values;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use hrm::model::{Dtype, Model, Tensor, Weights};

use super::{HARD, hrm, repository};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hrm"));
    command.args(args).current_dir(repository().join("tests/data"));
    command.env("HRM_AUTOTUNE", "off").stdin(Stdio::null());
    command
}

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Checks that a command has ended by itself: with an exit code of ours, no panic, and a sentence where something is wrong.
#[track_caller]
fn sound(output: &Output, what: &str) -> (i32, String) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code();
    assert!(
        matches!(code, Some(0..=3 | 130)) && !stderr.contains("panicked"),
        "{what}: {:?}: {stderr}",
        output.status
    );
    let code = code.unwrap();
    assert!(
        code < 2 || code == 130 || stderr.contains("error: "),
        "{what}: exit {code}: {stderr}"
    );
    (code, stderr)
}

/// Pseudo-random numbers below a bound, the same in every run.
fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |below| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    }
}

/// The bundled model with one weight changed, or a table of puzzles added.
fn model(folder: &Path, change: impl FnOnce(&mut hrm::model::Config, &mut Vec<(String, Tensor)>)) -> PathBuf {
    let bundled = Model::bundled("sudoku").unwrap();
    let mut config = bundled.config.clone();
    let tensors = bundled.weights.iter();
    let mut tensors: Vec<_> = tensors
        .map(|(name, tensor)| (name.to_owned(), tensor.to_dtype(Dtype::F32).unwrap()))
        .collect();
    change(&mut config, &mut tensors);
    let model = Model::from_parts(config, Weights::new("changed", tensors)).unwrap();
    model.save(folder, None).unwrap();
    folder.to_path_buf()
}

/// Nothing of the user's is needed.
#[test]
fn without_a_home_everything_goes_on() {
    for args in [
        &["solve", HARD][..],
        &["eval", "--segments", "1", "sudoku-check.csv"],
        &["inspect", "maze"],
    ] {
        let mut bare = command(args);
        bare.env_clear().env("HRM_AUTOTUNE", "off");
        if args[0] != "inspect" {
            bare.args(["--device", "cpu"]);
        }
        let (code, stderr) = sound(&bare.output().unwrap(), args[0]);
        assert_eq!(code, 0, "{stderr}");
    }
}

/// What computes the outputs of an official case into a file.
#[cfg(unix)]
fn run_into(outputs: &str) -> Vec<String> {
    let golden = repository().join("tests/golden/hrm-tiny");
    let (model, io) = (golden.to_str().unwrap(), golden.join("io.safetensors"));
    let inputs = io.to_str().unwrap();
    let args = [
        "run",
        "--device",
        "cpu",
        "-m",
        model,
        "--inputs",
        inputs,
        "--outputs",
        outputs,
        "--force",
    ];
    args.map(str::to_owned).to_vec()
}
