use crate::kernels::Judge;

/// Runs a rule kernel on the CPU: applies the rules to the live samples.
pub(super) fn judge(k: &Judge, tokens: &[u32], preds: &[u32], valid: &mut [u32], live: &[usize]) {
    for &slot in live {
        let cells = slot * k.seq_len..(slot + 1) * k.seq_len;
        valid[slot] = u32::from((k.rules.twin)(&tokens[cells.clone()], &preds[cells]));
    }
}
