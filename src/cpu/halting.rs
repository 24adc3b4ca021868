use crate::kernels::{Halting, State};

/// The inputs by which a sample's halting is decided.
pub(super) struct Sample<'a> {
    pub q: &'a [f32],
    pub preds: &'a [u32],
    pub verdict: Option<u32>,
}

/// Runs the kernel `halting` on the CPU, for one sample.
pub(super) fn halting(k: &Halting, sample: Sample<'_>, previous: &mut [u32], state: &mut [u32]) {
    let (Some(before), &[q_halt, ref other @ ..]) = (State::read(state), sample.q) else {
        return;
    };
    // In the first segment there is no earlier prediction to equal.
    let stays = before.segments > 0 && sample.preds == previous;
    let fired = k.fires(
        [q_halt, other.first().copied().unwrap_or(0.0)],
        stays,
        sample.verdict == Some(1),
    );
    state.copy_from_slice(&before.after(fired).words());
    previous.copy_from_slice(sample.preds);
}
