use rayon::prelude::*;

use super::gemm::{Matrix, Output, gemm};
use crate::kernels::Linear;

/// Fewest columns of a tile: packing the rows again for each tile must stay cheap.
const MIN_COLUMNS: usize = 96;
/// Fewest rows of a tile: packing the weights again for each tile must stay cheap.
const MIN_ROWS: usize = 160;

/// Twin of `linear`.
pub(super) fn linear(k: &Linear, x: &[f32], weight: &[f32], bias: Option<&[f32]>, y: &mut [f32], live: &[usize]) {
    let tiles = tiles(k, live);
    let out = Output::new(y);
    tiles.par_iter().for_each(|tile| {
        let a = Matrix {
            data: &x[tile.x_row * k.inputs..],
            strides: (k.inputs, 1),
        };
        let b = Matrix {
            data: &weight[tile.column * k.inputs..],
            strides: (1, k.inputs),
        };
        let (size, offset) = (
            (tile.rows, k.inputs, tile.columns),
            tile.y_row * k.outputs + tile.column,
        );
        // SAFETY: tiles do not overlap.
        unsafe { gemm(size, 1.0, a, b, out, offset, k.outputs) };
    });
    if let Some(bias) = bias {
        for &slot in live {
            for row in y[slot * k.rows * k.outputs..][..k.rows * k.outputs].chunks_exact_mut(k.outputs) {
                row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
            }
        }
    }
}

/// A part of the product: `rows` rows of `x` from `x_row` and `columns` rows of the weight from `column`.
struct Tile {
    x_row: usize,
    y_row: usize,
    rows: usize,
    column: usize,
    columns: usize,
}

/// Cuts the product of the live samples into enough tiles for all threads, first by columns, then by rows.
fn tiles(k: &Linear, live: &[usize]) -> Vec<Tile> {
    let threads = rayon::current_num_threads();
    let columns = k
        .outputs
        .div_ceil(threads)
        .max(MIN_COLUMNS)
        .next_multiple_of(32)
        .min(k.outputs);
    let bands = k.outputs.div_ceil(columns);
    let rows_in_all = live.len() * k.rows;
    let rows = rows_in_all.div_ceil(threads.div_ceil(bands)).max(MIN_ROWS);
    let mut tiles = Vec::new();
    for (first, samples) in runs(live, k.rows == k.x_rows) {
        let all = samples * k.rows;
        for row in (0..all).step_by(rows) {
            for column in (0..k.outputs).step_by(columns) {
                tiles.push(Tile {
                    x_row: first * k.x_rows + k.first_row + row,
                    y_row: first * k.rows + row,
                    rows: rows.min(all - row),
                    column,
                    columns: columns.min(k.outputs - column),
                });
            }
        }
    }
    tiles
}

/// Runs of neighbouring slots as (first, count): their rows are one matrix where `dense`.
fn runs(live: &[usize], dense: bool) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &slot in live {
        match runs.last_mut() {
            Some((first, count)) if dense && *first + *count == slot => *count += 1,
            _ => runs.push((slot, 1)),
        }
    }
    runs
}
