//! Playing oneself: hints from the model.

use hrm::error::{Error, Result};

use super::State;
use crate::editor::is_drawn;
use crate::hint::Hint;
use crate::settings::View;

impl State {
    /// Marks the empty cell that the model is surest of; asked again, tells what it would write there.
    pub fn advise(&mut self) {
        let task = self.editor.task();
        if self.is_busy() || self.settings.view == View::List || is_drawn(task) {
            return;
        }
        if let Some(hint) = self.hint.as_mut().filter(|hint| hint.puzzle.task == task) {
            hint.is_told = true;
            return;
        }
        if !self.editor.board().tokens.contains(&task.blank()) {
            return self.complain("no cell is empty");
        }
        let Some(puzzle) = self.asked() else { return };
        self.discard_solve();
        let ticket = self.worker.hint(self.setup(task), self.options(), puzzle);
        self.advising = Some(ticket);
    }

    /// Returns the hint for the board that is shown.
    pub fn current_hint(&self) -> Option<&Hint> {
        let task = self.editor.task();
        self.hint.as_ref().filter(|hint| hint.puzzle.task == task)
    }

    /// Takes in a hint, or why there is none.
    pub(crate) fn advised(&mut self, ticket: u64, hint: Result<Option<Hint>>) {
        if self.advising != Some(ticket) {
            return;
        }
        self.advising = None;
        match hint {
            Ok(Some(hint)) => self.hint = Some(hint),
            Ok(None) => self.say("The model would write nothing into the empty cells."),
            Err(Error::Cancelled) => {}
            Err(error) => self.complain(crate::solver_thread::sentence(&error)),
        }
    }
}
