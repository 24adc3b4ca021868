//! The number formats of weights, and what converts between them.

use half::{bf16, f16};

// File formats are little-endian, and their bytes are used in place.
const _: () = assert!(cfg!(target_endian = "little"), "hrm needs a little-endian machine");

/// A number format in which weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Dtype {
    /// 32-bit floating point.
    F32,
    /// 16-bit IEEE floating point.
    F16,
    /// The upper half of an f32.
    BF16,
    /// Whole numbers from −127 to 127 with a scale for each row: for matrices of linear layers.
    #[serde(rename = "int8")]
    I8,
}

impl Dtype {
    /// Returns the size of one element in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Dtype::F32 => 4,
            Dtype::F16 | Dtype::BF16 => 2,
            Dtype::I8 => 1,
        }
    }
}

impl std::fmt::Display for Dtype {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Dtype::F32 => "f32",
            Dtype::F16 => "f16",
            Dtype::BF16 => "bf16",
            Dtype::I8 => "int8",
        })
    }
}

/// Returns the scale of int8 for a row whose largest element is `largest`, and what to multiply with before rounding.
/// Numbers below 10⁻³⁰ become zero.
pub(crate) fn int8_scale(largest: f32) -> [f32; 2] {
    [largest / 127.0, if largest < 1e-30 { 0.0 } else { 127.0 / largest }]
}

/// Returns the elements of a row of int8 as words of four, with zeros behind the last.
pub(crate) fn int8_words(row: &[u8]) -> impl Iterator<Item = u32> {
    row.chunks(4).map(|four| {
        let mut bytes = [0; 4];
        bytes[..four.len()].copy_from_slice(four);
        u32::from_le_bytes(bytes)
    })
}

/// Returns whether an element of `bytes` is not finite: all bits of its exponent are set. Looks at all of them, several at
/// a time.
pub(super) fn any_not_finite(dtype: Dtype, bytes: &[u8]) -> bool {
    fn any<const N: usize>(bytes: &[u8], is: impl Fn([u8; N]) -> bool) -> bool {
        bytes
            .as_chunks()
            .0
            .iter()
            .fold(false, |any, &element| any | is(element))
    }
    match dtype {
        Dtype::F32 => any(bytes, |b| !u32::from_le_bytes(b) & 0x7f80_0000 == 0),
        Dtype::F16 => any(bytes, |b| !u16::from_le_bytes(b) & 0x7c00 == 0),
        Dtype::BF16 => any(bytes, |b| !u16::from_le_bytes(b) & 0x7f80 == 0),
        Dtype::I8 => false,
    }
}

/// Returns the elements of `bytes` as f32, which is exact (int8 without its scales); a partial last element is left out.
pub(crate) fn widen(dtype: Dtype, bytes: &[u8]) -> impl Iterator<Item = f32> + '_ {
    let at = |i: usize| u16::from_le_bytes([bytes[i], bytes[i + 1]]);
    (0..bytes.len() / dtype.size()).map(move |i| match dtype {
        Dtype::F32 => f32::from_bits(u32::from(at(4 * i)) | u32::from(at(4 * i + 2)) << 16),
        Dtype::F16 => f16::from_bits(at(2 * i)).to_f32(),
        Dtype::BF16 => bf16::from_bits(at(2 * i)).to_f32(),
        Dtype::I8 => f32::from(bytes[i].cast_signed()),
    })
}

/// Appends `values` in `dtype`, rounded to nearest, ties to even.
pub(crate) fn round(values: impl Iterator<Item = f32>, dtype: Dtype, out: &mut Vec<u8>) {
    match dtype {
        Dtype::F32 => values.for_each(|v| out.extend(v.to_le_bytes())),
        Dtype::F16 => values.for_each(|v| out.extend(f16::from_f32(v).to_le_bytes())),
        Dtype::BF16 => values.for_each(|v| out.extend(bf16::from_f32(v).to_le_bytes())),
        #[allow(clippy::cast_possible_truncation, reason = "scaled to this range")]
        Dtype::I8 => out.extend(values.map(|v| (v.round_ties_even() as i8).cast_unsigned())),
    }
}
