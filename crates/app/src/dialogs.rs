//! File dialogs, each in a thread of its own, and a field for a path where the system has none.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui::{Button, Context, Key, RichText, TextEdit, Window};
use hrm::tasks::{self, Task};

use crate::colours::Palette;
use crate::messages::{Chosen, Event, Export, PathField, Purpose};
use crate::settings::View;
use crate::state::State;

/// Nobody closes a dialog so soon: without a desktop's dialogs it never was open.
const NEVER_OPEN: Duration = Duration::from_millis(300);

/// Asks for a file of puzzles.
pub fn open(state: &mut State) {
    let tasks = tasks::all();
    let extensions: Vec<&str> = ["txt", "csv", "json", "sdk", "png"]
        .into_iter()
        .chain(tasks.iter().map(|task| task.name()))
        .collect();
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(Purpose::Open.title())
        .add_filter("Puzzles and pictures", &extensions)
        .add_filter("All files", &["*"]);
    ask(state, dialog.pick_file(), Purpose::Open);
}

/// Asks for a model for a task.
pub fn model(state: &mut State, task: Task) {
    let purpose = Purpose::Model(task);
    let dialog = rfd::AsyncFileDialog::new().set_title(purpose.title());
    ask(state, dialog.pick_folder(), purpose);
}

/// Asks where to save an export.
pub fn save(state: &mut State, export: Export) {
    let dialog = rfd::AsyncFileDialog::new()
        .set_title(export.title())
        .set_file_name(export.file_name());
    ask(state, dialog.save_file(), Purpose::Save(export));
}

fn ask(state: &mut State, answer: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static, purpose: Purpose) {
    // Only one dialog is open at a time.
    if !std::mem::replace(&mut state.asking, true) {
        state.worker.outbox().spawn(move || {
            let asked = Instant::now();
            match pollster::block_on(answer) {
                Some(file) => Event::Dialog(Some(purpose.chosen(file.path().to_owned()))),
                None if asked.elapsed() < NEVER_OPEN => Event::NoDialog(purpose),
                None => Event::Dialog(None),
            }
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

    /// Opens the field for a path.
    pub fn ask_for_path(&mut self, purpose: Purpose) {
        self.asking = false;
        let folder = dirs::download_dir().or_else(dirs::home_dir).unwrap_or_default();
        let path = match purpose {
            Purpose::Save(export) => folder.join(export.file_name()),
            _ => folder.join(""),
        };
        self.path = Some(PathField {
            purpose,
            text: path.to_string_lossy().into_owned(),
            exists: false,
            is_new: true,
        });
    }

    /// Takes the path that was typed; a file that exists is replaced only if it is given twice.
    pub fn take_path(&mut self) {
        let Some(field) = &mut self.path else { return };
        let path = PathBuf::from(field.text.trim());
        if matches!(field.purpose, Purpose::Save(_)) && path.exists() && !field.exists {
            field.exists = true;
            return;
        }
        let purpose = field.purpose;
        self.path = None;
        self.chosen(Some(purpose.chosen(path)));
    }

    /// Returns the export that Ctrl+S saves.
    pub fn main_export(&self) -> Export {
        match self.settings.view {
            View::List => Export::Results,
            View::Board(_) => Export::Picture,
        }
    }
}

/// Shows the field for a path, if one is wanted.
pub fn show(ctx: &Context, state: &mut State) {
    let Some(field) = &mut state.path else { return };
    let (mut done, mut cancelled, mut open) = (false, false, true);
    let verb = if matches!(field.purpose, Purpose::Save(_)) {
        "Save"
    } else {
        "Open"
    };
    Window::new(field.purpose.title())
        .open(&mut open)
        .collapsible(false)
        .default_width(420.0)
        .show(ctx, |ui| {
            ui.label("This desktop offers no file dialogs, so give the path:");
            let edit = ui.add(
                TextEdit::singleline(&mut field.text)
                    .desired_width(f32::INFINITY)
                    .hint_text("path"),
            );
            if std::mem::take(&mut field.is_new) {
                edit.request_focus();
            }
            if edit.changed() {
                field.exists = false;
            }
            if field.exists {
                let text = format!("A file of that name exists: {verb} again to replace it.");
                ui.label(RichText::new(text).color(Palette::of(ui.visuals()).fault));
            }
            done = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.horizontal(|ui| {
                done |= ui
                    .add_enabled(!field.text.trim().is_empty(), Button::new(verb))
                    .clicked();
                cancelled = ui.button("Cancel").clicked();
            });
        });
    if cancelled || !open {
        state.path = None;
    } else if done {
        state.take_path();
    }
}
