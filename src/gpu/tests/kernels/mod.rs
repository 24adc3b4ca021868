//! Every GPU kernel against its CPU twin, on every adapter at hand, with default limits and no optional feature but f16 where
//! that is what is tested.

mod int8;
mod linear;
mod outcome;

use std::sync::Arc;

use super::common::relative_l2;
use super::gpus::{gpus, named};
use crate::cpu;
use crate::gpu::Gpu;
use crate::kernels::fixture::{AttentionSizes, Biased, BlockSizes, EmbedSizes, Fixture, Samples, Stored};
use crate::kernels::{Role, Scalar, ShaderSet, Step, Tile};
use pollster::block_on;

/// Relative L2 against the CPU twin.
const BOUND: f64 = 3e-6;

/// Runs the fixture everywhere, compares, and returns the results by device and shader set. All tiles must give the same bits.
fn check(name: &str, fixture: &Fixture) -> Vec<Vec<f32>> {
    check_within(name, fixture, BOUND)
}

/// Runs and compares as [`check`] does, within a bound of its own.
fn check_within(name: &str, fixture: &Fixture, bound: f64) -> Vec<Vec<f32>> {
    let expected = cpu::fixture::run(fixture).unwrap();
    assert!(
        expected.iter().all(|v| v.is_finite()),
        "{name}: the twin's result is not finite"
    );
    let mut results = Vec::new();
    let can = |gpu: &&Arc<Gpu>| fixture.scalar == Scalar::F32 || gpu.shader_set() == ShaderSet::Workgroup;
    for gpu in gpus().iter().filter(can) {
        let on = format!("{name} {}", named(gpu));
        let found = block_on(gpu.run(fixture, gpu.shader_set())).unwrap_or_else(|e| panic!("{on}: {e}"));
        if matches!(fixture.tensors[fixture.output].role, Role::Ids) {
            assert_eq!(found, expected, "{on}");
        } else {
            let error = relative_l2(&found, &expected);
            assert!(error <= bound, "{on}: {error:e}");
        }
        if gpu.shader_set() == ShaderSet::Workgroup && fixture.steps.iter().any(|step| matches!(step, Step::Linear(_)))
        {
            for tile in [Tile::Small, Tile::Large] {
                let mut tiled = fixture.clone();
                tiled.tile = Some(tile);
                let same = block_on(gpu.run(&tiled, gpu.shader_set())).unwrap();
                assert!(same == found, "{on}: {tile:?} tiles give other bits");
            }
        }
        results.push(found);
    }
    results
}

