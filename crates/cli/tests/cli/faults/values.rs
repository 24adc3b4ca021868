//! Values that are no numbers, too large, or commands to a terminal.

use std::path::Path;
use std::time::{Duration, Instant};

use hrm::model::Tensor;

use super::super::file;
use super::{HARD, hrm, model, repository};

fn set(tensors: &mut [(String, Tensor)], part: &str, value: f32) {
    let (_, tensor) = tensors.iter_mut().find(|(name, _)| name.contains(part)).unwrap();
    let mut values = tensor.f32s().unwrap().into_owned();
    values[0] = value;
    *tensor = Tensor::from_f32(tensor.shape(), values).unwrap();
}

/// Numbers that leave their range: before anything is computed, or told of.
#[test]
fn numbers_that_are_none_are_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let large = model(&folder.path().join("large"), |_, tensors| set(tensors, "gate_up", 7e4));
    let large = large.to_str().unwrap();
    let copy = folder.path().join("copy");
    for args in [
        vec!["convert", large, copy.to_str().unwrap(), "--dtype", "f16"],
        vec!["solve", "-m", large, "--device", "cpu", "--dtype", "f16", HARD],
        vec![
            "eval",
            "-m",
            large,
            "--device",
            "cpu",
            "--dtype",
            "f16",
            "sudoku-check.csv",
        ],
    ] {
        let ran = hrm(&args, "");
        assert!(
            ran.code == 3 && ran.stderr.contains("holds 70000 at element 0: too large for f16"),
            "{}",
            ran.stderr
        );
    }
    let huge = model(&folder.path().join("huge"), |_, tensors| {
        for (_, tensor) in tensors.iter_mut() {
            let values = tensor.f32s().unwrap().iter().map(|value| value * 1e30).collect();
            *tensor = Tensor::from_f32(tensor.shape(), values).unwrap();
        }
    });
    let huge = huge.to_str().unwrap();
    let ran = hrm(["solve", "-m", huge, "--device", "cpu", HARD], "");
    assert!(
        ran.code == 1 && ran.stderr.contains("numbers are not finite") && !ran.stderr.contains("--tries"),
        "{}",
        ran.stderr
    );
    let ran = hrm(
        [
            "eval",
            "-m",
            huge,
            "--device",
            "cpu",
            "--segments",
            "1",
            "sudoku-check.csv",
        ],
        "",
    );
    assert!(
        ran.code == 0 && ran.stderr.contains("60 samples: the network's numbers are not finite"),
        "{}",
        ran.stderr
    );
    // A file that was damaged says so before it is used.
    let weights = Path::new(large).join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&weights, bytes).unwrap();
    let ran = hrm(["inspect", large], "");
    assert!(
        ran.code == 3 && ran.stdout.contains("holds a value that is not finite"),
        "{}",
        ran.stdout
    );
}

/// A kilobyte of text claims what would fill any machine: factors that are possible by themselves.
#[test]
fn products_of_settings_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let golden = repository().join("tests/golden/hrm-tiny");
    for name in ["model.safetensors", "config.yaml", "dataset.json"] {
        std::fs::copy(golden.join(name), folder.path().join(name)).unwrap();
    }
    let yaml = std::fs::read_to_string(golden.join("config.yaml")).unwrap();
    let text = folder.path().to_str().unwrap();
    for (h, l) in [(2000, 2000), (65_536, 1), (1, 65_536), (128, 128)] {
        let changed = yaml.replace("H_cycles: 2", &format!("H_cycles: {h}"));
        let changed = changed.replace("L_cycles: 2", &format!("L_cycles: {l}"));
        assert_ne!(changed, yaml);
        std::fs::write(folder.path().join("config.yaml"), changed).unwrap();
        let ran = hrm(["inspect", text], "");
        assert!(
            ran.code == 3 && ran.stdout.contains("updates × layers of a segment"),
            "{h} {l}: {}",
            ran.stdout
        );
    }
    std::fs::write(folder.path().join("config.yaml"), &yaml).unwrap();
    let data = std::fs::read_to_string(golden.join("dataset.json")).unwrap();
    let at = data.find("\"seq_len\"").unwrap();
    let end = at + data[at..].find([',', '}']).unwrap();
    let data = format!("{}\"seq_len\": 1048576{}", &data[..at], &data[end..]);
    std::fs::write(folder.path().join("dataset.json"), data).unwrap();
    let started = Instant::now();
    assert!(matches!(
        hrm(["solve", "-m", text, "--device", "cpu", HARD], "").code,
        2 | 3
    ));
    assert!(started.elapsed() < Duration::from_secs(20));
    for args in [
        &["bench", "--batch", "1000000000", "--quick", "--device", "cpu"][..],
        &["solve", "--batch", "65537", "--device", "cpu", HARD],
        &["solve", "--threads", "1000000", "--device", "cpu", HARD],
    ] {
        let ran = hrm(args, "");
        assert!(
            ran.code == 2 && ran.stderr.contains("expected 1 to "),
            "{args:?}: {}",
            ran.stderr
        );
    }
    let io = golden.join("io.safetensors");
    let (io, golden) = (io.to_str().unwrap(), golden.to_str().unwrap());
    let ran = hrm(
        [
            "run",
            "-m",
            golden,
            "--inputs",
            io,
            "--outputs",
            "-",
            "--segments",
            "100000000",
            "--device",
            "cpu",
        ],
        "",
    );
    assert!(
        ran.code == 2 && ran.stderr.contains("outputs of at most 4 GiB"),
        "{}",
        ran.stderr
    );
}

/// What files say stays text.
#[test]
fn files_do_not_command_a_terminal() {
    let (title, clear) = ("\u{1b}]0;pwned\u{7}", "\u{1b}[2J");
    let csv = std::fs::read_to_string(repository().join("tests/data/sudoku-check.csv")).unwrap();
    let mut lines = csv.lines();
    let (head, row) = (lines.next().unwrap(), lines.next().unwrap());
    let (_, rest) = row.split_once(',').unwrap();
    let data = format!("{head}\n{title}{clear}\u{9b}2J,{rest}\n");
    let (folder, path) = file("d.csv", data);
    let eval = ["eval", path.to_str().unwrap(), "--device", "cpu", "--segments", "1"];
    let broken = folder.path().join("broken");
    std::fs::create_dir(&broken).unwrap();
    let header = format!(
        r#"{{"a{0}":{{"dtype":"F32{0}","shape":[1],"data_offsets":[0,4]}}}}"#,
        "\\u001b]0;pwned\\u0007"
    );
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat();
    std::fs::write(broken.join("model.safetensors"), bytes).unwrap();
    std::fs::write(
        broken.join("config.json"),
        format!(r#"{{"format": 1, "family": "{}"}}"#, "\\u001b[2Jx"),
    )
    .unwrap();
    let garbage = file("p.txt", format!("{title}{clear}\n{HARD}\n"));
    for args in [
        &eval[..],
        &[&eval[..], &["--json"]].concat(),
        &["inspect", broken.to_str().unwrap()],
        &["solve", "-m", broken.to_str().unwrap(), HARD],
        &["solve", "--device", "cpu", garbage.1.to_str().unwrap()],
        // What an asterisk may stand for.
        &["inspect", "a", title, "\r\u{9b}2J"],
        &["eval", "d", "--halt", title],
    ] {
        let ran = hrm(args, "");
        for text in [&ran.stdout, &ran.stderr] {
            let bad = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(bad, None, "{args:?}: {text:?}");
        }
        ran.stdout
            .lines()
            .filter(|line| line.starts_with('{'))
            .for_each(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap();
            });
    }
}
