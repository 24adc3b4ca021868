//! Orders for the solver: the puzzle on the board, more of what has been, a list.

use hrm::Options;
use hrm::tasks::Puzzle;

use super::State;
use crate::settings::{MOST_SEGMENTS, View};
use crate::solve::Solve;

impl State {
    /// Solves the puzzle on the board, or all waiting puzzles of the list.
    pub fn solve(&mut self) {
        match self.settings.view {
            View::List => self.solve_list(),
            View::Board(_) => self.solve_with(self.options()),
        }
    }

    /// Returns the puzzle on the board, or says why there is none.
    pub(crate) fn asked(&mut self) -> Option<Puzzle> {
        if self.editor.is_empty() {
            self.complain("the board is empty: type or paste a puzzle, open a file, or make a new one");
            return None;
        }
        match self.editor.puzzle() {
            Ok(puzzle) => Some(puzzle),
            Err(error) => {
                self.complain(error.to_string());
                None
            }
        }
    }

    fn solve_with(&mut self, options: Options) {
        let Some(puzzle) = self.asked() else { return };
        (self.message, self.hint, self.advising) = (None, None, None);
        self.list_stopped();
        let setup = self.setup(puzzle.task);
        let ticket = self.worker.solve(setup.clone(), options, puzzle.clone());
        let task = puzzle.task;
        self.earlier
            .extend(self.solve.replace(Solve::new(ticket, setup, puzzle)));
        self.earlier.retain(|solve| solve.puzzle.task != task);
    }

    /// Continues the solve with about four times as many segments; the segments so far stay.
    pub fn more_segments(&mut self) {
        self.extend(|options, before| {
            let segments = options.segments.unwrap_or(0).max(before.segments());
            options.segments = Some((4 * segments).clamp(1, MOST_SEGMENTS));
        });
    }

    /// Continues the solve with about four times as many tries; the segments so far stay.
    pub fn more_tries(&mut self) {
        self.extend(|options, before| {
            let segments = options.segments.unwrap_or(0).max(before.segments());
            options.segments = Some(segments.clamp(1, MOST_SEGMENTS));
            options.tries = Some(before.more_tries());
        });
    }

    fn extend(&mut self, extend: impl FnOnce(&mut Options, &Solve)) {
        let Some(before) = self.playing().cloned() else { return };
        let mut options = self.options();
        extend(&mut options, &before);
        self.solve_with(options);
        let same = |now: &&mut Solve| now.ticket != before.ticket && now.setup == before.setup;
        if let Some(solve) = self.playing().filter(same) {
            solve.resume(before);
        }
    }

    /// Stops the order in progress within a segment.
    pub fn stop(&mut self) {
        self.worker.stop();
    }

    /// Solves the waiting puzzles of the list.
    pub fn solve_list(&mut self) {
        let Some(list) = &self.list else {
            return self.complain("there is no list yet: open a file of puzzles, or drop one here");
        };
        let (task, waiting) = (self.task(), list.waiting());
        if waiting.is_empty() {
            // There is nothing left to do but to look at them.
            return self.show_listed();
        }
        self.message = None;
        let ticket = self.worker.solve_list(self.setup(task), self.options(), waiting);
        if let Some(list) = &mut self.list {
            list.ticket = Some(ticket);
        }
    }

    /// Puts the puzzle of the list's selected row on its board.
    pub fn show_listed(&mut self) {
        let Some(list) = &self.list else { return };
        let row = list.order().get(list.cursor).and_then(|&i| list.rows.get(i));
        match row.map(|row| row.puzzle.clone()) {
            Some(Ok(puzzle)) => self.put_puzzle(puzzle),
            Some(Err(reason)) => self.complain(reason),
            None => {}
        }
    }

    fn list_stopped(&mut self) {
        if let Some(list) = &mut self.list {
            list.ticket = None;
        }
    }
}
