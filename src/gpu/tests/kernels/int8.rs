//! Products of int8: the twin's integers, whatever the rows, the epilogue and the tile.

use super::{check, check_within, cpu, gpus, named};
use crate::kernels::fixture::{Biased, BlockSizes, Fixture, Fused, Samples, Stored};
use crate::kernels::{Scalar, ShaderSet, Tile};
use pollster::block_on;

/// Makes a fixture's products int8.
pub(super) fn of(mut fixture: Fixture) -> Fixture {
    fixture.stored = Scalar::I8;
    fixture.narrow()
}

/// Sizes that fill tiles, slabs and words, and sizes that do not.
const CASES: [(usize, &[usize], [usize; 3]); 6] = [
    (1, &[0], [1, 1, 6]),
    (3, &[0, 2], [15, 7, 18]),
    (9, &[0, 1, 2, 3, 4, 5, 6, 7, 8], [7, 97, 66]),
    (4, &[1, 3], [33, 128, 96]),
    (2, &[1], [82, 512, 192]),
    (1, &[0], [301, 130, 72]),
];

/// One element that is rounded the other way would break the bound.
#[test]
fn integers_are_those_of_the_twin() {
    for (slots, live, [rows, inputs, outputs]) in CASES {
        for prefix in [0, 3] {
            let sizes = Stored {
                prefix,
                rows,
                inputs,
                outputs,
                bias: prefix > 0,
                stored: Scalar::I8,
            };
            let fixture = Fixture::stored(Samples { slots, live }, sizes);
            check(&format!("int8 {sizes:?}"), &fixture.narrow());
        }
    }
}

#[test]
fn epilogues() {
    for (slots, live, sizes) in CASES {
        let samples = Samples { slots, live };
        for kind in [
            Biased::Relu,
            Biased::Residual,
            Biased::Rope(sizes[2] / 3),
            Biased::Swiglu,
        ] {
            check(
                &format!("int8 {kind:?} {sizes:?}"),
                &of(Fixture::biased(samples, sizes, kind)),
            );
        }
        let [rows, inputs, outputs] = sizes;
        for (head_dim, scale) in [(None, 1e-3), (Some(outputs / 3), 1.0)] {
            let sizes = Fused {
                rows,
                inputs,
                outputs,
                head_dim,
                norm: true,
                scale,
                stored: Scalar::I8,
            };
            check(&format!("int8 {sizes:?}"), &Fixture::fused(samples, sizes).narrow());
        }
    }
}

/// What a kernel hands on differs in its last digits, so that the next may round an element the other way.
#[test]
fn blocks() {
    let cases = [
        (1, &[0][..], [82, 2, 32, 96]),
        (4, &[0, 1, 3], [21, 3, 10, 40]),
        (3, &[0, 2], [82, 4, 64, 512]),
    ];
    for (slots, live, [rows, heads, head_dim, inner]) in cases {
        let sizes = BlockSizes {
            rows,
            heads,
            head_dim,
            inner,
            stored: Scalar::I8,
        };
        let fixture = Fixture::block(Samples { slots, live }, sizes)
            .with_small_rows()
            .narrow();
        check_within(&format!("int8 {sizes:?}"), &fixture, 2e-3);
    }
}

/// Rows of zeros and of numbers too small for a scale become zeros, large ones keep to the twin, and products of rows
/// that are not finite are not finite.
#[test]
fn rows_at_the_ends_of_the_range() {
    let sizes = Stored {
        prefix: 0,
        rows: 9,
        inputs: 70,
        outputs: 40,
        bias: false,
        stored: Scalar::I8,
    };
    let mut fixture = Fixture::stored(Samples { slots: 1, live: &[0] }, sizes).narrow();
    let ends: [fn(f32) -> f32; 9] = [
        |_| 0.0,
        |v| v * 1e-40,
        |v| v * 1e-31,
        |v| v * 1e-28,
        |v| v * 1e30,
        |v| v.signum(),
        |v| if v > 1.9 { f32::NAN } else { v },
        |v| if v > 1.9 { f32::INFINITY } else { v },
        |v| if v < -1.9 { f32::NEG_INFINITY } else { v },
    ];
    for (row, end) in fixture.values[0].chunks_mut(70).zip(ends) {
        row.iter_mut().for_each(|v| *v = end(*v));
        row[69] = end(1.95);
        row[0] = end(-1.95);
    }
    let expected = cpu::fixture::run(&fixture).unwrap();
    for gpu in gpus().iter().filter(|gpu| gpu.shader_set() == ShaderSet::Workgroup) {
        for tile in [Tile::Small, Tile::Large] {
            fixture.tile = Some(tile);
            let found = block_on(gpu.run(&fixture, gpu.shader_set())).unwrap();
            for (row, (found, expected)) in found.chunks(40).zip(expected.chunks(40)).enumerate() {
                let on = format!("row {row}, {}: {found:?}", named(gpu));
                if row < 3 {
                    assert!(found.iter().all(|v| *v == 0.0) && found == expected, "{on}");
                } else if row < 6 {
                    let largest = expected.iter().fold(0.0, |most: f32, v| most.max(v.abs()));
                    let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-6 * largest);
                    assert!(near && largest > 0.0, "{on}");
                } else {
                    assert!(found.iter().chain(expected).all(|v| !v.is_finite()), "{on}");
                }
            }
        }
    }
}
