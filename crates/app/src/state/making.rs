//! New puzzles, each in a thread of its own.

use hrm::tasks::{Recipe, Task};

use super::State;
use crate::editor::Editor;
use crate::messages::Event;
use crate::settings::View;

impl State {
    /// Generates a new puzzle of the chosen level and size.
    pub fn generate(&mut self) {
        let settings = self.settings.of(self.task());
        self.make(settings.side, settings.level, None);
    }

    /// Puts a new puzzle on each board on which nothing has stood yet: an empty one is no beginning.
    pub fn begin_boards(&mut self) {
        let boards = View::all().into_iter().filter_map(|view| match view {
            View::Board(task) => Some(task),
            View::List => None,
        });
        let others = boards.filter(|task| *task != self.editor.task());
        self.parked
            .extend(others.map(|task| super::restored(task, &self.settings)));
        for editor in self.parked.iter_mut().chain([&mut self.editor]) {
            let (task, settings) = (editor.task(), self.settings.of(editor.task()));
            if !settings.board.is_empty() || !editor.is_empty() {
                continue;
            }
            fill(editor, task, settings.side);
        }
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

/// Puts a new puzzle of this size, or of the usual one, on a board, where its task makes any.
pub(super) fn fill(editor: &mut Editor, task: Task, side: Option<usize>) {
    let recipe = Recipe {
        side,
        ..Recipe::default()
    };
    if let Some(made) = task.generate(&recipe).ok().and_then(|mut made| made.next()) {
        editor.replace(made.puzzle);
    }
}
