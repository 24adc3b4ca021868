//! File dialogs, each in a thread of its own.

use std::path::PathBuf;

use hrm::tasks::{self, Task};

use crate::messages::{Chosen, Event, Export};
use crate::settings::View;
use crate::state::State;

/// Asks for a file of puzzles.
pub fn open(state: &mut State) {
    let tasks = tasks::all();
    let extensions: Vec<&str> = ["txt", "csv", "sdk", "png"]
        .into_iter()
        .chain(tasks.iter().map(|task| task.name()))
        .collect();
    let dialog = rfd::AsyncFileDialog::new()
        .set_title("Open puzzles")
        .add_filter("Puzzles and pictures", &extensions)
        .add_filter("All files", &["*"]);
    ask(state, dialog.pick_file(), Chosen::Puzzles);
}

/// Asks for a model for a task.
pub fn model(state: &mut State, task: Task) {
    let dialog = rfd::AsyncFileDialog::new().set_title("Open a model: its folder, or that of a checkpoint");
    ask(state, dialog.pick_folder(), move |path| Chosen::Model(task, path));
}

/// Asks where to save an export.
pub fn save(state: &mut State, export: Export) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(export.title())
        .set_file_name(export.file_name());
    ask(state, dialog.save_file(), move |path| Chosen::Save(export, path));
}

fn ask(
    state: &mut State,
    answer: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static,
    chosen: impl FnOnce(PathBuf) -> Chosen + Send + 'static,
) {
    // Only one dialog is open at a time.
    if !std::mem::replace(&mut state.asking, true) {
        state.worker.outbox().spawn(move || {
            let file = pollster::block_on(answer);
            Event::Dialog(file.map(|file| chosen(file.path().to_owned())))
        });
    }
}

impl State {
    /// Acts on the choice made in a dialog.
    pub(crate) fn chosen(&mut self, chosen: Option<Chosen>) {
        self.asking = false;
        match chosen {
            None => {}
            Some(Chosen::Puzzles(path)) => self.load(path),
            Some(Chosen::Model(task, path)) => self.choose_model(task, Some(path.to_string_lossy().into_owned())),
            Some(Chosen::Save(export, path)) => self.save(export, path),
        }
    }

    /// Returns the export that Ctrl+S saves.
    pub fn main_export(&self) -> Export {
        match self.settings.view {
            View::List => Export::Results,
            View::Board(_) => Export::Picture,
        }
    }
}
