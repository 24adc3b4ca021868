//! Every GPU kernel against its CPU twin, on every adapter at hand, with default limits and no optional feature.
#![cfg(feature = "gpu")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod common;

use std::sync::OnceLock;

use common::relative_l2;
use hrm::cpu;
use hrm::executor::DeviceChoice;
use hrm::gpu::{Gpu, adapters};
use hrm::kernels::{Role, Trial, Variant};
use pollster::block_on;

/// Relative L2 against the CPU twin.
const BOUND: f64 = 3e-6;

/// All adapters, opened once for all tests of the file.
fn gpus() -> &'static [Gpu] {
    static GPUS: OnceLock<Vec<Gpu>> = OnceLock::new();
    GPUS.get_or_init(|| {
        let found = block_on(adapters()).unwrap();
        assert!(
            !found.is_empty() || std::env::var_os("CI").is_none(),
            "CI needs an adapter: on Linux mesa-vulkan-drivers has a software one"
        );
        if found.is_empty() {
            println!("SKIPPED: there is no adapter (mesa-vulkan-drivers has a software one)");
        }
        let open = |index| block_on(Gpu::open(&DeviceChoice::Index(index), 0)).unwrap().unwrap();
        (0..found.len()).map(open).collect()
    })
}

/// Runs the trial everywhere, compares, and hands out the results by device and variant.
fn check(name: &str, trial: &Trial) -> Vec<Vec<f32>> {
    let expected = cpu::run(trial).unwrap();
    assert!(
        expected.iter().all(|v| v.is_finite()),
        "{name}: the twin's result is not finite"
    );
    let mut results = Vec::new();
    for gpu in gpus() {
        for variant in [Variant::Workgroup, Variant::Register] {
            let on = format!("{name} {variant:?} on {} ({})", gpu.info().name, gpu.info().backend);
            let found = block_on(gpu.run(trial, variant)).unwrap_or_else(|e| panic!("{on}: {e}"));
            if matches!(trial.tensors[trial.output].role, Role::Ids) {
                assert_eq!(found, expected, "{on}");
            } else {
                let error = relative_l2(&found, &expected);
                assert!(error <= BOUND, "{on}: {error:e}");
                if std::env::var_os("HRM_ERRORS").is_some() {
                    println!("{on}: {error:.1e}");
                }
            }
            results.push(found);
        }
    }
    results
}

#[test]
fn devices_have_default_limits_and_no_features() {
    for gpu in gpus() {
        assert_eq!(gpu.device().features(), hrm::gpu::wgpu::Features::empty());
        let (limits, defaults) = (gpu.device().limits(), hrm::gpu::wgpu::Limits::default());
        assert!(limits.check_limits(&defaults), "{}: {limits:?}", gpu.info().name);
    }
}

#[test]
fn linear() {
    // Rows just below, at and above a tile of 16 and of 64; odd inputs; few outputs and more than a tile.
    let cases = [
        (1, &[0][..], [0, 1, 32, 2]),
        (3, &[0, 2], [1, 15, 7, 11]),
        (9, &[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 7, 97, 65]),
        (4, &[1, 3], [16, 33, 64, 63]),
        (2, &[1], [0, 82, 512, 192]),
        (1, &[0], [0, 901, 130, 70]),
    ];
    for (slots, live, sizes) in cases {
        for half in [false, true] {
            let bias = sizes[1] == 1 || half;
            check(
                &format!("linear {sizes:?} half {half}"),
                &Trial::linear(slots, live, sizes, bias, half),
            );
        }
    }
}

#[test]
fn attention() {
    let cases = [
        (1, &[0][..], [1, 1, 32], 1.0),
        (3, &[0, 2], [33, 2, 10], 2.0),
        (2, &[1], [31, 3, 6], 40.0),
        (9, &[0, 3, 4, 8], [37, 1, 96], 1.0),
        (2, &[0, 1], [64, 2, 16], 1.0),
        (2, &[1], [82, 8, 64], 3.0),
        (1, &[0], [901, 2, 64], 3.0),
        (1, &[0], [19, 1, 131], 1.0),
        (2, &[0], [5, 3, 7], 1.0),
    ];
    for (slots, live, sizes, sharp) in cases {
        check(
            &format!("attention {sizes:?}"),
            &Trial::attention(slots, live, sizes, sharp),
        );
    }
}

#[test]
fn rms_norm() {
    let cases = [
        (1, &[0][..], [1, 1], 1.0),
        (3, &[0, 2], [5, 97], 1.0),
        (2, &[1], [901, 512], 3.0),
        (9, &[2, 8], [64, 65], 1e-3),
    ];
    for (slots, live, sizes, scale) in cases {
        check(
            &format!("rms_norm {sizes:?}"),
            &Trial::rms_norm(slots, live, sizes, scale),
        );
    }
}

#[test]
fn swiglu() {
    let cases = [
        (1, &[0][..], [1, 256], 4.0),
        (3, &[0, 2], [13, 33], 200.0),
        (2, &[1], [901, 512], 3.0),
    ];
    for (slots, live, sizes, scale) in cases {
        check(&format!("swiglu {sizes:?}"), &Trial::swiglu(slots, live, sizes, scale));
    }
}

#[test]
fn rope() {
    for (slots, live, sizes) in [
        (3, &[0, 2][..], [17, 2, 10]),
        (1, &[0], [901, 2, 64]),
        (2, &[1], [3, 5, 6]),
    ] {
        check(&format!("rope {sizes:?}"), &Trial::rope(slots, live, sizes));
    }
}

#[test]
fn elements_and_rows() {
    for (slots, live) in [(1, &[0][..]), (3, &[0, 2]), (9, &[1, 2, 3, 7])] {
        check("inject a", &Trial::inject(slots, live, 257, false));
        check("inject a and b", &Trial::inject(slots, live, 82 * 33, true));
        check("reset", &Trial::reset(slots, live, [37, 33]));
        check("transpose", &Trial::transpose(slots, live, [97, 33]));
        check("argmax", &Trial::argmax(slots, live, [81, 11]));
        check("embed", &Trial::embed(slots, live, [21, 0, 33, 0], true));
        check("embed with prefix", &Trial::embed(slots, live, [21, 3, 20, 33], false));
    }
}

/// A sample's result is the same to the last bit whatever else is in the batch.
#[test]
fn samples_are_independent() {
    let trials: [fn(&[usize]) -> Trial; 3] = [
        |live| Trial::linear(5, live, [1, 21, 65, 70], false, false),
        |live| Trial::attention(5, live, [21, 2, 10], 1.0),
        |live| Trial::rms_norm(5, live, [21, 65], 1.0),
    ];
    for trial in trials {
        let all = trial(&[0, 1, 2, 3, 4]);
        let together = check("all", &all);
        let mut some = all.clone();
        some.live = vec![1, 4];
        let len = all.tensors[all.output].len();
        for (two, five) in check("some", &some).iter().zip(&together) {
            assert_eq!(two[..len], five[len..2 * len]);
            assert_eq!(two[len..], five[4 * len..]);
        }
    }
}
