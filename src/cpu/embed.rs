use super::parallel::for_live_rows;
use crate::kernels::{Embed, POSITION_SCALE};

/// Runs the kernel `embed` on the CPU. `positions` are the bias where tokens are embedded by a layer.
pub(super) fn embed(
    k: &Embed,
    tokens: &[u32],
    puzzle: Option<&[f32]>,
    table: &[f32],
    positions: Option<&[f32]>,
    x: &mut [f32],
    live: &[usize],
) {
    let width = k.width;
    if let (Some(layer), Some(bias)) = (k.layer, positions) {
        return for_live_rows(x, live, k.seq_len * width, width, 1, |slot, row, out| {
            let token = tokens[slot * k.seq_len + row] as usize;
            let column = table.iter().skip(token).step_by(layer.vocab);
            out.iter_mut().zip(column.zip(bias)).for_each(|(x, (e, b))| *x = e + b);
        });
    }
    for_live_rows(x, live, (k.prefix + k.seq_len) * width, width, 1, |slot, row, out| {
        match row.checked_sub(k.prefix) {
            Some(i) => {
                let token = tokens[slot * k.seq_len + i] as usize;
                out.copy_from_slice(&table[token * width..][..width]);
            }
            None => {
                let sample = &puzzle.unwrap_or_default()[slot * k.puzzle_width..][..k.puzzle_width];
                let rest = sample.get(row * width..).unwrap_or_default();
                let n = rest.len().min(width);
                out[..n].copy_from_slice(&rest[..n]);
                out[n..].fill(0.0);
            }
        }
        if let Some(positions) = positions {
            out.iter_mut()
                .zip(&positions[row * width..][..width])
                .for_each(|(e, p)| *e = POSITION_SCALE * (*e + p));
        }
        out.iter_mut().for_each(|e| *e *= k.scale);
    });
}
