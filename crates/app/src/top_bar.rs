//! The bar at the top: what is shown, which model on which device, files, and how it looks.

use eframe::egui::{Button, ComboBox, MenuBar, Ui};

use super::dialogs;
use super::keys::Panels;
use super::settings::{Look, View};
use super::state::State;
use hrm::model::Task;
use hrm::puzzle::sudoku::Difficulty;

/// Shows the bar.
pub fn show(ui: &mut Ui, state: &mut State, panels: &mut Panels) {
    MenuBar::new().ui(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for (view, name) in [(View::Sudoku, "Sudoku"), (View::Maze, "Maze"), (View::List, "List")] {
                if ui.selectable_label(state.settings.view == view, name).clicked() {
                    state.show(view);
                }
            }
            ui.separator();
            puzzle_menu(ui, state);
            solver(ui, state);
            ui.menu_button("Window", |ui| window(ui, state, panels));
        });
    });
}

fn puzzle_menu(ui: &mut Ui, state: &mut State) {
    let item = |ui: &mut Ui, text: &str, keys: &str, enabled: bool| {
        ui.add_enabled(enabled, Button::new(text).shortcut_text(keys)).clicked()
    };
    ui.menu_button("Puzzle", |ui| {
        match state.task() {
            Task::Maze => {
                ui.horizontal(|ui| {
                    let label = ui.label("Rows");
                    let sides = super::maze_board::SIDES;
                    ui.add(eframe::egui::Slider::new(&mut state.settings.maze_side, sides))
                        .labelled_by(label.id);
                });
            }
            Task::Sudoku | Task::Arc => {
                ui.horizontal(|ui| {
                    for difficulty in Difficulty::ALL {
                        ui.radio_value(&mut state.settings.difficulty, difficulty, difficulty.name());
                    }
                });
            }
        }
        if item(ui, "New", "Ctrl+N", !state.busy.1) {
            state.make();
        }
        if item(ui, "Open a file…", "Ctrl+O", !state.busy.0) {
            dialogs::open(state);
        }
        ui.separator();
        let (undo, redo) = state.editor(state.task()).steps();
        if item(ui, "Undo", "Ctrl+Z", undo) {
            state.edit(|editor| {
                editor.undo();
            });
        }
        if item(ui, "Redo", "Ctrl+Y", redo) {
            state.edit(|editor| {
                editor.redo();
            });
        }
        if item(ui, "Clear", "Ctrl+Delete", true) {
            state.edit(super::editor::Editor::clear);
        }
        if item(ui, "Copy", "Ctrl+C", true) {
            ui.ctx().copy_text(state.copy());
        }
        if item(ui, "Paste", "Ctrl+V", true) {
            ui.ctx().send_viewport_cmd(eframe::egui::ViewportCommand::RequestPaste);
        }
    });
}

/// Model and device.
fn solver(ui: &mut Ui, state: &mut State) {
    let task = state.task();
    let opened = state.opened.as_ref().filter(|opened| opened.setup == state.setup(task));
    let text = match opened {
        Some(opened) => format!("{} on {}", opened.model, opened.device),
        None if state.missing == Some(state.setup(task)) => "no model".to_owned(),
        None => "opening…".to_owned(),
    };
    ui.menu_button(text, |ui| {
        ui.label("Device");
        let mut chosen = None;
        for (choice, name) in &state.devices {
            if ui.radio(state.settings.device == *choice, name.as_str()).clicked() {
                chosen = Some(choice.clone());
            }
        }
        if let Some(choice) = chosen {
            state.choose_device(choice);
        }
        ui.separator();
        ui.label("Model");
        let own = state.model(task).clone();
        if ui.radio(own.is_none(), "the bundled one").clicked() {
            state.choose_model(task, None);
        }
        if let Some(own) = own {
            ui.selectable_label(true, own.as_str())
                .on_hover_text("the model that is chosen");
        }
        if ui.add_enabled(!state.busy.0, Button::new("Open a model…")).clicked() {
            dialogs::model(state, task);
        }
    })
    .response
    .on_hover_text("Model and device");
}

fn window(ui: &mut Ui, state: &mut State, panels: &mut Panels) {
    let looks = [
        (Look::System, "as the system"),
        (Look::Light, "light"),
        (Look::Dark, "dark"),
    ];
    let look = |look: Look| looks.iter().find(|(l, _)| *l == look).map_or("", |(_, name)| name);
    ComboBox::from_label("Look")
        .selected_text(look(state.settings.look))
        .show_ui(ui, |ui| {
            for (look, name) in looks {
                ui.selectable_value(&mut state.settings.look, look, name);
            }
        });
    ui.checkbox(&mut panels.keys, "Keys (F1)");
    ui.checkbox(&mut panels.debug, "How the window does (F12)");
}
