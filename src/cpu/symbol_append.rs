use super::parallel::for_live_rows;
use super::symbol_embed::vector;
use crate::kernels::SymbolAppend;

/// Runs the kernel `symbol_append` on the CPU.
pub(super) fn symbol_append(k: &SymbolAppend, special: Option<&[f32]>, common: &[f32], x: &mut [f32], live: &[usize]) {
    let (cells, added) = (k.seq_len * k.width, k.added * k.width);
    let symbol = cells + added;
    for_live_rows(x, live, k.symbols * symbol, symbol, 1, |_, v, x| {
        x[cells..].copy_from_slice(vector(special, common, v, added));
    });
}
