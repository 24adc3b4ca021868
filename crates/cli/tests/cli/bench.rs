//! `hrm bench`: its shape, never its figures.

use std::collections::BTreeSet;

use super::hrm;
#[cfg(feature = "gpu")]
use super::repository;

/// The figures' names, which do not depend on the machine.
const NAMES: [&str; 9] = [
    "copy",
    "gemm",
    "load",
    "pipelines",
    "first_segment",
    "latency",
    "throughput",
    "kernel",
    "autotune",
];

#[test]
fn figures_are_one_json_object_a_line() {
    let ran = hrm(
        [
            "bench",
            "--quick",
            "--json",
            "--device",
            "cpu",
            "--batch",
            "1,2",
            "--segments",
            "2",
        ],
        "",
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let figures = ran.json();
    let names: Vec<&str> = figures.iter().map(|figure| figure["name"].as_str().unwrap()).collect();
    assert_eq!(names, [&NAMES[..7], &["throughput"]].concat());
    for figure in &figures {
        let keys: Vec<&String> = figure.as_object().unwrap().keys().collect();
        let keys: BTreeSet<&str> = keys.into_iter().map(String::as_str).collect();
        let all = ["name", "device", "model", "batch", "value", "unit", "limit", "fraction"];
        assert_eq!(keys, BTreeSet::from(all), "{figure}");
        assert_eq!(figure["device"], "cpu");
        let own = ["copy", "gemm"].contains(&figure["name"].as_str().unwrap());
        assert_eq!(figure["model"].is_null(), own, "{figure}");
        assert!(figure["value"].as_f64().unwrap() >= 0.0, "{figure}");
        // Both are there or neither; and the fraction is that of value and limit.
        let (value, limit) = (figure["value"].as_f64().unwrap(), figure["limit"].as_f64());
        let expected = limit.map(|limit| {
            if figure["unit"] == "ms" {
                limit / value
            } else {
                value / limit
            }
        });
        let fraction = figure["fraction"].as_f64();
        assert_eq!(fraction.is_some(), expected.is_some(), "{figure}");
        let apart = fraction.unwrap_or(1.0) / expected.unwrap_or(1.0) - 1.0;
        assert!(apart.abs() < 1e-9, "{figure}");
    }
    let batches: Vec<_> = figures.iter().filter_map(|figure| figure["batch"].as_u64()).collect();
    assert_eq!(batches, [1, 1, 1, 1, 2]);
}

#[test]
fn the_table_names_device_model_and_figures() {
    let ran = hrm(
        [
            "bench",
            "--quick",
            "--device",
            "cpu",
            "--batch",
            "1",
            "--segments",
            "1",
            "--quiet",
        ],
        "",
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    // Numbers, and so the width of their columns, depend on the machine.
    let words = |line: &str| {
        let words = line
            .split_whitespace()
            .filter(|word| word.parse::<f64>().is_err() && !["%", "<1"].contains(word));
        words.collect::<Vec<_>>().join(" ")
    };
    let shape: Vec<String> = ran.stdout.lines().map(words).collect();
    insta::assert_snapshot!(shape.join("\n"), @r"
    cpu, model sudoku
    figure batch value unit could be reached
    copy GB/s
    gemm GFLOP/s
    load ms
    pipelines ms
    first_segment ms
    latency ms
    throughput segments/s
    ");
}

#[cfg(feature = "gpu")]
#[test]
fn each_device_has_its_figures_and_one_that_is_not_there_an_error() {
    // A family whose head has another name than HRM's.
    let model = repository().join("tests/golden/sotaku-tiny");
    let ran = hrm(
        [
            "bench",
            "--model",
            model.to_str().unwrap(),
            "--quick",
            "--json",
            "--quiet",
            "--device",
            "gpu,no-such-adapter,cpu",
            "--batch",
            "1",
            "--segments",
            "1",
        ],
        "",
    );
    let figures = ran.json();
    let mut devices: Vec<&str> = figures
        .iter()
        .map(|figure| figure["device"].as_str().unwrap())
        .collect();
    devices.dedup();
    assert_eq!(devices.last(), Some(&"cpu"), "{}", ran.stdout);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("no-such-adapter"), "{}", ran.stderr);
    for figure in &figures {
        let name = figure["name"].as_str().unwrap();
        assert!(NAMES.contains(&name.split(' ').next().unwrap()), "{figure}");
    }
    if devices.len() == 1 {
        super::common::skips::skipped("what the command does with a GPU: there is no adapter");
        return;
    }
    let kernels = figures
        .iter()
        .filter(|figure| figure["name"].as_str().unwrap().starts_with("kernel "));
    assert!(kernels.count() > 3, "{}", ran.stdout);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let failed = |args: &[&str], code| hrm([&["bench", "--quick", "--device", "cpu"], args].concat(), "").error(code);
    insta::assert_snapshot!(failed(&["--model", "nowhere"], 3), @r"
    error: no model found: nowhere: no such file or folder, and no bundled model of this name (there are: sudoku, maze, arc)
    hint: give a model folder (config.json + model.safetensors), an official checkpoint with all_config.yaml beside it, or the name of a bundled model
    ");
    let ran = hrm(["bench", "--batch", "0"], "");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
