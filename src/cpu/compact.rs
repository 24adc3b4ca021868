use crate::kernels::State;

/// Runs the kernel `compact` on the CPU: returns the slots whose state is running, ascending.
pub(super) fn compact(state: &[u32]) -> Vec<usize> {
    let states = state.chunks_exact(State::LEN).enumerate();
    let running = states.filter(|(_, words)| State::read(words).is_some_and(State::is_running));
    running.map(|(slot, _)| slot).collect()
}