#[test]
fn devices_have_default_limits_and_no_features() {
    for gpu in gpus() {
        assert_eq!(gpu.open.device.features(), crate::gpu::wgpu::Features::empty());
        let (limits, defaults) = (gpu.open.device.limits(), crate::gpu::wgpu::Limits::default());
        assert!(limits.check_limits(&defaults), "{}: {limits:?}", gpu.info().name);
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
    for (slots, live, [rows, heads, head_dim], sharp) in cases {
        let sizes = AttentionSizes {
            rows,
            heads,
            head_dim,
            groups: 1,
            sharp,
        };
        check(
            &format!("attention {sizes:?}"),
            &Fixture::attention(Samples { slots, live }, sizes),
        );
    }
}

/// Groups of rows that fill no texel, one texel and several; more of them than rows, and single rows.
#[test]
fn attention_in_groups_and_over_symbols() {
    let cases = [
        (1, &[0][..], [17, 2, 16, 6], 1.0),
        (3, &[0, 2], [85, 3, 8, 11], 3.0),
        (2, &[1], [36, 2, 32, 12], 1.0),
        (9, &[0, 3, 8], [2, 1, 70, 9], 40.0),
        (2, &[0, 1], [1, 2, 7, 5], 1.0),
        (1, &[0], [51, 4, 10, 1], 1.0),
    ];
    for (slots, live, [rows, heads, head_dim, groups], sharp) in cases {
        let sizes = AttentionSizes {
            rows,
            heads,
            head_dim,
            groups,
            sharp,
        };
        let samples = Samples { slots, live };
        check(&format!("attention {sizes:?}"), &Fixture::attention(samples, sizes));
        check(
            &format!("symbol_attention {sizes:?}"),
            &Fixture::symbol_attention(samples, sizes),
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
            &Fixture::rms_norm(Samples { slots, live }, sizes, scale),
        );
    }
    // More workgroups than fit a dimension.
    let live: Vec<usize> = (0..200).collect();
    let many = Samples {
        slots: 200,
        live: &live,
    };
    check("rms_norm, folded", &Fixture::rms_norm(many, [330, 2], 1.0));
}

#[test]
fn layer_norm() {
    let cases = [
        (1, &[0][..], [1, 2], 1.0),
        (3, &[0, 2], [5, 97], 1.0),
        (2, &[1], [901, 128], 300.0),
        (9, &[2, 8], [64, 65], 1e-2),
    ];
    for (slots, live, sizes, scale) in cases {
        check(
            &format!("layer_norm {sizes:?}"),
            &Fixture::layer_norm(Samples { slots, live }, sizes, scale),
        );
    }
}

#[test]
fn elements_and_rows() {
    let learned = EmbedSizes {
        seq_len: 21,
        prefix: 0,
        width: 33,
        puzzle_width: 0,
        learned: true,
    };
    let prefixed = EmbedSizes {
        prefix: 3,
        width: 20,
        puzzle_width: 33,
        learned: false,
        ..learned
    };
    for (slots, live) in [(1, &[0][..]), (3, &[0, 2]), (9, &[1, 2, 3, 7])] {
        let samples = Samples { slots, live };
        check("inject a", &Fixture::inject(samples, [257, 1], 1));
        check("inject a and b", &Fixture::inject(samples, [82, 33], 2));
        check("blend", &Fixture::blend(samples, [82, 33], Some(0.05)));
        check("blend, a copy", &Fixture::blend(samples, [257, 1], None));
        check("reset", &Fixture::reset(samples, [37, 33]));
        check("transpose", &Fixture::transpose(samples, [97, 33]));
        check("shift", &Fixture::shift(samples, 81, 2));
        check("shift, upwards", &Fixture::shift(samples, 81, -1));
        check("convolve", &Fixture::convolve(samples, [37, 33]));
        check("convolve one row", &Fixture::convolve(samples, [1, 300]));
        check("argmax", &Fixture::argmax(samples, [81, 11], false));
        check("argmax, given cells kept", &Fixture::argmax(samples, [81, 9], true));
        check("softmax", &Fixture::softmax(samples, [81, 9]));
        check("softmax of one", &Fixture::softmax(samples, [3, 1]));
        check("embed by a layer", &Fixture::one_hot(samples, [21, 11, 33]));
        for other in [false, true] {
            check("symbol_embed", &Fixture::symbol_embed(samples, [16, 6, 33], other));
            check("symbol_head", &Fixture::symbol_head(samples, [16, 6, 33], other));
        }
        check("confidence", &Fixture::confidence(samples, [81, 11], false));
        check(
            "confidence of empty cells",
            &Fixture::confidence(samples, [81, 9], true),
        );
        check("confidence of one cell", &Fixture::confidence(samples, [1, 3], false));
        check("embed", &Fixture::embed(samples, learned));
        check("embed with prefix", &Fixture::embed(samples, prefixed));
    }
}

/// A sample's result is the same to the last bit whatever else is in the batch.
#[test]
fn samples_are_independent() {
    fn of(live: &[usize]) -> Samples<'_> {
        Samples { slots: 5, live }
    }
    let fixtures: [fn(&[usize]) -> Fixture; 10] = [
        |live| {
            let sizes = Stored {
                prefix: 1,
                rows: 21,
                inputs: 65,
                outputs: 70,
                bias: false,
                stored: Scalar::F32,
            };
            Fixture::stored(of(live), sizes)
        },
        |live| {
            let sizes = AttentionSizes {
                rows: 21,
                heads: 2,
                head_dim: 10,
                groups: 3,
                sharp: 1.0,
            };
            Fixture::attention(of(live), sizes)
        },
        |live| {
            let sizes = AttentionSizes {
                rows: 7,
                heads: 2,
                head_dim: 10,
                groups: 5,
                sharp: 1.0,
            };
            Fixture::symbol_attention(of(live), sizes)
        },
        |live| {
            let sizes = BlockSizes {
                rows: 21,
                heads: 2,
                head_dim: 10,
                inner: 40,
                stored: Scalar::F32,
            };
            Fixture::block(of(live), sizes)
        },
        |live| Fixture::rms_norm(of(live), [21, 65], 1.0),
        |live| Fixture::convolve(of(live), [21, 65]),
        |live| Fixture::layer_norm(of(live), [21, 65], 1.0),
        |live| Fixture::softmax(of(live), [21, 9]),
        |live| Fixture::biased(of(live), [21, 65, 66], Biased::Rope(22)),
        |live| int8::of(Fixture::biased(of(live), [21, 65, 66], Biased::Relu)),
    ];
    for fixture in fixtures {
        let all = fixture(&[0, 1, 2, 3, 4]);
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
