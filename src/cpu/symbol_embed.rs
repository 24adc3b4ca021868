use super::parallel::for_live_rows;
use crate::kernels::SymbolEmbed;

/// What the kernel reads besides tokens.
pub(super) struct Tables<'a> {
    pub puzzle: Option<&'a [f32]>,
    pub special: Option<&'a [f32]>,
    pub common: &'a [f32],
    pub positions: Option<&'a [f32]>,
}

/// Runs the kernel `symbol_embed` on the CPU.
pub(super) fn symbol_embed(k: &SymbolEmbed, tokens: &[u32], tables: Tables<'_>, x: &mut [f32], live: &[usize]) {
    let (width, t) = (k.width, k.positions_len);
    for_live_rows(x, live, k.symbols * t * width, width, 1, |slot, row, out| {
        let (v, s) = (row / t, row % t);
        if s >= k.seq_len {
            return;
        }
        match tokens[slot * k.seq_len + s] as usize == v {
            true => {
                let vector = vector(tables.special, tables.common, v, width);
                out.iter_mut().zip(vector).for_each(|(x, e)| *x = k.scale * e);
            }
            false => out.fill(0.0),
        }
        if let Some(positions) = tables.positions {
            let position = &positions[s * width..][..width];
            out.iter_mut().zip(position).for_each(|(x, p)| *x += p);
        }
        if let Some(puzzle) = tables.puzzle {
            let puzzle = &puzzle[slot * (width + k.symbols)..][..width + k.symbols];
            let (shared, own) = puzzle.split_at(width);
            out.iter_mut().zip(shared).for_each(|(x, u)| *x = (*x + own[v]) + u);
        }
    });
}

/// Returns the `len` values of symbol `v`: symbols 0 and 1 have their own in `special`, if that is there.
pub(super) fn vector<'a>(special: Option<&'a [f32]>, common: &'a [f32], v: usize, len: usize) -> &'a [f32] {
    match special {
        None => &common[v * len..][..len],
        Some(special) if v < 2 => &special[v * len..][..len],
        Some(_) => &common[..len],
    }
}
