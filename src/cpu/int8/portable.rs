//! Four pairs at a time without an instruction for it.

use super::super::gemm::Multiply;
use super::{OFFSET, Scaled};

/// A column at a time.
#[derive(Clone, Copy)]
pub(super) struct Portable<'a>(pub Scaled<'a>);

impl Multiply for Portable<'_> {
    type Word = u32;
    type Row = u32;
    type Columns = u32;
    type Sums = i32;
    const LANES: usize = 1;

    fn start(self, column: usize) -> i32 {
        self.0.starts[column]
    }

    fn repeat(self, words: &[u32]) -> u32 {
        words[0]
    }

    fn load(self, words: &[u32]) -> u32 {
        words[0]
    }

    fn add(self, x: u32, w: u32, sums: i32) -> i32 {
        let pairs = x.to_le_bytes().into_iter().zip(w.to_le_bytes());
        let of_row = |x: u8| match OFFSET {
            0 => i32::from(x.cast_signed()),
            _ => i32::from(x),
        };
        let products = pairs.map(|(x, w)| of_row(x) * i32::from(w.cast_signed()));
        sums + products.sum::<i32>()
    }

    fn store(self, sums: i32, row: usize, column: usize, out: &mut [f32]) {
        out[0] = sums as f32 * self.0.of_row(row) * self.0.scales[column];
    }
}
