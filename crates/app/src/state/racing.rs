//! The race of CPU and GPU.

use super::State;
use crate::race::{News, Race};

impl State {
    /// Runs the puzzle on the board on the CPU, and then on the GPU.
    pub fn race(&mut self) {
        if self.is_busy() {
            return;
        }
        let Some(puzzle) = self.asked() else { return };
        let ticket = self
            .worker
            .race(self.setup(puzzle.task), self.options(), puzzle.clone());
        self.race = Some(Race::new(ticket, puzzle));
    }

    /// Returns whether a race goes on.
    pub fn is_racing(&self) -> bool {
        self.race.as_ref().is_some_and(|race| race.is_running)
    }

    /// Returns the race on the puzzle of the board that is shown.
    pub fn current_race(&self) -> Option<&Race> {
        let (task, board) = (self.editor.task(), self.editor.board());
        self.race
            .as_ref()
            .filter(|race| race.puzzle.task == task && race.puzzle.board == *board)
    }

    /// Takes in what has happened in a race.
    pub(crate) fn raced(&mut self, ticket: u64, lane: usize, news: News) {
        if let Some(race) = self.race.as_mut().filter(|race| race.ticket == ticket) {
            race.take(lane, news);
        }
    }
}
