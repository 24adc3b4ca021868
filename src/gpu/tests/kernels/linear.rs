//! Linear layers, in f32, f16 and int8, and blocks of them.

use super::super::common::relative_l2;
use super::super::gpus::with_f16;
use super::check;
use crate::cpu;
use crate::kernels::fixture::{Biased, BlockSizes, Fixture, Fused, Samples, Stored};
use crate::kernels::{Scalar, Tile};
use pollster::block_on;

/// What weights are stored in for products in f32.
const FLOATS: [Scalar; 2] = [Scalar::F32, Scalar::F16];

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
        for stored in FLOATS {
            let sizes = Stored {
                prefix,
                rows,
                inputs,
                outputs,
                bias: rows == 1 || stored == Scalar::F16,
                stored,
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
        stored: Scalar::F16,
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
        stored: Scalar::F16,
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
        for (name, fixture) in cases {
            let expected = cpu::fixture::run(&fixture).unwrap();
            let mut fixture = fixture.narrow();
            let mut tiled = |tile| {
                fixture.tile = Some(tile);
                block_on(gpu.run(&fixture, gpu.shader_set())).unwrap()
            };
            let ours = tiled(Tile::Small);
            assert!(tiled(Tile::Large) == ours, "{name}: tiles give other bits");
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
        for stored in FLOATS {
            let sizes = Fused {
                rows,
                inputs,
                outputs,
                head_dim,
                norm,
                scale,
                stored,
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
        for stored in FLOATS {
            let sizes = BlockSizes {
                rows,
                heads,
                head_dim,
                inner,
                stored,
            };
            check(
                &format!("block {sizes:?}"),
                &Fixture::block(Samples { slots, live }, sizes),
            );
        }
    }
}
