//! Products by the tiles of AMX, which Intel's servers have from Sapphire Rapids on: an instruction multiplies sixteen rows
//! by sixteen columns over sixteen words (Intel's manual for developers, volume 1, "Programming with Intel AMX"). Rust's
//! functions for it are not stable, so the instructions are written out.

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count};
use std::sync::OnceLock;

use super::gemm::Product;
use super::panels::{PANEL, SLIVER};

/// What the words of rows and panels are a multiple of, padded with zeros: the depth of a tile.
pub(super) const DEPTH: usize = 16;

/// Rows of a tile.
const TILE: usize = 16;

/// Rows of a block: two tiles.
const BLOCK: usize = 2 * TILE;

/// What the tiles hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Pairs of bf16; sums are f32. A tile's sums of the first of each pair and of the second are added at its end.
    Bf16,
    /// Four int8, those of rows unsigned; sums are i32.
    Int8,
}

/// The sums of a block, as bits.
type Sums = [[u32; PANEL]; BLOCK];

/// Says whether the processor has tiles for such words, and the system lends them: they are asked for once.
pub(super) fn has(words: Words) -> bool {
    static LENT: OnceLock<Option<u32>> = OnceLock::new();
    let features = LENT.get_or_init(|| {
        if cfg!(miri) {
            return None;
        }
        // Of leaf 7: AMX-BF16 is bit 22, the tiles 24, AMX-INT8 25.
        let features = (__cpuid(0).eax >= 7).then(|| __cpuid_count(7, 0).edx)?;
        (features & 1 << 24 != 0 && is_x86_feature_detected!("avx512f") && lent()).then_some(features)
    });
    let bit = match words {
        Words::Bf16 => 22,
        Words::Int8 => 25,
    };
    features.is_some_and(|features| features & 1 << bit != 0)
}

/// Asks the system for the registers. Linux saves them for processes that have asked (its documentation of x86, "Using XSTATE
/// features in user space applications").
#[cfg(target_os = "linux")]
fn lent() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    // SAFETY: the call changes nothing but what the kernel saves for this process.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
}

/// Says no: how other systems lend them has not been tried.
#[cfg(not(target_os = "linux"))]
fn lent() -> bool {
    false
}

/// Shapes of the tiles, as the processor reads them.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    /// Bytes of a row of each tile.
    bytes: [u16; 16],
    rows: [u8; 16],
}

impl Shapes {
    /// Tiles 0 to 3 are sums, upper rows first, left columns first; 4 and 5 rows, upper first; 6 and 7 columns, left first.
    fn of(upper: u8, lower: u8) -> Shapes {
        let mut shapes = Shapes {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            bytes: [0; 16],
            rows: [0; 16],
        };
        let rows = [upper, upper, lower, lower, upper, lower, TILE as u8, TILE as u8];
        for (i, rows) in rows.into_iter().enumerate().filter(|(_, rows)| *rows > 0) {
            (shapes.bytes[i], shapes.rows[i]) = (64, rows);
        }
        shapes
    }
}

/// Multiplies the rows of a product, block by block; `finish` makes the sums of each row, as bits, its part of the output.
///
/// # Safety
/// [`has`] must have said so of these words; further as for [`Product::run`] of f32.
#[inline(always)]
pub(super) unsafe fn multiply(
    product: Product<'_, u32>,
    words: Words,
    finish: impl Fn(usize, &[u32; PANEL], &mut [f32]),
) {
    product.check(1);
    let inputs = product.panel.len() / PANEL;
    assert!(inputs.is_multiple_of(DEPTH), "product: words that fill no tile");
    let mut sums = [[0; PANEL]; BLOCK];
    for row in (0..product.rows).step_by(BLOCK) {
        let rows = BLOCK.min(product.rows - row);
        if inputs > 0 {
            // SAFETY: promised by the caller, and the product's sizes were checked.
            unsafe { block(&product, words, row, rows, &mut sums) };
        }
        for (row, sums) in (row..row + rows).zip(&sums) {
            let at = product.at + row * product.out_stride;
            // SAFETY: promised by the caller.
            finish(row, sums, unsafe { product.out.part(at, product.columns) });
        }
    }
}

