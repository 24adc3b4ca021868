//! Every GPU kernel against its CPU twin, on every adapter at hand, with default limits and no optional feature but f16 where
//! that is what is tested.

use std::collections::BTreeSet;

use super::common::relative_l2;
use super::gpus::{gpus, named, with_f16};
use crate::cpu;
use crate::halt::Halt;
use crate::kernels::fixture::{AttentionSizes, Biased, BlockSizes, EmbedSizes, Fixture, Fused, Samples, Stored};
use crate::kernels::{Role, Scalar, State, Threshold};
use crate::tasks::{maze, sudoku};
use pollster::block_on;

/// Relative L2 against the CPU twin.
const BOUND: f64 = 3e-6;

/// Runs the fixture everywhere, compares, and returns the results by device and variant.
fn check(name: &str, fixture: &Fixture) -> Vec<Vec<f32>> {
    let expected = cpu::fixture::run(fixture).unwrap();
    assert!(
        expected.iter().all(|v| v.is_finite()),
        "{name}: the twin's result is not finite"
    );
    let mut results = Vec::new();
    for gpu in gpus() {
        let on = format!("{name} {}", named(gpu));
        let found = block_on(gpu.run(fixture, gpu.variant())).unwrap_or_else(|e| panic!("{on}: {e}"));
        if matches!(fixture.tensors[fixture.output].role, Role::Ids) {
            assert_eq!(found, expected, "{on}");
        } else {
            let error = relative_l2(&found, &expected);
            assert!(error <= BOUND, "{on}: {error:e}");
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
    for (slots, live, [prefix, rows, inputs, outputs]) in cases {
        for half in [false, true] {
            let sizes = Stored {
                prefix,
                rows,
                inputs,
                outputs,
                bias: rows == 1 || half,
                half,
            };
            check(
                &format!("linear {sizes:?}"),
                &Fixture::stored(Samples { slots, live }, sizes),
            );
        }
    }
}

/// Devices that have f16 use it, and stay near the f32 twin for every epilogue.
#[test]
fn linear_in_f16() {
    let swiglu = Fused {
        rows: 37,
        inputs: 97,
        outputs: 66,
        head_dim: None,
        norm: true,
        scale: 2.0,
        half: true,
    };
    let rope = Fused {
        rows: 33,
        inputs: 64,
        outputs: 192,
        head_dim: Some(32),
        ..swiglu
    };
    let large_values = Fused {
        rows: 82,
        inputs: 256,
        outputs: 512,
        norm: false,
        scale: 60.0,
        ..swiglu
    };
    let block = BlockSizes {
        rows: 82,
        heads: 4,
        head_dim: 64,
        inner: 512,
        half: true,
    };
    let large_tiles = BlockSizes {
        heads: 8,
        inner: 1536,
        ..block
    };
    let two = Samples {
        slots: 3,
        live: &[0, 2],
    };
    let one = Samples { slots: 2, live: &[1] };
    let nine = Samples {
        slots: 9,
        live: &[0, 1, 2, 3, 4, 5, 6, 7, 8],
    };
    for gpu in with_f16() {
        let cases = [
            ("rope", Fixture::fused(two, rope)),
            ("swiglu", Fixture::fused(two, swiglu)),
            ("large values", Fixture::fused(one, large_values)),
            ("block", Fixture::block(two, block)),
            ("large tiles", Fixture::block(nine, large_tiles)),
        ];
        for (name, mut fixture) in cases {
            let expected = cpu::fixture::run(&fixture).unwrap();
            fixture.scalar = Scalar::F16;
            let ours = block_on(gpu.run(&fixture, gpu.variant())).unwrap();
            let error = relative_l2(&ours, &expected);
            println!("{name} on {}: {error:e}", gpu.info().name);
            assert!(
                error <= 1e-3 && error > 1e-5,
                "{name} on {}: {error:e}",
                gpu.info().name
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

/// A bias goes before every epilogue, also where outputs are paired or fill no vector.
#[test]
fn biases() {
    let cases = [
        (1, &[0][..], [1, 9, 6], 2),
        (3, &[0, 2], [13, 97, 66], 22),
        (9, &[2, 8], [5, 33, 18], 6),
        (2, &[0], [81, 64, 192], 32),
        (40, &[1, 39], [21, 40, 120], 4),
    ];
    for (slots, live, sizes, head_dim) in cases {
        for kind in [Biased::Relu, Biased::Residual, Biased::Rope(head_dim), Biased::Swiglu] {
            let fixture = Fixture::biased(Samples { slots, live }, sizes, kind);
            check(&format!("{kind:?} {sizes:?}"), &fixture);
        }
    }
}

/// SwiGLU and rotary positions, on normalised and raw input, with heads of odd sizes, inputs and outputs that fill no
/// vector, and small values, which show where epsilon enters.
#[test]
fn epilogues() {
    let cases = [
        (1, &[0][..], [1, 8, 6], None, false, 1.0),
        (3, &[0, 2], [13, 97, 66], None, false, 1.0),
        (3, &[0, 2], [13, 64, 66], None, false, 200.0),
        (2, &[1], [82, 40, 256], None, true, 1e-3),
        (9, &[2, 8], [5, 33, 18], Some(6), true, 1.0),
        (2, &[0, 1], [17, 40, 120], Some(10), false, 1.0),
        (2, &[1], [901, 64, 192], Some(64), true, 1e-3),
        (300, &[0, 299], [5, 16, 48], Some(8), true, 1.0),
    ];
    for (slots, live, [rows, inputs, outputs], head_dim, norm, scale) in cases {
        for half in [false, true] {
            let sizes = Fused {
                rows,
                inputs,
                outputs,
                head_dim,
                norm,
                scale,
                half,
            };
            check(
                &format!("linear {sizes:?}"),
                &Fixture::fused(Samples { slots, live }, sizes),
            );
        }
    }
}

/// Rotary positions within a whole head, its halves, and neighbouring channels.
#[test]
fn rotary_groups() {
    for (heads, head_dim, pair) in [(2, 12, 12), (2, 12, 6), (3, 16, 2), (5, 14, 2), (1, 64, 32)] {
        for (slots, live) in [(1, &[0][..]), (3, &[0, 2])] {
            let fixture = Fixture::turning(Samples { slots, live }, 31, [heads, head_dim, pair]);
            check(&format!("heads of {head_dim} in groups of {pair}"), &fixture);
        }
    }
}

/// Kernels of a block hand results on to each other. Errors add up over five of them.
#[test]
fn blocks() {
    let cases = [
        (1, &[0][..], [82, 2, 32, 96]),
        (4, &[0, 1, 3], [21, 3, 10, 40]),
        (3, &[2], [37, 1, 8, 24]),
        (40, &[0, 7, 39], [19, 2, 16, 64]),
    ];
    for (slots, live, [rows, heads, head_dim, inner]) in cases {
        for half in [false, true] {
            let sizes = BlockSizes {
                rows,
                heads,
                head_dim,
                inner,
                half,
            };
            check(
                &format!("block {sizes:?}"),
                &Fixture::block(Samples { slots, live }, sizes),
            );
        }
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

/// Every rule, for every family: some samples fire, some reach their limit, some go on.
#[test]
fn halting() {
    let live: Vec<usize> = (0..40).filter(|slot| slot % 3 != 1).collect();
    for halt in [Halt::Fixed, Halt::Learned, Halt::Stable, Halt::Still, Halt::Valid] {
        let heads = [
            (Threshold::Continue, 2),
            (Threshold::Zero, 2),
            (Threshold::Zero, 1),
            (Threshold::Half, 2),
        ];
        for (threshold, outputs) in heads {
            let fixture = Fixture::halting(Samples { slots: 40, live: &live }, 81, halt, threshold, outputs);
            let states = cpu::fixture::run(&fixture).unwrap();
            let found: BTreeSet<u32> = states.chunks(State::LEN).map(|words| words[2] as u32).collect();
            let kinds = if halt == Halt::Fixed { 2 } else { 3 };
            assert_eq!(found.len(), kinds, "{halt:?} {threshold:?}: {found:?}");
            check(&format!("halting {halt:?} {threshold:?}"), &fixture);
        }
    }
}

/// How much outputs changed, and whether they stand still: some do, some are in their first segment, some move.
#[test]
fn changes() {
    let live: Vec<usize> = (0..40).filter(|slot| slot % 4 != 1).collect();
    let samples = Samples { slots: 40, live: &live };
    for sizes in [[81, 11], [900, 6], [5, 3]] {
        let still = Fixture::change(samples, sizes, true);
        let found = cpu::fixture::run(&still).unwrap();
        assert!(found.contains(&0.0) && found.contains(&1.0), "{found:?}");
        check(&format!("still {sizes:?}"), &still);
        check(&format!("change {sizes:?}"), &Fixture::change(samples, sizes, false));
    }
}

/// Solved grids, and grids with one fault of every kind.
#[test]
fn rules_of_sudoku() {
    let solved = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";
    let solved: Vec<u32> = solved.bytes().map(|b| u32::from(b - b'0') + 1).collect();
    let mut question = vec![1; 81];
    (0..81).step_by(4).for_each(|cell| question[cell] = solved[cell]);
    let mut pairs = vec![[question.clone(), solved.clone()], [vec![1; 81], solved.clone()]];
    for cell in [0, 1, 40, 77, 80] {
        for id in [0, 1, 11, 32, 33, solved[cell] % 9 + 2] {
            let mut wrong = solved.clone();
            wrong[cell] = id;
            pairs.push([question.clone(), wrong]);
        }
    }
    // Another solution (two digits changed places), against givens and without.
    let other: Vec<u32> = solved
        .iter()
        .map(|&id| [id, 3, 2][usize::from(id == 2) + 2 * usize::from(id == 3)])
        .collect();
    pairs.extend([[question, other.clone()], [vec![1; 81], other]]);
    // Rows and columns are kept, boxes are not.
    pairs.push([
        vec![1; 81],
        (0..81)
            .map(|cell| (cell / 9 + cell % 9) % 9 + 2)
            .map(|id| id as u32)
            .collect(),
    ]);
    let slots = pairs.len();
    let live: Vec<usize> = (0..slots).collect();
    let fixture = Fixture::judge(Samples { slots, live: &live }, &sudoku::RULES, &pairs);
    assert_eq!(cpu::fixture::run(&fixture).unwrap().iter().sum::<f32>(), 3.0);
    check("sudoku rules", &fixture);
}

/// Paths, and boards that are not: gaps, forks, rings, a path through a wall, a moved start.
#[test]
fn rules_of_mazes() {
    let ids = |text: &str| -> Vec<u32> {
        text.chars()
            .filter(|c| *c != '\n')
            .map(|c| maze::id(c).unwrap())
            .collect()
    };
    let question = ids("S    \n ### \n #G  \n ### \n     ");
    let good = ["Soooo\n ###o\n #Goo\n ### \n     ", "S    \no### \no#Goo\no###o\nooooo"];
    let bad = [
        "Sooo \n ###o\n #Goo\n ### \n     ",
        "Soooo\no###o\n #Goo\n ### \n     ",
        "Soooo\no###o\no#Goo\no###o\nooooo",
        "S    \noo## \n #G  \n ### \n     ",
        " oooo\nS###o\n #Goo\n ### \n     ",
        "Soooo\n ###o\n #ooo\n ### \n     ",
        "S    \n ### \n #G  \n ### \n     ",
    ];
    let mut pairs: Vec<_> = good
        .iter()
        .chain(&bad)
        .map(|text| [question.clone(), ids(text)])
        .collect();
    // A ring beside the path: every cell touches as many others as it must.
    let open = ids("SG   \n     \n     \n     \n     ");
    pairs.push([open.clone(), ids("SG   \n     \n  ooo\n  o o\n  ooo")]);
    pairs.push([open.clone(), ids("SG   \n     \n     \n     \n     ")]);
    let (mut odd, mut pad) = (open.clone(), open.clone());
    (odd[7], pad[7]) = (6, 0);
    pairs.extend([[open.clone(), odd], [open.clone(), pad.clone()], [pad.clone(), pad]]);
    let slots = pairs.len();
    let live: Vec<usize> = (0..slots).collect();
    let fixture = Fixture::judge(Samples { slots, live: &live }, &maze::RULES, &pairs);
    let expected: Vec<f32> = (0..slots).map(|i| f32::from(u8::from(i < 2 || i == 10))).collect();
    assert_eq!(cpu::fixture::run(&fixture).unwrap(), expected);
    check("maze rules", &fixture);
}

/// A sample's result is the same to the last bit whatever else is in the batch.
#[test]
fn samples_are_independent() {
    fn of(live: &[usize]) -> Samples<'_> {
        Samples { slots: 5, live }
    }
    let fixtures: [fn(&[usize]) -> Fixture; 9] = [
        |live| {
            let sizes = Stored {
                prefix: 1,
                rows: 21,
                inputs: 65,
                outputs: 70,
                bias: false,
                half: false,
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
                half: false,
            };
            Fixture::block(of(live), sizes)
        },
        |live| Fixture::rms_norm(of(live), [21, 65], 1.0),
        |live| Fixture::convolve(of(live), [21, 65]),
        |live| Fixture::layer_norm(of(live), [21, 65], 1.0),
        |live| Fixture::softmax(of(live), [21, 9]),
        |live| Fixture::biased(of(live), [21, 65, 66], Biased::Rope(22)),
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
