//! The states of a solve, which are computed once more for those who look at them.

use super::State;
use crate::mind::MOST_TRACED;
use crate::solve::{Progress, Traced};

impl State {
    /// Has the states of the solve that is shown recorded, if that has not been done, can be, and nothing else is
    /// computed.
    pub fn trace(&mut self) {
        let (options, open) = (self.options(), self.opened.as_ref().map(|opened| opened.setup.clone()));
        if self.is_busy() {
            return;
        }
        let Some(solve) = self.playing() else { return };
        let segments = solve.tracks[0].thoughts.len();
        let is_kept = (1..=MOST_TRACED).contains(&segments) && !matches!(solve.progress, Progress::Failed(_));
        // Another device rounds differently, and would go another way.
        if !is_kept || !matches!(solve.traced, Traced::No) || open.as_ref() != Some(&solve.setup) {
            return;
        }
        let (setup, puzzle) = (solve.setup.clone(), solve.puzzle.clone());
        let ticket = self.worker.trace(setup, options, puzzle, segments);
        self.playing()
            .into_iter()
            .for_each(|solve| solve.traced = Traced::Asked(ticket));
    }

    /// Says why no states are shown.
    pub fn untraced(&self) -> &str {
        let Some(solve) = self.current_solve() else {
            return "Solve the puzzle first: then the states of every segment can be seen.";
        };
        match &solve.traced {
            _ if solve.is_running() => "The states can be seen once it has come to an end.",
            _ if solve.track() != 0 => "Another try is shown; the states are written down for the first one only.",
            Traced::Asked(_) => "Thinking once more, and writing down the states…",
            Traced::Failed(reason) => reason,
            Traced::No | Traced::Yes(_) => {
                "There are no states of this solve: it was longer than what is kept, or another device gave it."
            }
        }
    }
}