/// Computes the sums of up to [`BLOCK`] rows.
///
/// # Safety
/// As for [`multiply`]; further, that many rows must be there, and the panel's words fill at least a tile.
#[inline(always)]
unsafe fn block(product: &Product<'_, u32>, words: Words, row: usize, rows: usize, sums: &mut Sums) {
    let (upper, lower) = (rows.min(TILE), rows.saturating_sub(TILE));
    let shapes = Shapes::of(upper as u8, lower as u8);
    let inputs = product.panel.len() / PANEL;
    let first = product.x[row * product.stride..].as_ptr();
    /// The tiles are the block's own: their shapes are told at its beginning, which clears them, and given up at its end.
    macro_rules! by {
        ($dot:literal, $load:literal, [$($lower:literal),*], [$($stored:literal),*]) => {
            asm!(
                "ldtilecfg [{shapes}]",
                "2:",
                "tileloadd tmm4, [{upper} + {stride}*1]",
                "tileloadd tmm6, [{left} + {line}*1]",
                concat!($dot, " tmm0, tmm4, tmm6"),
                "tileloadd tmm7, [{right} + {line}*1]",
                concat!($dot, " tmm1, tmm4, tmm7"),
                $load,
                $(concat!($dot, $lower),)*
                // Eight lines of the panel ahead, a quarter of what a step multiplies: a task has up to four blocks.
                "prefetcht1 [{ahead}]",
                "prefetcht1 [{ahead} + 64]",
                "prefetcht1 [{ahead} + 128]",
                "prefetcht1 [{ahead} + 192]",
                "prefetcht1 [{ahead} + 256]",
                "prefetcht1 [{ahead} + 320]",
                "prefetcht1 [{ahead} + 384]",
                "prefetcht1 [{ahead} + 448]",
                "add {ahead}, 512",
                "add {upper}, 64",
                "add {lower}, 64",
                "add {left}, 1024",
                "add {right}, 1024",
                "dec {steps}",
                "jnz 2b",
                "mov {line}, 128",
                "tilestored [{sums} + {line}*1], tmm0",
                "tilestored [{sums} + {line}*1 + 64], tmm1",
                $($stored,)*
                "tilerelease",
                shapes = in(reg) &raw const shapes,
                upper = inout(reg) first => _,
                lower = inout(reg) first.wrapping_add(TILE * product.stride) => _,
                left = inout(reg) product.panel.as_ptr() => _,
                right = inout(reg) product.panel[inputs * SLIVER..].as_ptr() => _,
                ahead = inout(reg) product.ahead.as_ptr().wrapping_add(row / BLOCK * inputs * PANEL / 4) => _,
                stride = in(reg) size_of::<u32>() * product.stride,
                line = inout(reg) 64usize => _,
                steps = inout(reg) inputs / DEPTH => _,
                sums = in(reg) sums.as_mut_ptr(),
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            )
        };
        ($dot:literal) => {
            if lower > 0 {
                by!(
                    $dot,
                    "tileloadd tmm5, [{lower} + {stride}*1]",
                    [" tmm2, tmm5, tmm6", " tmm3, tmm5, tmm7"],
                    [
                        "tilestored [{sums} + {line}*1 + 2048], tmm2",
                        "tilestored [{sums} + {line}*1 + 2112], tmm3"
                    ]
                )
            } else {
                by!($dot, "", [], [])
            }
        };
    }
    // SAFETY: promised by the caller. The rows are read as far as the shapes say, the panel to its end, and the sums have
    // room for both tiles' rows.
    unsafe {
        match words {
            Words::Bf16 => by!("tdpbf16ps"),
            Words::Int8 => by!("tdpbusd"),
        }
    }
}
