//! File dialogs, apart from the window.

use std::path::PathBuf;

use super::export::Export;
use super::settings::View;
use super::state::State;
use super::worker::{Chosen, Event};
use hrm::model::Task;

/// Asks for a file of puzzles.
pub fn open(state: &mut State) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title("Open puzzles")
        .add_filter(
            "Puzzles and pictures of mazes",
            &["txt", "csv", "sdk", "sudoku", "png", "maze"],
        )
        .add_filter("All files", &["*"]);
    ask(state, dialog.pick_file(), Chosen::Puzzles);
}

/// Asks for a model of a task.
pub fn model(state: &mut State, task: Task) {
    let dialog = rfd::AsyncFileDialog::new().set_title("Open a model: its folder, or that of a checkpoint");
    ask(state, dialog.pick_folder(), move |path| Chosen::Model(task, path));
}

/// Asks where to save something.
pub fn save(state: &mut State, export: Export) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(export.what())
        .set_file_name(export.file_name());
    ask(state, dialog.save_file(), move |path| Chosen::Save(export, path));
}

fn ask(
    state: &mut State,
    answer: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static,
    chosen: impl FnOnce(PathBuf) -> Chosen + Send + 'static,
) {
    // One dialog at a time.
    if !std::mem::replace(&mut state.busy.0, true) {
        state.worker.outbox().spawn(move || {
            let file = pollster::block_on(answer);
            Event::Dialog(file.map(|file| chosen(file.path().to_owned())))
        });
    }
}

impl State {
    /// A dialog was closed.
    pub(super) fn chosen(&mut self, chosen: Option<Chosen>) {
        self.busy.0 = false;
        match chosen {
            None => {}
            Some(Chosen::Puzzles(path)) => self.load(path),
            Some(Chosen::Model(task, path)) => self.choose_model(task, Some(path.to_string_lossy().into_owned())),
            Some(Chosen::Save(export, path)) => self.save(export, path),
        }
    }

    /// What Ctrl+S saves.
    pub fn main_export(&self) -> Export {
        match self.settings.view {
            View::List => Export::Results,
            View::Sudoku | View::Maze => Export::Picture,
        }
    }
}
