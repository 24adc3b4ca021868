//! New puzzles, each in a thread of its own.

use hrm::error::Result;
use hrm::tasks::{Puzzle, Recipe};

use super::State;
use crate::givens;
use crate::messages::Event;

impl State {
    /// Generates a new puzzle of the chosen level and size.
    pub fn generate(&mut self) {
        let task = self.task();
        let settings = self.settings.of(task);
        self.make(move |seed| {
            let made = task.generate(&Recipe {
                seed,
                side: settings.side,
                level: settings.level.as_deref(),
                least: None,
            });
            // A generator never ends.
            made.map(|mut made| made.next().map(|made| made.puzzle))
        });
    }

    /// Makes a new puzzle with as many givens as were chosen.
    pub fn generate_with_givens(&mut self) {
        let task = self.task();
        let wanted = self.settings.of(task).givens.unwrap_or(givens::USUAL);
        self.make(move |seed| givens::question(task, wanted, seed));
    }

    fn make(&mut self, make: impl FnOnce(u64) -> Result<Option<Puzzle>> + Send + 'static) {
        if std::mem::replace(&mut self.generating, true) {
            return;
        }
        self.seed = self.seed.wrapping_add(1);
        let seed = self.seed;
        self.worker.outbox().spawn(move || Event::Generated(make(seed)));
    }
}
