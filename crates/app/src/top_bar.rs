//! The bar at the top: views, puzzle menu, model and device, and window menu.

use eframe::egui::{Button, ComboBox, MenuBar, Slider, Ui};

use crate::dialogs;
use crate::editor::Editor;
use crate::keys::Panels;
use crate::settings::{Theme, View};
use crate::state::State;

/// Shows the bar.
pub fn show(ui: &mut Ui, state: &mut State, panels: &mut Panels) {
    MenuBar::new().ui(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for view in View::all() {
                if ui.selectable_label(state.settings.view == view, view.title()).clicked() {
                    state.show(view);
                }
            }
            ui.separator();
            puzzle_menu(ui, state);
            solver(ui, state);
            ui.menu_button("Window", |ui| window(ui, state, panels));
            if ui.button("What am I looking at?").clicked() {
                panels.about = !panels.about;
            }
        });
    });
}

fn puzzle_menu(ui: &mut Ui, state: &mut State) {
    let item = |ui: &mut Ui, text: &str, keys: &str, enabled: bool| {
        ui.add_enabled(enabled, Button::new(text).shortcut_text(keys)).clicked()
    };
    ui.menu_button("Puzzle", |ui| {
        recipe(ui, state);
        if item(ui, "New", "Ctrl+N", !state.generating) {
            state.generate();
        }
        if item(ui, "Open a file…", "Ctrl+O", !state.asking) {
            dialogs::open(state);
        }
        ui.separator();
        let (undo, redo) = (state.editor.can_undo(), state.editor.can_redo());
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
            state.edit(Editor::clear);
        }
        if item(ui, "Copy", "Ctrl+C", true) {
            ui.ctx().copy_text(state.copy());
        }
        if item(ui, "Paste", "Ctrl+V", true) {
            ui.ctx().send_viewport_cmd(eframe::egui::ViewportCommand::RequestPaste);
        }
    });
}

/// The largest side of new boards that the slider offers.
const LARGEST_SIDE: usize = 30;

/// Shows the options of the next generated puzzle, as far as its task leaves a choice.
pub fn recipe(ui: &mut Ui, state: &mut State) {
    let task = state.task();
    let settings = state.settings.of(task);
    let sides = task.sides();
    if sides.start() < sides.end() {
        let mut side = settings.side.unwrap_or(state.editor.board().rows);
        ui.horizontal(|ui| {
            let label = ui.label("Rows");
            let sides = *sides.start()..=(*sides.end()).min(LARGEST_SIDE);
            let slider = ui.add(Slider::new(&mut side, sides)).labelled_by(label.id);
            if slider.changed() {
                state.settings.of_mut(task).side = Some(side);
            }
        });
    }
    let level = settings.level.as_deref();
    ui.horizontal(|ui| {
        for name in task.levels() {
            if ui.radio(level == Some(*name), *name).clicked() {
                state.settings.of_mut(task).level = Some((*name).to_owned());
            }
        }
    });
}

/// Shows the menu of models and devices.
fn solver(ui: &mut Ui, state: &mut State) {
    let task = state.task();
    let opened = state.opened.as_ref().filter(|opened| opened.setup == state.setup(task));
    let text = match opened {
        Some(opened) => format!("{} on {}", opened.model, opened.device),
        None if state.missing == Some(state.setup(task)) => "no model".to_owned(),
        None => state.fetching.clone().unwrap_or_else(|| "opening…".to_owned()),
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
        let own = state.settings.of(task).model;
        if ui.radio(own.is_none(), "the bundled one").clicked() {
            state.choose_model(task, None);
        }
        if let Some(own) = own {
            ui.selectable_label(true, own.as_str())
                .on_hover_text("the chosen model");
        }
        if ui.add_enabled(!state.asking, Button::new("Open a model…")).clicked() {
            dialogs::model(state, task);
        }
    })
    .response
    .on_hover_text("Model and device");
}

fn window(ui: &mut Ui, state: &mut State, panels: &mut Panels) {
    let themes = [
        (Theme::System, "system"),
        (Theme::Light, "light"),
        (Theme::Dark, "dark"),
    ];
    let name = |theme: Theme| themes.iter().find(|(t, _)| *t == theme).map_or("", |(_, name)| name);
    ComboBox::from_label("Theme")
        .selected_text(name(state.settings.theme))
        .show_ui(ui, |ui| {
            for (theme, name) in themes {
                ui.selectable_value(&mut state.settings.theme, theme, name);
            }
        });
    ui.checkbox(&mut state.settings.calm, "Less motion");
    ui.checkbox(&mut panels.keys, "Keys (F1)");
    ui.checkbox(&mut panels.debug, "Debug (F12)");
}
