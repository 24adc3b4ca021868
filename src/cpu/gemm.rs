//! The one door to the GEMM crate.

/// A matrix within a slice: element (i, j) is `data[i · strides.0 + j · strides.1]`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub data: &'a [f32],
    pub strides: (usize, usize),
}

/// Where a product goes: element (i, j) of an `m × n` matrix is `data[offset + i · row_stride + j]`.
///
/// Tiles of one output may be written by several threads at once.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    data: *mut f32,
    len: usize,
    life: std::marker::PhantomData<&'a mut [f32]>,
}

// SAFETY: `Output` is only written through `gemm`, whose callers give each thread tiles that do not overlap.
unsafe impl Sync for Output<'_> {}
// SAFETY: as above.
unsafe impl Send for Output<'_> {}

impl<'a> Output<'a> {
    pub(super) fn new(data: &'a mut [f32]) -> Self {
        Output {
            data: data.as_mut_ptr(),
            len: data.len(),
            life: std::marker::PhantomData,
        }
    }
}

/// `out = alpha · a · b` for `a` of `m × k` and `b` of `k × n`.
///
/// Every element is summed over k in one fixed order, whatever m and n are (a test holds the crate to that), so
/// callers may cut a product into tiles as they like.
///
/// # Safety
/// No other thread may access the elements of `out` that this call writes: (i, j) at `offset + i · row_stride + j`.
pub(super) unsafe fn gemm(
    (m, k, n): (usize, usize, usize),
    alpha: f32,
    a: Matrix,
    b: Matrix,
    out: Output,
    offset: usize,
    row_stride: usize,
) {
    if m == 0 || n == 0 {
        return;
    }
    let last = |rows: usize, columns: usize, (r, c): (usize, usize)| (rows - 1) * r + (columns - 1) * c;
    assert!(k > 0 && last(m, k, a.strides) < a.data.len(), "gemm: a is too short");
    assert!(last(k, n, b.strides) < b.data.len(), "gemm: b is too short");
    assert!(offset + last(m, n, (row_stride, 1)) < out.len, "gemm: out is too short");
    // SAFETY: the assertions keep every access within its slice; the caller keeps other threads off the tile.
    unsafe {
        matrixmultiply::sgemm(
            m,
            k,
            n,
            alpha,
            a.data.as_ptr(),
            a.strides.0 as isize,
            a.strides.1 as isize,
            b.data.as_ptr(),
            b.strides.0 as isize,
            b.strides.1 as isize,
            0.0,
            out.data.add(offset),
            row_stride as isize,
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn product(m: usize, k: usize, n: usize, a: &[f32], b: &[f32]) -> Vec<f32> {
        let mut c = vec![f32::NAN; m * n];
        // SAFETY: one thread, its own output.
        unsafe {
            gemm(
                (m, k, n),
                1.0,
                Matrix {
                    data: a,
                    strides: (k, 1),
                },
                Matrix {
                    data: b,
                    strides: (1, k),
                },
                Output::new(&mut c),
                0,
                n,
            );
        }
        c
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// A tile of a product has the bits of the whole product, and the value of the plain formula.
        #[test]
        fn tiles_equal_the_whole(m in 1usize..40, k in 1usize..700, n in 1usize..70, seed in any::<u64>()) {
            let value = |i: usize| {
                let h = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((h >> 40) as f32 / (1u64 << 23) as f32) - 1.0
            };
            let a: Vec<f32> = (0..m * k).map(value).collect();
            let b: Vec<f32> = (0..n * k).map(|i| value(i + 1_000_000)).collect();
            let whole = product(m, k, n, &a, &b);
            let (row, column) = (seed as usize % m, seed as usize % n);
            let part = product(m - row, k, n - column, &a[row * k..], &b[column * k..]);
            for i in row..m {
                for j in column..n {
                    prop_assert_eq!(whole[i * n + j].to_bits(), part[(i - row) * (n - column) + j - column].to_bits());
                    let exact: f64 = (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(b[j * k + l])).sum();
                    prop_assert!((f64::from(whole[i * n + j]) - exact).abs() < 1e-6 * k as f64);
                }
            }
        }
    }
}
