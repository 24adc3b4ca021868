//! Adapters: `hrm devices`, `hrm verify`, and `--device` if none can be opened.
#![cfg(feature = "gpu")]

use super::{HARD, command, common, hrm, repository};

/// Whether there is an adapter to test; the executor's tests report a machine without one.
fn has_adapter() -> bool {
    hrm(["devices", "--json"], "").stdout.lines().count() > 1
}

#[test]
fn devices_lists_the_cpu_first_and_says_what_auto_takes() {
    let ran = hrm(["devices", "--json"], "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let devices: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(devices[0]["name"], "cpu");
    assert_eq!(
        devices.iter().filter(|d| d["auto"] == true).count(),
        1,
        "{}",
        ran.stdout
    );
    assert!(
        devices
            .iter()
            .all(|d| d["why"].as_str().is_some_and(|why| !why.is_empty()))
    );
    let table = hrm(["devices"], "").stdout;
    assert_eq!(
        table
            .lines()
            .filter(|line| line.starts_with("* ") && !line.contains("--device"))
            .count(),
        1,
        "{table}"
    );
}

#[test]
fn devices_says_what_is_remembered_or_why_nothing_is() {
    let autotune = |value: &str| {
        let output = command()
            .env("HRM_AUTOTUNE", value)
            .args(["devices", "--verbose", "--json"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let adapters = text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap());
        adapters.collect::<Vec<serde_json::Value>>()
    };
    for adapter in autotune("off") {
        let expected = serde_json::json!({ "shapes": 0, "file": null, "off": "HRM_AUTOTUNE is `off`" });
        assert_eq!(adapter["autotune"], expected);
    }
    for adapter in autotune("") {
        let (file, off) = (&adapter["autotune"]["file"], &adapter["autotune"]["off"]);
        assert!(file.is_null() != off.is_null(), "{adapter}");
        if adapter["kind"] == "software" {
            assert_eq!(*off, "software adapters have one tile");
        }
    }
    let lines = |args: &[&str]| {
        let text = hrm(args, "").stdout;
        text.lines().filter(|line| line.contains("autotune is off: ")).count()
    };
    assert_eq!(lines(&["devices", "-v"]), autotune("off").len());
    assert_eq!(lines(&["devices"]), 0);
}

#[test]
fn verify_reports_and_passes() {
    if !has_adapter() {
        common::skips::skipped("what the command does with a GPU: there is no adapter");
        return;
    }
    let own = repository().join("tests/golden/serrm-arc-tiny");
    let ran = hrm(["verify", "--json", "--model", own.to_str().unwrap()], "");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings.iter().all(|f| f["passed"] == true) && ran.code == 0,
        "{report:#}"
    );
    for part in [
        "attention",
        "model sudoku",
        "model serrm-arc-tiny, a segment",
        "golden outputs, CPU",
        "golden outputs, GPU",
    ] {
        assert!(
            findings.iter().any(|f| f["name"].as_str().unwrap().starts_with(part)),
            "{part} is missing"
        );
    }
    // The CPU is the reference, so there is nothing to compare it with.
    assert_eq!(hrm(["verify", "--device", "cpu"], "").code, 2);
}

/// What verification found wrong is remembered by adapter and driver: it is shown, and whoever takes the adapter all the same is
/// warned. A verification that passes forgets it.
#[test]
#[cfg(target_os = "linux")]
fn an_adapter_that_was_found_wrong_is_not_trusted() {
    let listed = hrm(["devices", "--json"], "").stdout;
    let adapters = listed.lines().skip(1).map(|line| serde_json::from_str(line).unwrap());
    let Some(adapter): Option<serde_json::Value> = adapters.into_iter().next() else {
        common::skips::skipped("what is remembered of a GPU that is wrong: there is no adapter");
        return;
    };
    let text = |key: &str| adapter[key].as_str().unwrap();
    let called = format!("{} ({}), {}", text("name"), text("backend"), text("driver"));
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("hrm/verify.json");
    let run = |args: &[&str]| {
        let output = command()
            .args(args)
            .env("XDG_CACHE_HOME", cache.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr))
    };
    std::fs::create_dir(cache.path().join("hrm")).unwrap();
    let said = "`hrm verify` found it wrong with this driver: softmax and 1 more";
    for (driver, is_known) in [(called.as_str(), true), ("another driver", false)] {
        let wrong = serde_json::json!({
            "hrm": env!("CARGO_PKG_VERSION"),
            "adapters": { driver: ["softmax", "block, f16 products", "argmax"] },
        });
        std::fs::write(&file, wrong.to_string()).unwrap();
        assert_eq!(run(&["devices"]).0.contains(said), is_known, "{driver}");
        let (answer, noted) = run(&["solve", "--device", "0", "--segments", "1", HARD]);
        assert!(!answer.is_empty(), "{noted}");
        assert_eq!(noted.contains(said), is_known, "{driver}: {noted}");
    }
    std::fs::write(
        &file,
        std::fs::read_to_string(&file)
            .unwrap()
            .replace("another driver", &called),
    )
    .unwrap();
    run(&["verify", "--device", "0"]);
    assert!(!run(&["devices"]).0.contains(said));
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("softmax").count(), 0);
}

#[test]
fn the_gpu_gives_the_answer_of_the_cpu() {
    if !has_adapter() {
        common::skips::skipped("what the command does with a GPU: there is no adapter");
        return;
    }
    let answer = |device: &str| hrm(["solve", "--quiet", "--device", device, HARD], "");
    let (cpu, gpu) = (answer("cpu"), answer("gpu"));
    assert_eq!((cpu.code, gpu.code), (0, 0), "{}", gpu.stderr);
    assert_eq!(cpu.stdout, gpu.stdout);
}

#[test]
fn a_backend_that_is_not_here_is_one_clear_line() {
    // No system has both.
    let absent = if cfg!(target_os = "macos") { "dx12" } else { "metal" };
    for (variable, needs) in [(absent, absent), ("nonsense", "nonsense")] {
        let output = command()
            .env("WGPU_BACKEND", variable)
            .args(["solve", "--device", "gpu", HARD])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(
            text.lines()
                .any(|line| line.starts_with("error: ") && line.contains(needs)),
            "{text}"
        );
    }
    // With `auto`, the CPU takes over.
    let output = command()
        .env("WGPU_BACKEND", absent)
        .args(["solve", "--quiet", HARD])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
}
