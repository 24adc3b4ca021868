//! New puzzles, each in a thread of its own.

use hrm::tasks::Recipe;

use super::State;
use crate::messages::Event;

impl State {
    /// Generates a new puzzle of the chosen level and size.
    pub fn generate(&mut self) {
        let settings = self.settings.of(self.task());
        self.make(settings.side, settings.level, None);
    }

    /// Makes a new puzzle with as many givens as were chosen.
    pub fn generate_with_givens(&mut self) {
        self.make(None, None, self.settings.givens(self.task()));
    }

    fn make(&mut self, side: Option<usize>, level: Option<String>, givens: Option<usize>) {
        if std::mem::replace(&mut self.generating, true) {
            return;
        }
        self.seed = self.seed.wrapping_add(1);
        let (task, seed) = (self.task(), self.seed);
        self.worker.outbox().spawn(move || {
            let made = task.generate(&Recipe {
                seed,
                side,
                level: level.as_deref(),
                givens,
                ..Recipe::default()
            });
            // A generator never ends.
            Event::Generated(made.map(|mut made| made.next().map(|made| made.puzzle)))
        });
    }
}
